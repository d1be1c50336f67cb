"""A simulated year: `python -m tests.duties year [--seed N] [--units 108] [--documents 6000]`.

The province of 2026 with Tết, swapped days, summer hours, storms that are declared the evening before, units that
pause, deliveries that come late or never, people who answer in time, a second late, or not at all. A loop looks at
each duty when its time comes, once a tick, as the hub does. What it raises is held against a model that counts minutes
in a bytearray and knows nothing of the hub: nothing may be raised that is not so, all that is so within a tick.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random

from hub.calendar import USUAL, Change, Hours, WorkCalendar
from hub.duties import Book, Duty, Pause, Subject
from hub.routing import Group
from hub.testing.samples import a_document
from hub.vocabulary import Document, DocumentType, Urgency
from tests.duties.slow import Slow

#: Seconds between two looks.
TICK = 60
_FIRST, _DAYS, _LAST_ARRIVAL = date(2026, 1, 1), 420, 350
_DAY = 86_400
_NEVER = float("inf")

_OFF = (
    "2026-01-01 2026-01-02 2026-02-16 2026-02-17 2026-02-18 2026-02-19 2026-02-20 2026-04-27 2026-04-30 2026-05-01 "
    "2026-08-31 2026-09-01 2026-09-02 2026-11-24 2027-01-01 2027-02-04 2027-02-05 2027-02-08 2027-02-09 2027-02-10"
)
_WORKED = "2026-01-10 2026-08-22"


@dataclass(frozen=True, slots=True)
class Storm:
    """Days off for some units, declared at a moment (seconds of the model)."""

    declared: float
    days: tuple[date, ...]
    units: frozenset[str]
    #: minutes that are off
    start: int = 0
    end: int = 1440

    @property
    def changes(self) -> Iterator[Change]:
        """As the calendar has them."""
        whole = (self.start, self.end) == (0, 1440)
        period = None if whole else (_clock(self.start), _clock(self.end))
        for day in self.days:
            yield Change(day, "nghi-bao", "Bão", units=self.units, period=period)


@dataclass(slots=True)
class Case:
    """One duty: what the model knows of it, and what the loop did."""

    duty: Duty
    kind: str
    opened: float
    delivered: float
    answered: float
    due_day: int
    #: event -> when the loop raised it, for the first time
    raised: dict[str, float] = field(default_factory=dict)
    count: Counter[str] = field(default_factory=Counter)
    over: bool = False


@dataclass(slots=True)
class Result:
    """The figures; `wrong` names what broke the promise."""

    seed: int
    units: int
    documents: int
    duties: int = 0
    steps: int = 0
    overdue: int = 0
    escalated: int = 0
    broken: int = 0
    moved: int = 0
    paused: int = 0
    latest: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"a year, seed {self.seed}: {self.units} units, {self.documents} documents, {self.duties} duties, "
            f"{self.steps} looks; overdue {self.overdue}, escalated {self.escalated}, broken {self.broken}, "
            f"moved {self.moved}, paused {self.paused}; latest {self.latest:.0f} s after its time (tick {TICK} s); "
            f"wrong {len(self.wrong)}"
        )


class Province:
    """Units with hours, pauses and storms, twice: as the hub's book, and minute by minute."""

    def __init__(self, dice: Random, units: int, forgotten: Collection[str] = ()) -> None:
        self.forgotten = forgotten
        self.units = [f"dv-{number}" for number in range(units)]
        self.island = frozenset(self.units[: max(1, units // 10)])
        self.pauses = {unit: _a_pause(dice) for unit in dice.sample(self.units, units // 6)}
        self.storms = sorted((_a_storm(dice, self.units, self.island) for _ in range(9)), key=lambda one: one.declared)
        self.groups = {"dao": Group("dao", tuple(sorted(self.island)))}
        #: final: what is known once all storms are over; what is declared later never reaches back
        self.slow = {unit: self._minutes(unit) for unit in self.units}

    def book(self, declared: int) -> Book:
        """The book when so many storms were declared."""
        summer = ((time(7), time(11)), (time(13, 30), time(17)))
        hours = Hours(
            (*((summer,) * 5), ((time(7), time(11)),), ()), date(2026, 4, 15), date(2026, 10, 15), self.island
        )
        changes = [Change(date.fromisoformat(day), "nghi") for day in _OFF.split()]
        changes += [Change(date.fromisoformat(day), "lam-bu") for day in _WORKED.split()]
        changes = [change for change in changes if str(change.day) not in self.forgotten]
        changes += [change for storm in self.storms[:declared] for change in storm.changes]
        calendar = WorkCalendar((USUAL, hours), changes, frozenset({2026, 2027}))
        subjects = {
            unit: Subject(unit, "folder", leaders=("CT",), pauses=tuple(filter(None, [self.pauses.get(unit)])))
            for unit in self.units
        }
        return Book(calendar, subjects=subjects, groups=self.groups)

    def _minutes(self, unit: str) -> Slow:
        slow = Slow(_FIRST, _DAYS)
        off, worked = set(_OFF.split()), set(_WORKED.split())
        for number in range(_DAYS):
            day = _FIRST + timedelta(days=number)
            summer = unit in self.island and date(2026, 4, 15) <= day <= date(2026, 10, 15)
            office = [(420, 660), (810, 1020)] if summer else [(450, 690), (780, 1020)]
            if str(day) in worked:
                # a Saturday has hours of its own in summer on the island
                parts = [(420, 660)] if summer else office
            elif str(day) in off or day.weekday() == 6:
                parts = []
            else:
                parts = office if day.weekday() < 5 else [(420, 660)] if summer else []
            for start, end in parts:
                slow.set(day, start, end, 1)
        for storm in self.storms:
            for day in storm.days if unit in storm.units else ():
                slow.set(day, storm.start, storm.end, 0)
        pause = self.pauses.get(unit)
        for day in pause.days() if pause else ():
            slow.set(day, 0, 1440, 0)
        return slow


def _clock(minute: int) -> time:
    return time.max if minute == 1440 else time(minute // 60, minute % 60)


def _a_pause(dice: Random) -> Pause:
    first = _FIRST + timedelta(days=dice.randrange(_LAST_ARRIVAL))
    return Pause(first, first + timedelta(days=dice.randrange(6)), "Lũ")


def _a_storm(dice: Random, units: list[str], island: frozenset[str]) -> Storm:
    number = dice.randrange(240, _LAST_ARRIVAL)
    some = frozenset(dice.sample(units, max(1, len(units) // 3)))
    days = tuple(_FIRST + timedelta(days=number + step) for step in range(dice.choice((1, 1, 2, 3))))
    start, end = dice.choice(((0, 1440), (0, 1440), (0, 720), (720, 1440)))
    # the evening before, when the offices are closed
    return Storm((number - 1) * _DAY + 17 * 3600 + 1800, days, dice.choice((island, some, some)), start, end)


# Documents and what people do with them


def _document(dice: Random, number: int, arrives: float) -> tuple[Document, str, int]:
    """A document, its kind for the model, and the day of its due date (-1: none)."""
    urgency = dice.choice([Urgency.NORMAL] * 6 + [Urgency.URGENT, Urgency.VERY_URGENT, Urgency.FLASH])
    kind = {Urgency.NORMAL: "day", Urgency.FLASH: "clock"}.get(urgency, "half-hour")
    due_day = int(arrives // _DAY) + dice.randrange(-2, 30) if dice.random() < 0.3 else -1
    due = (_FIRST + timedelta(days=due_day)).strftime("%Y/%m/%d") if due_day >= 0 else ""
    name = dice.choice(("Công văn", "Quyết định", "Giấy mời"))
    document = replace(a_document(f"{number}/CV", urgency=urgency, due_date=due), type=DocumentType(name))
    return document, kind, due_day if name != "Giấy mời" else -1


def _answer(dice: Random, due: float, opened: float) -> float:
    """When it is answered: mostly in time, sometimes at the very edge, late, or never."""
    chance = dice.random()
    if chance < 0.15:
        return _NEVER
    if chance < 0.3:
        return due + dice.choice((-1, -30, 1, 61, 3600))
    if chance < 0.45:
        return due + dice.uniform(0, 20 * _DAY)
    return opened + dice.random() * max(1.0, due - opened)


def true_due(slow: Slow, case: Case, pause: Pause | None) -> float:
    """When a case is due, by the model."""
    since = max(case.opened, case.delivered)
    if case.kind == "clock":
        due = since + 1800
        if pause:
            begins = (pause.since - _FIRST).days * _DAY
            ends = ((pause.until - _FIRST).days + 1) * _DAY
            due += ends - max(since, begins) if since < ends and due > begins else 0
        return due
    if case.kind == "half-hour":
        return slow.worked_off(since, 30)
    if case.kind == "day":
        return slow.end_of_day(since)
    named = slow.closing(case.due_day) * 60.0
    return named if named > since else slow.end_of_day(since)


# The loop


class Simulation:
    """A year of one province."""

    def __init__(self, seed: int, units: int, documents: int, forgotten: Collection[str] = ()) -> None:
        self.dice = Random(seed)
        self.result = Result(seed, units, documents)
        self.province = Province(self.dice, units, forgotten)
        self.any = next(iter(self.province.slow.values()))
        self.cases: list[Case] = []
        self.waiting: list[tuple[float, int]] = []

    def run(self) -> Result:
        """Documents arrive, storms are declared, duties are looked at; then all is judged."""
        arrivals = sorted(self.dice.uniform(_DAY, _LAST_ARRIVAL * _DAY) for _ in range(self.result.documents))
        happenings = [(at, 1) for at in arrivals] + [(storm.declared, 0) for storm in self.province.storms]
        declared, book = 0, self.province.book(0)
        for number, (at, is_arrival) in enumerate(sorted(happenings)):
            self._look(book, until=at)
            if is_arrival:
                self._arrive(book, number, float(int(at)))
            else:
                declared += 1
                book = self.province.book(declared)
                self._follow(book, at)
        self._look(book, until=(_DAYS - 20) * _DAY)
        for case in self.cases:
            self._judge(case)
        self.result.duties = len(self.cases)
        return self.result

    def _arrive(self, book: Book, number: int, at: float) -> None:
        document, kind, due_day = _document(self.dice, number, at)
        many = self.dice.random() < 0.02
        units = self.province.units if many else self.dice.sample(self.province.units, self.dice.randint(1, 4))
        for owed in book.owed(document, units, self.any.moment(at)):
            duty = Duty(owed.unit, owed.code, owed.rule, self.any.moment(at), owed.due_at, owed.next_at)
            duty = replace(duty, due_date=document.due_date)
            late = self.dice.random()
            delivered = at + (self.dice.random() * 20 if late < 0.9 else self.dice.random() * 3 * _DAY)
            case = Case(duty, "named" if owed.code == "06" else kind, at, float(int(delivered)), 0.0, due_day)
            case.delivered = _NEVER if late > 0.995 else case.delivered
            due = self._true_due(case) if case.delivered < _NEVER else _NEVER
            case.answered = _NEVER if due == _NEVER else _answer(self.dice, due, case.delivered)
            self._wait(len(self.cases), owed.next_at)
            self.cases.append(case)

    def _true_due(self, case: Case) -> float:
        unit = case.duty.unit
        return true_due(self.province.slow[unit], case, self.province.pauses.get(unit))

    def _wait(self, number: int, next_at: datetime) -> None:
        seconds = self.any.seconds(next_at)
        heapq.heappush(self.waiting, (-(-seconds // TICK) * TICK, number))

    def _look(self, book: Book, until: float) -> None:
        while self.waiting and self.waiting[0][0] <= until:
            now, number = heapq.heappop(self.waiting)
            case = self.cases[number]
            if not case.over and case.answered > now and self.any.seconds(case.duty.next_at) <= now:
                self._step(book, number, case, now)

    def _step(self, book: Book, number: int, case: Case, now: float) -> None:
        delivered = self.any.moment(case.delivered) if case.delivered <= now else None
        step = book.step(case.duty, self.any.moment(now), delivered)
        self.result.steps += 1
        self._note(case, step.events, now)
        told, escalated = case.duty.reminded + step.remind, case.count["duty-escalated"] > 0
        duty = replace(case.duty, state=step.state, due_at=step.due_at, next_at=step.next_at)
        case.duty = replace(duty, reminded=told, escalated=escalated)
        case.over = step.state == "broken"
        if not case.over:
            self._wait(number, step.next_at)

    def _note(self, case: Case, events: tuple[str, ...], now: float) -> None:
        for event in events:
            case.raised.setdefault(event, now)
            case.count[event] += 1
        self.result.moved += "duty-moved" in events
        self.result.paused += "duty-paused" in events

    def _follow(self, book: Book, at: float) -> None:
        """The configuration changed: the deadlines of what is open follow."""
        for number, case in enumerate(self.cases):
            if case.over or case.answered <= at:
                continue
            self._step(book, number, case, at)

    # Judgement

    def _judge(self, case: Case) -> None:
        slow = self.province.slow[case.duty.unit]
        if case.delivered == _NEVER:
            self._hold(case, "duty-overdue", None)
            return
        due = self._true_due(case)
        self._hold(case, "duty-overdue", due)
        self._hold(case, "duty-escalated", slow.end_of(due, 1))
        self._hold(case, "duty-broken", slow.end_of(due, 10))
        if case.duty.reminded > 5 or case.count["duty-escalated"] > 1 or case.count["duty-broken"] > 1:
            self._wrong(case, f"told too often: {dict(case.count)}")

    def _hold(self, case: Case, event: str, true: float | None) -> None:
        """The event was raised where it is true, at most a tick after its time, and nowhere else."""
        at = case.raised.get(event)
        name = event.removeprefix("duty-")
        if at is not None:
            setattr(self.result, name, getattr(self.result, name) + 1)
        tick = None if true is None else -(-max(true, case.delivered) // TICK) * TICK
        pause = self.province.pauses.get(case.duty.unit)
        if tick is not None and pause and (pause.since - _FIRST).days <= tick // _DAY <= (pause.until - _FIRST).days:
            tick = ((pause.until - _FIRST).days + 1) * _DAY
        expected = tick is not None and case.answered > tick
        if expected and at is None:
            self._wrong(case, f"{name} was not raised, due {true}")
        elif at is not None and (tick is None or at < (true or 0)):
            self._wrong(case, f"{name} at {at}, due {true}")
        elif at is not None and tick is not None:
            self.result.latest = max(self.result.latest, at - (true or 0))
            if at > tick:
                self._wrong(case, f"{name} at {at} is late, due {true}")

    def _wrong(self, case: Case, what: str) -> None:
        self.result.wrong.append(f"{case.duty.unit} {case.duty.code} {case.kind} opened {case.opened}: {what}")


def simulate(seed: int, units: int, documents: int, forgotten: Collection[str] = ()) -> Result:
    """A year with this seed. `forgotten`: days that the book does not know to be off, or worked."""
    return Simulation(seed, units, documents, forgotten).run()
