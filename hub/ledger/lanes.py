"""Lanes: one queue per recipient, worked on by one holder at a time, fenced by the lease's epoch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, literal_column, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement

from hub import identity
from hub.errors import Fenced
from hub.ledger.meant import meant
from hub.ledger.records import columns, delivery, envelope
from hub.ledger.writer import Transaction
from hub.tables import DeliveryRow, EnvelopeRow, LaneRow
from hub.vocabulary import OPEN_STATES, Acknowledgement, Delivery, DeliveryState, Event

DELIVERIES, ENVELOPES, LANES = columns(DeliveryRow), columns(EnvelopeRow), columns(LaneRow)

#: How long a holder may stay silent before another may take its lane.
LEASE = timedelta(seconds=60)
#: A batch carries at most so many bytes, or one delivery.
MOST_BYTES = 48 * 1024 * 1024

OPEN = [state.value for state in OPEN_STATES]
# Written out, so that the partial index is used.
_IS_OPEN = DELIVERIES.c.state.in_([literal_column(f"'{state}'") for state in OPEN]) & (
    # Always so; else SQLite takes the index of all that a recipient ever got.
    DELIVERIES.c.seq > 0
)
_DOUBTFUL = {DeliveryState.SENDING, DeliveryState.UNCERTAIN}


_NEXT_IN_LANE = text(
    "INSERT INTO lane (recipient, tail, owner, epoch, lease_until) VALUES (:recipient, :count, '', 0, 0) "
    "ON CONFLICT (recipient) DO UPDATE SET tail = lane.tail + excluded.tail"
)


@dataclass(frozen=True, slots=True)
class Lane:
    """A recipient with open deliveries: the most urgent of them, and when the first is due."""

    recipient: str
    urgency: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery to attempt now. `doubtful`: an earlier attempt may have arrived, `find` decides."""

    delivery: Delivery
    doubtful: bool
    bugs: int
    #: seconds since the time began in which it must arrive
    age: float


@dataclass(frozen=True, slots=True)
class Grant:
    """A held lane with its next deliveries. None taken: the lane is free again, and due at `due_at` if ever."""

    recipient: str
    owner: str
    epoch: int
    taken: tuple[Taken, ...]
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """How one delivery stands after an attempt."""

    taken: Taken
    state: DeliveryState
    #: seconds until it is due again
    wait: float = 0.0
    reason: str = ""
    receipt: str = ""
    possible_duplicate: bool = False
    bugs: int = 0
    #: False: handed out, but never tried
    tried: bool = True


def number(transaction: Transaction, deliveries: Iterable[dict[str, Any]]) -> None:
    """Set `seq` of each delivery row: the next places of its lane, in the order given."""
    rows = list(deliveries)
    counts = Counter(row["recipient"] for row in rows)
    if not counts:
        return
    transaction.execute(_NEXT_IN_LANE, [{"recipient": name, "count": n} for name, n in sorted(counts.items())])
    tails = transaction.execute(_TAILS, {"lanes": list(counts)})
    last = {row.recipient: row.tail - counts[row.recipient] for row in tails}
    for row in rows:
        last[row["recipient"]] += 1
        row["seq"] = last[row["recipient"]]


def ready(connection: Connection) -> list[Lane]:
    """Every lane with open deliveries."""
    mine = (DELIVERIES.c.recipient == LANES.c.recipient) & _IS_OPEN
    head = select(DELIVERIES.c.due_at).where(mine).order_by(DELIVERIES.c.seq).limit(1).scalar_subquery()
    most = select(func.max(DELIVERIES.c.urgency)).where(mine).scalar_subquery()
    waiting = select(LANES.c.recipient, most.label("urgency"), head.label("due_at")).where(head.is_not(None))
    return [Lane(row.recipient, row.urgency, row.due_at) for row in connection.execute(waiting)]


