"""When somebody sets the machine's clock: pauses, holds and leases last as long as they were meant to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select, text

from hub.ledger.records import columns
from hub.ledger.writer import Transaction
from hub.tables import EventRow
from hub.vocabulary import Event

_EVENTS = columns(EventRow)
#: Seconds that the clock may be behind the last event at a start: it was corrected, not set.
_LITTLE = 1.0
_MOVE = (
    text("UPDATE delivery SET due_at = due_at + :by, created_at = created_at + :by WHERE ended_at IS NULL"),
    text("UPDATE lane SET lease_until = lease_until + :by WHERE owner <> ''"),
)


def follow(transaction: Transaction, seconds: float, adopt: Callable[[float], None]) -> None:
    """Move what waits by so much, record it, and go on by the new time. `adopt` is called once that is durable."""
    transaction.now += timedelta(seconds=seconds)
    _move(transaction, seconds)
    transaction.then.append(lambda: adopt(seconds))


def back_since_last(transaction: Transaction) -> None:
    """Move what waits where the clock was set back while no hub ran: the last event lies in the future."""
    newest = select(_EVENTS.c.at).where(_EVENTS.c.writer == transaction.writer).order_by(_EVENTS.c.seq.desc()).limit(1)
    last = transaction.execute(newest).scalar()
    if last and (behind := (transaction.now - last).total_seconds()) < -_LITTLE:
        _move(transaction, behind)


def _move(transaction: Transaction, seconds: float) -> None:
    for statement in _MOVE:
        transaction.execute(statement, {"by": round(seconds * 1_000_000)})
    transaction.record(Event("clock-set", transaction.now, data={"seconds": round(seconds, 3)}))
