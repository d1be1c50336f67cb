"""Lanes whose recipients fetch what waits for them: what is there, what they took, what they said of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.engine import Connection

from hub.ledger.lanes import DELIVERIES, ENVELOPES, WITH_ENVELOPE, carried, open_of
from hub.ledger.records import envelope
from hub.ledger.views import Views
from hub.ledger.writer import Transaction, Writer
from hub.serving import Said, Sending, Waiting
from hub.threads import in_thread
from hub.vocabulary import OPEN_STATES, Delivery, DeliveryState, Event, least_id

#: Deliveries in one look.
_PAGE = 200
_OPEN = {state.value for state in OPEN_STATES}
_ENDED = {DeliveryState.DELIVERED.value}
#: What each word makes of an open delivery.
_STATES: dict[Said, DeliveryState] = {
    "begun": DeliveryState.SENDING,
    "received": DeliveryState.DELIVERED,
    "failed": DeliveryState.UNCERTAIN,
    "given-up": DeliveryState.DEAD,
}
#: How the reason begins where the unit could not take it.
_FAILED = "Phần mềm của đơn vị báo không nhận được"


def waiting(connection: Connection, lanes: Sequence[str], kind: str, after: tuple[str, int]) -> list[Waiting]:
    """The next of these lanes' open deliveries of a kind, behind that place."""
    begun, seq = after if after[0] in lanes else (lanes[0] if lanes else "", 0)
    for lane in lanes[lanes.index(begun) :] if lanes else ():
        mine = open_of(lane) & (ENVELOPES.c.kind == kind) & (DELIVERIES.c.seq > (seq if lane == begun else 0))
        rows = connection.execute(WITH_ENVELOPE.where(mine).order_by(DELIVERIES.c.seq).limit(_PAGE)).all()
        if rows:
            return [_waiting(row, each) for row, each in zip(rows, carried(connection, rows), strict=True)]
    return []


def count(connection: Connection, lanes: Sequence[str], kind: str) -> int:
    """How many open deliveries of a kind these lanes have."""
    of_kind = [open_of(lane) & (ENVELOPES.c.kind == kind) for lane in lanes]
    return sum(connection.execute(_COUNT.where(mine)).scalar_one() for mine in of_kind)


def fetch(transaction: Transaction, lanes: Sequence[str], delivery_id: str) -> Delivery | None:
    """Hand one out. Nobody knows from now on whether it arrived, until the recipient says so."""
    row = transaction.execute(_ONE, {"key": delivery_id, "lanes": list(lanes)}).one_or_none()
    if row is None or row.state not in _OPEN | _ENDED:
        return None
    [found] = carried(transaction.connection, [row])
    if row.state in _OPEN:
        transaction.execute(_FETCHED, {"key": delivery_id, "new_state": _gone(row.state)})
    return found


def say(transaction: Transaction, lanes: Sequence[str], delivery_id: str, said: Said, reason: str) -> bool:
    """Record what the recipient says of a delivery. False: it has no such one, or that one ended another way."""
    row = transaction.execute(_ONE, {"key": delivery_id, "lanes": list(lanes)}).one_or_none()
    if row is None or row.state not in _OPEN:
        return row is not None and row.state in _ENDED
    state, attempt = _STATES[said], max(row.attempts, 1)
    ended = state in (DeliveryState.DELIVERED, DeliveryState.DEAD)
    why = row.reason if said == "begun" else _why(said, reason)
    if not ended and (row.state, row.reason) == (state.value, why):
        return True
    new = {"key": delivery_id, "new_state": state.value, "new_reason": why, "new_attempts": attempt}
    transaction.execute(_SAY, new | {"new_end": transaction.now if ended else None})
    # A unit that begins and fails at every poll makes no history of it.
    if ended or why != row.reason:
        data: dict[str, object] = {"attempt": attempt, **({"reason": why} if why else {})}
        data |= {"possible_duplicate": True} if row.possible_duplicate else {}
        transaction.record(Event(state.value, transaction.now, row.id, delivery_id, row.recipient, data))
    return True


