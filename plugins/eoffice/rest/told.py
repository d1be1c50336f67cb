"""One answer, whole: what HTTP says, its tree, and where its long texts lie."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import aiohttp

from hub.carrying.spool import Spool
from hub.standards.edxml.base64text import Base64Text
from plugins.eoffice.rest.cutting import Cutter, NotAnAnswer, cutter

#: So many signs are looked at to tell base64 from what is plain.
_LOOKED_AT = 64


@dataclass(frozen=True, slots=True)
class Told:
    """`tree` is None where the answer is none, and `problem` says why. `spool` holds its long texts."""

    status: int
    tree: Any
    problem: str = ""
    #: seconds that it asks to be left alone
    retry_after: float = 0.0
    #: by so many seconds their clock is ahead of ours, as far as they say
    ahead: float = 0.0
    cutter: Cutter | None = field(default=None, repr=False)
    spool: Spool | None = field(default=None, repr=False)
    #: HTTP says where the answer ends: a cut line is no end
    ends: bool = True

    def blocks(self, text: str) -> Iterator[bytes]:
        """A text of the tree as UTF-8; where it was long, from the disk. Blocking."""
        cut = self.cutter.cut(text) if self.cutter else None
        if cut and self.spool:
            yield from self.spool.blocks(cut.offset, cut.length)
        else:
            yield text.encode("utf-8", "replace")

    def unwrapped(self, text: str, written: Literal["auto", "plain", "base64"], where: str) -> Iterator[bytes]:
        """The bytes that a text stands for. Blocking. Raises Refused of what is no base64."""
        blocks = self.blocks(text)
        head = next(blocks, b"")
        if written == "auto":
            written = "plain" if b"<" in head[:_LOOKED_AT] else "base64"
        if written == "plain":
            yield head
            yield from blocks
            return
        decoder = Base64Text(where, b"")
        yield decoder.decode(head)
        for block in blocks:
            yield decoder.decode(block)
        decoder.finish()


async def told(
    response: aiohttp.ClientResponse, body: AsyncIterator[bytes], form: str, spool: Spool | None, retry: float
) -> Told:
    """The answer; its long texts go into the spool, or nowhere. Raises as the body and the spool do."""
    reader, problem, tree = cutter(form), "", None
    try:
        async for piece in body:
            cut = reader.feed(piece)
            if spool and cut:
                await spool.write(cut)
        tree = await asyncio.to_thread(reader.end)
    except NotAnAnswer as error:
        problem = str(error)
    if spool:
        await asyncio.to_thread(spool.flush)
    return Told(response.status, tree, problem, retry, _ahead(response), reader, spool)


def _ahead(response: aiohttp.ClientResponse) -> float:
    try:
        at = parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return 0.0
    return (at - datetime.now(UTC)).total_seconds() if at.tzinfo else 0.0
