"""Parts of a Word document as WordprocessingML: tables, letterhead, signature. Pure.

Written out, because the library lays tables out cell by cell, which takes minutes for a hundred units.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from math import ceil

from docx.oxml.ns import nsdecls

from hub.report.layout import COUNTRY, DRAFT, MOTTO, PLACES, Column, Foot, Letterhead, Table, lines_of
from hub.report.markup import text
from hub.report.telling import Value, shown

FACE = "Times New Roman"
_TWIPS = 1440 / 25.4
_LINE = '<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
_GREY = '<w:shd w:val="clear" w:color="auto" w:fill="EDEDED"/>'
_MANY = 9
_LEFT_WIDTH = 0.40


def twips(millimetres: float) -> int:
    """Millimetres as Word counts."""
    return round(millimetres * _TWIPS)


def line_below(width: float, length: float) -> str:
    """A paragraph that is nothing but a line, in the middle of that width."""
    return _rule(width, length, nsdecls("w"))


def _rule(width: float, length: float, spaces: str = "") -> str:
    side = twips((width - length) / 2)
    return (
        f"<w:p {spaces}><w:pPr><w:pBdr>{_LINE.format(side='top')}</w:pBdr>"
        '<w:spacing w:before="20" w:after="60" w:line="40" w:lineRule="exact"/>'
        f'<w:ind w:left="{side}" w:right="{side}"/>'
        '<w:rPr><w:sz w:val="2"/></w:rPr></w:pPr></w:p>'
    )


def paragraph(
    said: str, size: float, *, align: str = "left", look: str = "", after: int = 0, keep: bool = False
) -> str:
    """One paragraph; `look` has the letters b and i for bold and italic, size is in points."""
    marks = "".join(f"<w:{mark}/>" for mark in look)
    kept = "<w:keepNext/>" if keep else ""
    return (
        f'<w:p><w:pPr>{kept}<w:spacing w:before="0" w:after="{after}"/><w:jc w:val="{align}"/></w:pPr><w:r><w:rPr>'
        f'<w:rFonts w:ascii="{FACE}" w:hAnsi="{FACE}" w:cs="{FACE}"/>{marks}<w:sz w:val="{round(2 * size)}"/></w:rPr>'
        f'<w:t xml:space="preserve">{text(said)}</w:t></w:r></w:p>'
    )


# Letterhead and signature: two cells side by side without lines


def head_xml(head: Letterhead, width: float) -> str:
    """Who sends it, the country's name, number, place and date."""
    first, second = lines_of(head.agency)
    left, right = width * _LEFT_WIDTH, width * (1 - _LEFT_WIDTH)
    agency = paragraph(first, 13, align="center", look="b")
    agency += paragraph(second, 13, align="center", look="b") if second else ""
    country = paragraph(COUNTRY, 13, align="center", look="b") + paragraph(MOTTO, 13.5, align="center", look="b")
    number = paragraph(f"Số:         /{head.notation}", 13, align="center", after=80) + _stamp()
    date = paragraph(f"{head.place}, ngày      tháng      năm {head.year}", 13.5, align="center", look="i")
    rows = ((agency + _rule(left, 28), country + _rule(right, 52)), (number, date))
    return _two(rows, (left, right))


def _stamp() -> str:
    """DỰ THẢO, in a frame."""
    sides = "".join(_LINE.format(side=side).replace('w:space="0"', 'w:space="3"') for side in _SIDES)
    return (
        f'<w:p><w:pPr><w:pBdr>{sides}</w:pBdr><w:spacing w:before="60" w:after="60"/>'
        f'<w:ind w:left="{twips(18)}" w:right="{twips(18)}"/><w:jc w:val="center"/></w:pPr><w:r><w:rPr>'
        f'<w:rFonts w:ascii="{FACE}" w:hAnsi="{FACE}"/><w:b/><w:sz w:val="26"/></w:rPr><w:t>{DRAFT}</w:t></w:r></w:p>'
    )


_SIDES = ("top", "left", "bottom", "right")


def foot_xml(foot: Foot, width: float) -> str:
    """Whom it goes to, and the room for a signature."""
    last = len(foot.places) - 1
    places = [f"- {place}{'.' if number == last else ';'}" for number, place in enumerate(foot.places)]
    left = paragraph(PLACES, 12, look="bi", keep=True) + "".join(paragraph(place, 11) for place in places)
    right = "".join(paragraph(sign, 13.5, align="center", look="b", keep=True) for sign in foot.signs)
    right += paragraph("", 14) * 4
    return _two(((left, right),), (width * 0.48, width * 0.52))


