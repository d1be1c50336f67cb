"""What was answered about documents."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import literal_column, select
from sqlalchemy.engine import Connection

from hub.ledger.records import columns, envelope
from hub.tables import EnvelopeRow
from hub.tracking import answer
from hub.vocabulary import Acknowledgement, Answer

ENVELOPES = columns(EnvelopeRow)
# Written out, so that the partial index is used.
_IS_ANSWER = ENVELOPES.c.kind == literal_column("'acknowledgement'")


def answers(connection: Connection, documents: Sequence[str]) -> dict[str, dict[str, list[Answer]]]:
    """By document, then by who answered; in order."""
    said: dict[str, dict[str, list[Answer]]] = {}
    query = select(ENVELOPES).where(_IS_ANSWER, ENVELOPES.c.about.in_(documents))
    for row in connection.execute(query.order_by(ENVELOPES.c.id)) if documents else ():
        carried = envelope(row)
        assert isinstance(carried.body, Acknowledgement)
        mine = said.setdefault(row.about, {}).setdefault(row.origin, [])
        mine.append(answer(carried.body, carried.received_at))
    for by_unit in said.values():
        for mine in by_unit.values():
            mine.sort(key=lambda each: (each.at, each.code))
    return said
