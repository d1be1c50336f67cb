"""Bounds what one endpoint asks of the hub, so that none takes the others' share."""

from __future__ import annotations

import asyncio
from types import TracebackType

from hub.clock import Clock

#: Calls of one endpoint at the same time; further ones wait for their turn.
_AT_ONCE = 16
#: Inputs that bring nothing new: how many at once, and how many a second after that.
_FREE, _A_SECOND = 1000.0, 50.0


class Gate:
    """One endpoint's way to the hub: `async with gate` for a turn, `charge` for inputs that brought nothing new."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._free, self._at = _FREE, clock.monotonic()

    async def __aenter__(self) -> None:
        await self._turns.acquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._turns.release()

    async def charge(self, inputs: int) -> None:
        """Return when so many inputs that brought nothing new are borne: at once, unless there are too many."""
        if not inputs:
            return
        now = self._clock.monotonic()
        self._free = min(_FREE, self._free + (now - self._at) * _A_SECOND) - inputs
        self._at = now
        if self._free < 0:
            await self._clock.sleep(-self._free / _A_SECOND)