def sent(
    connection: Connection, unit: str, kind: str, since: datetime, until: datetime, one: str, after: str
) -> list[Sending]:
    """What became of what a unit sent."""
    mine = (ENVELOPES.c.unit == unit) & (ENVELOPES.c.kind == kind) & (DELIVERIES.c.id > after)
    mine &= (ENVELOPES.c.id == one) if one else _made(since, until)
    rows = connection.execute(WITH_ENVELOPE.where(mine).order_by(DELIVERIES.c.id).limit(_PAGE))
    return [
        Sending(envelope(row), row.delivery_id, row.recipient, DeliveryState(row.state), row.ended_at, row.reason)
        for row in rows
    ]


def _made(since: datetime, until: datetime) -> Any:
    """Ids tell the time: so nothing older is looked at."""
    return (ENVELOPES.c.id >= least_id(since)) & (ENVELOPES.c.id < least_id(until))


def _why(said: Said, reason: str) -> str:
    if said == "failed":
        return f"{_FAILED}: {reason}" if reason else f"{_FAILED}."
    return reason if said == "given-up" else ""


def _gone(state: str) -> str:
    """What is worked on there stays so when it is fetched again."""
    return state if state == DeliveryState.SENDING.value else DeliveryState.UNCERTAIN.value


def _waiting(row: Any, found: Delivery) -> Waiting:
    failed = row.reason.startswith(_FAILED)
    return Waiting(found, DeliveryState(row.state), row.created_at, failed, (row.recipient, row.seq))


class Outboxes:
    """The lanes whose recipients fetch. See `hub.serving.Outbox`; `lanes`: the unit's, and those that it took over."""

    def __init__(self, writer: Writer, views: Views) -> None:
        self._writer, self._views = writer, views

    async def waiting(self, lanes: Sequence[str], kind: str, after: tuple[str, int]) -> list[Waiting]:
        """The next that wait."""
        return await in_thread(self._views.looking, partial(waiting, lanes=lanes, kind=kind, after=after))

    async def count(self, lanes: Sequence[str], kind: str) -> int:
        """How many wait."""
        return await in_thread(self._views.looking, partial(count, lanes=lanes, kind=kind))

    async def fetch(self, lanes: Sequence[str], delivery_id: str) -> Delivery | None:
        """Hand one out."""
        return await self._writer.run(partial(fetch, lanes=lanes, delivery_id=delivery_id))

    async def say(self, lanes: Sequence[str], delivery_id: str, said: Said, reason: str) -> bool:
        """Record what the recipient says."""
        return await self._writer.run(partial(say, lanes=lanes, delivery_id=delivery_id, said=said, reason=reason))

    async def sent(self, unit: str, kind: str, span: tuple[datetime, datetime], one: str, after: str) -> list[Sending]:
        """What became of what a unit sent."""
        look = partial(sent, unit=unit, kind=kind, since=span[0], until=span[1], one=one, after=after)
        return await in_thread(self._views.looking, look)


# Built once: what a statement is made of costs more than running it.
_COUNT = select(func.count()).select_from(DELIVERIES).join(ENVELOPES, DELIVERIES.c.envelope_id == ENVELOPES.c.id)
_ONE = WITH_ENVELOPE.where(
    DELIVERIES.c.id == bindparam("key"), DELIVERIES.c.recipient.in_(bindparam("lanes", expanding=True))
)
_FETCHED = (
    update(DELIVERIES)
    .where(DELIVERIES.c.id == bindparam("key"))
    .values(state=bindparam("new_state"), attempts=DELIVERIES.c.attempts + 1)
)
_SAY = (
    update(DELIVERIES)
    .where(DELIVERIES.c.id == bindparam("key"))
    .values(
        state=bindparam("new_state"),
        ended_at=bindparam("new_end"),
        reason=bindparam("new_reason"),
        attempts=bindparam("new_attempts"),
    )
)
