"""A simulated year through a real ledger: documents, deliveries, answers, storms, and the hub's own tick.

The province, its people and the model of minutes are those of `tests.duties.year`; what was raised, when, and how each
duty ended is read from the ledger afterwards.
"""

from __future__ import annotations

import heapq
import itertools
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.engine import Connection

from hub.directory import Directory
from hub.duties import Duty
from hub.ledger import Ledger
from hub.ledger.duties import DUTIES, is_owed
from hub.ledger.minded import DELIVERIES
from hub.ledger.writer import Transaction
from hub.minding import Minder
from hub.reminding import Herald
from hub.testing import ManualClock
from hub.testing.ledgers import proposal
from hub.testing.samples import an_answer
from hub.vocabulary import Document, Event
from tests.duties.year import _DAYS, _FIRST, _NEVER, TICK, Case, Simulation, _answer, _document

_DAY = 86_400
_LAST = (_DAYS - 20) * _DAY
#: What happens first of what happens at one moment.
_DELIVERY, _ANSWER, _TICK, _STORM, _ARRIVAL = range(5)
#: What a case of that code and of no other is answered with.
_MEETS = {"03": "03", "06": "06"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document that was accepted, and what becomes of it with one unit."""

    envelope: str
    document: Document
    unit: str


class LedgerYear(Simulation):
    """The year of one province in one ledger."""

    def __init__(self, seed: int, units: int, documents: int, ledger: Ledger, clock: ManualClock) -> None:
        super().__init__(seed, units, documents)
        self._ledger, self._clock = ledger, clock
        self._book = self.province.book(0)
        self._heap: list[tuple[float, int, int, Any]] = []
        self._order = itertools.count()
        #: (envelope, unit, code) -> the case
        self._known: dict[tuple[str, str, str], Case] = {}
        directory = Directory(())
        herald = Herald(ledger, clock, lambda _: None, lambda: directory, lambda *_: None)
        self._minder = Minder(ledger, clock, lambda: self._book, lambda: directory, herald)
        self.ticks = 0

    async def play(self) -> None:
        """Let the year pass; then judge every case."""
        for _ in range(self.result.documents):
            self._plan(float(int(self.dice.uniform(_DAY, 350 * _DAY))), _ARRIVAL, None)
        for declared, storm in enumerate(self.province.storms, 1):
            self._plan(storm.declared, _STORM, declared)
        while self._heap or await self._due():
            await self._next()
        await self._read()
        self.cases = list(self._known.values())
        self.result.duties = len(self.cases)
        for case in self.cases:
            self._judge(case)

    def _plan(self, at: float, kind: int, what: Any) -> None:
        heapq.heappush(self._heap, (at, kind, next(self._order), what))

    async def _due(self) -> float | None:
        """The tick at which the next duty's time has come."""
        found = self._ledger.views.looking(_first)
        at = -(-self.any.seconds(found) // TICK) * TICK if found else None
        return at if at is not None and at <= _LAST else None

    async def _next(self) -> None:
        tick = await self._due()
        if tick is not None and (not self._heap or (tick, _TICK) < self._heap[0][:2]):
            await self._tick(tick)
            return
        at, kind, _, what = heapq.heappop(self._heap)
        self._move(at)
        if kind == _ARRIVAL:
            await self._accept(at, next(self._order))
        elif kind == _DELIVERY:
            await self._ledger._writer.run(lambda transaction: _deliver(transaction, what))
        elif kind == _ANSWER:
            sheet, code = what
            given = proposal(an_answer(sheet.document, code, at=self._clock.now()), "so-nv", unit=sheet.unit)
            assert given.envelope
            envelope = replace(given.envelope, received_at=self._clock.now())
            [verdict] = await self._ledger.accept([replace(given, envelope=envelope, book=self._book)])
            assert not isinstance(verdict, Exception), verdict
        else:
            self._book = self.province.book(what)
            self._minder.recount()
            await self._tick(at)

    async def _tick(self, at: float) -> None:
        self._move(at)
        more = True
        while more:
            more = await self._minder.tick()
            self.ticks += 1

    def _move(self, at: float) -> None:
        ahead = (self.any.moment(at) - self._clock.now()).total_seconds()
        self._clock.jump(max(0.0, ahead))

    async def _accept(self, at: float, number: int) -> None:
        document, kind, due_day = _document(self.dice, number, at)
        units = self.dice.sample(self.province.units, self.dice.randint(1, 4))
        now = self._clock.now()
        owed = self._book.owed(document, units, now)
        given = proposal(document, *units)
        assert given.envelope
        given = replace(given, envelope=replace(given.envelope, received_at=now), owed=owed)
        [verdict] = await self._ledger.accept([given])
        assert not isinstance(verdict, Exception), verdict
        for unit in units:
            late = self.dice.random()
            delivered = at + (self.dice.random() * 20 if late < 0.9 else self.dice.random() * 3 * _DAY)
            # One that is never delivered is looked at for ever, every half an hour where its clock is that short.
            delivered = _NEVER if late > 0.995 and kind != "clock" else float(int(delivered))
            sheet = Sheet(verdict.envelope_id, document, unit)
            mine = [each for each in owed if each.unit == unit]
            self._follow_up(sheet, mine, at, delivered, (kind, due_day))

    def _follow_up(self, sheet: Sheet, owed: list[Any], at: float, delivered: float, how: tuple[str, int]) -> None:
        kind, due_day = how
        if delivered < _NEVER:
            self._plan(delivered, _DELIVERY, sheet)
        cases = []
        for each in owed:
            duty = Duty(each.unit, each.code, each.rule, self.any.moment(at), each.due_at, each.next_at)
            case = Case(duty, "named" if each.code == "06" else kind, at, delivered, _NEVER, due_day)
            if delivered < _NEVER:
                case.answered = _answer(self.dice, self._true_due(case), delivered)
            if case.answered < _NEVER:
                case.answered = max(case.answered, delivered)
                self._plan(case.answered, _ANSWER, (sheet, _MEETS[each.code]))
            self._known[sheet.envelope, sheet.unit, each.code] = case
            cases.append(case)
        # 06 meets 03 too.
        whole = min((case.answered for case in cases), default=_NEVER)
        for case in cases:
            if case.duty.code == "03":
                case.answered = whole

    async def _read(self) -> None:
        """What the ledger says was raised, and when; and how each duty ended."""
        for envelope, unit, kind, at, data in self._ledger.views.looking(_events):
            case = self._known[envelope, unit, json.loads(data)["code"]]
            case.raised.setdefault(kind, self.any.seconds(at))
            case.count[kind] += 1
            self.result.moved += kind == "duty-moved"
            self.result.paused += kind == "duty-paused"
        for envelope, unit, code, state, reminded in self._ledger.views.looking(_ends):
            case = self._known[envelope, unit, code]
            case.duty = replace(case.duty, state=state, reminded=reminded)
            wanted = self._ended(case)
            if state not in wanted:
                self._wrong(case, f"it is {state}, not {wanted}")

    def _ended(self, case: Case) -> set[str]:
        if "duty-broken" in case.raised:
            return {"broken"}
        if case.answered == _NEVER or case.answered > _LAST:
            return {"open", "overdue", "paused"}
        return {"met"} if case.answered <= self._true_due(case) else {"late"}


def _first(connection: Connection) -> datetime | None:
    found: datetime | None = connection.execute(select(func.min(DUTIES.c.next_at)).where(is_owed())).scalar()
    return found


def _deliver(transaction: Transaction, sheet: Sheet) -> None:
    mine = (DELIVERIES.c.envelope_id == sheet.envelope) & (DELIVERIES.c.recipient == sheet.unit)
    [delivery] = transaction.execute(select(DELIVERIES.c.id).where(mine)).scalars()
    transaction.execute(update(DELIVERIES).where(mine).values(state="delivered", ended_at=transaction.now))
    data: dict[str, object] = {"attempt": 0}
    transaction.record(Event("delivered", transaction.now, sheet.envelope, delivery, sheet.unit, data))


def _events(connection: Connection) -> list[Any]:
    query = "SELECT envelope_id, unit, kind, at, data FROM event WHERE kind LIKE 'duty-%' ORDER BY seq"
    rows = connection.execute(text(query)).all()
    return [(row[0], row[1], row[2], _instant(row[3]), row[4]) for row in rows]


def _ends(connection: Connection) -> list[Any]:
    names = ("envelope_id", "unit", "code", "state", "reminded")
    return list(connection.execute(select(*(DUTIES.c[name] for name in names)).where(DUTIES.c.code != "gui")).all())


def _instant(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


async def year(folder: Path, seed: int, units: int, documents: int) -> tuple[LedgerYear, list[str]]:
    """Play one in this folder. Returns it, with what a verification finds wrong in its ledger."""
    clock = ManualClock(datetime.fromisoformat(f"{_FIRST}T00:00:00+07:00").astimezone(UTC))
    async with Ledger("sqlite", folder, "hub", clock) as ledger:
        played = LedgerYear(seed, units, documents, ledger, clock)
        await played.play()
        return played, [*ledger.views.strange(), *(reason for _, reason in ledger.views.broken())]
