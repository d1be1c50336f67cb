"""What the tick reads and writes of duties: those whose time has come, and the steps taken."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.engine import Connection

from hub.duties import Duty, Step
from hub.ledger import desk, records
from hub.ledger.arrival import arrivals
from hub.ledger.duties import DUTIES, is_owed
from hub.ledger.records import columns
from hub.ledger.views import Views
from hub.ledger.writer import Transaction, Writer
from hub.tables import DeliveryRow, EnvelopeRow, EventRow
from hub.threads import in_thread
from hub.vocabulary import Delivery, DeliveryState, Event, Reminder

DELIVERIES, ENVELOPES, EVENTS = columns(DeliveryRow), columns(EnvelopeRow), columns(EventRow)


@dataclass(frozen=True, slots=True)
class Watched:
    """A duty to be looked at, and when the unit's side had what it is about (see `arrivals`); None: not yet."""

    id: str
    envelope: str
    duty: Duty
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Move:
    """A step to take, as long as the duty still stands as it was seen."""

    watched: Watched
    step: Step

    @property
    def changes(self) -> bool:
        """Whether the duty's state or date becomes another."""
        duty = self.watched.duty
        return (self.step.state, self.step.due_at) != (duty.state, duty.due_at)


@dataclass(frozen=True, slots=True)
class Told:
    """One line of what a unit is told, and the duty that it is about."""

    id: str
    #: who owes it, former or not
    unit: str
    reminder: Reminder
    #: reminders sent
    reminded: int


class Minded:
    """The ledger's side of the tick. Every coroutine raises StorageError."""

    def __init__(self, writer: Writer, views: Views) -> None:
        self._writer, self._views = writer, views

    async def due(self, now: datetime, most: int) -> list[Watched]:
        """Duties that somebody must look at now, the longest wait first."""
        return await in_thread(self._views.looking, partial(_watched, query=_DUE, now=now, most=most))

    async def after(self, last: str, most: int) -> list[Watched]:
        """Everything that is owed, in the order of its ids, after one of them."""
        return await in_thread(self._views.looking, partial(_watched, query=_AFTER, last=last, most=most))

    async def take(self, moves: Sequence[Move]) -> list[Move]:
        """Take these steps. Returns those that were: the others' duties changed since they were seen."""
        return await self._writer.run(partial(take, moves=moves)) if moves else []

    async def told(self, units: Collection[str], most: int) -> list[Told]:
        """What these units owe now, the most pressing first, without who sent it where the packet says no name."""
        return await in_thread(self._views.looking, partial(_told, units=list(units), most=most))

    async def owed(self, duties: Collection[str]) -> set[str]:
        """Those of these duties that are still owed."""
        return await in_thread(self._views.looking, partial(_still, duties=list(duties)))

    async def delivery(self, document: str, recipient: str) -> Delivery | None:
        """How a document went to a recipient, to ask about it; None where it did not arrive."""
        return await in_thread(self._views.looking, partial(_delivery, document=document, recipient=recipient))

    async def asked(self, told: Told, at: datetime, said: str) -> None:
        """Record that a unit's side was asked whether it has the document, before it is reminded, and what it said."""
        data: dict[str, object] = {"code": told.reminder.owed, "said": said}
        event = Event("duty-asked", at, told.reminder.envelope, unit=told.unit, data=data)
        await self._writer.run(partial(desk.record, event=event))


def take(transaction: Transaction, moves: Sequence[Move]) -> list[Move]:
    """Write each step into its duty's row, and an event for each kind that it names."""
    rows = transaction.execute(_AS_IT_IS, {"ids": [move.watched.id for move in moves]})
    now = {row.id: (row.state, row.due_at, row.next_at) for row in rows}
    held = [move for move in moves if now.get(move.watched.id) == _seen(move.watched.duty)]
    transaction.execute(_STEP, [_stepped(move, transaction.now) for move in held])
    for move in held:
        for kind in _kinds(move):
            transaction.record(_event(kind, move, transaction.now))
    return held


def _seen(duty: Duty) -> tuple[str, datetime, datetime]:
    return duty.state, duty.due_at, duty.next_at


def _kinds(move: Move) -> tuple[str, ...]:
    """A state or a date that changes has an event in any case: nothing else proves it."""
    return move.step.events or (("duty-moved",) if move.changes else ())


def _stepped(move: Move, now: datetime) -> dict[str, Any]:
    step = move.step
    return {
        "key": move.watched.id,
        "new_state": step.state,
        "new_due": step.due_at,
        "new_next": step.next_at,
        "new_end": now if step.state == "broken" else None,
        "new_count": move.watched.duty.reminded + step.remind,
    }


def _event(kind: str, move: Move, now: datetime) -> Event:
    duty, step = move.watched.duty, move.step
    data: dict[str, object] = {"code": duty.code, "rule": duty.rule, "state": step.state, "due": _iso(step.due_at)}
    if step.due_at != duty.due_at and kind == "duty-moved":
        data["was"] = _iso(duty.due_at)
    if kind == "duty-escalated":
        data["to"] = list(step.escalate)
    if kind == "duty-reminded":
        data["count"] = duty.reminded + 1
    if step.reason and kind == "duty-paused":
        data["reason"] = step.reason
    return Event(kind, now, move.watched.envelope, unit=duty.unit, data=data)


def _iso(moment: datetime) -> str:
    return moment.isoformat()