def open_of(recipient: str) -> ColumnElement[bool]:
    """The condition that a delivery is a recipient's and open, as the index of open ones wants it."""
    return (DELIVERIES.c.recipient == recipient) & _IS_OPEN


def lease(transaction: Transaction, recipient: str, owner: str, limit: int) -> Grant | None:
    """Hold a lane and take what is due. None: another holds it."""
    now = transaction.now
    claim = {"lane": recipient, "holder": owner, "now": now, "until": now + LEASE}
    epoch = transaction.execute(_CLAIM, claim).scalar()
    return None if epoch is None else _take(transaction, recipient, owner, epoch, limit)


def renew(transaction: Transaction, grant: Grant) -> None:
    """Hold on. Raises Fenced where another holds the lane."""
    _hold(transaction, grant, grant.owner, transaction.now + LEASE)


def settle(transaction: Transaction, grant: Grant, settlements: Sequence[Settlement], limit: int) -> Grant:
    """Record outcomes and take what is due next (limit 0: nothing). Raises Fenced, then nothing is recorded."""
    _hold(transaction, grant, grant.owner, transaction.now + LEASE)
    transaction.execute(_SETTLE, [_settled(transaction.now, settlement) for settlement in settlements])
    for settlement in settlements:
        if settlement.tried:
            transaction.record(_event(transaction.now, settlement))
    return _take(transaction, grant.recipient, grant.owner, grant.epoch, limit)


def hurry(transaction: Transaction, recipients: Sequence[str]) -> None:
    """What waits for a later attempt is due now: the way to these recipients is open again."""
    put_off = DELIVERIES.c.state.in_([DeliveryState.DEFERRED.value, DeliveryState.UNCERTAIN.value])
    mine = DELIVERIES.c.recipient.in_(recipients) & put_off & (DELIVERIES.c.due_at > transaction.now)
    transaction.execute(update(DELIVERIES).where(mine).values(due_at=transaction.now))


def free_all(transaction: Transaction) -> None:
    """End every lease: right only for one who holds the whole data folder."""
    transaction.execute(update(LANES).where(LANES.c.owner != "").values(owner="", epoch=LANES.c.epoch + 1))


def _hold(transaction: Transaction, grant: Grant, owner: str, until: datetime) -> None:
    mine = {"lane": grant.recipient, "holder": grant.owner, "held": grant.epoch, "next": owner, "until": until}
    if not transaction.execute(_HOLD, mine).rowcount:
        raise Fenced(f"another holds the lane of {grant.recipient}")


def _take(transaction: Transaction, recipient: str, owner: str, epoch: int, limit: int) -> Grant:
    rows = transaction.execute(_NEXT, {"recipient": recipient, "most": max(limit, 1)}).all()
    due_at = rows[0].due_at if rows else None
    taken = _leading(rows[:limit], transaction.now, carried(transaction.connection, rows[:limit]))
    grant = Grant(recipient, owner, epoch, tuple(taken), due_at)
    if taken:
        transaction.execute(_SENDING, {"keys": [item.delivery.id for item in taken]})
    else:
        _hold(transaction, grant, "", transaction.now)
    return grant


def carried(connection: Connection, rows: Sequence[Any]) -> Iterator[Delivery]:
    """The deliveries of rows of WITH_ENVELOPE; an answer names its document as that names itself."""
    documents = meant(connection, rows)
    for row in rows:
        found = envelope(row)
        if isinstance(found.body, Acknowledgement) and row.id in documents:
            found = replace(found, body=identity.naming(found.body, documents[row.id]))
        yield delivery(row, found)


def _leading(rows: Sequence[Any], now: datetime, deliveries: Iterator[Delivery]) -> list[Taken]:
    """The rows up to the first that is not due, and no more bytes than one batch may carry."""
    taken: list[Taken] = []
    size = 0
    for row in rows:
        size += row.size
        if row.due_at > now or (taken and size > MOST_BYTES):
            break
        age = (now - row.created_at).total_seconds()
        taken.append(Taken(next(deliveries), row.state in _DOUBTFUL, row.bugs, age))
    return taken


