"""The report as an .xlsx workbook: a sheet for the text, and one for each table and each chart.

What a packet or a person says is always text in it, never a formula.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from math import ceil

import openpyxl
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from hub.report.charts import FACE, drawn
from hub.report.layout import (
    ANNEX,
    ANNEX_TITLE,
    DRAFT,
    Block,
    Bullets,
    Chart,
    Column,
    Heading,
    Paragraph,
    Report,
    Table,
    titled,
)
from hub.report.telling import Value, shown, visible

#: What a spreadsheet may take for the beginning of a formula, full-width forms too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_THIN = Side("thin", "808080")
_BOX = Border(_THIN, _THIN, _THIN, _THIN)
_FILL = PatternFill("solid", "DCE6F1")
_TEXT_SHEET, _ANNEX_SHEET = "Báo cáo", "Phụ lục"
_WIDTH, _WIDE = 11.0, 84.0
_LINE = 16.0


def written(report: Report) -> bytes:
    """The whole workbook."""
    book = openpyxl.Workbook()
    _texts(_sheet(book, _TEXT_SHEET), report)
    for block in (*report.blocks, *report.extra, *report.annex):
        if isinstance(block, Table):
            _table(_sheet(book, block.sheet), block)
        elif isinstance(block, Chart):
            _chart(_sheet(book, block.sheet), block)
    _lines(_sheet(book, _ANNEX_SHEET), [(ANNEX, True), (ANNEX_TITLE, True), *_told(report.annex)])
    return saved(book)


def data_of(chart: Chart, sheet: str) -> bytes:
    """A small workbook with a chart's values only, to lie inside a Word document."""
    book = openpyxl.Workbook()
    _values(_sheet(book, sheet), chart)
    return saved(book)


def saved(book: Workbook) -> bytes:
    """The workbook's bytes, without the empty sheet that every new one has."""
    if len(book.worksheets) > 1:
        book.remove(book.worksheets[0])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(book: Workbook, name: str) -> Worksheet:
    sheet = book.create_sheet(name)
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    return sheet


def _texts(sheet: Worksheet, report: Report) -> None:
    head = report.head
    lines = [
        (head.agency, True),
        (f"Số:      /{head.notation} ({DRAFT})", False),
        (head.kind, True),
        (head.subject, True),
        (f"Kính gửi: {head.to}.", False),
        *_told(report.blocks),
    ]
    _lines(sheet, lines)


def _told(blocks: Sequence[Block]) -> Iterator[tuple[str, bool]]:
    for block in blocks:
        match block:
            case Heading():
                yield block.text, True
            case Paragraph():
                yield block.text, False
            case Bullets():
                yield from ((f"- {line}", False) for line in block.lines)
            case Table() | Chart():
                yield f"{titled(block)}: xem trang tính “{block.sheet}”.", False


def _lines(sheet: Worksheet, lines: Sequence[tuple[str, bool]]) -> None:
    sheet.column_dimensions["A"].width = _WIDE
    for number, (text, is_bold) in enumerate(lines, 1):
        cell = sheet.cell(number, 1)
        _put(cell, visible(text))
        cell.font, cell.alignment = Font(FACE, 12, bold=is_bold), Alignment(vertical="top", wrap_text=True)
        sheet.row_dimensions[number].height = _LINE * max(1, ceil(len(text) * 1.1 / _WIDE))


