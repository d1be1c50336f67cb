"""The register as an .xlsx workbook, to be read and printed. The one module here that knows its library."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import TypeAlias

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Protection, Side
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from plugins.folderdrop.clerk.register import Line

_HEADER = 5
_LONGEST = 2000
#: Height of a line of text in points, and how much of a column's width a letter takes, generously.
_LINE, _BREADTH = 14.5, 0.95
_FORMULA = ("=", "+", "-", "@")
_NUMBER = "so"
_FACE = "Times New Roman"
_DAY = "dd/mm/yyyy"
_THIN = Side("thin", "808080")
_TITLES = ("don-vi", "ten-so", "nam", "nam")
#: with room for marks above capitals
_TITLE_HEIGHT = 27.0
_Value: TypeAlias = str | date | None
#: The only part of a workbook that says when it was made.
_WHEN = "docProps/core.xml"


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    width: float
    style: str = "chu"


_COLUMNS = (
    _Column("Ngày đến", 11.5, "ngay"),
    _Column("Số đến", 8, _NUMBER),
    _Column("Tác giả", 24),
    _Column("Số, ký hiệu", 19),
    _Column("Ngày văn bản", 11.5, "ngay"),
    _Column("Tên loại và trích yếu nội dung", 46),
    _Column("Đơn vị hoặc người nhận", 20),
    _Column("Ngày chuyển", 11.5, "ngay"),
    _Column("Ký nhận", 11),
    _Column("Ghi chú", 22),
)


def written(unit: str, year: int, lines: Sequence[Line]) -> bytes:
    """A whole workbook; what a packet says is always text in it, never a formula."""
    book = openpyxl.Workbook(write_only=True)
    for style in _styles():
        book.add_named_style(style)
    sheet = book.create_sheet(f"Văn bản đến {year}")
    _set_up(sheet)
    told = f"Trục liên thông văn bản ghi, chỉ để xem và in. Tổng số: {len(lines)} văn bản."
    titles = zip((unit.upper(), "SỔ ĐĂNG KÝ VĂN BẢN ĐẾN", f"Năm {year}", told), _TITLES, strict=True)
    for number, (text, style) in enumerate(titles, 1):
        sheet.row_dimensions[number].height = _TITLE_HEIGHT if style == "ten-so" else _LINE + 4
        sheet.append([_cell(sheet, text, style)])
    _append(sheet, _HEADER, [column.title for column in _COLUMNS], ["dau"] * len(_COLUMNS))
    for number, line in enumerate(lines, _HEADER + 1):
        _append(sheet, number, _values(line), [column.style for column in _COLUMNS])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def same(one: bytes, other: bytes) -> bool:
    """Whether two workbooks differ at most in when they were made."""
    try:
        return _parts(one) == _parts(other)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False


def _parts(content: bytes) -> Mapping[str, tuple[int, int]]:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return {each.filename: (each.CRC, each.file_size) for each in parts.infolist() if each.filename != _WHEN}


def _styles() -> list[NamedStyle]:
    box = Border(_THIN, _THIN, _THIN, _THIN)
    middle = Alignment("center", "center", wrap_text=True)
    top, centre = Alignment("left", "top", wrap_text=True), Alignment("center", "top", wrap_text=True)
    body = {"font": Font(_FACE, 11), "border": box, "protection": Protection(locked=True)}
    plain = Alignment("left", "center")
    return [
        NamedStyle("don-vi", Font(_FACE, 12, bold=True), alignment=plain),
        NamedStyle("ten-so", Font(_FACE, 15, bold=True), alignment=plain),
        NamedStyle("nam", Font(_FACE, 11, italic=True), alignment=plain),
        NamedStyle("dau", Font(_FACE, 11, bold=True), PatternFill("solid", "DCE6F1"), box, middle),
        NamedStyle("chu", alignment=top, **body),
        NamedStyle(_NUMBER, alignment=centre, **body),
        NamedStyle("ngay", alignment=centre, number_format=_DAY, **body),
    ]


def _set_up(sheet: WriteOnlyWorksheet) -> None:
    for number, column in enumerate(_COLUMNS):
        sheet.column_dimensions["ABCDEFGHIJ"[number]].width = column.width
    sheet.freeze_panes = f"A{_HEADER + 1}"
    sheet.print_title_rows = f"{_HEADER}:{_HEADER}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top, sheet.page_margins.bottom, sheet.page_margins.footer = 0.6, 0.75, 0.35
    sheet.oddFooter.right.text = "Trang &P/&N"
    sheet.protection.enable()
    sheet.protection.formatColumns = sheet.protection.formatRows = sheet.protection.autoFilter = False


def _append(sheet: WriteOnlyWorksheet, number: int, values: Sequence[_Value], styles: Sequence[str]) -> None:
    sheet.row_dimensions[number].height = _height(values)
    sheet.append([_cell(sheet, value, style) for value, style in zip(values, styles, strict=True)])


def _values(line: Line) -> tuple[_Value, ...]:
    return (
        line.arrived,
        line.number,
        line.author,
        line.code,
        line.day,
        line.subject,
        line.receiver,
        line.passed_on,
        "",
        line.note,
    )


def _cell(sheet: WriteOnlyWorksheet, value: _Value, style: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet)
    cell.style = style
    if isinstance(value, date):
        cell.value, cell.number_format = value, _DAY
    elif value and style == _NUMBER:
        cell.value, cell.number_format = int(value), "0" * len(value)
    elif text := _plain(value or ""):
        cell.value, cell.data_type = text, "s"
        cell.quotePrefix = text.startswith(_FORMULA)
    return cell


def _height(texts: Sequence[_Value]) -> float:
    """Programs differ in whether they fit a row to its wrapped text: it is fitted here."""
    needed = (
        ceil(len(text) * _BREADTH / column.width)
        for text, column in zip(texts, _COLUMNS, strict=True)
        if isinstance(text, str)
    )
    return min(409.0, 3 + _LINE * max(1, *needed))


def _plain(text: str) -> str:
    """One line that XML can bear."""
    shown = "".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in text)
    return " ".join(shown.split())[:_LONGEST]
