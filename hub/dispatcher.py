"""Hands deliveries to connectors: one lane per recipient, order kept inside it, the urgent lanes first."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest

from hub import answered
from hub.clock import Clock
from hub.connector import Outcome
from hub.containment import Actor, Hung, Misbehaved, outcome
from hub.errors import Deferred, Fenced, HubError, NoRoom, OutcomeUnknown, StorageError
from hub.failpoints import failpoint
from hub.ledger import Grant, Ledger, Settlement, Taken
from hub.ledger.lanes import LEASE
from hub.log import logger
from hub.plugins import Plugins
from hub.retry import Decision, Policy, decide
from hub.supervisor import AnyConnector
from hub.vocabulary import Delivery, DeliveryState, Receipt

#: Lanes worked on at the same time, at most.
SLOTS = 64
#: Seconds between looks at the whole ledger: a lost nudge costs no more.
_RECONCILE = 5.0
#: Bytes a second that the slowest way to a recipient is given time for.
_SLOWEST = 250_000
#: Seconds between tries to record outcomes on a full disk.
_FULL = 1.0


@dataclass(frozen=True, slots=True)
class Port:
    """Where a recipient is reached now: its endpoint, and the connector that runs there."""

    unit: str
    connector: AnyConnector
    actor: Actor | None = None


class Dispatcher:
    """Runs the lanes. `port` finds a recipient's connector (None: down), `hung` is told of one that hangs."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        policy: Policy,
        plugins: Plugins,
        port: Callable[[str], Port | None],
        hung: Callable[[str, str], None],
    ) -> None:
        self._ledger, self._clock, self._policy, self._plugins = ledger, clock, policy, plugins
        self._port, self._hung = port, hung
        self._order = itertools.count()
        self._queue: list[tuple[int, int, str]] = []
        self._queued: set[str] = set()
        self._again: set[str] = set()
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._wake, self._looking = asyncio.Event(), asyncio.Event()
        self._draining = False

    def nudge(self, recipient: str, urgency: int) -> None:
        """Something may be due for this recipient."""
        if recipient in self._lanes:
            self._again.add(recipient)
        elif recipient not in self._queued:
            self._queued.add(recipient)
            heapq.heappush(self._queue, (-urgency, next(self._order), recipient))
        self._wake.set()

    def look(self) -> None:
        """Look at the whole ledger soon: an endpoint came back."""
        self._looking.set()

    async def run(self) -> None:
        """Work until cancelled. Lanes still at work then are cancelled: what they sent is asked about later."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._reconcile())
                while True:
                    await self._wake.wait()
                    self._wake.clear()
                    while self._queue and len(self._lanes) < SLOTS and not self._draining:
                        self._start(group)
        finally:
            for timer in self._timers.values():
                timer.cancel()

    async def drain(self, seconds: float) -> None:
        """Begin nothing new; wait until the lanes at work have ended, at most so long."""
        self._draining = True
        if self._lanes:
            await asyncio.wait(set(self._lanes.values()), timeout=seconds)

    def _start(self, group: asyncio.TaskGroup) -> None:
        _, _, recipient = heapq.heappop(self._queue)
        self._queued.discard(recipient)
        task = group.create_task(self._serve(recipient))
        self._lanes[recipient] = task
        task.add_done_callback(lambda _: self._ended(recipient))

    def _ended(self, recipient: str) -> None:
        del self._lanes[recipient]
        if recipient in self._again:
            self._again.discard(recipient)
            self.nudge(recipient, 0)
        self._wake.set()

    async def _reconcile(self) -> None:
        while True:
            try:
                for lane in await self._ledger.ready():
                    self._plan(lane.recipient, lane.urgency, lane.due_at)
            except StorageError as error:
                logger.warning("the ledger does not answer: {}", error)
            with suppress(TimeoutError):
                # Not wait_for: in Python 3.11 it swallows a cancellation that meets the event.
                async with asyncio.timeout(_RECONCILE):
                    await self._looking.wait()
            self._looking.clear()

    def _plan(self, recipient: str, urgency: int, due_at: datetime) -> None:
        """Nudge now, or when it is due if that is before the next look."""
        wait = (due_at - self._clock.now()).total_seconds()
        if wait <= 0:
            self.nudge(recipient, urgency)
        elif wait <= _RECONCILE and recipient not in self._timers:
            loop = asyncio.get_running_loop()
            self._timers[recipient] = loop.call_later(wait, self._due, recipient, urgency)

    def _due(self, recipient: str, urgency: int) -> None:
        self._timers.pop(recipient, None)
        self.nudge(recipient, urgency)

    async def _serve(self, recipient: str) -> None:
        """Work on a lane. What goes wrong in it must not end the others; it is tried again."""
        match await outcome(self._work(recipient)):
            case Fenced() as error:
                logger.warning("{}", error)
            case StorageError() as error:
                logger.error("the lane of {} stops: {}", recipient, error)
            case Exception() as error:
                logger.opt(exception=error).error("the lane of {} broke", recipient)

    async def _work(self, recipient: str) -> None:
        """Hold the lane as long as something is due in it."""
        if not (port := self._port(recipient)):
            return
        batch = answered.batch(port.connector)
        grant = await self._ledger.lease(recipient, batch)
        failpoint("dispatcher.taken")
        while grant and grant.taken:
            settlements = await self._attempt(port, grant)
            failpoint("dispatcher.sent")
            more = 0 if self._draining or self._port(recipient) != port else batch
            grant = await asyncio.shield(self._settled(grant, settlements, more))
            failpoint("dispatcher.settled")
        if grant and grant.due_at:
            self._plan(recipient, 0, grant.due_at)

    async def _settled(self, grant: Grant, settlements: Sequence[Settlement], more: int) -> Grant:
        """Record outcomes. While the disk is full they are held: forgotten receipts would be sent again."""
        while True:
            try:
                return await self._ledger.settle(grant, settlements, more)
            except NoRoom as error:
                logger.warning("the outcomes for {} wait: {}", grant.recipient, error)
                await self._clock.sleep(_FULL)

    async def _attempt(self, port: Port, grant: Grant) -> list[Settlement]:
        """Try a batch in its order. What a delivery's doubt or failure leaves behind it is not tried."""
        # After a connector's bug the head goes alone, so that one bad delivery costs no other its budget.
        taken = grant.taken[:1] if grant.taken[0].bugs else grant.taken
        async with _renewed(self._ledger, grant):
            found = await self._find(port, taken)
            missing = [_flagged(item) for item, answer in zip(taken, found, strict=False) if answer is None]
            sent = iter(await self._send(port, missing) if missing else [])
        settlements: list[Settlement] = []
        for item, answer in zip_longest(grant.taken, found):
            asked = len(settlements) < len(found)
            end = next(sent, None) if asked and answer is None else answer
            doubt = item.delivery.possible_duplicate or (item.doubtful and asked and answer is None)
            settlements.append(self._settle(item, end, asked=asked, doubt=doubt))
        return settlements

    async def _find(self, port: Port, taken: Sequence[Taken]) -> list[Outcome | None]:
        """For each: a receipt where a doubtful one had arrived, None where it is to be sent. An error ends the list."""
        found: list[Outcome | None] = []
        for item in taken:
            answer = None
            if item.doubtful:
                seconds = port.connector.settings.send_timeout
                answer = answered.found(await outcome(port.connector.find(item.delivery), seconds, port.actor))
            if isinstance(answer, Deferred):
                # Who cannot be asked now is asked later: until then nobody knows.
                answer = OutcomeUnknown(str(answer))
            found.append(answer)
            if isinstance(answer, Exception):
                self._blame(port, answer)
                break
        return found

    async def _send(self, port: Port, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        """The outcomes of a leading part."""
        size = sum(delivery.envelope.blob.size for delivery in deliveries)
        seconds = port.connector.settings.send_timeout + len(deliveries) + size / _SLOWEST
        ends = await outcome(port.connector.send_many(deliveries), seconds, port.actor)
        if isinstance(ends, Exception):
            self._blame(port, ends)
            self._plugins.attempted(deliveries[0], ends)
            # Nobody knows how far it came: the head bears the error, the others are asked about.
            return [ends, *(OutcomeUnknown(f"behind: {ends}") for _ in deliveries[1:])]
        judged = answered.outcomes(ends, len(deliveries))
        for delivery, end in zip(deliveries, judged, strict=False):
            self._plugins.attempted(delivery, end)
            if isinstance(end, Misbehaved):
                self._blame(port, end)
        return judged

    def _blame(self, port: Port, error: Exception) -> None:
        if isinstance(error, Hung):
            self._hung(port.unit, str(error))
        elif isinstance(error, Misbehaved) or not isinstance(error, (HubError, OSError)):
            logger.opt(exception=error).error("the connector of {} has a bug", port.unit)

    def _settle(self, taken: Taken, end: Outcome | None, *, asked: bool, doubt: bool) -> Settlement:
        delivery = taken.delivery
        if end is None:
            unasked = taken.doubtful and not asked
            state = DeliveryState.UNCERTAIN if unasked else DeliveryState.WAITING
            return Settlement(taken, state, possible_duplicate=doubt, bugs=taken.bugs, tried=False)
        decision = self._decide(taken, end)
        if decision.state is not DeliveryState.DELIVERED:
            logger.warning("{} to {}: {}: {}", delivery.id, delivery.recipient, decision.state, decision.reason)
        return Settlement(
            taken,
            decision.state,
            decision.wait,
            reason=answered.text(decision.reason),
            receipt=end.reference if isinstance(end, Receipt) else "",
            possible_duplicate=doubt,
            bugs=taken.bugs + decision.bug,
        )

    def _decide(self, taken: Taken, end: Outcome) -> Decision:
        return decide(
            self._policy,
            end,
            attempt=taken.delivery.attempt,
            bugs=taken.bugs,
            age=taken.age,
            jitter=random.random(),  # noqa: S311 - spreads retries, guards nothing
        )


def _flagged(taken: Taken) -> Delivery:
    """The delivery as it is sent: after a doubt that nobody could settle it says so."""
    return replace(taken.delivery, possible_duplicate=True) if taken.doubtful else taken.delivery


@asynccontextmanager
async def _renewed(ledger: Ledger, grant: Grant) -> AsyncIterator[None]:
    """Hold on to the lane meanwhile."""
    task = asyncio.create_task(_renew(ledger, grant))
    try:
        yield
    finally:
        task.cancel()


async def _renew(ledger: Ledger, grant: Grant) -> None:
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        try:
            await ledger.renew(grant)
        except Fenced as error:
            # The result will be refused as well, so there is nothing to stop here.
            logger.warning("{}", error)
            return
        except StorageError as error:
            logger.warning("the lease of {} is not renewed: {}", grant.recipient, error)