def _table(sheet: Worksheet, table: Table) -> None:
    grouped = any(column.group for column in table.columns)
    sheet.page_setup.orientation = "landscape"
    _title(sheet, titled(table))
    for place, column in enumerate(table.columns, 1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = _WIDTH * max(1.0, column.weight)
        _heads(sheet, table.columns, place, column, grouped=grouped)
    start = 5 if grouped else 4
    # Its headings take three lines at most.
    for number in range(3, start):
        sheet.row_dimensions[number].height = 3 * _LINE / (start - 3) + 4
    sheet.freeze_panes = f"B{start}"
    sheet.print_title_rows = f"3:{start - 1}"
    for number, row in enumerate(table.rows, start):
        _row(sheet, number, row, table, is_total=table.has_total and number == start + len(table.rows) - 1)
    after = start + max(1, len(table.rows))
    if not table.rows:
        _put(sheet.cell(start, 1), table.empty)
    if table.note:
        _note(sheet, after + 1, table)


def _note(sheet: Worksheet, number: int, table: Table) -> None:
    """Over the whole width of the table: what runs out of its cell would make a printed page smaller."""
    cell = sheet.cell(number, 1)
    _put(cell, visible(table.note))
    cell.font, cell.alignment = Font(FACE, 11, italic=True), Alignment(vertical="top", wrap_text=True)
    sheet.merge_cells(start_row=number, end_row=number, start_column=1, end_column=len(table.columns))
    wide = sum(_WIDTH * max(1.0, column.weight) for column in table.columns)
    sheet.row_dimensions[number].height = _LINE * ceil(len(table.note) * 1.1 / wide)


def _title(sheet: Worksheet, text: str) -> None:
    _put(sheet.cell(1, 1), visible(text))
    sheet.cell(1, 1).font = Font(FACE, 14, bold=True)


def _heads(sheet: Worksheet, columns: Sequence[Column], place: int, column: Column, *, grouped: bool) -> None:
    """The heading of one column, with its group above where it has one."""
    is_first = place == 1 or columns[place - 2].group != column.group
    top, bottom = sheet.cell(3, place), sheet.cell(4, place)
    if not column.group:
        _head(top, column.title)
        if grouped:
            _head(bottom, "")
            sheet.merge_cells(start_row=3, end_row=4, start_column=place, end_column=place)
        return
    _head(top, column.group if is_first else "")
    _head(bottom, column.title)
    if is_first:
        size = sum(other.group == column.group for other in columns)
        sheet.merge_cells(start_row=3, end_row=3, start_column=place, end_column=place + size - 1)


def _head(cell: Cell, text: str) -> None:
    if text:
        _put(cell, text)
    cell.font, cell.fill, cell.border = Font(FACE, 11, bold=True), _FILL, _BOX
    cell.alignment = Alignment("center", "center", wrap_text=True)


def _row(sheet: Worksheet, number: int, row: Sequence[Value], table: Table, *, is_total: bool) -> None:
    lines = 1
    for place, (value, column) in enumerate(zip(row, table.columns, strict=True), 1):
        cell = sheet.cell(number, place)
        _put(cell, value)
        cell.font, cell.border = Font(FACE, 11, bold=is_total), _BOX
        cell.alignment = Alignment("right" if column.is_number else "left", "top", wrap_text=True)
        lines = max(lines, ceil(len(shown(value)) * 1.1 / (_WIDTH * max(1.0, column.weight))))
    sheet.row_dimensions[number].height = min(409.0, _LINE * lines)


def _put(cell: Cell, value: Value) -> None:
    """A number as a number, everything else as text that is never a formula."""
    if isinstance(value, int | float):
        cell.value = value
        cell.number_format = "#,##0.0" if isinstance(value, float) else "#,##0"
        return
    text = shown(value) if not isinstance(value, str) else visible(value)
    cell.value, cell.data_type = text, "s"
    cell.quotePrefix = text.lstrip().startswith(_FORMULA)


def _chart(sheet: Worksheet, chart: Chart) -> None:
    _values(sheet, chart)
    sheet.page_setup.orientation = "landscape"
    height = 9.0 if chart.kind == "columns" else max(6.0, 0.75 * len(chart.labels))
    sheet.add_chart(drawn(chart, chart.sheet, 22, height), "D4")
    for place, text in ((1, titled(chart)), (2, chart.note)):
        _put(sheet.cell(place, 4), visible(text))
    sheet.cell(1, 4).font, sheet.cell(2, 4).font = Font(FACE, 14, bold=True), Font(FACE, 11, italic=True)


def _values(sheet: Worksheet, chart: Chart) -> None:
    sheet.column_dimensions["A"].width = 36
    for place, title in ((1, ""), (2, chart.unit)):
        _head(sheet.cell(1, place), title)
    for number, (label, value) in enumerate(zip(chart.labels, chart.values, strict=True), 2):
        for place, said in ((1, label), (2, value)):
            _put(sheet.cell(number, place), said)
            sheet.cell(number, place).font = Font(FACE, 11)
