"""How far each unit came: seen well, tested by a document that was answered, heard last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal_column, select
from sqlalchemy.engine import Connection

from hub.ledger.records import columns
from hub.tables import DeliveryRow, EnvelopeRow, EventRow
from hub.vocabulary import DeliveryState, StatusCode

DELIVERIES, ENVELOPES, EVENTS = columns(DeliveryRow), columns(EnvelopeRow), columns(EventRow)

# Written out, so that the partial index is used.
_IS_WELL = EVENTS.c.kind == literal_column("'restored'")


@dataclass(frozen=True, slots=True)
class Milestones:
    """When a unit first came so far; None: never."""

    #: its endpoint was well, or carried something
    connected_at: datetime | None = None
    #: it answered a document that was delivered to it, with more than its arrival
    tested_at: datetime | None = None
    #: the newest thing that came in by its endpoint
    heard_at: datetime | None = None


def milestones(connection: Connection) -> dict[str, Milestones]:
    """Every unit that left a trace."""
    well = _first(connection, EVENTS.c.unit, EVENTS.c.at, _IS_WELL)
    arrived = DELIVERIES.c.state == DeliveryState.DELIVERED.value
    carried = _first(connection, DELIVERIES.c.recipient, DELIVERIES.c.ended_at, arrived)
    newest = select(ENVELOPES.c.unit, func.min(ENVELOPES.c.received_at), func.max(ENVELOPES.c.received_at)).group_by(
        ENVELOPES.c.unit
    )
    heard = {unit: (first, last) for unit, first, last in connection.execute(newest)}
    tested = _tested(connection)
    return {
        unit: Milestones(
            min((at for at in (well.get(unit), carried.get(unit), heard.get(unit, (None,))[0]) if at), default=None),
            tested.get(unit),
            heard.get(unit, (None, None))[1],
        )
        for unit in sorted({*well, *carried, *heard, *tested})
    }


def _first(connection: Connection, unit: Any, at: Any, where: Any) -> dict[str, datetime]:
    return {row[0]: row[1] for row in connection.execute(select(unit, func.min(at)).where(where).group_by(unit))}


def _tested(connection: Connection) -> dict[str, datetime]:
    mine = (DELIVERIES.c.envelope_id == ENVELOPES.c.about) & (DELIVERIES.c.recipient == ENVELOPES.c.origin)
    answers = select(ENVELOPES.c.origin, func.min(ENVELOPES.c.received_at)).join(DELIVERIES, mine)
    answers = answers.where(
        ENVELOPES.c.kind == "acknowledgement",
        DELIVERIES.c.state == DeliveryState.DELIVERED.value,
        ENVELOPES.c.business_key.not_like(f"%|{StatusCode.ARRIVED.value}|%"),
    ).group_by(ENVELOPES.c.origin)
    return {row[0]: row[1] for row in connection.execute(answers)}
