"""What an OLE file (doc, xls, ppt, a locked docx) holds: the names in its directory, read in bounded steps."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from plugins.folderdrop.clerk.sending.records import Kind
from plugins.folderdrop.clerk.sending.window import TooMuch, Window
from plugins.folderdrop.clerk.sending.zips import Contents

_MOST_SECTORS = 1024
_SHIFTS = (9, 12)
_ENTRY = 128
_LAST = 0xFFFFFFFA
_ROOT = 5
_DOCUMENTS = {"worddocument", "workbook", "book", "powerpoint document", "encryptedpackage"}
_MACROS = {"_vba_project", "vba", "_vba_project_cur", "macros"}
_LOCKED = 0x0100


class Broken(Exception):
    """It is no whole OLE file."""


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    kind: int
    start: int
    size: int


class _Bytes(Protocol):
    def at(self, offset: int, size: int, /) -> bytes: ...


def look(window: Window) -> Contents:
    """What that OLE file is and holds. Raises OSError."""
    try:
        return _judged(_File(window))
    except TooMuch:
        return Contents(Kind.OTHER, text=None)
    except Broken:
        return Contents(Kind.OTHER, damaged=True)


def _judged(file: _File) -> Contents:
    entries = list(file.entries())
    if not entries or entries[0].kind != _ROOT:
        raise Broken
    names = {each.name for each in entries}
    kind = Kind.OFFICE if names & _DOCUMENTS else Kind.OTHER
    locked = "encryptedpackage" in names or any(file.is_locked(each) for each in entries)
    return Contents(kind, locked=locked, macro=bool(names & _MACROS))


class _File:
    """Sectors and directory of an OLE file. Methods raise Broken, TooMuch, OSError."""

    def __init__(self, source: _Bytes) -> None:
        self._source = source
        header = self._whole(0, 512)
        (shift,) = struct.unpack_from("<H", header, 30)
        if shift not in _SHIFTS:
            raise Broken
        self._size = 1 << shift
        self._first, self._next_table, self._tables = (
            struct.unpack_from("<I", header, 48)[0],
            struct.unpack_from("<I", header, 68)[0],
            list(struct.unpack_from("<109I", header, 76)),
        )

    def entries(self) -> Iterator[_Entry]:
        """What the directory lists, in its order; the first is the root."""
        for sector in self._chain(self._first):
            content = self._sector(sector)
            yield from (found for at in range(0, len(content), _ENTRY) if (found := _entry(content, at)))

    def is_locked(self, entry: _Entry) -> bool:
        """Whether it is the text of a Word document that asks for a password."""
        if entry.name != "worddocument" or entry.size < 4096:
            return False
        (flags,) = struct.unpack_from("<H", self._sector(entry.start), 10)
        return bool(flags & _LOCKED)

    def _chain(self, sector: int) -> Iterator[int]:
        seen: set[int] = set()
        while sector < _LAST and sector not in seen and len(seen) < _MOST_SECTORS:
            seen.add(sector)
            yield sector
            sector = self._after(sector)

    def _after(self, sector: int) -> int:
        each = self._size // 4
        table = self._table(sector // each)
        if table >= _LAST:
            raise Broken
        (after,) = struct.unpack_from("<I", self._sector(table), sector % each * 4)
        return int(after)

    def _table(self, number: int) -> int:
        """The sector with that part of the allocation table; those beyond the header's 109 are listed in a chain."""
        for _ in range(_MOST_SECTORS):
            if number < len(self._tables) or self._next_table >= _LAST:
                break
            listed = struct.unpack(f"<{self._size // 4}I", self._sector(self._next_table))
            self._tables += listed[:-1]
            self._next_table = listed[-1]
        return self._tables[number] if number < len(self._tables) else _LAST

    def _sector(self, number: int) -> bytes:
        return self._whole((number + 1) * self._size, self._size)

    def _whole(self, offset: int, size: int) -> bytes:
        content = self._source.at(offset, size)
        if len(content) != size:
            raise Broken
        return content


def _entry(content: bytes, at: int) -> _Entry | None:
    length, kind = struct.unpack_from("<HB", content, at + 64)
    if not kind:
        return None
    name = content[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
    start, size = struct.unpack_from("<II", content, at + 116)
    return _Entry(name.lower(), kind, start, size)
