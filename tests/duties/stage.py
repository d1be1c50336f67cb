"""A ledger, its tick and units' connectors, on a clock that a test moves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import Any

from hub.calendar import Hours, Kind, Span, WorkCalendar
from hub.connector import Capabilities, Settings
from hub.directory import Directory
from hub.dispatcher import Port
from hub.duties import Book, Rule, Subject
from hub.ledger import Ledger, Proposal, Settlement
from hub.minding import Minder
from hub.reminding import Herald
from hub.testing import ManualClock
from hub.testing.ledgers import proposal
from hub.vocabulary import Acknowledgement, Delivery, DeliveryState, Document, Receipt, Reminder, Unit
from tests.duties.rows import Row, envelope_of, rows

NV, XA, KHE = "so-nv", "xa-binh-son", "xa-tinh-khe"
UNITS = (
    Unit(NV, "Sở Nội vụ", "000.00.14.H48"),
    Unit(XA, "UBND xã Bình Sơn", "000.00.31.H48"),
    Unit(KHE, "UBND xã Tịnh Khê", "000.00.32.H48"),
)
_MORNING, _AFTERNOON = (time(7), time(11, 30)), (time(13, 30), time(17))
#: Monday to Friday.
WEEK = ((_MORNING, _AFTERNOON),) * 5 + ((),) * 2
CALENDAR = WorkCalendar((Hours(WEEK),), official=frozenset(range(2020, 2030)))


#: Monday, 23/11/2026, 08:00 in Vietnam.
MONDAY = datetime(2026, 11, 23, 1, tzinfo=UTC)
#: The end of that working day, 17:00.
DUE = datetime(2026, 11, 23, 10, tzinfo=UTC)
SUBJECTS = {unit.id: Subject(unit.id, leaders=(f"Chủ tịch {unit.id}",)) for unit in UNITS}
BOOK = Book(
    CALENDAR,
    (Rule("trong ngày", {"03": Span(Kind.END_OF_DAY)}),),
    SUBJECTS,
    directory=Directory(UNITS),
)


class Clerk:
    """A connector that tells people, or is broken. Only what the tick asks of one."""

    capabilities = Capabilities(reminders=True)
    settings = Settings(kind="clerk", send_timeout=0.2)

    def __init__(self) -> None:
        self.told: list[list[Reminder]] = []
        self.asked: list[str] = []
        self.error: Exception | None = None
        self.found: Receipt | None = None

    async def remind(self, reminders: Sequence[Reminder]) -> None:
        if self.error:
            raise self.error
        self.told.append(list(reminders))

    async def find(self, delivery: Delivery) -> Receipt | None:
        self.asked.append(delivery.envelope.body.code if isinstance(delivery.envelope.body, Document) else "")
        return self.found


@dataclass
class Stage:
    """What a test plays on."""

    ledger: Ledger
    clock: ManualClock
    book: Book
    directory: Directory = field(default_factory=lambda: Directory(UNITS))
    clerks: dict[str, Any] = field(default_factory=lambda: {unit.id: Clerk() for unit in UNITS})
    hung: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.herald = Herald(self.ledger, self.clock, self._port, lambda: self.directory, self._hangs)
        self.minder = Minder(self.ledger, self.clock, lambda: self.book, lambda: self.directory, self.herald)

    def _port(self, unit: str) -> Port | None:
        found = self.clerks.get(unit)
        return Port(unit, found) if found else None

    def _hangs(self, unit: str, _: str) -> None:
        self.hung.append(unit)

    async def tick(self) -> None:
        """The tick, until there is nothing more to do now, and everyone is told."""
        while await self.minder.tick():
            pass
        await self.settled()

    async def settled(self) -> None:
        """Return once nobody is being told any more."""
        for task in list(self.herald._telling.values()):
            await task

    async def at(self, moment: datetime) -> None:
        """The tick at that moment."""
        await self.clock.advance((moment - self.clock.now()).total_seconds())
        await self.tick()

    async def take_in(self, document: Document, *recipients: str, deliver: bool = True, **more: Any) -> str:
        """Accept a document of the department, as its inbox would; deliver it. Returns its envelope's id."""
        given = self._now(proposal(document, *recipients, **more))
        now = self.clock.now()
        own = self.book.sender(document, NV, now)
        [verdict] = await self.ledger.accept(
            [replace(given, owed=self.book.owed(document, recipients, now), sent=own, book=self.book)]
        )
        if deliver:
            await self.deliver(*recipients)
        return envelope_of(verdict)

    async def deliver(self, *recipients: str) -> None:
        """Hand over all that is due."""
        for recipient in recipients:
            grant = await self.ledger.lease(recipient, 64)
            while grant and grant.taken:
                ends = [Settlement(taken, DeliveryState.DELIVERED) for taken in grant.taken]
                grant = await self.ledger.settle(grant, ends, 64)

    async def answer(self, body: Acknowledgement, unit: str) -> None:
        """Accept an answer of that unit to the department."""
        await self.ledger.accept([replace(self._now(proposal(body, NV, unit=unit)), book=self.book)])

    def _now(self, given: Proposal) -> Proposal:
        assert given.envelope
        return replace(given, envelope=replace(given.envelope, received_at=self.clock.now()))


def kinds(stage: Stage, code: str = "211/GM-SNV") -> list[str]:
    return [kind for kind, _ in events(stage, code)]


def events(stage: Stage, code: str = "211/GM-SNV") -> list[tuple[str, dict[str, Any]]]:
    [view] = stage.ledger.views.trace(code)
    return [(line.kind, json.loads(line.data)) for line in view.events if line.kind.startswith("duty-")]


def only(stage: Stage) -> Row:
    [row] = rows(stage.ledger)
    return row
