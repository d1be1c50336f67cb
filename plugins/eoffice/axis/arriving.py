"""The body of sendEdoc on its way into custody: bounded, hashed without the CRLF that the SDK adds, read, stored."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from hub import Blob, Context, NoRoom, Packet, Refused
from hub.standards import edxml

#: Bytes that are kept in memory; what is longer goes to a file without a name.
_SMALL = 1 << 20
_END = b"\r\n"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A body that came whole."""

    #: SHA-256 in hex
    digest: str
    packet: Packet | Refused
    #: None: nothing of it is kept
    blob: Blob | None


class Arriving:
    """One body. `has_room` says whether the disk takes so many bytes more."""

    def __init__(self, folder: Path, largest: int, has_room: Callable[[int], bool]) -> None:
        self._file = tempfile.SpooledTemporaryFile(_SMALL, dir=str(folder))  # noqa: SIM115 - closed by `close`
        self._largest, self._has_room = largest, has_room
        self._hash, self._held, self._size = hashlib.sha256(), b"", 0

    def close(self) -> None:
        """Forget it."""
        self._file.close()

    def expect(self, size: int) -> None:
        """Before anything of it is read. Raises Refused of a body that is too large, NoRoom."""
        if size > self._largest + len(_END):
            raise Refused("too-large", f"Gói tin lớn hơn mức cho phép ({self._largest // 10**6} MB).")
        if not self._has_room(size):
            raise NoRoom("the disk of the hub keeps its reserve: intake waits")

    async def take(self, body: AsyncIterator[bytes]) -> bytes:
        """All of it: its SHA-256. Raises Refused of a body that is too large, NoRoom, OSError."""
        async for piece in body:
            self.expect(self._size + len(piece))
            if self._size + len(piece) > _SMALL:
                await asyncio.to_thread(self._put, piece)
            else:
                self._put(piece)
        if self._held != _END:
            self._write(self._held)
        return self._hash.digest()

    def keep(self, context: Context, digest: str) -> Arrived:
        """Read it, and make it durable where it can be read. Blocking. Raises StorageError."""
        source = cast("BinaryIO", self._file)
        source.seek(0)
        try:
            packet = edxml.read(source)
        except Refused as refused:
            return Arrived(digest, refused, None)
        source.seek(0)
        return Arrived(digest, packet, context.bodies.store(source, self._largest))

    def _put(self, piece: bytes) -> None:
        whole = self._held + piece
        self._held = whole[max(0, len(whole) - len(_END)) :]
        self._write(whole[: len(whole) - len(self._held)])

    def _write(self, piece: bytes) -> None:
        self._hash.update(piece)
        self._file.write(piece)
        self._size += len(piece)


def prepared(folder: Path) -> None:
    """The folder for large bodies. Blocking. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
