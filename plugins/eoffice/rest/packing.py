"""A delivery as bytes that can be given again and again: its packet, and each of its files."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

from hub import Acknowledgement, Context, Delivery, Document
from hub.carrying.intact import intact
from hub.standards import edxml

Blocks = Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Bytes:
    """So many bytes with that SHA-256. `blocks` gives them, as often as it is asked; blocking."""

    size: int
    sha256: str
    blocks: Blocks = field(repr=False)


@dataclass(frozen=True, slots=True)
class File:
    """An attachment."""

    name: str
    type: str
    content: Bytes


@dataclass(frozen=True, slots=True)
class Payload:
    """All of a delivery. No files where nobody asks for them."""

    packet: Bytes
    files: tuple[File, ...] = ()


class Packer:
    """Writes deliveries for one unit."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def pack(self, delivery: Delivery, *, files: bool) -> Payload:
        """Look at the stored bytes, and at what becomes of them. Blocking. Raises Damaged, Refused of a broken file."""
        intact(self._context.bodies, delivery.envelope.blob).close()
        body = delivery.envelope.body
        attached = body.attachments if files and isinstance(body, Document) else ()
        made = [File(each.name, each.sniffed_type or each.content_type, _measured(self._file(delivery, index)))
                for index, each in enumerate(attached)]  # fmt: skip
        return Payload(_measured(lambda: self._packet(delivery)), tuple(made))

    def _packet(self, delivery: Delivery) -> Iterator[bytes]:
        envelope = delivery.envelope
        body, hop = envelope.body, edxml.Trace(self._context.province.id, edxml.write_time(envelope.received_at))
        if isinstance(body, Acknowledgement):
            yield edxml.write_acknowledgement(body)
            return
        with self._context.bodies.open(envelope.blob) as source:
            yield from edxml.write(body, source, [hop])

    def _file(self, delivery: Delivery, index: int) -> Blocks:
        def blocks() -> Iterator[bytes]:
            body = delivery.envelope.body
            assert isinstance(body, Document)
            with self._context.bodies.open(delivery.envelope.blob) as source:
                yield from edxml.decode(source, body.attachments[index])

        return blocks


def _measured(blocks: Blocks) -> Bytes:
    size, digest = 0, hashlib.sha256()
    for block in blocks():
        size += len(block)
        digest.update(block)
    return Bytes(size, digest.hexdigest(), blocks)


def in_base64(content: Bytes) -> Bytes:
    """The same as base64 text."""
    return Bytes((content.size + 2) // 3 * 4, "", lambda: _encoded(content.blocks()))


def _encoded(blocks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        joined = rest + block
        whole = len(joined) - len(joined) % 3
        rest = joined[whole:]
        yield base64.b64encode(joined[:whole])
    yield base64.b64encode(rest)


async def streamed(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The blocks, read in a thread."""
    while (block := await asyncio.to_thread(next, blocks, None)) is not None:
        if block:
            yield block
