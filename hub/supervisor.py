"""Keeps one connector per endpoint running: opened, checked, listening; a failed one restarts alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hub import answered, strikes
from hub.clock import Clock
from hub.connector import Connector, Inbox
from hub.containment import Actor, Stalled, contained, outcome
from hub.leftovers import Leftovers
from hub.log import logger
from hub.strikes import Strikes
from hub.theft import Stall
from hub.vocabulary import Health

#: Seconds: the first pause before a restart, and the longest.
_FIRST_PAUSE, _MOST_PAUSE = 1.0, 300.0
_OPEN_TIMEOUT, _CHECK_TIMEOUT, _CLOSE_TIMEOUT = 60.0, 30.0, 10.0
#: Seconds between checks of a well connector, and of one that is not.
_CHECK_EVERY, _CHECK_SOON = 30.0, 2.0
#: Seconds that the start of the hub waits for connectors that are slow to open.
_START = 5.0
_OPENS = Health(False, "it opens")

AnyConnector = Connector[Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint: how to make its connector, where that hands over what it finds, whose code it is."""

    unit: str
    make: Callable[[], AnyConnector]
    inbox: Inbox
    actor: Actor | None = None


class Supervisor:
    """Runs every endpoint's connector, each in a task of its own."""

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        clock: Clock,
        changed: Callable[[str, Health], None],
        stalls: Mapping[str, Strikes] | None = None,
    ) -> None:
        self._endpoints, self._clock, self._changed = endpoints, clock, changed
        self._running: dict[str, AnyConnector] = {}
        self._listening: dict[str, asyncio.Task[None]] = {}
        self._untried = set(endpoints)
        self._all_tried, self._hushed = asyncio.Event(), asyncio.Event()
        self._stalls = dict(stalls or {})
        self._leftovers = Leftovers()
        #: unit -> when its connector was opened
        self._opened: dict[str, float] = {}
        #: told to end its pause at once
        self._eager = {unit: asyncio.Event() for unit in endpoints}
        #: unit -> what its last round trip showed
        self.health: dict[str, Health] = {}
        #: the same without what is said of stalls
        self._shown: dict[str, Health] = {}
        if not endpoints:
            self._all_tried.set()

    def connector(self, unit: str) -> AnyConnector | None:
        """The running connector of an endpoint, or None while it is down."""
        return self._running.get(unit)

    def is_isolated(self, unit: str) -> bool:
        """Whether that endpoint's connector blocked the hub so often that it runs in a process of its own."""
        return self._stalls.get(unit, Strikes()).isolated

    def stalled(self, unit: str, stall: Stall) -> Strikes:
        """Count a stall of an endpoint; the last one that is borne moves its connector out. Returns the count."""
        before = self._stalls.get(unit, Strikes())
        now = self._stalls[unit] = strikes.struck(before, stall.place, self._clock.now())
        self._note(unit, self._shown.get(unit, _OPENS))
        if now.isolated and not before.isolated:
            self._begin_anew(unit, "it blocked the hub again and gets a process of its own")
        return now

    def reinstate(self, unit: str) -> None:
        """Forget an endpoint's stalls: its connector comes back into this process."""
        if self._stalls.pop(unit, Strikes()).isolated:
            self._begin_anew(unit, "it comes back into the hub's own process")

    def restart(self, unit: str, reason: str) -> None:
        """End a connector that hangs; it comes back after its pause."""
        logger.warning("the connector of {} is restarted: {}", unit, reason)
        self._running.pop(unit, None)
        if task := self._listening.get(unit):
            task.cancel()

    def _begin_anew(self, unit: str, reason: str) -> None:
        self.restart(unit, reason)
        self._eager[unit].set()

    def leave_down(self, units: Iterable[str], reason: str) -> None:
        """Say of endpoints that have no connector in this run why that is."""
        for unit in units:
            self._note(unit, Health(False, reason))

    def hush(self) -> None:
        """Take nothing more in; what is open stays open for the deliveries."""
        self._hushed.set()

    async def tried(self) -> None:
        """Return once every connector was opened, or failed to, or had its time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_START):
                await self._all_tried.wait()
        for unit in self._untried:
            self._note(unit, _OPENS)

    async def run(self) -> None:
        """Run until cancelled."""
        self._leftovers.watch(asyncio.get_running_loop())
        async with asyncio.TaskGroup() as group:
            # Without any endpoint too.
            group.create_task(asyncio.Event().wait())
            for endpoint in self._endpoints.values():
                group.create_task(self._keep(endpoint))

    async def _keep(self, endpoint: Endpoint) -> None:
        pause, unit = _FIRST_PAUSE, endpoint.unit
        while True:
            self._opened.pop(unit, None)
            began = self._clock.monotonic()
            reason, stalled = await self._live(endpoint)
            self._running.pop(unit, None)
            self._note(unit, Health(False, reason))
            if self._clock.monotonic() - self._opened.get(unit, self._clock.monotonic()) > _MOST_PAUSE:
                pause = _FIRST_PAUSE
            elif stalled:
                # It may have kept a processor all that time: it rests as long at least.
                pause = min(_MOST_PAUSE, max(pause, self._clock.monotonic() - began))
            await self._rest(unit, pause)
            pause = min(_MOST_PAUSE, pause * 2)

    async def _rest(self, unit: str, pause: float) -> None:
        """The pause before the next life; none where it is to begin anew."""
        sleep = asyncio.create_task(self._clock.sleep(pause))
        eager = asyncio.create_task(self._eager[unit].wait())
        try:
            await asyncio.wait({sleep, eager}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()
            eager.cancel()
            self._eager[unit].clear()

    async def _live(self, endpoint: Endpoint) -> tuple[str, bool]:
        """One life of a connector, from open to its failure. Returns why it ended, and whether it kept its loop."""
        task = asyncio.create_task(self._listen(endpoint))
        self._listening[endpoint.unit] = task
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
            raise
        if task.cancelled():
            return "it hung", False
        if error := task.exception():
            logger.opt(exception=error).error("the connector of {} failed", endpoint.unit)
            reason = answered.health(error).detail if isinstance(error, Exception) else type(error).__name__
            return reason, isinstance(error, Stalled)
        return "it stopped listening", False

    async def _listen(self, endpoint: Endpoint) -> None:
        try:
            connector = await contained(_made(endpoint), _OPEN_TIMEOUT, endpoint.actor)
        except BaseException:
            self._count(endpoint.unit)
            raise
        try:
            await self._serve(endpoint, connector)
        finally:
            self._running.pop(endpoint.unit, None)
            await _carried_through(self._close(endpoint, connector))

    async def _close(self, endpoint: Endpoint, connector: AnyConnector) -> None:
        await outcome(connector.__aexit__(), _CLOSE_TIMEOUT, endpoint.actor)
        if endpoint.actor:
            await self._leftovers.end(endpoint.actor)

    async def _serve(self, endpoint: Endpoint, connector: AnyConnector) -> None:
        try:
            await contained(connector.__aenter__(), _OPEN_TIMEOUT, endpoint.actor)
            self._opened[endpoint.unit] = self._clock.monotonic()
            self._running[endpoint.unit] = connector
            await self._check(endpoint, connector)
        finally:
            self._count(endpoint.unit)
        watch = asyncio.create_task(self._watch(endpoint, connector))
        try:
            await self._hear(connector, endpoint)
        finally:
            watch.cancel()

    async def _hear(self, connector: AnyConnector, endpoint: Endpoint) -> None:
        """Listen; after `hush` only stay open."""
        hush = asyncio.create_task(self._hushed.wait())
        listening = asyncio.create_task(contained(connector.listen(endpoint.inbox), None, endpoint.actor))
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

    async def _watch(self, endpoint: Endpoint, connector: AnyConnector) -> None:
        while True:
            await self._clock.sleep(_CHECK_EVERY if self.health[endpoint.unit].ok else _CHECK_SOON)
            await self._check(endpoint, connector)

    async def _check(self, endpoint: Endpoint, connector: AnyConnector) -> None:
        answer = await outcome(connector.check(), _CHECK_TIMEOUT, endpoint.actor)
        self._note(endpoint.unit, answered.health(answer))

    def _note(self, unit: str, health: Health) -> None:
        """Keep and tell how an endpoint is, with its stalls."""
        self._shown[unit] = health
        if said := str(self._stalls.get(unit, "")):
            health = Health(health.ok, f"{health.detail}; {said}" if health.detail else said)
        if self.health.get(unit) != health:
            self.health[unit] = health
            self._changed(unit, health)

    def _count(self, unit: str) -> None:
        self._untried.discard(unit)
        if not self._untried:
            self._all_tried.set()


async def _carried_through(work: Coroutine[Any, Any, None]) -> None:
    """Await it to its end, also where that is given up meanwhile."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


async def _made(endpoint: Endpoint) -> AnyConnector:
    return endpoint.make()
