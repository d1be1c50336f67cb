"""hub routes explain, test, lint: what the rules do, without a running hub."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli import common, gridshow, looking, opening, reasons
from hub.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from hub.config import Config, Place, load_trials, route_places
from hub.directory import Directory, normalise
from hub.errors import HubError, Mistake
from hub.plugins import Plugins
from hub.routing import only_tried_out, plan_acknowledgement
from hub.routing.explaining import Explanation, Judged, Outcome, explain
from hub.routing.grid import Cell, Fate, Grid
from hub.routing.linting import Linter
from hub.routing.trials import Ran, Trial, run
from hub.standards import edxml
from hub.vocabulary import Acknowledgement, Document

PacketArgument = Annotated[Path, typer.Argument(metavar="FILE", help="Gói tin edXML (an edXML packet).")]
FromOption = Annotated[
    str, typer.Option("--from", metavar="UNIT", help="Vào bằng kênh của đơn vị này (the endpoint it came in by).")
]

commands = typer.Typer()
routes = typer.Typer(no_args_is_help=True, help="Quy tắc chuyển: vì sao, thử, soát (the rules: why, trials, lint).")
commands.add_typer(routes, name="routes")


@routes.command("explain")
def routes_explain(
    packet: PacketArgument,
    came_from: FromOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Quy tắc nào khớp, vì sao không, ai nhận và vì sao (which rule matched, who gets it and why)."""
    settings = opening.settings(config)
    with packet.open("rb") as file:
        body = edxml.read(file).body
    way = _way(settings, body, came_from)
    said = _explain(settings, body, way)
    if as_json:
        common.say_json(said)
    else:
        common.out().print(reasons.explained(said))
    if said["verdict"] not in ("delivered", "echo"):
        raise typer.Exit(common.WRONG)


