"""Lines out of a CSV file, whatever encoding and separator a spreadsheet program gave it."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator

from hub.errors import HubError
from hub.roster.columns import Line, known_columns

_SEPARATORS = ";\t,"
_LOOK_AT = 20
#: What the letters of the TCVN3 (ABC) fonts become when they are read as windows-1258.
_TCVN3 = frozenset("¸µ¶¹®©ª«¬¨§\xad")

LEGACY = "cp1258"


class Unreadable(HubError):
    """The list cannot be read."""


def decode(data: bytes) -> tuple[str, str]:
    """The text and its encoding. Raises Unreadable."""
    for encoding in _encodings(data):
        try:
            text = unicodedata.normalize("NFC", data.decode(encoding))
        except UnicodeDecodeError:
            continue
        if "\0" in text or (encoding == LEGACY and _TCVN3 & set(text)):
            break
        return text.removeprefix("\ufeff"), encoding
    raise Unreadable(
        "Không đọc được chữ trong tệp: hãy lưu lại dạng CSV UTF-8 hoặc .xlsx, phông Unicode, không dùng TCVN3 "
        "(unknown encoding: save it as CSV UTF-8 or .xlsx)."
    )


def _encodings(data: bytes) -> tuple[str, ...]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return ("utf-16",)
    if b"\0" in data[:2]:
        return ("utf-16-be",) if data[:1] == b"\0" else ("utf-16-le",)
    return "utf-8", LEGACY


def lines_of(text: str) -> list[Line]:
    """The lines of a CSV text. Raises Unreadable."""
    try:
        return list(_lines(text, _separator(text)))
    except csv.Error as error:
        raise Unreadable(f"Tệp CSV hỏng (broken CSV): {error}") from error


def _separator(text: str) -> str:
    """The one by which the most columns are recognised."""
    first = text.splitlines()[:_LOOK_AT]
    return max(_SEPARATORS, key=lambda one: max(map(known_columns, csv.reader(first, delimiter=one)), default=0))


def _lines(text: str, separator: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    begins = 1
    for cells in reader:
        yield Line(begins, tuple(cells))
        begins = reader.line_num + 1
