"""A redo journal: small bodies are durable by one append for many, until their own files are synced. Blocking."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

#: A record: SHA-256 of a body, its length, the body.
_HEAD = struct.Struct(">32sQ")
#: Bytes and bodies of a journal after which the other one is appended to: a start after a crash writes them again.
CAPACITY, MOST = 32 << 20, 2000

Bodies = Sequence[tuple[bytes, bytes]]


class Journal:
    """One file of records, written again from its beginning once it is cleared: blocks that are there sync faster."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        self._end, self._last = 0, 0
        #: the digests of what was appended since it was cleared
        self.digests: list[bytes] = []

    def remove(self) -> None:
        """Nothing in it counts any more. Raises OSError."""
        os.close(self._file)
        self._path.unlink()

    def has_room(self, bodies: Bodies) -> bool:
        """Whether these fit; into an empty one everything does."""
        fit = self._end + _size(bodies) <= CAPACITY and len(self.digests) + len(bodies) <= MOST
        return fit or not self._end

    def append(self, bodies: Bodies) -> None:
        """Durable when this returns. Raises OSError, and then none of it counts."""
        pieces = [piece for digest, body in bodies for piece in (_HEAD.pack(digest, len(body)), body)]
        self._put(b"".join(pieces), self._end)
        os.fdatasync(self._file)
        self._last, self._end = self._end, self._end + _size(bodies)
        self.digests += [digest for digest, _ in bodies]

    def kept(self, digests: Collection[bytes]) -> Bodies:
        """Of those that were appended since it was cleared, these, as they lie here. Raises OSError."""
        return [(digest, body) for digest, body in records(self._path) if digest in digests] if digests else []

    def take_back(self, bodies: Bodies) -> None:
        """The last append counts no more. Raises OSError."""
        self._end = self._last
        del self.digests[len(self.digests) - len(bodies) :]
        self._void()

    def clear(self) -> None:
        """Nothing in it counts any more. Raises OSError."""
        self._end, self.digests = 0, []
        self._void()

    def _void(self) -> None:
        """No body has the digest zero."""
        if os.fstat(self._file).st_size > self._end:
            self._put(bytes(_HEAD.size), self._end)
            os.fdatasync(self._file)

    def _put(self, data: bytes, at: int) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(self._file, view, at)
            view, at = view[written:], at + written


def records(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Digest and body of each record of a journal up to the first that is not whole; of one that was cleared, none.

    Behind the last there may be some of before: they are durable, and do no harm. Raises OSError.
    """
    with path.open("rb") as file:
        left = os.fstat(file.fileno()).st_size
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            digest, length = _HEAD.unpack(head)
            left -= _HEAD.size + length
            body = file.read(length) if left >= 0 else b""
            if hashlib.sha256(body).digest() != digest:
                return
            yield digest, body


def _size(bodies: Bodies) -> int:
    return sum(_HEAD.size + len(body) for _, body in bodies)


class Redo:
    """Two journals that take turns. `settle` makes the bodies of one durable in files of their own."""

    def __init__(self, folder: Path, settle: Callable[[Journal], None]) -> None:
        self._settle = settle
        self._now, self._other = Journal(folder / "0"), Journal(folder / "1")
        self._settling: Future[None] | None = None
        self._worker = ThreadPoolExecutor(1, "redo")

    def append(self, bodies: Bodies) -> None:
        """Durable when this returns; the caller writes their files next. Raises OSError, and what settling raised."""
        if not self._now.has_room(bodies):
            self._turn()
        self._now.append(bodies)

    def take_back(self, bodies: Bodies) -> None:
        """Their files could not be written: see `Journal.take_back`."""
        self._now.take_back(bodies)

    def end(self) -> None:
        """Settle all, and remove the journals. Raises what settling raised: then they stay."""
        try:
            self._turn()
            self._turn()
        finally:
            self._worker.shutdown()
        self._now.remove()
        self._other.remove()

    def _turn(self) -> None:
        try:
            if self._settling:
                self._settling.result()
        except Exception:
            # The other one still counts, and is tried again.
            self._settling = self._worker.submit(self._settled, self._other)
            raise
        self._now, self._other = self._other, self._now
        self._settling = self._worker.submit(self._settled, self._other)

    def _settled(self, journal: Journal) -> None:
        self._settle(journal)
        journal.clear()