def _two(rows: Iterable[tuple[str, str]], widths: tuple[float, float]) -> str:
    grid = "".join(f'<w:gridCol w:w="{twips(width)}"/>' for width in widths)
    lines = "".join(
        "<w:tr><w:trPr><w:cantSplit/></w:trPr>"
        + "".join(
            f'<w:tc><w:tcPr><w:tcW w:w="{twips(width)}" w:type="dxa"/></w:tcPr>{cell}</w:tc>'
            for cell, width in zip(row, widths, strict=True)
        )
        + "</w:tr>"
        for row in rows
    )
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{twips(sum(widths))}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{lines}</w:tbl>"
    )


# Tables of figures


def table_xml(table: Table, width: float) -> str:
    """A table over the whole width; its headings are repeated on every page."""
    whole = sum(column.weight for column in table.columns)
    widths = [twips(width * column.weight / whole) for column in table.columns]
    size, side = (9.5, 35) if len(table.columns) > _MANY else (11.5, 60)
    last = len(table.rows) - 1
    rows = "".join(
        _row(row, table.columns, widths, size, is_total=table.has_total and number == last)
        for number, row in enumerate(table.rows)
    )
    sides = "".join(_LINE.format(side=side) for side in (*_SIDES, "insideH", "insideV"))
    grid = "".join(f'<w:gridCol w:w="{each}"/>' for each in widths)
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
        f"<w:tblBorders>{sides}</w:tblBorders>"
        '<w:tblLayout w:type="fixed"/><w:tblCellMar>'
        f'<w:top w:w="15" w:type="dxa"/><w:left w:w="{side}" w:type="dxa"/>'
        f'<w:bottom w:w="15" w:type="dxa"/><w:right w:w="{side}" w:type="dxa"/>'
        f"</w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{_heads(table.columns, widths, size)}{rows}</w:tbl>"
    )


def _heads(columns: Sequence[Column], widths: Sequence[int], size: float) -> str:
    if not any(column.group for column in columns):
        cells = (_head(column.title, width, size) for column, width in zip(columns, widths, strict=True))
        return _head_row(cells)
    top: list[str] = []
    below: list[str] = []
    numbered = enumerate(columns)
    for group, members in groupby(numbered, key=lambda pair: pair[1].group or str(pair[0])):
        places = [place for place, _ in members]
        if columns[places[0]].group:
            top.append(
                _head(group, sum(widths[place] for place in places), size, f'<w:gridSpan w:val="{len(places)}"/>')
            )
            below += [_head(columns[place].title, widths[place], size) for place in places]
        else:
            place = places[0]
            top.append(_head(columns[place].title, widths[place], size, '<w:vMerge w:val="restart"/>'))
            below.append(_head("", widths[place], size, "<w:vMerge/>"))
    # Said, because a heading over two rows would be cut where it is repeated on the next page.
    lines = max(_lines(column.title, width, size) for column, width in zip(columns, widths, strict=True))
    half = ceil(max(lines, 2) * size * 20 * 1.25 / 2) + 30
    return _head_row(top, half) + _head_row(below, half)


def _lines(title: str, width: int, size: float) -> int:
    """How many lines a heading takes, a little more rather than less."""
    room, lines, used = (width - 80) / (size * 20 * 0.58), 1, 0
    for word in title.split():
        if used and used + 1 + len(word) > room:
            lines, used = lines + 1, 0
        used += len(word) + bool(used)
    return lines


def _head_row(cells: Iterable[str], height: int = 0) -> str:
    tall = f'<w:trHeight w:val="{height}" w:hRule="atLeast"/>' if height else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{tall}<w:tblHeader/></w:trPr>{''.join(cells)}</w:tr>"


def _head(title: str, width: int, size: float, merged: str = "") -> str:
    said = paragraph(title, size, align="center", look="b", keep=True)
    parts = f'<w:tcW w:w="{width}" w:type="dxa"/>{merged}{_GREY}<w:vAlign w:val="center"/>'
    return f"<w:tc><w:tcPr>{parts}</w:tcPr>{said}</w:tc>"


def _row(row: Sequence[Value], columns: Sequence[Column], widths: Sequence[int], size: float, *, is_total: bool) -> str:
    look = "b" if is_total else ""
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
        f"{paragraph(shown(value), size, align='right' if column.is_number else 'left', look=look)}</w:tc>"
        for value, column, width in zip(row, columns, widths, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>"
