"""Documents with all that became of them, one after the other in the order of their acceptance.

A span's documents are found by their ids, which begin with the moment of acceptance. However many they are, one is in
memory at a time.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Select, and_, literal_column, select
from sqlalchemy.engine import Connection

from hub.errors import Damaged
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


def dossiers(connection: Connection, since: datetime, until: datetime) -> Generator[Dossier]:
    """Every document accepted from `since` until before `until`. Raises Damaged."""
    low, high = least_id(since), least_id(until)
    parts = (
        *((_DOCUMENTS, ENVELOPES.c.id), (_LEGS, DELIVERIES.c.envelope_id)),
        *((_ANSWERS, ENVELOPES.c.about), (_DUTIES, DUTIES.c.envelope_id)),
    )
    with ExitStack() as opened:
        streams = [rows(connection, _of(query, column, low, high)) for query, column in parts]
        documents, *others = (opened.enter_context(closing(each)) for each in streams)
        beside = [_Beside(each) for each in others]
        for row in documents:
            try:
                found = _dossier(row, *(each.of(row.id) for each in beside))
            except ValidationError as error:
                raise unreadable(row.id) from error
            yield found


def said_in(data: str) -> dict[str, Any]:
    """What an event says. Raises Damaged."""
    try:
        said: object = json.loads(data)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise unreadable(data[:80])
    return said


def unreadable(what: str) -> Damaged:
    """That something in the ledger was altered so that it cannot be read."""
    return Damaged(f"sổ cái có chỗ không đọc được, hãy chạy hub verify (the ledger cannot be read, hub verify): {what}")


def rows(connection: Connection, query: Select[Any]) -> Generator[Any]:
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
    told = said_in(row.data)
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
