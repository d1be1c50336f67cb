"""The bytes of an attachment, streamed out of a stored packet."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from hub.errors import Refused
from hub.standards.edxml.base64text import Base64Text
from hub.standards.edxml.limits import USUAL, Limits
from hub.standards.edxml.tape import CHUNK
from hub.standards.edxml.zipped import DEFLATED, HEAD, LOCAL, TAIL, single_entry
from hub.vocabulary import Attachment

_FREE = 1 << 20


def decode(
    source: BinaryIO,
    attachment: Attachment,
    unwrap: bool = True,
    limits: Limits = USUAL,
) -> Iterator[bytes]:
    """An attachment's bytes, in order; of a wrapped one the file inside unless `unwrap` is false.

    `source` is the stored packet, seekable. Raises Refused where the bytes are not what the record says.
    """
    raw = _raw(source, attachment)
    return _unwrapped(raw, attachment, limits) if unwrap and attachment.wrapped else raw


def pieces(source: BinaryIO, attachment: Attachment) -> Iterator[bytes]:
    """The attachment's text as it lies in the packet."""
    source.seek(attachment.offset)
    left = attachment.length
    while left > 0:
        piece = source.read(min(left, CHUNK))
        if not piece:
            raise _refusal(attachment, "bị cắt ngang")
        left -= len(piece)
        yield piece


def _raw(source: BinaryIO, attachment: Attachment) -> Iterator[bytes]:
    text = Base64Text(attachment.name)
    for piece in pieces(source, attachment):
        if raw := text.decode(piece):
            yield raw
    text.finish()


def _unwrapped(raw: Iterator[bytes], attachment: Attachment, limits: Limits) -> Iterator[bytes]:
    unpacking = _Unpacking(attachment, limits)
    for block in raw:
        yield from unpacking.feed(block)
    unpacking.finish()


class _Unpacking:
    """Takes the single file out of a zip that streams by."""

    def __init__(self, attachment: Attachment, limits: Limits) -> None:
        self._attachment, self._limits = attachment, limits
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._head = self._tail = b""
        #: bytes of the entry that are still to come, where it is stored as it is; -1 for a deflated one
        self._stored = -1
        self._begun = False
        self._taken = self._given = self._crc = 0

    def feed(self, block: bytes) -> Iterator[bytes]:
        """The file's next bytes."""
        self._tail = (self._tail + block)[-TAIL:]
        if not self._begun:
            self._head += block
            block = self._begin()
        yield from self._stored_bytes(block) if self._stored >= 0 else self._inflated(block)

    def finish(self) -> None:
        """Raises Refused where the file does not end as the zip says."""
        entry = single_entry(self._head, self._tail, self._attachment.size)
        whole = self._inflate.eof or self._stored == 0
        if entry is None or not whole or (entry.crc, entry.size) != (self._crc, self._given):
            raise _refusal(self._attachment, "hỏng trong lớp nén zip")

    def _begin(self) -> bytes:
        """The bytes behind the local header, none before it is whole."""
        if len(self._head) < LOCAL.size:
            return b""
        _, _, _, method, _, _, _, packed, _, name, extra = LOCAL.unpack_from(self._head)
        start = LOCAL.size + name + extra
        if len(self._head) < start:
            return b""
        self._begun = True
        self._stored = -1 if method == DEFLATED else packed
        rest, self._head = self._head[start:], self._head[:HEAD]
        return rest

    def _inflated(self, block: bytes) -> Iterator[bytes]:
        while block and not self._inflate.eof:
            self._taken += len(block)
            try:
                out = self._inflate.decompress(block, CHUNK)
            except zlib.error:
                raise _refusal(self._attachment, "hỏng trong lớp nén zip") from None
            block = self._inflate.unconsumed_tail
            self._taken -= len(block)
            if out:
                yield self._counted(out)

    def _stored_bytes(self, block: bytes) -> Iterator[bytes]:
        out = block[: self._stored]
        self._stored -= len(out)
        self._taken += len(out)
        if out:
            yield self._counted(out)

    def _counted(self, out: bytes) -> bytes:
        self._given += len(out)
        self._crc = zlib.crc32(out, self._crc)
        bomb = self._given > _FREE and self._given > self._taken * self._limits.ratio
        if bomb or self._given > self._limits.unpacked:
            raise Refused("too-large", "Tệp kèm bung ra lớn quá mức.", self._attachment.name)
        return out


def _refusal(attachment: Attachment, what: str) -> Refused:
    return Refused("attachment", f"Tệp kèm “{attachment.name}” {what}.", attachment.name)