def _watched(connection: Connection, query: Any, **given: Any) -> list[Watched]:
    rows = connection.execute(query, given).all()
    documents = list({row.envelope_id for row in rows})
    due = {row.id: json.loads(row.body).get("due_date", "") for row in _of(connection, _BODIES, documents)}
    arrived = arrivals(connection, [dict(row._mapping) for row in rows])
    escalated = _escalated(connection, {row.envelope_id for row in rows if row.state in _LATE})
    return [
        Watched(
            row.id,
            row.envelope_id,
            _duty(row, due[row.envelope_id], (row.envelope_id, row.unit, row.code) in escalated),
            arrived.get(row.id),
        )
        for row in rows
    ]


def _escalated(connection: Connection, documents: Collection[str]) -> set[tuple[str, str, str]]:
    """Envelope, unit and code of the duties of which leaders were told since they are overdue."""
    last = {
        (row.envelope_id, row.unit, json.loads(row.data)["code"]): row.kind
        for row in _of(connection, _PURSUED, list(documents))
    }
    return {duty for duty, kind in last.items() if kind == "duty-escalated"}


def _of(connection: Connection, query: Any, documents: Sequence[str]) -> Sequence[Any]:
    return connection.execute(query, {"documents": documents}).all() if documents else ()


def _duty(row: Any, due_date: str, escalated: bool) -> Duty:
    return Duty(
        unit=row.unit,
        code=row.code,
        rule=row.rule,
        opened_at=row.opened_at,
        due_at=row.due_at,
        next_at=row.next_at,
        state=row.state,
        reminded=row.reminded,
        due_date=due_date,
        escalated=escalated,
    )


def _told(connection: Connection, units: Sequence[str], most: int) -> list[Told]:
    return [_line(row) for row in connection.execute(_OWED_BY, {"units": units, "most": most})]


def _line(row: Any) -> Told:
    body = json.loads(row.body)
    number, notation = body.get("number", ""), body.get("notation", "")
    reminder = Reminder(
        envelope=row.envelope_id,
        code=f"{number}/{notation}" if notation else number,
        subject=row.subject,
        sender=body["sender"].get("name") or body["sender"]["id"],
        owed=row.code,
        due_at=row.due_at,
        overdue=row.state == "overdue",
        count=max(1, row.reminded),
    )
    return Told(row.id, row.unit, reminder, row.reminded)


def _still(connection: Connection, duties: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(duties), _AT_ONCE):
        found.update(connection.execute(_STILL, {"ids": duties[start : start + _AT_ONCE]}).scalars())
    return found


def _delivery(connection: Connection, document: str, recipient: str) -> Delivery | None:
    row = connection.execute(_WENT, {"document": document, "recipient": recipient}).first()
    if row is None:
        return None
    carried = records.envelope(connection.execute(_CARRIED, {"document": document}).one())
    return replace(records.delivery(row, carried), attempt=max(1, row.attempts))


#: Ids in one question: databases bound them.
_AT_ONCE = 5_000
#: The states in which a duty may be, or have been, overdue.
_LATE = ("overdue", "paused")

# Built once: what a statement is made of costs more than running it.
_ABOUT: Any = bindparam("documents", expanding=True)
_PURSUED = (
    select(EVENTS.c.envelope_id, EVENTS.c.unit, EVENTS.c.kind, EVENTS.c.data)
    .where(EVENTS.c.envelope_id.in_(_ABOUT), EVENTS.c.kind.in_(("duty-overdue", "duty-escalated")))
    .order_by(EVENTS.c.at, EVENTS.c.seq)
)
_BODIES = select(ENVELOPES.c.id, ENVELOPES.c.body).where(ENVELOPES.c.id.in_(_ABOUT))
_ROWS = select(DUTIES).where(is_owed()).limit(bindparam("most"))
_DUE = _ROWS.where(DUTIES.c.next_at <= bindparam("now")).order_by(DUTIES.c.next_at, DUTIES.c.id)
_AFTER = _ROWS.where(DUTIES.c.id > bindparam("last")).order_by(DUTIES.c.id)
_OWED_BY = (
    select(DUTIES, ENVELOPES.c.body, ENVELOPES.c.subject)
    .join(ENVELOPES, ENVELOPES.c.id == DUTIES.c.envelope_id)
    .where(is_owed(), DUTIES.c.state != "paused", DUTIES.c.unit.in_(bindparam("units", expanding=True)))
    .order_by(DUTIES.c.due_at, DUTIES.c.id)
    .limit(bindparam("most"))
)
_STILL = select(DUTIES.c.id).where(DUTIES.c.id.in_(bindparam("ids", expanding=True)), is_owed())
_AS_IT_IS = select(DUTIES.c.id, DUTIES.c.state, DUTIES.c.due_at, DUTIES.c.next_at).where(
    DUTIES.c.id.in_(bindparam("ids", expanding=True)), is_owed()
)
_STEP = (
    update(DUTIES)
    .where(DUTIES.c.id == bindparam("key"))
    .values(
        state=bindparam("new_state"),
        due_at=bindparam("new_due"),
        next_at=bindparam("new_next"),
        ended_at=bindparam("new_end"),
        reminded=bindparam("new_count"),
    )
)
_WENT = (
    select(DELIVERIES, DELIVERIES.c.id.label("delivery_id"))
    .where(DELIVERIES.c.envelope_id == bindparam("document"), DELIVERIES.c.recipient == bindparam("recipient"))
    .where(DELIVERIES.c.state == DeliveryState.DELIVERED.value)
)
_CARRIED = select(ENVELOPES).where(ENVELOPES.c.id == bindparam("document"))