@routes.command("test")
def routes_test(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Thử các tình huống của routes-tests.yaml (plan the cases kept beside the rules)."""
    settings = opening.settings(config)
    cases = list(load_trials(config, settings))
    directory, groups = opening.directory_of_today(settings), opening.groups_of_today(settings)
    outside = looking.outside_if_known(settings, _outside(settings, (trial for trial, _ in cases)))
    ran = [(place, run(trial, directory, settings.routes, groups, settings.kinds, outside)) for trial, place in cases]
    if as_json:
        common.say_json([_ran(place, one) for place, one in ran])
    else:
        common.out().print(reasons.tried(ran))
    if any(one.differences for _, one in ran):
        raise typer.Exit(common.WRONG)


@routes.command("lint")
def routes_lint(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Soát quy tắc: không bao giờ tới lượt, không tới ai (what the rules do that is not meant)."""
    settings = opening.settings(config)
    directory, groups = opening.directory_of_today(settings), opening.groups_of_today(settings)
    places = route_places(config)
    found = Linter(directory, groups, settings.kinds, _silent(settings)).lint(settings.routes)
    placed = [(places(one.route, one.key).says(one.message), one) for one in found]
    cells = Grid(directory, groups, settings.kinds).cells(settings.routes)
    if as_json:
        findings = [{**asdict(mistake), "fault": one.fault.value} for mistake, one in placed]
        common.say_json({"findings": findings, "table": _table(settings, cells, places)})
    else:
        _show_lint(settings, [mistake for mistake, _ in placed])
        common.out().print(gridshow.table(cells, lambda index: places(index, "to").says("")))
    if found or any(cell.fate is Fate.LOST for cell in cells):
        raise typer.Exit(common.WRONG)


def _show_lint(settings: Config, mistakes: Sequence[Mistake]) -> None:
    common.show_mistakes(common.out(), mistakes, "yellow")
    if not mistakes:
        common.out().print(f"{len(settings.routes)} quy tắc, không thấy gì lạ (nothing found).", style="green")


def _table(settings: Config, cells: Sequence[Cell], places: Callable[[int, str], Place]) -> dict[str, Any]:
    return {
        "units": len({cell.unit for cell in cells}),
        "types": list(dict.fromkeys(cell.type for cell in cells)),
        "without_a_way": sum(cell.fate is Fate.LOST for cell in cells),
        "cells": [_cell(settings, cell, places) for cell in cells],
    }


def _cell(settings: Config, cell: Cell, places: Callable[[int, str], Place]) -> dict[str, Any]:
    rules = [{"name": settings.routes[index].name, **asdict(places(index, "to"))} for index in cell.routes]
    return {"unit": cell.unit, "type": cell.type, "fate": cell.fate.value, "rules": rules}


def _silent(settings: Config) -> frozenset[str]:
    """The units whose endpoints bring no answers."""
    connectors = Plugins(settings.plugins).connectors
    return frozenset(unit for unit, kind in settings.kinds.items() if not connectors[kind].capabilities.answers)


def _outside(settings: Config, cases: Iterable[Trial]) -> set[str]:
    """Whoever the cases and the rules name that may be nobody of ours."""
    named = (code for one in cases for code in (*one.expect, *(organ.id for organ in one.document.to)))
    return {*map(normalise, named), *(normalise(code) for route in settings.routes for code in route.to)}


def _ran(place: Mistake, one: Ran) -> dict[str, Any]:
    where = {"file": place.file, "line": place.line, "column": place.column}
    return {"name": one.trial.name, "ok": not one.differences, "differences": list(one.differences), **where}


def _way(settings: Config, body: Document | Acknowledgement, wanted: str) -> str:
    """The unit whose endpoint it comes in by: as said, else the sender's own. Raises HubError."""
    directory = opening.directory_of_today(settings)
    unit = directory.find(wanted or body.sender.id) or ("" if wanted else directory.others)
    if not unit:
        near = ", ".join(directory.nearest(wanted or body.sender.id))
        raise HubError(
            f"Không có đơn vị {wanted or body.sender.id}; gần giống: {near or '-'} (no such unit: say --from UNIT)."
        )
    return unit


def _explain(settings: Config, body: Document | Acknowledgement, way: str) -> dict[str, Any]:
    directory, said = opening.directory_of_today(settings), _head(body, way)
    if isinstance(body, Acknowledgement):
        found = Explanation((), plan_acknowledgement(body, way, directory), {})
    else:
        found = explain(body, way, directory, settings.routes, opening.groups_of_today(settings), settings.kinds)
        found = _tried_out(found, way, directory)
    verdict, reason = _verdict(settings, body, way, found)
    return {
        **said,
        "verdict": verdict,
        "reason": reason,
        "rules": list(map(_judged, found.rules)),
        "recipients": _recipients(settings, found) if verdict == "delivered" else [],
        "unknown": [
            {"code": code, "nearest": directory.nearest(code, 2), "reason": found.plan.reasons.get(code, "")}
            for code in found.plan.unknown
        ]
        if found.plan
        else [],
    }


def _tried_out(found: Explanation, way: str, directory: Directory) -> Explanation:
    """What is left of it where the sender is only tried out."""
    if found.plan is None or found.plan.echo or not directory.unit(way).is_tried_out:
        return found
    return replace(found, plan=only_tried_out(found.plan, directory))


def _judged(one: Judged) -> dict[str, Any]:
    unmet = asdict(one.unmet) if one.unmet else None
    return {"name": one.route.name, "outcome": one.outcome.value, "unmet": unmet, "reason": one.reason}


def _recipients(settings: Config, found: Explanation) -> list[dict[str, Any]]:
    assert found.plan
    names = looking.names(settings, looking.outside_if_known(settings, found.plan.recipients))
    return [
        {
            "unit": unit,
            "name": names.get(unit, ""),
            "rules": [name for name in found.why.get(unit, ()) if name],
            "added": unit in found.plan.added,
        }
        for unit in found.plan.recipients
    ]


def _head(body: Document | Acknowledgement, way: str) -> dict[str, Any]:
    if isinstance(body, Document):
        about = {"kind": "document", "code": body.code, "type": body.type.name, "subject": body.subject}
    else:
        about = {"kind": "acknowledgement", "code": body.response_for.code, "type": "", "subject": body.description}
    return {**about, "sender": body.sender.id, "came_from": way}


def _verdict(settings: Config, body: Document | Acknowledgement, way: str, found: Explanation) -> tuple[str, str]:
    """What the inbox would do with it, and why."""
    if found.plan is None:
        failed = next(one for one in found.rules if one.outcome is Outcome.FAILED)
        return "quarantined", f'quy tắc "{failed.route.name}" không xét được: {failed.reason}'
    if found.plan.echo:
        return "echo", "gói tin của chính tỉnh quay về, ghi nhận, không chuyển (our own packet came back)"
    if not opening.directory_of_today(settings).speaks_for(way, body.sender.id):
        return "refused", f"mã cơ quan gửi {body.sender.id} không phải của {way} (wrong-sender)"
    if not found.plan.recipients and found.plan.trial:
        return "refused", "văn bản thử chỉ tới đơn vị đang thử nghiệm (test-document)"
    if not found.plan.recipients:
        return "refused", "không có nơi nhận nào trên trục (unknown-addressee)"
    return "delivered", ""
