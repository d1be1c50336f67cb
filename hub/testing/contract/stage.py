"""Where a check of the contract plays: a connector, its counterpart, and an inbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn, Protocol, TypeVar, runtime_checkable

from pydantic import ValidationError

from hub.config import Outer
from hub.connector import Connector, Context, Inbox
from hub.containment import outcome
from hub.testing.contract.alone import ours
from hub.testing.deliveries import sample_context, sample_delivery, sample_packet
from hub.testing.endings import Ending, outcome_of
from hub.testing.inboxes import MemoryInbox
from hub.testing.outboxes import MemoryOutbox
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document
from hub.vocabulary import Acknowledgement, Delivery, Document, Health, Packet
from hub.web.doors import Doorway, opened_to

T = TypeVar("T")
AnyConnector = Connector[Any]

#: Seconds that a fact may take to come true; and that nothing may happen where nothing shall.
PATIENCE, QUIET = 10.0, 0.5
#: Seconds that an open, a check or an end may take; and an end that was asked for by cancelling.
VERB, MERCY = 30.0, 5.0


class Broken(AssertionError):
    """A promise is broken; the text says which, and what to do about it."""


class LeftOut(Exception):
    """A promise that a one-way connector does not make, or one whose counterpart fetches."""


@runtime_checkable
class Counterpart(Protocol):
    """The other side of a connector in a test: a real folder, a real server. When it ends, it is gone.

    It may have four more: `async def answer(self, delivery)`, the unit answers what it received with a hồi báo;
    `def notes(self)`, the texts by which people are reminded now of what they owe; `one_way = True`, it never
    offers the hub anything (then `offer` is not called); and `def reached(self, address)`, where the hub's outer
    listener is now, for one that comes to the hub.
    """

    @property
    def connector(self) -> type[AnyConnector]:
        """The class under test."""

    @property
    def settings(self) -> dict[str, Any]:
        """What `endpoint:` says in units.yaml to reach it; secrets written out, times short."""

    def effects(self) -> Sequence[str]:
        """The `delivery.id` of everything that it acted on, oldest first, once for each time that it acted."""

    async def offer(self, name: str, packet: bytes) -> None:
        """Begin to offer the hub this edXML packet, as the unit would, and return at once.

        It goes on offering until the hub took it or gave it back: through outages and restarts of the hub.
        """


Make = Callable[[Path], AbstractAsyncContextManager[Counterpart]]


def broken(sentence: str) -> NoReturn:
    """Raises Broken."""
    raise Broken(sentence)


class Stage:
    """One check's connector, counterpart and inbox, all in one folder. Methods raise Broken."""

    def __init__(self, home: Path, counterpart: Counterpart, stack: AsyncExitStack) -> None:
        self.home, self.counterpart, self._stack = home, counterpart, stack
        self.doors, self.outbox = Doorway(), MemoryOutbox()
        self.context: Context = sample_context(home, doors=self.doors, outbox=self.outbox)
        self.inbox = MemoryInbox()

    @asynccontextmanager
    async def open_doors(self) -> AsyncIterator[None]:
        """Let the counterpart come to the hub while the block runs, where that is its way."""
        if not self.counterpart.connector.settings_type.needs_doors:
            yield
            return
        async with opened_to(Outer(("127.0.0.1", 0)), self.doors) as address:
            self.reached_at(address)
            yield

    def reached_at(self, address: str) -> None:
        """Tell the counterpart where the hub is."""
        reached: Callable[[str], None] | None = getattr(self.counterpart, "reached", None)
        if reached is None:
            broken("the connector says needs_doors: give the counterpart a reached(address), where the hub is")
        reached(address)

    @property
    def one_way(self) -> bool:
        """Whether the counterpart never offers anything."""
        return bool(getattr(self.counterpart, "one_way", False))

    @property
    def is_fetched(self) -> bool:
        """Whether the counterpart fetches what waits for it."""
        return self.counterpart.connector.capabilities.fetched

    def needs_sends(self) -> None:
        """Raises LeftOut where nothing is sent: the counterpart fetches."""
        if self.is_fetched:
            raise LeftOut

    def needs_offers(self) -> None:
        """Raises LeftOut where the counterpart never offers anything."""
        if self.one_way:
            raise LeftOut

    def delivery(self, code: str, **given: Any) -> Delivery:
        """A new document on its way to the connector's unit."""
        return sample_delivery(self.context.bodies, code, **given)

    def made(self, **other: Any) -> AnyConnector:
        """A connector as the hub would make it, some settings different."""
        connector = self.counterpart.connector
        try:
            settings = connector.settings_type.model_validate({**self.counterpart.settings, **other})
        except ValidationError as error:
            broken(f"the counterpart's settings are not those of {connector.__name__}: {error}")
        return connector(settings, self.context)

    @asynccontextmanager
    async def life(self) -> AsyncIterator[AnyConnector]:
        """A connector from its open to its end, as the hub would let it live."""
        connector = self.made()
        await self.do(connector.__aenter__(), "open")
        try:
            yield connector
        finally:
            await self.do(connector.__aexit__(None, None, None), "its end")

    @asynccontextmanager
    async def listening(self, connector: AnyConnector, inbox: Inbox | None = None) -> AsyncIterator[asyncio.Task[None]]:
        """It listens; at the end it is cancelled."""
        task = ours(connector.listen(inbox or self.inbox))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait({task}, timeout=MERCY)
            if not task.done():
                broken(f"listen did not end within {MERCY:g} s of being cancelled: let CancelledError out of it")
            elif not task.cancelled():
                task.exception()

    async def do(self, work: Coroutine[Any, Any, T], verb: str) -> T:
        """What a verb returns; it must."""
        ends = await outcome(_awaited(ours(work)), VERB)
        if isinstance(ends, Exception):
            broken(f"{verb} failed while the counterpart was there: {type(ends).__name__}: {ends}")
        return ends

    async def send(self, connector: AnyConnector, delivery: Delivery) -> Ending:
        """How a send ends."""
        return await ours(outcome_of(connector, delivery))

    async def deliver(self, connector: AnyConnector, delivery: Delivery) -> None:
        """Send it; that must end with a receipt. Of what is fetched: offer it, until it is confirmed."""
        if self.is_fetched:
            self.outbox.put(delivery)
            await self.until(
                lambda: self.outbox.has_gone(delivery),
                f"a delivery waited for {PATIENCE:g} s, and the counterpart did not fetch and confirm it",
            )
            return
        ending = await self.send(connector, delivery)
        if ending.word != "receipt":
            broken(f"a send ended as {ending} while the counterpart was there: return a Receipt")

    async def shows(self, deliveries: Sequence[Delivery]) -> None:
        """The counterpart must show exactly these effects, in this order."""
        wanted = [delivery.id for delivery in deliveries]
        await self._until(lambda: len(self.counterpart.effects()) >= len(wanted), PATIENCE)
        await asyncio.sleep(QUIET / 5)
        found = list(self.counterpart.effects())
        for key in wanted:
            if key not in found:
                broken(f"a delivery ended with a receipt, and effects() do not show its id {key}: they show {found}")
            if found.count(key) > 1:
                broken("the same delivery twice made two effects: hand delivery.id over as the key of the delivery")
        if strange := [key for key in found if key not in wanted]:
            broken(f"the counterpart shows effects of what was not sent: {strange}")
        if found != wanted:
            broken("the deliveries had their effects in another order than they were sent in")

    async def offer(self, code: str) -> None:
        """The counterpart offers a new document of its unit."""
        document = a_document(code, sender=BINH_SON, to=(HOME_AFFAIRS,))
        await self.counterpart.offer(f"{code.replace('/', '-')}.edxml", sample_packet(document))

    async def until(self, fact: Callable[[], object], sentence: str, within: float | None = None) -> None:
        """Wait for a fact that must come true."""
        if not await self._until(fact, within or PATIENCE):
            broken(sentence)

    async def _until(self, fact: Callable[[], object], within: float) -> bool:
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while True:
            began = loop.time()
            if fact():
                return True
            if loop.time() > end:
                return False
            # A look may ask a database, and it holds up the loop in which the connector runs.
            await asyncio.sleep(max(0.01, 3 * (loop.time() - began)))

    async def health(self, connector: AnyConnector) -> Health | Exception:
        """What its own round trip says."""
        return await outcome(_awaited(ours(connector.check())), VERB)

    async def gone(self) -> None:
        """The counterpart ends."""
        await self._stack.aclose()

    def codes(self) -> list[str]:
        """Number and notation of the documents that were accepted."""
        bodies = (each.packet.body for each in self.inbox.accepted.values() if isinstance(each.packet, Packet))
        return [body.code for body in bodies if isinstance(body, Document)]

    def answers(self) -> list[Acknowledgement]:
        """The hồi báo that were accepted."""
        bodies = (each.packet.body for each in self.inbox.accepted.values() if isinstance(each.packet, Packet))
        return [body for body in bodies if isinstance(body, Acknowledgement)]


async def _awaited(task: asyncio.Task[T]) -> T:
    try:
        return await task
    finally:
        task.cancel()
