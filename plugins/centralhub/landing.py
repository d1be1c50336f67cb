"""A packet's bytes on their way from the wire into custody: bounded, in a file of ours, read once, hashed, synced."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hub import Blob, Context, NoRoom, Packet, Quarantined, Refused, StorageError, logger
from hub.standards import edxml

#: Bytes that wait in memory before they are written; what is no longer is written in one go.
_PENDING = 1 << 18
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
_NO_ADOPTION = frozenset({errno.EXDEV, errno.EMLINK, errno.EPERM})


@dataclass(frozen=True, slots=True)
class Landed:
    """A packet that came whole. `path` holds its bytes until the blobs do; None: nothing of it is kept."""

    packet: Packet | Refused
    blob: Blob | None
    path: Path | None


class Landing:
    """One packet on its way. `has_room` says whether the disk takes so many bytes more."""

    def __init__(self, folder: Path, largest: int, has_room: Callable[[int], bool]) -> None:
        self._path = folder / f".{secrets.token_hex(8)}"
        self._largest, self._has_room = largest, has_room
        self._pending: list[bytes] = []
        self._waiting = self._size = 0
        self._hash = hashlib.sha256()

    async def write(self, data: bytes) -> None:
        """The next bytes. Raises NoRoom, StorageError, Refused of a packet that is too large."""
        self._size += len(data)
        if self._size > self._largest:
            raise Refused("too-large", f"Gói tin lớn hơn mức cho phép ({self._largest} byte).")
        self._pending.append(data)
        self._waiting += len(data)
        if self._waiting > _PENDING:
            await asyncio.to_thread(self._flush)

    async def finish(self, verdict: Refused | None = None) -> Landed:
        """It is whole: what it says, or the verdict that was made before it was read. Raises NoRoom, StorageError."""
        return await asyncio.to_thread(self._finish, verdict)

    async def drop(self) -> None:
        """It will not be whole."""
        await asyncio.to_thread(self._path.unlink, missing_ok=True)

    def _flush(self) -> None:
        if not self._has_room(self._waiting):
            raise NoRoom("the disk of the hub keeps its reserve: intake waits")
        data = b"".join(self._pending)
        self._pending, self._waiting = [], 0
        self._hash.update(data)
        try:
            with open(self._path, "ab", buffering=0, opener=_private) as file:
                _write_all(file.fileno(), data)
        except OSError as error:
            raise _translated(error) from error

    def _finish(self, verdict: Refused | None) -> Landed:
        self._flush()
        packet = verdict or _read(self._path)
        if isinstance(packet, Refused) and packet.code == "secret":
            self._path.unlink()
            return Landed(packet, None, None)
        if isinstance(packet, Refused) and not isinstance(packet, Quarantined):
            packet = Quarantined(packet.code, packet.reason, packet.where)
        try:
            _seal(self._path)
        except OSError as error:
            raise _translated(error) from error
        return Landed(packet, Blob(self._hash.hexdigest(), self._size), self._path)


def adopt(context: Context, landed: Sequence[Landed], largest: int) -> None:
    """Make the bodies durable as blobs, all at once. Blocking. Raises NoRoom, StorageError."""
    claims = [(each.path, each.blob) for each in landed if each.path and each.blob]
    try:
        context.bodies.adopt(claims)
    except OSError as error:
        if error.errno not in _NO_ADOPTION:
            raise _translated(error) from error
        for path, _ in claims:
            with path.open("rb") as source:
                context.bodies.store(source, largest)


def remove(landed: Sequence[Landed]) -> None:
    """The hub has them, or they will come again. Blocking."""
    for each in landed:
        if each.path:
            with suppress(OSError):
                each.path.unlink()


def prepared(folder: Path) -> None:
    """The folder, without what an earlier run left in it. Blocking. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for leftover in folder.glob(".*"):
        if leftover.is_file():
            leftover.unlink()


def _read(path: Path) -> Packet | Refused:
    try:
        with path.open("rb") as file:
            return edxml.read(file)
    except Refused as refused:
        return refused
    except OSError as error:
        raise _translated(error) from error
    except Exception:  # a mistake in the reader must not stop the other packets
        logger.opt(exception=True).error("the reader broke on a packet")
        return Quarantined("reader-broke", "Hub gặp lỗi khi đọc gói tin này; quản trị viên cần xem.")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _seal(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fchmod(descriptor, 0o400)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _translated(error: OSError) -> StorageError:
    """An error of our own disk must not look like one of the line."""
    if error.errno in _FULL:
        return NoRoom(f"the disk of the hub takes nothing more: {error}")
    return StorageError(f"a packet cannot be put on the hub's disk: {error}")
