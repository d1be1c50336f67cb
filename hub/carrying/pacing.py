"""The pace of a line: how slowly a transfer may come, for what drips holds up the rest; pauses that are asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

#: Digits of a pause that are believed.
_DIGITS = 5


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


def asked_pause(said: str) -> float:
    """Seconds that a `Retry-After` asks to be left alone; 0.0 of one that says it in another way."""
    return float(said) if said.isdecimal() and len(said) <= _DIGITS else 0.0
