"""Packets' bytes: small ones in memory and in the database, large ones in files. None is ever whole in memory."""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

from hub.room import sync_folder
from hub.simulating.central.answers import INVALID_FILE, Failed

#: bytes up to which a packet lies in the database
SMALL = 256 << 10
#: bytes read or written at once
PIECE = 256 << 10
_END = b"\r\n"


@dataclass(frozen=True, slots=True)
class Kept:
    """A packet that is stored: its bytes, or the name of its file, which is on the disk for good."""

    size: int
    inline: bytes | None = None
    file: str = ""


class Incoming:
    """A body on its way in: hashed without its last CRLF, which the vendor's client adds, and bounded."""

    def __init__(self, folder: Path, most: int) -> None:
        self._file = tempfile.SpooledTemporaryFile(SMALL, dir=str(folder))  # noqa: SIM115 - closed with this
        self._hash, self._held = hashlib.sha256(), b""
        self._most = most + len(_END)
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def is_small(self, coming: int) -> bool:
        """Whether all is in memory still once so many bytes more have come."""
        return self.size + coming <= SMALL

    def write(self, piece: bytes) -> None:
        """Take the next bytes. Raises Failed where they are too many."""
        self.size += len(piece)
        if self.size > self._most:
            raise Failed(INVALID_FILE, f"goi tin lon hon {self._most - len(_END)} byte")
        whole = self._held + piece
        self._held = whole[max(0, len(whole) - len(_END)) :]
        self._put(whole[: len(whole) - len(self._held)])

    def finish(self) -> bytes:
        """All is here: the SHA-256 of it without a last CRLF."""
        if self._held == _END:
            self.size -= len(_END)
        else:
            self._put(self._held)
        self._held = b""
        return self._hash.digest()

    def reader(self) -> BinaryIO:
        """The bytes from their beginning."""
        self._file.seek(0)
        return cast("BinaryIO", self._file)

    def _put(self, piece: bytes) -> None:
        self._hash.update(piece)
        self._file.write(piece)


class Bodies:
    """The folder of stored packets."""

    def __init__(self, data: Path) -> None:
        self.folder, self.spool = data / "packets", data / "spool"
        for folder in (self.folder, self.spool):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        sync_folder(data)

    def keep(self, pieces: Iterable[bytes]) -> Kept:
        """Store these bytes; where they need a file, it is durable when this returns. Raises OSError."""
        gathered, size = bytearray(), 0
        pieces = iter(pieces)
        for piece in pieces:
            gathered += piece
            size += len(piece)
            if size > SMALL:
                return self._in_file(bytes(gathered), pieces)
        return Kept(size, inline=bytes(gathered))

    def _in_file(self, begun: bytes, pieces: Iterable[bytes]) -> Kept:
        name = f"{uuid.uuid4()}.edxml"
        path = self.folder / name
        try:
            with path.open("xb") as file:
                file.write(begun)
                for piece in pieces:
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
                size = file.tell()
            sync_folder(self.folder)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Kept(size, file=name)

    def open(self, kept: Kept) -> BinaryIO:
        """The bytes, from their beginning. Raises OSError."""
        return BytesIO(kept.inline) if kept.inline is not None else (self.folder / kept.file).open("rb")

    def drop(self, kept: Kept) -> None:
        """Remove what nothing came of."""
        if kept.file:
            (self.folder / kept.file).unlink(missing_ok=True)

    def tidy(self, known: Iterable[str]) -> None:
        """Remove files that a stop left behind before their packet was recorded."""
        names = set(known)
        for path in (*self.folder.iterdir(), *self.spool.iterdir()):
            if path.parent == self.spool or path.name not in names:
                path.unlink(missing_ok=True)