def _settled(now: datetime, settlement: Settlement) -> dict[str, Any]:
    attempt = settlement.taken.delivery.attempt
    ended = settlement.state in {DeliveryState.DELIVERED, DeliveryState.DEAD}
    return {
        "key": settlement.taken.delivery.id,
        "new_state": settlement.state.value,
        "new_due": now + timedelta(seconds=settlement.wait),
        "new_end": now if ended else None,
        "new_attempts": attempt if settlement.tried else attempt - 1,
        "new_bugs": settlement.bugs,
        "new_duplicate": settlement.possible_duplicate,
        "new_receipt": settlement.receipt,
        "new_reason": settlement.reason,
    }


def _event(now: datetime, settlement: Settlement) -> Event:
    carried = settlement.taken.delivery
    data: dict[str, object] = {"attempt": carried.attempt}
    if settlement.receipt:
        data["receipt"] = settlement.receipt
    if settlement.reason:
        data["reason"] = settlement.reason
    if settlement.possible_duplicate:
        data["possible_duplicate"] = True
    return Event(settlement.state.value, now, carried.envelope.id, carried.id, carried.recipient, data)


# Built once: what a statement is made of costs more than running it.
_MINE = (LANES.c.recipient == bindparam("lane")) & (LANES.c.owner == bindparam("holder"))
_CLAIM = (
    update(LANES)
    .where(LANES.c.recipient == bindparam("lane"))
    .where((LANES.c.owner == "") | (LANES.c.owner == bindparam("holder")) | (LANES.c.lease_until < bindparam("now")))
    .values(owner=bindparam("holder"), epoch=LANES.c.epoch + 1, lease_until=bindparam("until"))
    .returning(LANES.c.epoch)
)
_HOLD = (
    update(LANES)
    .where(_MINE, LANES.c.epoch == bindparam("held"))
    .values(owner=bindparam("next"), lease_until=bindparam("until"))
)
_TAILS = select(LANES.c.recipient, LANES.c.tail).where(LANES.c.recipient.in_(bindparam("lanes", expanding=True)))
#: Deliveries with all that they carry.
WITH_ENVELOPE = select(
    DELIVERIES.c.id.label("delivery_id"),
    *(DELIVERIES.c[name] for name in ("recipient", "seq", "state", "attempts", "bugs")),
    *(DELIVERIES.c[name] for name in ("created_at", "due_at", "ended_at", "possible_duplicate", "reason")),
    *(ENVELOPES.c[name] for name in ("id", "unit", "source_key", "kind", "about", "digest")),
    *(ENVELOPES.c[name] for name in ("size", "received_at")),
    *(ENVELOPES.c[name] for name in ("repairs", "variant", "span_offset", "span_length", "body")),
).join(ENVELOPES, DELIVERIES.c.envelope_id == ENVELOPES.c.id)
_NEXT = (
    WITH_ENVELOPE.where(DELIVERIES.c.recipient == bindparam("recipient"), _IS_OPEN)
    .order_by(DELIVERIES.c.seq)
    .limit(bindparam("most"))
)
_SENDING = (
    update(DELIVERIES)
    .where(DELIVERIES.c.id.in_(bindparam("keys", expanding=True)))
    .values(state=DeliveryState.SENDING.value, attempts=DELIVERIES.c.attempts + 1)
)
_SETTLE = (
    update(DELIVERIES)
    .where(DELIVERIES.c.id == bindparam("key"))
    .values(
        state=bindparam("new_state"),
        due_at=bindparam("new_due"),
        ended_at=bindparam("new_end"),
        attempts=bindparam("new_attempts"),
        bugs=bindparam("new_bugs"),
        possible_duplicate=bindparam("new_duplicate"),
        receipt=bindparam("new_receipt"),
        reason=bindparam("new_reason"),
    )
)
