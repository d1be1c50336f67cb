"""hub calendar show."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from hub.calendar import Change
from hub.cli import common, opening
from hub.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from hub.cli.yearshow import Year, shown
from hub.clock import VIETNAM
from hub.config import Config
from hub.errors import HubError

commands = typer.Typer()
calendar = typer.Typer(no_args_is_help=True, help="Lịch làm việc (the working calendar).")
commands.add_typer(calendar, name="calendar")

YearArgument = Annotated[
    int | None, typer.Argument(metavar="YEAR", min=2020, max=2099, help="Năm; bỏ trống là năm nay (this year).")
]
UnitOption = Annotated[
    str, typer.Option("--unit", metavar="ID", help="Lịch riêng của một đơn vị (the calendar of one unit).")
]


@calendar.command("show")
def show(
    year: YearArgument = None, unit: UnitOption = "", config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False
) -> None:
    """Xem một năm: ngày nghỉ, làm bù, bão, giờ làm việc (a year: days off, swapped days, storms, hours)."""
    settings = opening.settings(config)
    owner = _unit(settings, unit) if unit else ""
    found = Year(settings.calendar, year or datetime.now(VIETNAM).year, owner)
    if as_json:
        common.say_json(_said(found))
        return
    for line in shown(found, settings.directory.name(owner) if owner else ""):
        common.out().print(line)


def _unit(settings: Config, word: str) -> str:
    """Its id. Raises HubError."""
    found = settings.directory.find(word)
    if found is None or found == settings.directory.others:
        raise HubError(f"Không có đơn vị {word} trong cấu hình (there is no such unit: hub units list).")
    return found


def _said(year: Year) -> dict[str, object]:
    return {
        "year": year.number,
        "unit": year.unit,
        "official": year.is_official,
        "workdays": year.workdays,
        "changes": [_change(change) for change in year.changes()],
        "days": {day.isoformat(): year.hours(day) for day in year.days},
    }


def _change(change: Change) -> dict[str, object]:
    return {
        "day": change.day.isoformat(),
        "kind": change.kind,
        "name": change.name,
        "source": change.source,
        "guess": change.is_guess,
        "units": sorted(change.units),
        "period": [f"{moment:%H:%M}" for moment in change.period] if change.period else None,
    }
