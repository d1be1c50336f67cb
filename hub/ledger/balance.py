"""The conservation sheet's arithmetic: what rows say against what chained events say, envelope by envelope. Pure.

A cell is one figure of the sheet: a unit, a book, a word. Books: `in`, by verdict; `fate` of what was accepted;
`out`, what is to reach the unit, by where it is; `answers` that it gave; `duties`; `blob`, a body that is not there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from hub.ledger.chain import Line
from hub.ledger.evidence import RECALLED
from hub.ledger.pledges import Telling, left
from hub.ledger.strays import DISCARDED, MATCHED, ORPHAN
from hub.vocabulary import DeliveryState

#: Ids that a difference names, at most.
MOST_IDS = 20
IN, FATE, OUT, ANSWERS, DUTIES, BLOB = "in", "fate", "out", "answers", "duties", "blob"
BOOKS = (IN, FATE, OUT, ANSWERS, DUTIES)

_ENDS = {
    "delivered": "delivered",
    "dead": "dead",
    "requeued": "pending",
    RECALLED: "withdrawn",
}
_OVER = (DeliveryState.DELIVERED.value, DeliveryState.DEAD.value, DeliveryState.WITHDRAWN.value)


class Cell(NamedTuple):
    """One figure: whose, in which book, under which word."""

    unit: str
    book: str
    word: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell whose rows and events do not agree, and what it is about: envelopes, else names of inputs."""

    cell: Cell
    #: how many of those that differ the rows say, and the events
    rows: int
    events: int
    ids: tuple[str, ...]

    def data(self) -> dict[str, Any]:
        """The same for programs."""
        return {**self.cell._asdict(), "rows": self.rows, "events": self.events, "ids": list(self.ids)}

    def __str__(self) -> str:
        more = " ..." if max(self.rows, self.events) > len(self.ids) else ""
        counted = f"rows {self.rows}, events {self.events}"
        return f"{self.cell.unit or '-'} {self.cell.book} {self.cell.word}: {counted}: {', '.join(self.ids)}{more}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What came in and where it is. `cells` as the rows say it; `day` None: up to now."""

    day: date | None
    cells: Mapping[Cell, int]
    differences: tuple[Difference, ...]

    def book(self, unit: str, book: str) -> dict[str, int]:
        """A unit's figures of one book, by word."""
        return {cell.word: number for cell, number in sorted(self.cells.items()) if cell[:2] == (unit, book)}

    def units(self) -> list[str]:
        """Everybody who has a figure, or a difference."""
        named = {cell.unit for cell in self.cells} | {one.cell.unit for one in self.differences}
        return sorted(named)


@dataclass(slots=True)
class Tally:
    """Adds up both sides, and remembers where they differ."""

    rows: Counter[Cell] = field(default_factory=Counter)
    _differ: dict[Cell, list[int]] = field(default_factory=dict)
    _ids: dict[Cell, list[str]] = field(default_factory=dict)

    def weigh(self, name: str, rows: Sequence[Cell], events: Sequence[Cell]) -> None:
        """Take in what both sides say of one thing."""
        self.rows.update(rows)
        if sorted(rows) != sorted(events):
            there, told = Counter(rows), Counter(events)
            for cell in sorted({*(there - told), *(told - there)}):
                self._note(cell, name, there[cell], told[cell])

    def _note(self, cell: Cell, name: str, rows: int, events: int) -> None:
        sums, ids = self._differ.setdefault(cell, [0, 0]), self._ids.setdefault(cell, [])
        sums[0] += rows
        sums[1] += events
        if len(ids) < MOST_IDS:
            ids.append(name)

    def sheet(self, day: date | None) -> Sheet:
        """What it came to."""
        differences = (
            Difference(cell, rows, events, tuple(self._ids[cell]))
            for cell, (rows, events) in sorted(self._differ.items())
        )
        return Sheet(day, dict(self.rows), tuple(differences))


@dataclass(slots=True)
class Case:
    """One envelope: its rows, each a tuple, and the events about it."""

    id: str
    #: (unit, kind, digest, size, received_at)
    envelopes: list[tuple[str, str, str, int, datetime]] = field(default_factory=list)
    #: the units by whose endpoints it was accepted
    inputs: list[tuple[str]] = field(default_factory=list)
    #: (recipient, state)
    deliveries: list[tuple[str, str]] = field(default_factory=list)
    #: states
    orphans: list[tuple[str]] = field(default_factory=list)
    #: (unit, state)
    duties: list[tuple[str, str]] = field(default_factory=list)
    events: list[Line] = field(default_factory=list)
    #: events that accepted answers about it and say something of duties, each with when the hub took the answer
    answers: list[tuple[Line, datetime]] = field(default_factory=list)


