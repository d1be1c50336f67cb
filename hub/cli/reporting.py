"""hub report: the monthly report to the Government Office, as a draft that people finish."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli import common, looking, opening
from hub.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from hub.config import Config
from hub.ledger.figures import Accounts, open_accounts
from hub.report.composing import compose
from hub.report.gathering import Source, gather
from hub.report.letter import letter_of
from hub.report.months import Month
from hub.report.network import Link
from hub.report.parties import Parties
from hub.report.records import Figures, Share
from hub.report.telling import number, percent
from hub.report.writing import FORMATS, SERIES, check, write

commands = typer.Typer()
_STEP = 500


@commands.command()
def report(
    month: Annotated[str, typer.Option("--month", help="Tháng, như 2026-11 (the month).", metavar="YYYY-MM")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Tệp ghi ra: .docx, .xlsx, .pdf, .html (the file to write).", dir_okay=False),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Báo cáo tháng gửi Văn phòng Chính phủ, bản dự thảo (the monthly report, a draft); --json: its figures."""
    asked = _month(month)
    if out is None and not as_json:
        raise typer.BadParameter("--out FILE hoặc --json (one of them)")
    if out and out.suffix.lower() not in FORMATS:
        raise typer.BadParameter(f"{out.name}: {', '.join(FORMATS)}")
    if out:
        check(out)
    settings = opening.to_look(config)
    figures = _figures(settings, asked, series=as_json or bool(out and out.suffix.lower() in SERIES))
    size = write(compose(figures, letter_of(settings.report, settings.province.name)), out) if out else 0
    if as_json:
        common.say_json(_said(figures, out, size))
    else:
        _tell(figures, out, size)
    if figures.difference:
        raise typer.Exit(common.WRONG)


def _month(text: str) -> Month:
    try:
        return Month.read(text)
    except ValueError:
        raise typer.BadParameter(f"{text}: tháng viết như 2026-11 (a month is written so)") from None


def _figures(settings: Config, month: Month, *, series: bool) -> Figures:
    with _accounts(settings) as accounts, accounts.look() as look:
        now = datetime.now(UTC)
        parties = Parties(opening.directory_of_today(settings), settings.report.codes, look.name)
        source = Source(look, parties, _links(settings), settings.calendar, settings.duties.subjects, now, _Progress())
        try:
            return gather(source, month, series=series)
        finally:
            _Progress.clear()


@contextmanager
def _accounts(settings: Config) -> Iterator[Accounts]:
    """The ledger for counting. Raises NeverRan."""
    try:
        found = open_accounts(settings.database.get_secret_value(), settings.data)
    except FileNotFoundError as error:
        raise looking.NeverRan(settings) from error
    try:
        yield found
    finally:
        found.close()


def _links(settings: Config) -> list[Link]:
    return [
        Link(unit, endpoint.kind, str(getattr(endpoint, "layout", ""))) for unit, endpoint in settings.endpoints.items()
    ]


class _Progress:
    """One line of a terminal that says how far the counting came."""

    def __call__(self, month: Month, counted: int) -> None:
        if counted % _STEP == 1 and sys.stderr.isatty():
            sys.stderr.write(f"\r\033[36mTháng {month}: đã đếm {number(counted)} văn bản (counting) …\033[0m\033[K")
            sys.stderr.flush()

    @staticmethod
    def clear() -> None:
        """Take the line away."""
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def _tell(figures: Figures, out: Path | None, size: int) -> None:
    totals, console = figures.totals, common.out()
    console.print(
        f"Tháng {figures.month}: {number(totals.documents)} văn bản, {number(totals.legs)} lượt gửi, "
        f"{number(totals.delivered)} đã giao, {number(totals.dead)} không chuyển được."
    )
    console.print(
        f"Tiếp nhận đúng hạn {percent(totals.answered_in_time)}; chưa tiếp nhận {number(totals.waiting)}; "
        f"từ chối {number(totals.refused)}; chỉ nhận, không xử lý: {number(len(figures.idle))} đơn vị."
    )
    if figures.difference:
        console.print(common.clean(f"✗ Đối soát chênh lệch {number(figures.difference)}: hub verify.", "bold red"))
    else:
        console.print(common.clean("✓ Đối soát: chênh lệch 0 (everything is accounted for).", "green"))
    console.print(common.clean(f"✓ Dự thảo (draft): {out} ({number(size / 1000)} kB)", "bold green"))


def _said(figures: Figures, out: Path | None, size: int) -> dict[str, Any]:
    totals = figures.totals
    found = asdict(figures) | {"month": str(figures.month), "difference": figures.difference}
    found["series"] = [{"month": str(month), **asdict(each)} for month, each in figures.series]
    found["idle"] = [one.unit for one in figures.idle]
    found["answered_in_time"] = _share(totals.answered_in_time)
    return found | {"out": str(out) if out else None, "size": size}


def _share(share: Share) -> dict[str, Any]:
    return {"part": share.part, "whole": share.whole, "percent": share.percent}
