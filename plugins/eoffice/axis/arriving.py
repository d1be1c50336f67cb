"""The body of sendEdoc on its way into custody: bounded, hashed without the CRLF that the SDK adds, read, stored."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from hub import Acknowledgement, Blob, Context, NoRoom, Packet, Quarantined, Refused, StorageError, logger
from hub.carrying.hand import Hand
from hub.carrying.spool import translated
from hub.standards import edxml

#: Bytes that are kept in memory; what is longer goes to a file without a name.
_SMALL = 1 << 20
_END = b"\r\n"
#: Calls that go into custody together, at most.
TOGETHER = 64


@dataclass(frozen=True, slots=True)
class Arrived:
    """A body that came whole, and what it says."""

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
        self._hash, self._held = hashlib.sha256(), b""
        #: bytes so far
        self.size = 0

    @property
    def is_small(self) -> bool:
        """Whether all of it is in memory."""
        return self.size <= _SMALL

    @property
    def digest(self) -> bytes:
        """SHA-256 of what came."""
        return self._hash.digest()

    @property
    def source(self) -> BinaryIO:
        """What came, from its beginning."""
        self._file.seek(0)
        return cast("BinaryIO", self._file)

    def close(self) -> None:
        """Forget it."""
        self._file.close()

    def expect(self, size: int) -> None:
        """Before anything of it is read. Raises Refused of a body that is too large, NoRoom."""
        if size > self._largest + len(_END):
            raise Refused("too-large", f"Gói tin lớn hơn mức cho phép ({self._largest // 10**6} MB).")
        if not self._has_room(size):
            raise NoRoom("the disk of the hub keeps its reserve: intake waits")

    async def take(self, body: AsyncIterator[bytes]) -> None:
        """All of it. Raises Refused of a body that is too large, NoRoom, StorageError."""
        async for piece in body:
            if self.size + len(piece) <= _SMALL:
                self._put(piece)
            else:
                self.expect(self.size + len(piece))
                await asyncio.to_thread(self._put, piece)
        if self._held != _END:
            self._write(self._held)

    def _put(self, piece: bytes) -> None:
        whole = self._held + piece
        self._held = whole[max(0, len(whole) - len(_END)) :]
        self._write(whole[: len(whole) - len(self._held)])

    def _write(self, piece: bytes) -> None:
        self._hash.update(piece)
        try:
            self._file.write(piece)
        except OSError as error:
            raise translated(error) from error
        self.size += len(piece)


@dataclass(frozen=True, slots=True)
class Sent:
    """A body that came whole, and what its call says of it: "document" or "acknowledgement"; of a document for whom."""

    body: Arriving
    kind: str
    named: tuple[str, ...]

    @property
    def name(self) -> str:
        """The same call again has the same one."""
        text = "|".join((self.body.digest.hex(), self.kind, *self.named))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class Custody:
    """One unit's way into custody, for at most `largest` bytes of a body. Blocking."""

    def __init__(self, context: Context, folder: Path, largest: int) -> None:
        self._folder, self.bodies, self.largest = folder, context.bodies, largest
        self.hand = Hand(context.state, "axis")

    def prepare(self) -> None:
        """The folder, without what an earlier run left in it. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.hand.begin()
        for leftover in self._folder.iterdir():
            leftover.unlink()

    def read(self, group: Sequence[Handed]) -> dict[Sent, Packet | Refused | StorageError]:
        """What each of this unit's says. What its own folder has against it is no other unit's trouble."""
        try:
            with self.hand.holding([each.sent.name for each in group]):
                return {each.sent: each.verdict or _read(each.sent.body.source, each.sent.kind) for each in group}
        except OSError as error:
            return dict.fromkeys([each.sent for each in group], translated(error))


@dataclass(frozen=True, slots=True)
class Handed:
    """A body on its way into custody: whose, and the verdict that was made before it is read."""

    custody: Custody
    sent: Sent
    verdict: Refused | None = None


def keep(group: Sequence[Handed]) -> list[Arrived | StorageError]:
    """What each says, which must be of its kind, or the verdict that was made before it was read. Blocking.

    Those that are right are durable, the small ones of all units with one sync. Raises StorageError.
    """
    said: dict[Sent, Packet | Refused | StorageError] = {}
    for custody in dict.fromkeys(each.custody for each in group):
        said |= custody.read([each for each in group if each.custody is custody])
    kept = [each for each in group if isinstance(said[each.sent], Packet | Quarantined)]
    try:
        blobs = _stored(kept)
    except OSError as error:
        raise translated(error) from error
    return [_arrived(each.sent, said[each.sent], blobs.get(each.sent)) for each in group]


def _stored(group: Sequence[Handed]) -> dict[Sent, Blob]:
    blobs = {each.sent: Blob(each.sent.body.digest.hex(), each.sent.body.size) for each in group}
    small = [sent for sent in blobs if sent.body.is_small]
    if small:
        # Bodies of all units lie in one store.
        group[0].custody.bodies.put([(blobs[sent], sent.body.source.read()) for sent in small])
    for each in group:
        if not each.sent.body.is_small:
            each.custody.bodies.store(each.sent.body.source, each.custody.largest)
    return blobs


def _arrived(sent: Sent, said: Packet | Refused | StorageError, blob: Blob | None) -> Arrived | StorageError:
    return said if isinstance(said, StorageError) else Arrived(sent.body.digest.hex(), said, blob)


def _read(source: BinaryIO, kind: str) -> Packet | Refused:
    try:
        packet = edxml.read(source)
        if isinstance(packet.body, Acknowledgement) is (kind == "acknowledgement"):
            return packet
        return Refused("messagetype", "messagetype của lời gọi khác với gói tin.")
    except Refused as refused:
        return refused
    except Exception:  # a mistake in the reader must not cost those that came with it
        logger.opt(exception=True).error("the reader broke on a packet")
        return Quarantined("reader-broke", "Hub gặp lỗi khi đọc gói tin này; quản trị viên cần xem.")
