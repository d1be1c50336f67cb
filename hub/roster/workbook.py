"""Lines out of an .xlsx workbook. The one module that knows its library."""

from __future__ import annotations

import io
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from hub.roster.columns import Line, known_columns
from hub.roster.sheet import Unreadable

#: What a workbook that is none, or a broken one, makes the library raise.
_BREAKAGE = (
    zipfile.BadZipFile,
    zlib.error,
    InvalidFileException,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    SyntaxError,
    RuntimeError,
    EOFError,
    OSError,
)
_LOOK_AT = 20


def lines_of(data: bytes) -> list[Line]:
    """The lines of the first sheet that has our columns, else of the first one. Raises Unreadable."""
    try:
        sheets = _sheets(data)
    except _BREAKAGE as error:
        raise Unreadable("Tệp .xlsx hỏng hoặc có mật khẩu (the workbook is broken or locked).") from error
    return next((lines for lines in sheets if _has_header(lines)), sheets[0] if sheets else [])


def _sheets(data: bytes) -> list[list[Line]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        return [list(_lines(sheet.iter_rows(values_only=True))) for sheet in book.worksheets]


def _lines(rows: Iterator[tuple[object, ...]]) -> Iterator[Line]:
    """Without the empty ones: a whole column that was coloured has a million of them."""
    for number, row in enumerate(rows, 1):
        if any(value is not None for value in row):
            yield Line(number, tuple(map(_text, row)))


def _text(value: object) -> str:
    """A typed cell as somebody would have typed it; a date in ISO form."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else unicodedata.normalize("NFC", str(value))


def _has_header(lines: list[Line]) -> bool:
    return any(known_columns(line.cells) > 1 for line in lines[:_LOOK_AT])
