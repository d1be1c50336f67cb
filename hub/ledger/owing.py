"""What people look at of what is owed: who owes which answer, since when, and who was told of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, literal_column, select
from sqlalchemy.engine import Connection

from hub.ledger.duties import DUTIES, is_owed
from hub.ledger.records import columns
from hub.tables import EnvelopeRow, EventRow

ENVELOPES, EVENTS = columns(EnvelopeRow), columns(EventRow)
#: Overdue duties, the longest first, among which those are looked for of which somebody was told.
_MOST = 200
#: Names in one statement, at most: databases bound it.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class DutyView:
    """One duty, with what it is about."""

    id: str
    #: who owes it, former or not
    unit: str
    #: the document: its envelope, số/ký hiệu, trích yếu, and who sent it: our unit's id, or an outside code
    envelope: str
    document: str
    subject: str
    sender: str
    #: what is owed: a status code; "15": an answer to a recall; "gui": the document itself, in time
    code: str
    rule: str
    opened_at: datetime
    due_at: datetime
    #: open | overdue | paused | met | late | broken | void
    state: str
    ended_at: datetime | None
    #: reminders sent
    reminded: int


@dataclass(frozen=True, slots=True)
class Escalation:
    """An overdue duty of which persons are to be told."""

    duty: DutyView
    at: datetime
    #: empty: the unit names no leader
    to: tuple[str, ...]


def owed(
    connection: Connection,
    state: str = "",
    units: Collection[str] = (),
    documents: Collection[str] | None = None,
    most: int | None = None,
) -> list[DutyView]:
    """Duties in this state, or all that is still owed; of these units and documents (envelope ids) only, if given.

    The most pressing first; what is over: the newest first.
    """
    query = select(DUTIES).where(_in_state(state))
    query = query.where(DUTIES.c.unit.in_(units)) if units else query
    query = query.where(DUTIES.c.envelope_id.in_(documents)) if documents is not None else query
    order = (DUTIES.c.ended_at.desc(), DUTIES.c.id.desc()) if state == "broken" else (DUTIES.c.due_at, DUTIES.c.id)
    found = connection.execute(query.order_by(*order).limit(most)).all()
    papers = _papers(connection, {row.envelope_id for row in found})
    return [_view(row, papers[row.envelope_id]) for row in found]


def of_documents(connection: Connection, documents: Sequence[str]) -> dict[str, list[DutyView]]:
    """Every duty about these documents, over or not, in the order of their deadlines."""
    found: dict[str, list[DutyView]] = {document: [] for document in documents}
    query = select(DUTIES).where(DUTIES.c.envelope_id.in_(documents)).order_by(DUTIES.c.due_at, DUTIES.c.id)
    papers = _papers(connection, documents)
    for row in connection.execute(query) if documents else ():
        found[row.envelope_id].append(_view(row, papers[row.envelope_id]))
    return found


def _papers(connection: Connection, documents: Collection[str]) -> dict[str, Any]:
    """What the duties are about, by envelope: read once for each, however much is owed about it."""
    found, names = {}, list(documents)
    for start in range(0, len(names), _AT_ONCE):
        some = {"documents": names[start : start + _AT_ONCE]}
        found.update({row.id: row for row in connection.execute(_PAPERS, some)})
    return found


def counts(connection: Connection) -> dict[str, int]:
    """How many duties there are in each state."""
    return {row.state: row.many for row in connection.execute(_COUNTS)}


def by_unit(connection: Connection) -> dict[str, dict[str, int]]:
    """Of every unit that owes anything: how many duties in each state of those."""
    found: dict[str, dict[str, int]] = {}
    for row in connection.execute(_BY_UNIT):
        found.setdefault(row.unit, {})[row.state] = row.many
    return found


def escalations(connection: Connection) -> list[Escalation]:
    """Of the overdue duties those of which persons are to be told, the longest overdue first; the first of many."""
    overdue = owed(connection, "overdue", most=_MOST)
    told = list(_told(connection, {duty.envelope for duty in overdue})) if overdue else []
    newest = {(row.envelope_id, row.unit, said["code"]): (row, said) for row, said in told}
    found = ((duty, newest.get((duty.envelope, duty.unit, duty.code))) for duty in overdue)
    return [Escalation(duty, one[0].at, tuple(one[1]["to"])) for duty, one in found if one]


def _told(connection: Connection, documents: Collection[str]) -> Iterator[tuple[Any, dict[str, Any]]]:
    for row in connection.execute(_ESCALATED, {"documents": list(documents)}):
        yield row, json.loads(row.data)


def _in_state(state: str) -> Any:
    # Written out, so that the partial indexes are used.
    return DUTIES.c.state == literal_column(f"'{state}'") if state in _INDEXED else is_owed()


_INDEXED = ("overdue", "broken")


def _view(row: Any, paper: Any) -> DutyView:
    body = json.loads(paper.body)
    number, notation = body.get("number", ""), body.get("notation", "")
    return DutyView(
        id=row.id,
        unit=row.unit,
        envelope=row.envelope_id,
        document=f"{number}/{notation}" if notation else number,
        subject=paper.subject,
        sender=paper.origin,
        code=row.code,
        rule=row.rule,
        opened_at=row.opened_at,
        due_at=row.due_at,
        state=row.state,
        ended_at=row.ended_at,
        reminded=row.reminded,
    )


_PAPERS = select(*(ENVELOPES.c[name] for name in ("id", "body", "subject", "origin"))).where(
    ENVELOPES.c.id.in_(bindparam("documents", expanding=True))
)
_COUNTS = select(DUTIES.c.state, func.count().label("many")).group_by(DUTIES.c.state)
_BY_UNIT = (
    select(DUTIES.c.unit, DUTIES.c.state, func.count().label("many"))
    .where(is_owed())
    .group_by(DUTIES.c.unit, DUTIES.c.state)
)
_ESCALATED = (
    select(EVENTS.c.envelope_id, EVENTS.c.unit, EVENTS.c.at, EVENTS.c.data)
    .where(EVENTS.c.envelope_id.in_(bindparam("documents", expanding=True)), EVENTS.c.kind == "duty-escalated")
    .order_by(EVENTS.c.seq)
)
