"""Bytes on their way from the wire into a file of ours: bounded, and only while the disk keeps its reserve."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from hub.errors import NoRoom, Refused, StorageError

#: Bytes that wait in memory before they are written.
_PENDING, _CHUNK = 1 << 18, 1 << 18
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


class Spool:
    """One file without a name that anybody else knows. `has_room`: whether the disk takes so many bytes more."""

    def __init__(self, folder: Path, largest: int, has_room: Callable[[int], bool]) -> None:
        self.path = folder / f".{secrets.token_hex(8)}"
        self._largest, self._has_room = largest, has_room
        self._pending: list[bytes] = []
        self._waiting = self.size = 0
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        """SHA-256 in hex of what was flushed."""
        return self._hash.hexdigest()

    async def write(self, data: bytes) -> None:
        """The next bytes. Raises NoRoom, StorageError, Refused of more than it may be."""
        self._take(data)
        if self._waiting > _PENDING:
            await asyncio.to_thread(self.flush)

    def fill(self, blocks: Iterator[bytes]) -> None:
        """All of these. Blocking. Raises as `write`."""
        for block in blocks:
            self._take(block)
            if self._waiting > _PENDING:
                self.flush()
        self.flush()

    def flush(self) -> None:
        """Put what waits on the disk. Blocking. Raises NoRoom, StorageError."""
        if self._waiting:
            self._put()

    def finish(self) -> None:
        """As `flush`, and the file is there even where nothing came."""
        if self._waiting or not self.size:
            self._put()

    def _put(self) -> None:
        if not self._has_room(self._waiting):
            raise NoRoom("the disk of the hub keeps its reserve: intake waits")
        data = b"".join(self._pending)
        self._pending, self._waiting = [], 0
        self._hash.update(data)
        try:
            with open(self.path, "ab", buffering=0, opener=_private) as file:
                view = memoryview(data)
                while view:
                    view = view[file.write(view) or 0 :]
        except OSError as error:
            raise translated(error) from error

    def blocks(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """All of it, or so many bytes from one on. Blocking; `flush` first. Raises StorageError."""
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                left = self.size if length is None else length
                while left > 0 and (block := file.read(min(_CHUNK, left))):
                    left -= len(block)
                    yield block
        except OSError as error:
            raise translated(error) from error

    def drop(self) -> None:
        """It is not needed any more. Blocking."""
        self._pending, self._waiting = [], 0
        self.path.unlink(missing_ok=True)

    def _take(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self._largest:
            raise Refused("too-large", f"Gói tin lớn hơn mức cho phép ({self._largest} byte).")
        self._pending.append(data)
        self._waiting += len(data)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def translated(error: OSError) -> StorageError:
    """An error of our own disk must not look like one of the line."""
    if error.errno in _FULL:
        return NoRoom(f"the disk of the hub takes nothing more: {error}")
    return StorageError(f"what came cannot be put on the hub's disk: {error}")


def prepared(folder: Path) -> None:
    """The folder, without what an earlier run left in it. Blocking. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for leftover in folder.glob(".*"):
        if leftover.is_file():
            leftover.unlink()
