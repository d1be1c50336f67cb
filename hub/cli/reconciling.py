"""hub reconcile: whether everything that came in is where the history says it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer

from hub import lock
from hub.blobs import Blobs
from hub.cli import common, looking, opening, sheetshow
from hub.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from hub.config import Config
from hub.ledger import leave_request
from hub.ledger.alarms import alarms
from hub.ledger.balance import BOOKS, Sheet
from hub.ledger.sheets import sheet

commands = typer.Typer()
_ALL = "all"


@commands.command()
def reconcile(
    config: ConfigOption = DEFAULT_CONFIG,
    day: Annotated[str, typer.Option("--day", help="Chỉ một ngày, 2026-11-23 (what came in on one day).")] = "",
    unit: Annotated[str, typer.Option("--unit", help="Chỉ một đơn vị: mã hoặc id (only one unit).")] = "",
    as_json: JsonOption = False,
) -> None:
    """Đối soát: mọi gói tin đã vào nay ở đâu, có lệch không (is everything where it must be); 1 when it is not."""
    wanted, settings = _day(day), opening.to_look(config)
    with looking.views(settings) as views:
        stored = Blobs(settings.data / "blobs").holds
        made = views.looking(lambda connection: sheet(connection, wanted, stored))
        known = views.looking(alarms)
        outside = looking.outside(settings, views, made.units())
    named = settings.directory.find(unit) or unit
    units = [one for one in made.units() if not unit or one == named]
    if unit and not units:
        looking.must_know(settings.directory, unit)
    if as_json:
        common.say_json(_as_data(made, units, outside))
    else:
        common.out().print(sheetshow.whole(made, units, looking.labels(settings, outside)))
    if made.differences or known:
        _have_recorded(settings, day or _ALL)
    if made.differences:
        raise typer.Exit(common.WRONG)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(f"--day {text}: năm-tháng-ngày, như 2026-11-23 (year-month-day)") from error


def _have_recorded(settings: Config, target: str) -> None:
    """Leave it to the running hub, if one runs, to record what is new and to forget what is settled."""
    if lock.held(settings.data):
        database = settings.database.get_secret_value()
        leave_request(database, settings.data, "reconcile", target, datetime.now(UTC))


def _as_data(made: Sheet, units: list[str], outside: Mapping[str, str]) -> dict[str, Any]:
    return {
        "day": made.day.isoformat() if made.day else None,
        "balanced": not made.differences,
        "units": [
            {"unit": unit, **common.naming(unit, outside), **{book: made.book(unit, book) for book in BOOKS}}
            for unit in units
        ],
        "differences": [one.data() for one in made.differences],
    }