def weigh(tally: Tally, case: Case, stored: Callable[[str, int], bool]) -> None:
    """Take in one envelope. `stored`: whether a body of that digest and size is there."""
    tally.weigh(case.id, list(_of_rows(case)), _told(case))
    for unit, _, digest, size, _ in case.envelopes:
        if not stored(digest, size):
            tally.weigh(case.id, (), (Cell(unit, BLOB, "missing"),))


# Rows


def _of_rows(case: Case) -> Iterator[Cell]:
    yield from (Cell(unit, IN, "accepted") for (unit,) in case.inputs)
    yield from (Cell(recipient, OUT, _word(state)) for recipient, state in case.deliveries)
    yield from (Cell(unit, DUTIES, state) for unit, state in case.duties)
    words = [_word(state) for _, state in case.deliveries]
    waiting = case.orphans[0][0] if case.orphans else ""
    for unit, kind, *_ in case.envelopes:
        yield from _of_envelope(unit, kind, words, waiting)


def _word(state: str) -> str:
    return state if state in _OVER else "pending"


def _of_envelope(unit: str, kind: str, words: Sequence[str], waiting: str) -> Iterator[Cell]:
    """What became of an envelope; `words`: where its deliveries are; `waiting`: of an answer, how it stands in the pen.

    The gravest counts: what is pending anywhere is pending.
    """
    in_pen = waiting == "waiting"
    fate = next((word for word in ("pending", "dead", "delivered", "withdrawn") if word in words), "recorded")
    yield Cell(unit, FATE, "pen" if in_pen else fate)
    if kind != "document":
        kept = waiting if waiting in ("waiting", "discarded") else ""
        yield Cell(unit, ANSWERS, kept or ("forwarded" if words else "recorded"))


# Events


Said = tuple[Line, Mapping[str, Any]]


def _told(case: Case) -> list[Cell]:
    """What the events say; where one of them was altered so that it cannot be read, nothing: all of it differs then."""
    try:
        return list(_of_events(case))
    except (AttributeError, LookupError, TypeError, ValueError):
        return []


def _of_events(case: Case) -> Iterator[Cell]:
    said = [(line, _data(line)) for line in ordered(case.events)]
    legs, waiting = _legs(said), _waiting(said)
    yield from (Cell(recipient, OUT, word) for recipient, word in legs.items())
    for line, data in said:
        if line.kind == "accepted":
            yield Cell(line.unit, IN, "accepted")
            yield from _of_envelope(line.unit, data["kind"], list(legs.values()), waiting)
    yield from (Cell(unit, DUTIES, state) for unit, state in _owed(case, said))


def _data(line: Line) -> Mapping[str, Any]:
    """What it says; of a delivery's end its kind says all."""
    return _NOTHING if line.kind in _ENDS else json.loads(line.data)


#: The events that name recipients together, and where their deliveries are then.
_TOGETHER = {"accepted": "pending", "withdrawn": "withdrawn", MATCHED: "pending"}
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def ordered(lines: Iterable[Line]) -> list[Line]:
    """Events in the order in which they happened."""
    found = sorted(lines, key=lambda line: line.seq)
    if len({line.writer for line in found}) > 1:
        found.sort(key=lambda line: (line.at, line.seq))
    return found


def _legs(said: Sequence[Said]) -> dict[str, str]:
    """Where each recipient's delivery is."""
    legs: dict[str, str] = {}
    for line, data in said:
        if line.kind in _TOGETHER:
            legs |= dict.fromkeys(data.get("recipients", ()), _TOGETHER[line.kind])
        elif line.kind in _ENDS:
            legs[line.unit] = _ENDS[line.kind]
    return legs


def _waiting(said: Sequence[Said]) -> str:
    found = ""
    for line, data in said:
        if line.kind in (MATCHED, DISCARDED):
            found = "matched" if line.kind == MATCHED else "discarded"
        elif data.get(ORPHAN):
            found = "waiting"
    return found


def _owed(case: Case, said: Sequence[Said]) -> Iterator[tuple[str, str]]:
    if not case.envelopes or case.envelopes[0][1] != "document":
        return
    taken = dict(case.answers)
    data = dict(said) | {line: json.loads(line.data) for line in taken}
    own = case.envelopes[0][4]
    for duty in left([Telling(line, data[line], taken.get(line, own)) for line in ordered(data)]):
        yield duty["unit"], duty["state"]
