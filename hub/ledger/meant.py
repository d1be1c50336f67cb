"""Answers that named their document otherwise than it names itself: they go on under its own names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.engine import Connection

from hub.identity import DOCUMENTS
from hub.ledger.earlier import is_respelt
from hub.ledger.records import columns
from hub.tables import EnvelopeRow, OrphanRow
from hub.vocabulary import Document

ENVELOPES, ORPHANS = columns(EnvelopeRow), columns(OrphanRow)


def meant(connection: Connection, rows: Sequence[Row[Any]]) -> dict[str, Document]:
    """By answer, the documents of those of these envelopes that waited for one, or whose id had to be mended."""
    odd = {row.id: row.about for row in rows if row.kind == "acknowledgement" and _is_odd(row)}
    if not odd:
        return {}
    waited = [answer for answer, document in odd.items() if not document]
    found = connection.execute(_FOUND, {"answers": waited}).all() if waited else []
    odd |= {row.envelope_id: row.document for row in found}
    bodies = connection.execute(_BODIES, {"documents": list(set(odd.values()))})
    documents = {row.id: DOCUMENTS.validate_json(row.body) for row in bodies}
    return {answer: documents[document] for answer, document in odd.items() if document in documents}


def _is_odd(row: Row[Any]) -> bool:
    return not row.about or is_respelt(row.repairs)


_FOUND = select(ORPHANS.c.envelope_id, ORPHANS.c.document).where(
    ORPHANS.c.envelope_id.in_(bindparam("answers", expanding=True))
)
_BODIES = select(ENVELOPES.c.id, ENVELOPES.c.body).where(ENVELOPES.c.id.in_(bindparam("documents", expanding=True)))
