"""Between rows and the vocabulary."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Table
from sqlmodel import SQLModel

from hub.identity import ACKNOWLEDGEMENTS, DOCUMENTS
from hub.vocabulary import Acknowledgement, Blob, Delivery, Document, Envelope


def columns(model: type[SQLModel]) -> Table:
    """The table under a model, for statements in Core."""
    table = model.__table__  # type: ignore[attr-defined]
    assert isinstance(table, Table)
    return table


def body_json(body: Document | Acknowledgement) -> str:
    """A body as JSON."""
    if isinstance(body, Document):
        return DOCUMENTS.dump_json(body).decode()
    return ACKNOWLEDGEMENTS.dump_json(body).decode()


def envelope(row: Row[Any]) -> Envelope:
    """An envelope out of its row."""
    kind = DOCUMENTS if row.kind == "document" else ACKNOWLEDGEMENTS
    body: Document | Acknowledgement = kind.validate_json(row.body)
    return Envelope(
        id=row.id,
        unit=row.unit,
        source_key=row.source_key,
        body=body,
        blob=Blob(row.digest, row.size),
        received_at=row.received_at,
        repairs=tuple(row.repairs),
        variant=row.variant,
        attachments_span=(row.span_offset, row.span_length),
    )


def delivery(row: Row[Any], carried: Envelope) -> Delivery:
    """A delivery out of its row, as its next attempt."""
    return Delivery(
        id=row.delivery_id,
        envelope=carried,
        recipient=row.recipient,
        seq=row.seq,
        attempt=row.attempts + 1,
        possible_duplicate=row.possible_duplicate,
    )
