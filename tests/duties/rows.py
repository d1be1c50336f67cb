"""The rows of a ledger's duties."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from hub.ledger import Ledger, Verdict
from hub.ledger.duties import DUTIES
from hub.vocabulary import Acceptance


@dataclass(frozen=True, slots=True)
class Row:
    """One duty as it lies in the ledger."""

    id: str
    envelope: str
    unit: str
    code: str
    rule: str
    opened_at: datetime
    due_at: datetime
    next_at: datetime
    state: str
    ended_at: datetime | None
    reminded: int


def rows(ledger: Ledger) -> list[Row]:
    """All of them, the oldest first."""
    return ledger.views.looking(_rows)


def _rows(connection: Connection) -> list[Row]:
    return [Row(*row) for row in connection.execute(select(DUTIES).order_by(DUTIES.c.opened_at, DUTIES.c.id))]


def envelope_of(verdict: Verdict) -> str:
    """The id of what was accepted."""
    assert isinstance(verdict, Acceptance)
    return verdict.envelope_id
