"""hub units import, list, status."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from hub import lock
from hub.cli import common, late, looking, opening, unitshow
from hub.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from hub.config import Config
from hub.ledger.milestones import Milestones
from hub.roster.stages import Stage, stage
from hub.vocabulary import Unit

commands = typer.Typer()
units = typer.Typer(no_args_is_help=True, help="Các đơn vị của trục (the units).")
commands.add_typer(units, name="units")

ListArgument = Annotated[Path, typer.Argument(metavar="FILE", help="Danh sách đơn vị (.csv, .xlsx).")]
WriteOption = Annotated[
    bool, typer.Option("--write", help="Ghi vào units.yaml; không có thì chỉ xem (write; without it only look).")
]

UnitArgument = Annotated[str, typer.Argument(metavar="ID", help="Mã đơn vị trong units.yaml (the unit's id).")]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Thư mục mới để ghi vào (a new folder; bo-cai-dat-ID).")
]
ServerOption = Annotated[
    str, typer.Option("--server", metavar="NAME", help="Tên máy chủ như Windows thấy (this machine's name on the net).")
]

_ORDER = list(Stage)


@units.command("import")
def import_units(
    file: ListArgument, write: WriteOption = False, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False
) -> None:
    """So danh sách đơn vị với units.yaml, rồi ghi (compare a list of units with units.yaml, then write it)."""
    if not late("importing").run(file, config, write=write, as_json=as_json):
        raise typer.Exit(common.WRONG)


@units.command("list")
def units_list(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Liệt kê đơn vị trong cấu hình (the units of the configuration)."""
    settings = opening.settings(config)
    today = opening.groups_of_today(settings)
    lines = [
        {
            "id": unit.id,
            "name": unit.name,
            "code": unit.code,
            "aliases": list(unit.aliases),
            "kind": settings.kinds.get(unit.id, ""),
            "groups": [group.id for group in today.values() if unit.id in group.units],
        }
        for unit in settings.units
    ]
    if as_json:
        common.say_json(lines)
    else:
        common.out().print(unitshow.listed(lines))


@units.command("status")
def units_status(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Đơn vị nào đã nối, đã thử, đang dùng (how far each unit is), chỗ có vấn đề trước."""
    settings = opening.settings(config)
    with looking.views_or_none(settings) as views:
        reached = views.milestones() if views else {}
        health = views.endpoints() if views and lock.held(settings.data) else {}
    lines = _stages(settings, reached, health, datetime.now(UTC))
    if as_json:
        common.say_json(lines)
    else:
        common.out().print(unitshow.staged(lines))


@units.command("kit")
def units_kit(
    unit: UnitArgument,
    out: OutOption = None,
    server: ServerOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Bộ cài đặt cho một đơn vị: thư mục chia sẻ, quyền, lối tắt, hướng dẫn (what a unit needs to begin)."""
    written = late("outfitting").run(unit, out or Path(f"bo-cai-dat-{unit}"), server, config)
    message = f"Đã ghi {len(written)} tệp vào {written[0].parent}; đọc CAI-DAT.md trước (read it first)."
    common.tell(message, {"files": [str(file) for file in written]}, as_json=as_json)


@units.command("smoke")
def units_smoke(unit: UnitArgument, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Gửi một văn bản thử tới đơn vị (send the unit a document that only tries it; needs a running hub)."""
    late("writing").smoke(unit, config, as_json=as_json)


@units.command("reinstate")
def units_reinstate(unit: UnitArgument, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Đưa bộ kết nối bị tách riêng trở lại trục (bring a connector that blocked the hub back into its process)."""
    late("writing").reinstate(unit, config, as_json=as_json)


def _stages(
    settings: Config, reached: Mapping[str, Milestones], health: Mapping[str, Any], now: datetime
) -> list[dict[str, Any]]:
    lines = [_line(unit, reached.get(unit.id, Milestones()), health.get(unit.id, {}), now) for unit in settings.units]
    return sorted(lines, key=lambda line: (not line["down"], _ORDER.index(line["stage"])))


def _line(unit: Unit, reached: Milestones, health: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    times = {"connected_at": reached.connected_at, "tested_at": reached.tested_at, "heard_at": reached.heard_at}
    down = not health.get("ok", True)
    detail = health.get("detail", "") if down else ""
    said = {"id": unit.id, "name": unit.name, "mode": unit.mode, "stage": stage(unit, **times, now=now)}
    return {**said, "down": down, "detail": detail, **times}
