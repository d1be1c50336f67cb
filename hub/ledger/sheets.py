"""Makes conservation sheets: reads rows, events and bodies once, an envelope at a time (see `balance`)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import literal_column, or_, select
from sqlalchemy.engine import Connection

from hub.clock import VIETNAM
from hub.ledger.balance import BLOB, IN, Case, Cell, Sheet, Tally, weigh
from hub.ledger.chain import Line
from hub.ledger.evidence import VERDICTS
from hub.ledger.pledges import ENDED, OPENED
from hub.ledger.records import columns
from hub.ledger.streams import BATCH, ordered
from hub.tables import DeliveryRow, DutyRow, EnvelopeRow, EventRow, InputRow, OrphanRow
from hub.vocabulary import least_id

DELIVERIES, ENVELOPES, INPUTS = columns(DeliveryRow), columns(EnvelopeRow), columns(InputRow)
EVENTS, ORPHANS, DUTIES = columns(EventRow), columns(OrphanRow), columns(DutyRow)

#: Envelopes between two calls of `breathe`.
_BREATH = 200
_key = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment until before another one."""

    since: datetime
    until: datetime

    def holds(self, at: Any) -> Any:
        """The condition that a time lies in it."""
        return (at >= self.since) & (at < self.until)

    def of_ids(self, id_: Any) -> Any:
        """The condition that an id was made in it."""
        return (id_ >= least_id(self.since)) & (id_ < least_id(self.until))


def span_of(day: date) -> Span:
    """A day in Vietnam."""
    begins = datetime.combine(day, time(), VIETNAM)
    return Span(begins, begins + timedelta(days=1))


def sheet(
    connection: Connection,
    day: date | None,
    stored: Callable[[str, int], bool],
    breathe: Callable[[], object] = lambda: None,
) -> Sheet:
    """The sheet of what came in on a day (None: ever), with where it is now.

    `stored`: whether a body of that digest and size is there. `breathe` is called again and again meanwhile.
    """
    span, tally = span_of(day) if day else None, Tally()
    for number, case in enumerate(_cases(connection, span)):
        weigh(tally, case, stored)
        if number % _BREATH == 0:
            breathe()
    _turned_away(connection, span, tally, stored)
    return tally.sheet(day)


# Envelopes: one after the other, each with all that is about it


def _cases(connection: Connection, span: Span | None) -> Iterator[Case]:
    def stream(part: str, query: Any, key: Any) -> Iterator[tuple[str, str, Any]]:
        return ordered(connection, part, query.where(span.of_ids(key)) if span else query, key)

    streams = (
        stream("envelopes", _ENVELOPES, ENVELOPES.c.id),
        stream("inputs", _ACCEPTED, INPUTS.c.envelope_id),
        stream("deliveries", _DELIVERIES, DELIVERIES.c.envelope_id),
        stream("orphans", select(ORPHANS.c.state), ORPHANS.c.envelope_id),
        stream("duties", select(DUTIES.c.unit, DUTIES.c.state), DUTIES.c.envelope_id),
        stream("events", _EVENTS.where(_TELLING), EVENTS.c.envelope_id),
        stream("answers", _ANSWERS, ENVELOPES.c.about),
    )
    for envelope_id, parts in groupby(merge(*streams, key=_key), key=_key):
        case = Case(envelope_id)
        for _, part, row in parts:
            getattr(case, part).append(_PART.get(part, _plain)(row))
        yield case


def _plain(row: Any) -> object:
    return tuple(row)[:-1]


def _line(row: Any) -> Line:
    return Line(*tuple(row)[:8])


def _answer(row: Any) -> tuple[Line, datetime]:
    return _line(row), row.received_at


_PART: dict[str, Callable[[Any], object]] = {"events": _line, "answers": _answer}
_LINE = tuple(EVENTS.c[name] for name in ("writer", "seq", "at", "kind", "envelope_id", "delivery_id", "unit", "data"))
_ENVELOPES = select(*(ENVELOPES.c[name] for name in ("unit", "kind", "digest", "size", "received_at")))
_ACCEPTED = select(INPUTS.c.unit).where(INPUTS.c.verdict == "accepted")
_DELIVERIES = select(DELIVERIES.c.recipient, DELIVERIES.c.state)
_EVENTS = select(*_LINE)
_TELLING = (EVENTS.c.envelope_id != "") & (EVENTS.c.kind != "duplicate")
# Written out, so that the partial index is used.
_IS_ANSWER = ENVELOPES.c.kind == literal_column("'acknowledgement'")
_ANSWERS = (
    select(*_LINE, ENVELOPES.c.received_at)
    .join(ENVELOPES, ENVELOPES.c.id == EVENTS.c.envelope_id)
    .where(_IS_ANSWER, EVENTS.c.kind == "accepted", ENVELOPES.c.about != "")
    .where(or_(*(EVENTS.c.data.contains(f'"{name}":[[') for name in (OPENED, ENDED))))
)


# Inputs that became no envelope: by the moment of their verdicts


def _turned_away(connection: Connection, span: Span | None, tally: Tally, stored: Callable[[str, int], bool]) -> None:
    rows = _moments(connection, "rows", _TURNED, INPUTS.c.at, span)
    events = _moments(connection, "events", _TOLD, EVENTS.c.at, span)
    for _, parts in groupby(merge(rows, events, key=_key), key=_key):
        sides: dict[str, list[Any]] = {"rows": [], "events": []}
        for _, side, row in parts:
            sides[side].append(row)
        _weigh(tally, sides["rows"], sides["events"])
        for row in sides["rows"]:
            if row.state == "kept" and row.digest and not stored(row.digest, row.size):
                tally.weigh(row.name, (), (Cell(row.unit, BLOB, "missing"),))


def _moments(
    connection: Connection, part: str, query: Any, at: Any, span: Span | None
) -> Iterator[tuple[datetime, str, Any]]:
    query = query.where(span.holds(at)) if span else query
    for row in connection.execution_options(yield_per=BATCH).execute(query.order_by(at)):
        yield row.at, part, row


def _weigh(tally: Tally, rows: Sequence[Any], events: Sequence[Any]) -> None:
    there = Counter((row.unit, row.verdict, row.name) for row in rows)
    told = Counter((row.unit, row.kind, _name(row.data)) for row in events)
    for key in sorted({*there, *told}):
        unit, verdict, name = key
        cell = Cell(unit, IN, verdict)
        tally.weigh(name, (cell,) * there[key], (cell,) * told[key])


def _name(data: str) -> str:
    """Of the input that an event is about; "" where it was altered so that it cannot be read."""
    try:
        return str(json.loads(data)["name"])
    except (LookupError, TypeError, ValueError):
        return ""


_TURNED = select(*(INPUTS.c[name] for name in ("unit", "verdict", "name", "at", "digest", "size", "state")))
_TURNED = _TURNED.where(INPUTS.c.verdict.not_in(("accepted", "reading")))
_TOLD = select(*(EVENTS.c[name] for name in ("unit", "kind", "at", "data"))).where(
    # Written out, so that the partial index is used.
    EVENTS.c.kind.in_([literal_column(f"'{verdict}'") for verdict in VERDICTS[1:]])
)
