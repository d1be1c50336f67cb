"""What a report is made of, whatever it is written as: letterhead, headings, tables, charts, signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from hub.report.telling import Value


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: 1 for I, II, III; 2 for what is below."""

    text: str
    level: Literal[1, 2] = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the text."""

    text: str
    italic: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """Lines that begin with a dash."""

    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, its share of the width, and whether numbers stand in it."""

    title: str
    weight: float = 1.0
    is_number: bool = True
    #: a heading over this column and its neighbours of the same group
    group: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A numbered table with its title."""

    label: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    #: the last row sums up
    has_total: bool = False
    #: what stands in place of no rows
    empty: str = "Không có."
    note: str = ""
    #: what the sheet of a workbook is called
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A numbered picture: upright columns, or bars lying down."""

    label: str
    title: str
    kind: Literal["columns", "bars"]
    labels: Sequence[str]
    values: Sequence[float]
    #: what the values are
    unit: str
    #: the greatest value, where that is known: 100 for percentages
    most: float | None = None
    note: str = ""
    sheet: str = ""


Block = Heading | Paragraph | Bullets | Table | Chart


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands above the text. Number and date are left open: a person gives them."""

    agency: str
    notation: str
    place: str
    year: int
    kind: str
    subject: str
    to: str
    #: the agency inside a sentence
    called: str


@dataclass(frozen=True, slots=True)
class Foot:
    """What stands below it: whom it also goes to, and for whom somebody signs."""

    places: Sequence[str]
    signs: Sequence[str]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report."""

    head: Letterhead
    blocks: Sequence[Block]
    foot: Foot
    annex: Sequence[Block]
    #: what only a workbook has
    extra: Sequence[Block] = field(default=())


COUNTRY, MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"
DRAFT = "DỰ THẢO"
ANNEX = "PHỤ LỤC"
ANNEX_TITLE = "Phương pháp tính và nguồn số liệu"
PLACES = "Nơi nhận:"
END = "./."


def accompanies(head: Letterhead) -> str:
    """What stands under the title of the annex."""
    return f"(Kèm theo Báo cáo số      /{head.notation} ngày      tháng      năm {head.year} của {head.called})"


def lines_of(agency: str) -> tuple[str, str]:
    """An agency's name in two lines, as it stands above a document; the second may be empty."""
    for word in (" TỈNH ", " THÀNH PHỐ "):
        if word in agency:
            first, _, rest = agency.partition(word)
            return first, f"{word.strip()} {rest}"
    return agency, ""


def titled(block: Table | Chart) -> str:
    """Its number and title."""
    return f"{block.label}. {block.title}" if block.label else block.title
