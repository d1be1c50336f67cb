"""Whether an answer came in time: by the unit's own deadline, which counts from when its side had the document."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from hub.duties import Book, Duty
from hub.ledger.arrival import arrivals
from hub.ledger.records import columns
from hub.ledger.writer import Transaction
from hub.tables import EnvelopeRow
from hub.vocabulary import Event

ENVELOPES = columns(EnvelopeRow)


def met(transaction: Transaction, row: MutableMapping[str, Any], at: datetime, book: Book | None) -> str:
    """How a duty ends, "met" or "late", that an answer meets which the hub took at this moment.

    Where nobody has looked since a late delivery, the deadline is counted anew first, with its event.
    """
    if at > row["due_at"] and row["state"] != "overdue" and book:
        _count_anew(transaction, row, at, book)
    return "met" if at <= row["due_at"] else "late"


def _count_anew(transaction: Transaction, row: MutableMapping[str, Any], at: datetime, book: Book) -> None:
    body = transaction.execute(_BODY, {"document": row["envelope_id"]}).scalar() or "{}"
    arrived = arrivals(transaction.connection, [row]).get(row["id"], at)
    parts = ("unit", "code", "rule", "opened_at", "due_at", "next_at", "state", "reminded")
    duty = Duty(**{name: row[name] for name in parts}, due_date=json.loads(body).get("due_date", ""))
    due = book.due(duty, arrived)
    if due > duty.due_at:
        data: dict[str, object] = {"code": duty.code, "rule": duty.rule, "state": duty.state}
        data |= {"due": due.isoformat(), "was": duty.due_at.isoformat()}
        transaction.record(Event("duty-moved", transaction.now, row["envelope_id"], unit=duty.unit, data=data))
        row["due_at"] = due


_BODY = select(ENVELOPES.c.body).where(ENVELOPES.c.id == bindparam("document"))
