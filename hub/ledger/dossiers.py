"""Documents with all that became of them, one after the other in the order of their acceptance.

A span's documents are found by their ids, which begin with the moment of acceptance. However many they are, one is in
memory at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, and_, literal_column, select
from sqlalchemy.engine import Connection

from hub.identity import ACKNOWLEDGEMENTS, DOCUMENTS
from hub.ledger.records import columns
from hub.tables import DeliveryRow, DutyRow, EnvelopeRow, EventRow
from hub.tracking import answer
from hub.vocabulary import Answer, Document, least_id

DELIVERIES, DUTIES, ENVELOPES = columns(DeliveryRow), columns(DutyRow), columns(EnvelopeRow)

_BATCH = 1000
# Written out, so that the partial index is used.
_IS_ANSWER = ENVELOPES.c.kind == literal_column("'acknowledgement'")


@dataclass(frozen=True, slots=True)
class Leg:
    """A document to one recipient."""

    #: our unit's id, or a code outside
    recipient: str
    state: str
    ended_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Said:
    """One answer about a document."""

    #: who answered: our unit's id, or a code outside
    by: str
    answer: Answer
    #: when the hub took it
    at: datetime
    #: the organisation that it is for, as written
    to: str


@dataclass(frozen=True, slots=True)
class Owed:
    """One duty about a document."""

    unit: str
    code: str
    state: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Dossier:
    """A document and all that became of it."""

    id: str
    #: by whose endpoint it came in
    unit: str
    #: who sent it: our unit's id, or a code outside
    origin: str
    received_at: datetime
    size: int
    document: Document
    #: its sender stopped it before it went anywhere
    withdrawn: bool
    #: its sender was only tried out
    trial: bool
    #: everyone that the event of its acceptance names
    planned: tuple[str, ...]
    legs: tuple[Leg, ...]
    said: tuple[Said, ...]
    owed: tuple[Owed, ...]


def dossiers(connection: Connection, since: datetime, until: datetime) -> Iterator[Dossier]:
    """Every document accepted from `since` until before `until`."""
    low, high = least_id(since), least_id(until)
    legs = _Beside(rows(connection, _of(_LEGS, DELIVERIES.c.envelope_id, low, high)))
    duties = _Beside(rows(connection, _of(_DUTIES, DUTIES.c.envelope_id, low, high)))
    answers = _Beside(rows(connection, _of(_ANSWERS, ENVELOPES.c.about, low, high)))
    for row in rows(connection, _of(_DOCUMENTS, ENVELOPES.c.id, low, high)):
        yield _dossier(row, legs.of(row.id), answers.of(row.id), duties.of(row.id))


def rows(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    """The rows as they are read, never all at once."""
    # Closed when nobody asks on: PostgreSQL keeps a cursor for it.
    with connection.execute(query, execution_options={"yield_per": _BATCH}) as result:
        yield from result


class _Beside:
    """Rows sorted by their document's id, read along with the documents."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self._groups = groupby(rows, key=attrgetter("document"))
        self._next = next(self._groups, None)

    def of(self, document: str) -> Sequence[Any]:
        """Those of this document, which is later than the one asked for before."""
        while self._next and self._next[0] < document:
            self._next = next(self._groups, None)
        return tuple(self._next[1]) if self._next and self._next[0] == document else ()


def _dossier(row: Any, legs: Sequence[Any], answers: Sequence[Any], duties: Sequence[Any]) -> Dossier:
    told = json.loads(row.data)
    return Dossier(
        id=row.id,
        unit=row.unit,
        origin=row.origin,
        received_at=row.received_at,
        size=row.size,
        document=DOCUMENTS.validate_json(row.body),
        withdrawn=not row.business_key,
        trial=bool(told.get("test")),
        planned=(*told.get("recipients", ()), *told.get("unknown", ())),
        legs=tuple(Leg(leg.recipient, leg.state, leg.ended_at, leg.reason) for leg in legs),
        said=tuple(map(_said, answers)),
        owed=tuple(Owed(duty.unit, duty.code, duty.state, duty.due_at) for duty in duties),
    )


def _said(row: Any) -> Said:
    body = ACKNOWLEDGEMENTS.validate_json(row.body)
    return Said(row.origin, answer(body, row.received_at), row.received_at, body.response_for.organ_id)


def _of(query: Select[Any], column: Any, low: str, high: str) -> Select[Any]:
    return query.where(column >= low, column < high)


ACCEPTED = columns(EventRow).alias("accepted")


def taken(envelope: Any) -> Any:
    """That an event of `ACCEPTED` is the acceptance of this envelope."""
    return and_(ACCEPTED.c.envelope_id == envelope, ACCEPTED.c.kind == "accepted")


_DOCUMENTS = (
    select(
        *(ENVELOPES.c[name] for name in ("id", "unit", "origin", "received_at", "size", "business_key", "body")),
        ACCEPTED.c.data,
    )
    .join(ACCEPTED, taken(ENVELOPES.c.id))
    .where(ENVELOPES.c.kind == "document")
    .order_by(ENVELOPES.c.id)
)
_LEGS = select(
    DELIVERIES.c.envelope_id.label("document"),
    *(DELIVERIES.c[name] for name in ("recipient", "state", "ended_at", "reason")),
).order_by(DELIVERIES.c.envelope_id, DELIVERIES.c.id)
_DUTIES = select(
    DUTIES.c.envelope_id.label("document"), *(DUTIES.c[name] for name in ("unit", "code", "state", "due_at"))
).order_by(DUTIES.c.envelope_id, DUTIES.c.id)
_ANSWERS = (
    select(ENVELOPES.c.about.label("document"), *(ENVELOPES.c[name] for name in ("origin", "received_at", "body")))
    .where(_IS_ANSWER)
    .order_by(ENVELOPES.c.about, ENVELOPES.c.id)
)
