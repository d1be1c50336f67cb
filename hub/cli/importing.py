"""Compares a list of units with units.yaml, shows what would change, and writes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.text import Text

from hub.cli import common, opening, unitshow
from hub.clock import VIETNAM
from hub.config.editing import edited
from hub.config.roll import Present, present
from hub.errors import ConfigError, Mistake
from hub.roster import sheet, workbook
from hub.roster.columns import Flaw, Line
from hub.roster.merge import Difference, Merged, merge
from hub.roster.rows import Findings, read

_LARGEST = 20_000_000
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class _Result:
    """What came of it."""

    name: str
    found: Findings
    merged: Merged
    #: of the configuration as it would be
    mistakes: list[Mistake]
    written: bool

    @property
    def fine(self) -> bool:
        """Whether the list can be taken as it is."""
        return not self.found.flaws and not self.mistakes


def run(file: Path, folder: Path, *, write: bool, as_json: bool) -> bool:
    """Whether the list is fine. Raises HubError, OSError."""
    result = _import(file, folder, write=write)
    if as_json:
        common.say_json(_json(result))
    else:
        _show(result)
    return result.fine


def _import(file: Path, folder: Path, *, write: bool) -> _Result:
    today = datetime.now(VIETNAM).date()
    now = present(folder, today)
    lines, doubts = _lines(file)
    found = read(lines, now.root)
    found.warnings[:0] = doubts
    merged = merge(found, now.roll, today)
    text = now.file.text
    mistakes: list[Mistake] = []
    if not found.flaws:
        text, mistakes = _checked(now, merged, folder)
    written = write and not mistakes and text != now.file.text
    if written:
        now.file.replace(text)
    return _Result(file.name, found, merged, mistakes, written)


def _lines(file: Path) -> tuple[list[Line], list[Flaw]]:
    with file.open("rb") as source:
        data = source.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise sheet.Unreadable(f"{file.name} lớn hơn {_LARGEST // 10**6} MB (the file is too large).")
    if data.startswith(_OLD_EXCEL):
        raise sheet.Unreadable(f"{file.name} là tệp Excel cũ hoặc có mật khẩu: lưu lại dạng .xlsx (save it as .xlsx).")
    if data.startswith(_ZIP):
        return workbook.lines_of(data), []
    text, encoding = sheet.decode(data)
    legacy = Flaw(1, "ten", "đọc theo bảng mã windows-1258, hãy xem lại dấu (read as windows-1258, look at the marks)")
    return sheet.lines_of(text), [legacy] if encoding == sheet.LEGACY else []


def _checked(now: Present, merged: Merged, folder: Path) -> tuple[str, list[Mistake]]:
    """The new text, and what keeps a hub from starting with it."""
    text = edited(now.file.text, merged.differences)
    try:
        opening.settings(folder, units=text)
    except ConfigError as error:
        return text, error.mistakes
    return text, []


def _show(result: _Result) -> None:
    if result.merged.differences or result.merged.closing:
        common.out().print(unitshow.differences(result.merged))
    _show_flaws(result.name, result.found.warnings, "yellow", "warning: ")
    _show_flaws(result.name, result.found.flaws, "red", "")
    common.show_mistakes(common.out(), result.mistakes)
    word, style = _verdict(result)
    common.out().print(common.clean(f"{_counts(result.merged)}. {word}", style))


def _show_flaws(name: str, flaws: Iterable[Flaw], style: str, word: str) -> None:
    for flaw in sorted(flaws):
        place = common.clean(f"{name}:{flaw.line}:{flaw.column}: ", "bold")
        common.out().print(place + Text(word, style=f"bold {style}") + common.clean(flaw.message, style))


def _counts(merged: Merged) -> str:
    new = sum(one.is_new for one in merged.differences)
    return f"{new} thêm, {len(merged.differences) - new} sửa, {len(merged.closing)} đóng"


def _verdict(result: _Result) -> tuple[str, str]:
    if not result.fine:
        errors = len(result.found.flaws) + len(result.mistakes)
        return f"{errors} lỗi (mistakes); không ghi gì (nothing was written).", "bold red"
    if result.written:
        return "Đã ghi units.yaml; khởi động lại trục để dùng (written; restart the hub).", "bold green"
    if result.merged.differences:
        return "Mới chỉ xem; thêm --write để ghi (nothing was written yet).", "bold"
    return "units.yaml đã đúng như danh sách (nothing to write).", "green"


def _json(result: _Result) -> dict[str, Any]:
    return {
        "added": [_change(one) for one in result.merged.differences if one.is_new],
        "changed": [_change(one) for one in result.merged.differences if not one.is_new],
        "closing": [unit.id for unit in result.merged.closing],
        "errors": [asdict(flaw) for flaw in sorted(result.found.flaws)],
        "warnings": [asdict(flaw) for flaw in sorted(result.found.warnings)],
        "mistakes": [asdict(mistake) for mistake in result.mistakes],
        "written": result.written,
    }


def _change(one: Difference) -> dict[str, Any]:
    return {"unit": one.unit, "name": one.name, "changes": [asdict(change) for change in one.changes]}
