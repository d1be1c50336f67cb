"""A delivery as the packet that sendEdoc carries, written as everywhere."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from hub import Acknowledgement, Context, Delivery, Document
from hub.carrying.intact import intact
from hub.standards import edxml

_SMALL = 1 << 20


@dataclass(frozen=True, slots=True)
class Payload:
    """What goes: its SHA-256, its bytes; `content`: all of it, where that is little."""

    digest: bytes
    size: int
    content: bytes | None


class Packer:
    """Writes packets for one central hub. `narrow`: the To inside names those recipients alone whom it is for."""

    def __init__(self, context: Context, *, narrow: bool) -> None:
        self._context, self._narrow = context, narrow

    def pack(self, delivery: Delivery, to: Sequence[str]) -> Payload:
        """Look at the stored bytes, and at what becomes of them. Blocking. Raises Damaged."""
        digest, size, kept = hashlib.sha256(), 0, io.BytesIO()
        with intact(self._context.bodies, delivery.envelope.blob) as source:
            for piece in self._pieces(delivery, to, source):
                digest.update(piece)
                size += len(piece)
                if size <= _SMALL:
                    kept.write(piece)
        return Payload(digest.digest(), size, kept.getvalue() if size <= _SMALL else None)

    async def stream(self, delivery: Delivery, to: Sequence[str]) -> AsyncIterator[bytes]:
        """The same bytes again, piece by piece."""
        with await asyncio.to_thread(self._context.bodies.open, delivery.envelope.blob) as source:
            pieces = self._pieces(delivery, to, source)
            while piece := await asyncio.to_thread(next, pieces, b""):
                yield piece

    def _pieces(self, delivery: Delivery, to: Sequence[str], source: BinaryIO) -> Iterator[bytes]:
        envelope = delivery.envelope
        body, hop = envelope.body, edxml.Trace(self._context.province.id, edxml.write_time(envelope.received_at))
        if isinstance(body, Acknowledgement):
            yield edxml.write_acknowledgement(body)
        else:
            yield from edxml.write(self._narrowed(body, to), source, [hop])

    def _narrowed(self, document: Document, to: Sequence[str]) -> Document:
        if not self._narrow:
            return document
        # One whom a rule added stands in no To: it must not go to those who do.
        known = {organ.id: organ for organ in document.to}
        return replace(document, to=tuple(known.get(code) or type(document.sender)(code) for code in to))
