"""Time that a test moves, and waiting for facts."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

#: Turns of the loop that a woken task gets to reach its next sleep before time moves on.
_TURNS = 25


class ManualClock:
    """A clock that stands still until a test moves it. Fulfils `hub.clock.Clock`."""

    def __init__(self, start: datetime = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._monotonic = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        """The wall clock, aware, UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        """Return when the test has moved time that far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic + seconds, next(self._order), woken))
        await woken

    @property
    def sleeping(self) -> int:
        """How many tasks sleep now."""
        return sum(not woken.done() for _, _, woken in self._sleepers)

    async def asleep(self, count: int = 1, within: float = 5.0) -> None:
        """Wait until that many tasks sleep."""
        await eventually(lambda: self.sleeping >= count, within)

    async def advance(self, seconds: float) -> None:
        """Move both clocks, waking who sleeps on the way in the order of their times.

        Who falls asleep again on the way is woken again, as if time had passed by itself.
        """
        target = self._monotonic + seconds
        await _turns()
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, woken = heapq.heappop(self._sleepers)
            self._move(due)
            if not woken.done():
                woken.set_result(None)
                await _turns()
        self._move(target)
        await _turns()

    def jump(self, seconds: float) -> None:
        """Set the wall clock alone, forwards or backwards: nobody wakes."""
        self._now += timedelta(seconds=seconds)

    def _move(self, monotonic: float) -> None:
        self._now += timedelta(seconds=monotonic - self._monotonic)
        self._monotonic = monotonic


async def _turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)


async def eventually(fact: Callable[[], object], within: float = 10.0) -> None:
    """Return as soon as `fact()` is true; AssertionError when it is not in time. Real time, any clock.

    Where it meets a file that is not there, such as one that the hub moves away while it is looked at, it is not true
    yet. Between two looks it rests at least three times as long as the first took: a slow look, such as a query, keeps
    the loop from what is waited for.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    end = begun + within
    while True:
        absent = None
        try:
            if fact():
                return
        except FileNotFoundError as error:
            absent = error
        looked = loop.time()
        if looked >= end:
            raise AssertionError(f"not true within {within} s: {fact}") from absent
        await asyncio.sleep(max(0.005, 3 * (looked - begun)))
        begun = loop.time()
