"""A drop's files as one packet, streamed into the hub's custody. Blocking."""

from __future__ import annotations

import io
import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import BinaryIO, cast

from hub import Blob, Damaged, Document, Packet, Refused
from hub.standards import edxml
from hub.standards.secrecy import is_secret
from plugins.folderdrop.claims import Hashing, Held
from plugins.folderdrop.clerk import names
from plugins.folderdrop.custody import Bodies

#: Base64 and its wrapping take a third more.
_ROOM = 2


class _Stream(io.RawIOBase):
    """Pieces of bytes, as a file to read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # any writable buffer is one
        """Fill the buffer."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        got = min(len(buffer), len(self._rest))
        buffer[:got], self._rest = self._rest[:got], self._rest[got:]
        return got


def attachment_names(places: Sequence[str]) -> list[str]:
    """What the files are called in the packet: their own names, none twice.

    A word of secrecy in the name of what a person says is no secret loses its marks: receivers refuse it as written.
    """
    used: set[str] = set()
    called = []
    for place in places:
        own = unicodedata.normalize("NFC", os.fsencode(place.rpartition("/")[2]).decode("utf-8", "replace"))
        own = names.bare(own) if is_secret(own) else own
        stem, dot, extension = own.rpartition(".")
        stem, dot, extension = (stem, dot, extension) if stem else (own, "", "")
        turns = (own, *(f"{stem} ({turn}){dot}{extension}" for turn in range(2, len(places) + 2)))
        name = next(each for each in turns if each.casefold() not in used)
        used.add(name.casefold())
        called.append(name)
    return called


class Changed(Exception):
    """A file became another while it was read: to be put back, and looked at anew."""


def packed(bodies: Bodies, document: Document, papers: Mapping[str, tuple[Held, str]], largest: int) -> Blob:
    """Compose and store the packet: by its place each file with the digest that it had, in this order.

    Raises Changed, NoRoom, StorageFailed, OSError.
    """
    read: list[tuple[Hashing, str]] = []
    files = [
        edxml.File(name, partial(_read, held, digest, read))
        for name, (held, digest) in zip(attachment_names(list(papers)), papers.values(), strict=True)
    ]
    with io.BufferedReader(_Stream(edxml.compose(document, files)), 1 << 17) as stream:
        blob = bodies.store(cast("BinaryIO", stream), largest * _ROOM + (1 << 20))
    if any(hashing.digest != digest for hashing, digest in read):
        raise Changed
    return blob


def _read(held: Held, digest: str, read: list[tuple[Hashing, str]]) -> BinaryIO:
    hashing = Hashing(held.descriptor)
    read.append((hashing, digest))
    return cast("BinaryIO", io.BufferedReader(hashing, 1 << 17))


def stored(bodies: Bodies, held: Held, largest: int) -> Blob:
    """A dropped packet as it is. Raises NoRoom, StorageFailed, OSError, Refused."""
    with _open(held) as file:
        return bodies.store(file, largest)


def is_stored(bodies: Bodies, blob: Blob | None) -> bool:
    """Whether the hub still has that packet: one brought back from a backup may lack it. Raises OSError."""
    if blob is None:
        return False
    try:
        bodies.open(blob).close()
    except Damaged:
        return False
    return True


def read(bodies: Bodies, blob: Blob) -> Packet | Refused:
    """What a stored packet says. Raises Damaged, OSError."""
    with closing(bodies.open(blob)) as file:
        try:
            return edxml.read(file)
        except Refused as refused:
            return refused


def peeked(held: Held) -> Packet | Refused:
    """What a packet says, read where it lies. Raises OSError."""
    with _open(held) as file:
        try:
            return edxml.read(file)
        except Refused as refused:
            return refused


def _open(held: Held) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(Hashing(held.descriptor), 1 << 17))
