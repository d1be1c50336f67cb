"""What a zip holds: an office file, macros, a lock; read in bounded steps, never unpacked."""

from __future__ import annotations

import html
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, cast

from plugins.folderdrop.clerk.sending.records import Kind
from plugins.folderdrop.clerk.sending.window import TooMuch, Window

_FOLDERS = ("word/", "xl/", "ppt/", "visio/")
_TYPES = "[Content_Types].xml"
_MACRO_NAMES = re.compile(r"vbaproject\.bin$|^xl/macrosheets/|^basic/.*\.xml$|^scripts/.+", re.IGNORECASE)
_MACRO_TYPES = re.compile(rb"vnd\.ms-office\.vbaProject|ms-excel\.macrosheet", re.IGNORECASE)
_PAGES = re.compile(r"word/(?:header\d{0,2}|document)\.xml")
_MOST_PAGES = 5
_LONGEST_PART = 1 << 18
_PARAGRAPH = re.compile(r"</w:p>|<w:br\b[^>]*>|<w:cr/>")
_WORDS = re.compile(r"<w:t(?:\s[^>]*)?>([^<]*)</w:t>|(<w:tab/>)")
_MOST_PARAGRAPHS = 80
#: what the zip reader raises on a broken one
_BROKEN = (
    zipfile.BadZipFile,
    NotImplementedError,
    ValueError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
    KeyError,
)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a look into a container showed."""

    kind: Kind
    damaged: bool = False
    #: asks for a password
    locked: bool = False
    macro: bool = False
    #: first paragraphs of a Word document; None: they could not be read
    text: str | None = ""


def look(window: Window) -> Contents:
    """What that zip is and holds. Raises OSError."""
    try:
        # A window has all of a binary file that a zip's reader asks for.
        with zipfile.ZipFile(cast("IO[bytes]", window)) as packed:
            return _listed(packed)
    except TooMuch:
        return Contents(Kind.ARCHIVE, text=None)
    except _BROKEN:
        return Contents(Kind.ARCHIVE, damaged=True)


def _listed(packed: zipfile.ZipFile) -> Contents:
    names = packed.namelist()
    kind = Kind.OFFICE if _is_office(packed, names) else Kind.ARCHIVE
    if any(each.flag_bits & 1 for each in packed.infolist()):
        return Contents(kind, locked=True)
    if kind is Kind.ARCHIVE:
        return Contents(kind)
    macro = any(_MACRO_NAMES.search(name) for name in names)
    try:
        macro = macro or (_TYPES in names and bool(_MACRO_TYPES.search(_part(packed, _TYPES))))
        return Contents(kind, macro=macro, text=_first_words(packed, names))
    except TooMuch:
        return Contents(kind, macro=macro, text=None)
    except _BROKEN:
        return Contents(kind, damaged=True, macro=macro)


def _is_office(packed: zipfile.ZipFile, names: list[str]) -> bool:
    if _TYPES in names:
        return any(name.startswith(_FOLDERS) for name in names)
    return names[:1] == ["mimetype"] and _part(packed, "mimetype").startswith(b"application/vnd.oasis.opendocument")


def _part(packed: zipfile.ZipFile, name: str) -> bytes:
    if packed.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # Office files know no other, and another's memory is what the file asks for.
        raise zipfile.BadZipFile(name)
    with packed.open(name) as part:
        return part.read(_LONGEST_PART)


def _first_words(packed: zipfile.ZipFile, names: list[str]) -> str:
    pages = sorted((name for name in set(names) if _PAGES.fullmatch(name)), reverse=True)[:_MOST_PAGES]
    return "\n".join(_paragraphs(_part(packed, name).decode("utf-8", "replace")) for name in pages)


def _paragraphs(xml: str) -> str:
    pieces = _PARAGRAPH.split(xml, maxsplit=_MOST_PARAGRAPHS)[:_MOST_PARAGRAPHS]
    return "\n".join(
        "".join("\t" if found[2] else html.unescape(found[1]) for found in _WORDS.finditer(piece)) for piece in pieces
    )
