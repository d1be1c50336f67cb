"""Keeps one connector per endpoint running: opened, checked, listening; a failed one restarts alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.clock import Clock
from hub.connector import Connector, Inbox
from hub.containment import contained, outcome
from hub.log import logger
from hub.vocabulary import Health

#: Seconds: the first pause before a restart, and the longest.
_FIRST_PAUSE, _MOST_PAUSE = 1.0, 300.0
_OPEN_TIMEOUT, _CHECK_TIMEOUT = 60.0, 30.0
#: Seconds between checks of a well connector, and of one that is not.
_CHECK_EVERY, _CHECK_SOON = 30.0, 2.0

AnyConnector = Connector[Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint: how to make its connector, and where that hands over what it finds."""

    unit: str
    make: Callable[[], AnyConnector]
    inbox: Inbox


class Supervisor:
    """Runs every endpoint's connector, each in a task of its own."""

    def __init__(self, endpoints: Mapping[str, Endpoint], clock: Clock, changed: Callable[[str, Health], None]) -> None:
        self._endpoints, self._clock, self._changed = endpoints, clock, changed
        self._running: dict[str, AnyConnector] = {}
        self._listening: dict[str, asyncio.Task[None]] = {}
        self._untried = set(endpoints)
        self._all_tried, self._hushed = asyncio.Event(), asyncio.Event()
        #: unit -> what its last round trip showed
        self.health: dict[str, Health] = {}
        if not endpoints:
            self._all_tried.set()

    def connector(self, unit: str) -> AnyConnector | None:
        """The running connector of an endpoint, or None while it is down."""
        return self._running.get(unit)

    def restart(self, unit: str, reason: str) -> None:
        """End a connector that hangs; it comes back after its pause."""
        logger.warning("the connector of {} is restarted: {}", unit, reason)
        self._running.pop(unit, None)
        if task := self._listening.get(unit):
            task.cancel()

    def hush(self) -> None:
        """Take nothing more in; what is open stays open for the deliveries."""
        self._hushed.set()

    async def tried(self) -> None:
        """Return once every connector was opened, or failed to."""
        await self._all_tried.wait()

    async def run(self) -> None:
        """Run until cancelled."""
        async with asyncio.TaskGroup() as group:
            for endpoint in self._endpoints.values():
                group.create_task(self._keep(endpoint))

    async def _keep(self, endpoint: Endpoint) -> None:
        pause = _FIRST_PAUSE
        while True:
            started = self._clock.monotonic()
            reason = await self._live(endpoint)
            self._running.pop(endpoint.unit, None)
            self._note(endpoint.unit, Health(False, reason))
            if self._clock.monotonic() - started > _MOST_PAUSE:
                pause = _FIRST_PAUSE
            await self._clock.sleep(pause)
            pause = min(_MOST_PAUSE, pause * 2)

    async def _live(self, endpoint: Endpoint) -> str:
        """One life of a connector, from open to its failure. Returns why it ended."""
        task = asyncio.create_task(self._listen(endpoint))
        self._listening[endpoint.unit] = task
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
            raise
        if task.cancelled():
            return "it hung"
        if error := task.exception():
            logger.opt(exception=error).error("the connector of {} failed", endpoint.unit)
            return str(error) or type(error).__name__
        return "it stopped listening"

    async def _listen(self, endpoint: Endpoint) -> None:
        connector = await contained(_made(endpoint), _OPEN_TIMEOUT)
        try:
            try:
                await contained(connector.__aenter__(), _OPEN_TIMEOUT)
                self._running[endpoint.unit] = connector
                await self._check(endpoint.unit, connector)
            finally:
                self._count(endpoint.unit)
            watch = asyncio.create_task(self._watch(endpoint.unit, connector))
            try:
                await self._hear(connector, endpoint.inbox)
            finally:
                watch.cancel()
        finally:
            self._running.pop(endpoint.unit, None)
            await outcome(connector.__aexit__(), _CHECK_TIMEOUT)

    async def _hear(self, connector: AnyConnector, inbox: Inbox) -> None:
        """Listen; after `hush` only stay open."""
        hush = asyncio.create_task(self._hushed.wait())
        listening = asyncio.create_task(contained(connector.listen(inbox)))
        try:
            await asyncio.wait({hush, listening}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hush.cancel()
            if not listening.done():
                listening.cancel()
                await asyncio.wait({listening})
        if not self._hushed.is_set():
            listening.result()
            return
        await asyncio.Event().wait()

    async def _watch(self, unit: str, connector: AnyConnector) -> None:
        while True:
            await self._clock.sleep(_CHECK_EVERY if self.health[unit].ok else _CHECK_SOON)
            await self._check(unit, connector)

    async def _check(self, unit: str, connector: AnyConnector) -> None:
        health = await outcome(connector.check(), _CHECK_TIMEOUT)
        if isinstance(health, Exception):
            health = Health(False, str(health) or type(health).__name__)
        self._note(unit, health)

    def _note(self, unit: str, health: Health) -> None:
        if self.health.get(unit) != health:
            self.health[unit] = health
            self._changed(unit, health)

    def _count(self, unit: str) -> None:
        self._untried.discard(unit)
        if not self._untried:
            self._all_tried.set()


async def _made(endpoint: Endpoint) -> AnyConnector:
    return endpoint.make()
