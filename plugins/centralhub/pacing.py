"""How slowly a transfer may come: what drips for hours holds up whatever waits behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator


async def paced(pieces: AsyncIterator[bytes], silence: float, slowest: float) -> AsyncIterator[bytes]:
    """The pieces as they come. `silence` seconds of waiting are free, further ones cost `slowest` bytes each.

    Raises TimeoutError where less came. Only waiting counts, not what is done with a piece.
    """
    loop, left = asyncio.get_running_loop(), silence
    while True:
        began = loop.time()
        async with asyncio.timeout(left):
            piece = await anext(pieces, b"")
        if not piece:
            return
        left += len(piece) / slowest - (loop.time() - began)
        yield piece
