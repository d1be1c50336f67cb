"""The bytes of an attachment as they come out of a column or a file. Blocking."""

from __future__ import annotations

import hashlib
import io
from typing import Any, BinaryIO

from sqlalchemy import Column, ColumnElement, Connection, func, select

from hub import Deferred

#: Bytes that are fetched of a column at a time.
_SLICE = 1 << 22


class Blob(io.RawIOBase):
    """The bytes of one column, a slice at a time."""

    def __init__(self, connection: Connection, column: Column[Any], where: ColumnElement[bool], size: int) -> None:
        self._connection, self._column, self._where, self._size = connection, column, where, size
        self._at, self._slice, self._used = 0, b"", 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._used == len(self._slice):
            self._fetch()
        piece = self._slice[self._used : self._used + len(buffer)]
        buffer[: len(piece)] = piece
        self._used += len(piece)
        return len(piece)

    def _fetch(self) -> None:
        self._slice, self._used = b"", 0
        if self._at < self._size:
            piece = func.substr(self._column, self._at + 1, _SLICE)
            found = self._connection.execute(select(piece).where(self._where)).scalar()
            self._slice = found.encode() if isinstance(found, str) else bytes(found or b"")
            if not self._slice:
                raise Deferred("Tệp đính kèm bị thay trong lúc đọc: sẽ đọc lại (it was changed meanwhile).")
            self._at += len(self._slice)


class Printed(io.RawIOBase):
    """A stream whose digest is noted at its end."""

    def __init__(self, stream: io.RawIOBase | BinaryIO, prints: list[str]) -> None:
        self._stream, self._prints, self._hash = stream, prints, hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._stream.read(len(buffer)) or b""
        self._hash.update(piece)
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            self._prints.append(self._hash.hexdigest())
            self._stream.close()
        super().close()
