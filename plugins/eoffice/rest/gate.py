"""How much is asked of a unit's software at a time, and pauses after outages, each longer than the one before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from plugins.eoffice.rest.failures import Denied, Outage, Resting
from plugins.eoffice.rest.settings import RestSettings


class Clock(Protocol):
    """What is asked of time; the context's clock is one."""

    def monotonic(self) -> float:
        """Seconds that never jump."""


class Gate:
    """One for all calls to one server. `reason` says why it rests; "": it does not."""

    def __init__(self, settings: RestSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._places = asyncio.Semaphore(settings.parallel)
        self._pause, self._until = 0.0, 0.0
        self.reason = ""
        #: who we are was refused, and has not been taken since
        self.denied = False

    @property
    def rest(self) -> float:
        """Seconds until it may be asked again; 0.0: it may now."""
        return max(0.0, self._until - self._clock.monotonic())

    @asynccontextmanager
    async def turn(self, patience: float | None = None) -> AsyncIterator[None]:
        """One call; its outage or success decides what follows. Raises Resting where nothing is asked now.

        Also where no place became free within `patience` seconds.
        """
        if self.rest:
            raise Resting(self.reason, self.rest)
        try:
            async with asyncio.timeout(patience):
                await self._places.acquire()
        except TimeoutError:
            raise Resting("nhiều cuộc gọi tới phần mềm của đơn vị đang chờ lượt", 1.0) from None
        try:
            yield
        except Denied as error:
            self._close(str(error), self._settings.retry_credentials, denied=True)
            raise
        except Outage as error:
            self._pause = min(self._settings.pause_most, self._pause * 2 or self._settings.pause)
            self._close(str(error), max(self._pause, min(error.retry_after, self._settings.pause_most)))
            raise
        else:
            self.reason, self.denied, self._pause, self._until = "", False, 0.0, 0.0
        finally:
            self._places.release()

    def reopen(self) -> None:
        """Let somebody who looks on try again at once, but not who was refused: an account could get locked."""
        if not self.denied:
            self.reason, self._pause, self._until = "", 0.0, 0.0

    def _close(self, reason: str, seconds: float, *, denied: bool = False) -> None:
        self.reason, self.denied = reason, denied or self.denied
        self._until = max(self._until, self._clock.monotonic() + seconds)
