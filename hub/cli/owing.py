"""hub duties: who owes which answer, since when, with or without a running hub."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from hub.cli import common, dutyshow, looking, opening
from hub.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from hub.directory import Directory
from hub.ledger.owing import DutyView

commands = typer.Typer()
#: Rows of a table, where nobody says how many: the most pressing, and the bars below them are still in sight.
_MOST = 50


@commands.command()
def duties(
    config: ConfigOption = DEFAULT_CONFIG,
    overdue: Annotated[bool, typer.Option("--overdue", help="Chỉ phần đã quá hạn (only what is overdue).")] = False,
    broken: Annotated[
        bool, typer.Option("--broken", help="Phần không được hồi báo, đã khép lại (closed without an answer).")
    ] = False,
    unit: Annotated[str, typer.Option("--unit", help="Chỉ một đơn vị: mã hoặc id (only one unit).")] = "",
    document: Annotated[str, typer.Option("--document", help="Chỉ một văn bản (only one document).")] = "",
    most: Annotated[int, typer.Option("--most", min=1, help="Số dòng nhiều nhất của bảng (rows at most).")] = _MOST,
    as_json: JsonOption = False,
) -> None:
    """Ai chưa hồi báo văn bản nào, hạn khi nào, quá hạn bao lâu (who owes which answer, by when)."""
    if overdue and broken:
        raise typer.BadParameter("--overdue hoặc --broken (one of them)")
    settings = opening.to_look(config)
    directory, state = opening.directory_of_today(settings), "overdue" if overdue else "broken" if broken else ""
    with looking.views_or_none(settings) as views:
        units = _meant(directory, unit) if unit else ()
        found = views.duties(state, units, document, None if as_json else most + 1) if views else []
        counts = views.owed_by_unit() if views and not (as_json or broken or document) else {}
        shown = [_of_today(duty, directory) for duty in found]
        outside = looking.outside(settings, views, {duty.unit for duty in shown} | counts.keys())
        unheard = bool(document) and not found and not (views and views.trace(document))
    if unit and not found:
        looking.must_know(directory, unit)
    if unheard:
        raise typer.BadParameter(f"không có văn bản {document} (no such document)")
    if as_json:
        common.say_json([as_data(duty, outside) for duty in shown])
        return
    bars = _summed(counts, directory, units) if common.out().is_terminal else {}
    said = dutyshow.whole(
        shown[:most],
        looking.names(settings, outside),
        datetime.now(UTC),
        bars,
        looking.labels(settings, outside),
        more=len(shown) > most,
        state=state,
    )
    common.out().print(said)


def as_data(duty: DutyView, outside: Mapping[str, str]) -> dict[str, Any]:
    """One duty for programs."""
    return {
        **asdict(duty),
        **common.naming(duty.unit, outside),
        "overdue": duty.state == "overdue",
        "words": dutyshow.owed_word(duty.code),
    }


def _meant(directory: Directory, name: str) -> frozenset[str]:
    """The unit of that name with those whose work it took over; one that nobody knows: what was written."""
    found = directory.find(name) or name
    return frozenset({found}) | directory.taken_over.get(found, frozenset())


def _of_today(duty: DutyView, directory: Directory) -> DutyView:
    """What a unit owes that is no more is shown under the one that took over."""
    heir = directory.find(duty.unit)
    return replace(duty, unit=heir) if heir else duty


def _summed(
    counts: dict[str, dict[str, int]], directory: Directory, units: Collection[str]
) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for unit, by_state in counts.items():
        if units and unit not in units:
            continue
        sums = found.setdefault(directory.find(unit) or unit, {})
        for state, many in by_state.items():
            sums[state] = sums.get(state, 0) + many
    return found


def escalated(found: Iterable[Any], directory: Directory, outside: Mapping[str, str]) -> list[dict[str, Any]]:
    """Overdue duties of which persons are to be told, for programs."""
    shown = ((one, as_data(_of_today(one.duty, directory), outside)) for one in found)
    return [{**data, "escalated_at": one.at, "to": list(one.to)} for one, data in shown]
