"""What became of documents, as their sender is told it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from hub.ledger.answers import answers
from hub.ledger.records import columns
from hub.tables import DeliveryRow, EnvelopeRow
from hub.tracking import Standing, life
from hub.vocabulary import Answer, Business, DeliveryState, StatusCode, Story

DELIVERIES, ENVELOPES = columns(DeliveryRow), columns(EnvelopeRow)
#: Names in one statement, at most: databases bound it.
_MOST = 500
#: How the key of a new document ends; of any other one it asks for 15 or 16.
_NEW = f"|{int(Business.NEW)}"
_PARTS = [DELIVERIES.c[name] for name in ("envelope_id", "recipient", "state", "due_at", "ended_at", "reason", "route")]


def stories(connection: Connection, unit: str, envelopes: Sequence[str], answering: Collection[str]) -> list[Story]:
    """One for each recipient that the sender knows of: addressed, or added by a route whose answers reach it.

    Without what the ledger does not know: the recipient's name, and how its endpoint is.
    """
    found: list[Story] = []
    names = list(dict.fromkeys(envelopes))
    for start in range(0, len(names), _MOST):
        found += _stories(connection, unit, names[start : start + _MOST], answering)
    return found


def _stories(
    connection: Connection, unit: str, envelopes: Sequence[str], answering: Collection[str]
) -> Iterator[Story]:
    asked = ENVELOPES.c.business_key.like(f"%|{StatusCode.RECALL.value}|%")
    mine = (ENVELOPES.c.unit == unit) & ENVELOPES.c.id.in_(envelopes) & ((ENVELOPES.c.kind == "document") | asked)
    query = (
        select(*_PARTS, ENVELOPES.c.business_key, ENVELOPES.c.kind)
        .join(ENVELOPES, ENVELOPES.c.id == DELIVERIES.c.envelope_id)
        .where(mine)
    )
    rows = connection.execute(query.order_by(DELIVERIES.c.envelope_id, DELIVERIES.c.id)).all()
    documents = [row for row in rows if row.kind == "document"]
    asking = {row.envelope_id for row in documents if not row.business_key.endswith(_NEW)}
    said = answers(connection, list({row.envelope_id for row in rows}), asking)
    for row in rows:
        if not row.route or row.route in answering:
            heard = said.get(row.envelope_id, {}).get(row.recipient, ())
            yield _story(row, heard, life(heard, row.envelope_id in asking))


def _story(row: Any, said: Sequence[Answer], stands: Standing) -> Story:
    delivered = row.state == DeliveryState.DELIVERED.value
    return Story(
        envelope=row.envelope_id,
        recipient=row.recipient,
        name="",
        state=DeliveryState(row.state),
        held_until=row.due_at if row.state == DeliveryState.HELD.value else None,
        delivered_at=row.ended_at if delivered else None,
        reason="" if delivered else row.reason,
        answers=tuple(said),
        status=stands.code,
        recall=stands.recall.value,
    )
