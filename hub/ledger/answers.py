"""What was answered about documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, literal_column, select
from sqlalchemy.engine import Connection

from hub.ledger.records import columns, envelope
from hub.tables import EnvelopeRow, OrphanRow
from hub.tracking import answer
from hub.vocabulary import Acknowledgement, Answer

ENVELOPES, ORPHANS = columns(EnvelopeRow), columns(OrphanRow)
# Written out, so that the partial index is used.
_IS_ANSWER = ENVELOPES.c.kind == literal_column("'acknowledgement'")


def answers(connection: Connection, documents: Sequence[str]) -> dict[str, dict[str, list[Answer]]]:
    """By document, then by who answered; in order."""
    said: dict[str, dict[str, list[Answer]]] = {}
    for row in _rows(connection, documents) if documents else ():
        carried = envelope(row)
        assert isinstance(carried.body, Acknowledgement)
        mine = said.setdefault(row.document, {}).setdefault(row.answerer, [])
        mine.append(answer(carried.body, carried.received_at))
    for by_unit in said.values():
        for mine in by_unit.values():
            mine.sort(key=lambda each: (each.at, each.code))
    return said


def of_document(document: str) -> Select[tuple[str]]:
    """The envelopes of all answers about a document: those that named it, and those that waited for it."""
    named = select(ENVELOPES.c.id).where(_IS_ANSWER, ENVELOPES.c.about == document)
    return named.union_all(select(ORPHANS.c.envelope_id).where(ORPHANS.c.document == document)).subquery().select()


def _rows(connection: Connection, documents: Sequence[str]) -> list[Row[Any]]:
    named = select(ENVELOPES, ENVELOPES.c.about.label("document"), ENVELOPES.c.origin.label("answerer"))
    named = named.where(_IS_ANSWER, ENVELOPES.c.about.in_(documents))
    waited = select(ENVELOPES, ORPHANS.c.document, ORPHANS.c.unit.label("answerer"))
    waited = waited.join(ORPHANS, ORPHANS.c.envelope_id == ENVELOPES.c.id).where(ORPHANS.c.document.in_(documents))
    rows = [*connection.execute(named), *connection.execute(waited)]
    return sorted(rows, key=lambda row: str(row.id))
