"""What was answered about documents."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, literal_column, select
from sqlalchemy.engine import Connection

from hub.ledger.asked import asked_of
from hub.ledger.lives import LINKED
from hub.ledger.records import columns, envelope
from hub.tables import DeliveryRow, EnvelopeRow, EventRow, OrphanRow
from hub.tracking import answer, words
from hub.vocabulary import Acknowledgement, Answer, Business, Document, Envelope, StatusCode

DELIVERIES, ENVELOPES = columns(DeliveryRow), columns(EnvelopeRow)
EVENTS, ORPHANS = columns(EventRow), columns(OrphanRow)
# Written out, so that the partial index is used.
_IS_ANSWER = ENVELOPES.c.kind == literal_column("'acknowledgement'")

#: By document, then by the recipient whom it concerns.
Said = dict[str, dict[str, list[Answer]]]


def answers(connection: Connection, documents: Sequence[str], asking: Iterable[str] = ()) -> Said:
    """By document, then by the recipient who answered or was asked (13); in order, each with its word.

    `asking`: those of the documents that ask for 15 or 16 themselves.
    """
    if not documents:
        return {}
    came = _came(connection, documents) + _revoked(connection, documents)
    told: dict[tuple[str, str], list[Answer]] = defaultdict(list)
    for _, document, party, each in sorted(came, key=lambda one: one[0]):
        told[document, party].append(each)
    said, are_asking = Said(), set(asking)
    for (document, party), mine in told.items():
        worded = zip(mine, words(mine, document in are_asking), strict=True)
        ordered = sorted((replace(each, word=what.value) for each, what in worded), key=lambda one: (one.at, one.code))
        said.setdefault(document, {})[party] = ordered
    return said


def asks(body: Document | Acknowledgement) -> bool:
    """Whether a document asks for 15 or 16 itself."""
    return isinstance(body, Document) and body.business.type is not Business.NEW


#: Its place in the history, the document, whom it concerns, what it says.
_Came = tuple[tuple[datetime, str, int], str, str, Answer]
_PLACE = (EVENTS.c.at.label("event_at"), EVENTS.c.writer, EVENTS.c.seq)


def of_document(document: str) -> Select[tuple[str]]:
    """The envelopes of all answers about a document: those that named it, and those that waited for it."""
    named = select(ENVELOPES.c.id).where(_IS_ANSWER, ENVELOPES.c.about == document)
    return named.union_all(select(ORPHANS.c.envelope_id).where(ORPHANS.c.document == document)).subquery().select()


def _came(connection: Connection, documents: Sequence[str]) -> list[_Came]:
    accepted = (EVENTS.c.envelope_id == ENVELOPES.c.id) & (EVENTS.c.kind == "accepted")
    named = select(ENVELOPES, ENVELOPES.c.about.label("document"), ENVELOPES.c.origin.label("answerer"), *_PLACE)
    named = named.join(EVENTS, accepted).where(_IS_ANSWER, ENVELOPES.c.about.in_(documents))
    waited = select(ENVELOPES, ORPHANS.c.document, ORPHANS.c.unit.label("answerer"), *_PLACE).join(EVENTS, accepted)
    waited = waited.join(ORPHANS, ORPHANS.c.envelope_id == ENVELOPES.c.id).where(ORPHANS.c.document.in_(documents))
    rows: list[Row[Any]] = [*connection.execute(named), *connection.execute(waited)]
    found = [(row, envelope(row)) for row in rows]
    asked = _asked(connection, [carried for _, carried in found])
    came: list[_Came] = []
    for row, carried in found:
        assert isinstance(carried.body, Acknowledgement)
        said = answer(carried.body, carried.received_at)
        came += [(_place(row), row.document, party, said) for party in asked.get(row.id, (row.answerer,))]
    return came


def _asked(connection: Connection, carried: Iterable[Envelope]) -> Mapping[str, Sequence[str]]:
    """Whom those of code 13 ask: the recipients that they went to, or in whose place these are."""
    recalls = [
        each.id for each in carried if isinstance(each.body, Acknowledgement) and each.body.status == StatusCode.RECALL
    ]
    parties: dict[str, list[str]] = defaultdict(list)
    query = select(DELIVERIES.c.envelope_id, DELIVERIES.c.recipient).where(DELIVERIES.c.envelope_id.in_(recalls))
    instead = asked_of(connection, recalls)
    for row in connection.execute(query) if recalls else ():
        parties[row.envelope_id].append(instead.get(row.envelope_id, row.recipient))
    return parties


def _revoked(connection: Connection, documents: Sequence[str]) -> list[_Came]:
    """Documents that revoke these say what a 13 says, unless they were stopped before they went."""
    query = select(EVENTS.c.envelope_id, EVENTS.c.data, *_PLACE).where(EVENTS.c.envelope_id.in_(documents))
    rows = connection.execute(query.where(EVENTS.c.kind == LINKED)).all()
    told = [(row, json.loads(row.data)) for row in rows]
    revoking = {said["by"] for _, said in told if said["as"] == "revoke"}
    if not revoking:
        return []
    named = select(ENVELOPES).where(ENVELOPES.c.id.in_(revoking), ENVELOPES.c.business_key != "")
    carried = {row.id: envelope(row) for row in connection.execute(named)}
    return [
        (_place(row), row.envelope_id, party, _asking(carried[said["by"]]))
        for row, said in told
        if said["by"] in carried
        for party in said["recipients"]
    ]


def _place(row: Any) -> tuple[datetime, str, int]:
    return row.event_at, row.writer, row.seq


def _asking(carried: Envelope) -> Answer:
    body = carried.body
    assert isinstance(body, Document)
    by = body.sender.name or body.sender.id
    return Answer(StatusCode.RECALL.value, carried.received_at, by, body.business.reason)
