"""How much is asked of a server at a time: urgent calls first, pauses after outages, a slow start behind them."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from hub.carrying.failures import Busy, Denied, Outage, Resting

#: Seconds after which one that found no place may try again.
_SOON = 1.0
#: Nobody waits behind it.
FIRST = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls at a time and a second; pauses in seconds: the first, the longest, and after who we are was refused."""

    parallel: int
    rate: float
    pause: float
    pause_most: float
    retry_credentials: float


class Clock(Protocol):
    """What is asked of time; the context's clock is one."""

    def monotonic(self) -> float:
        """Seconds that never jump."""

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""


class Traffic:
    """One for all calls to one server, `whom` for people. `reason` says why it rests; "": it does not."""

    def __init__(self, limits: Limits, clock: Clock, whom: str) -> None:
        self._limits, self._clock, self._whom = limits, clock, whom
        self._open, self._most = 0, limits.parallel
        self._order = itertools.count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._pause, self._until, self._next = 0.0, 0.0, 0.0
        #: how often it began to rest
        self._rests = 0
        self.reason = ""
        #: who we are was refused, and has not been taken since
        self.denied = False

    @property
    def rest(self) -> float:
        """Seconds until it may be asked again; 0.0: it may now."""
        return max(0.0, self._until - self._clock.monotonic())

    @asynccontextmanager
    async def turn(self, urgency: int = 0, patience: float | None = None) -> AsyncIterator[None]:
        """One call; its outage or its success decides what follows. Raises Resting where nothing is asked now.

        Busy, where no place became free within `patience` seconds.
        """
        try:
            async with asyncio.timeout(patience):
                await self._enter(urgency)
        except TimeoutError:
            raise Busy(f"nhiều cuộc gọi tới {self._whom} đang chờ lượt", _SOON) from None
        rests = self._rests
        try:
            await self._paced()
            yield
        except Denied as error:
            self._close(str(error), self._limits.retry_credentials, denied=True)
            raise
        except Outage as error:
            self.stopped(error)
            raise
        else:
            # What was begun before it had to rest says nothing of how it is now.
            if rests == self._rests:
                self._went_well()
        finally:
            self._open -= 1
            self._admit()

    def stopped(self, error: Outage) -> None:
        """Rest, each time longer, at least as long as it asked for."""
        longer = self._pause * 2 or self._limits.pause
        self._pause = min(self._limits.pause_most, longer)
        self._close(str(error), max(self._pause, min(error.retry_after, self._limits.pause_most)))

    def reopen(self) -> None:
        """Let somebody who looks on try again at once, but not who was refused: an account could get locked."""
        if not self.denied:
            self.reason, self._pause, self._until = "", 0.0, 0.0

    def _close(self, reason: str, seconds: float, *, denied: bool = False) -> None:
        self.reason, self.denied, self._most = reason, denied or self.denied, 1
        self._rests += 1
        self._until = max(self._until, self._clock.monotonic() + seconds)
        for _, _, waiting in self._waiting:
            if not waiting.done():
                waiting.set_exception(Resting(reason, seconds))
        self._waiting.clear()

    def _went_well(self) -> None:
        self.reason, self.denied, self._pause, self._until = "", False, 0.0, 0.0
        self._most = min(self._limits.parallel, self._most * 2)

    async def _enter(self, urgency: int) -> None:
        if rest := self.rest:
            raise Resting(self.reason, rest)
        if self._open < self._most and not self._waiting:
            self._open += 1
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (-urgency, next(self._order), waiting))
        try:
            await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled() and not waiting.exception():
                self._open -= 1
                self._admit()
            raise

    def _admit(self) -> None:
        while self._waiting and self._open < self._most:
            _, _, waiting = heapq.heappop(self._waiting)
            if not waiting.done():
                self._open += 1
                waiting.set_result(None)

    async def _paced(self) -> None:
        if self._limits.rate:
            now = self._clock.monotonic()
            mine, self._next = max(now, self._next), max(now, self._next) + 1 / self._limits.rate
            if mine > now:
                await self._clock.sleep(mine - now)
