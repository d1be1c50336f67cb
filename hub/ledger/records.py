"""Between rows and the vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, inspect
from sqlmodel import SQLModel

from hub import identity
from hub.errors import Refused
from hub.identity import ACKNOWLEDGEMENTS, DOCUMENTS
from hub.ledger.proposal import Proposal
from hub.ledger.strays import ORPHAN
from hub.vocabulary import Acknowledgement, Blob, Delivery, DeliveryState, Document, Envelope


def columns(model: type[SQLModel]) -> Table:
    """The table under a model, for statements in Core."""
    table = inspect(model).local_table
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


def input_row(
    proposal: Proposal, verdict: str, at: datetime, envelope_id: str, refused: Refused | None
) -> dict[str, Any]:
    """The row of an input that has its verdict."""
    incoming, blob = proposal.incoming, proposal.incoming.blob
    return {
        "unit": proposal.unit,
        "source_key": proposal.key[1],
        "verdict": verdict,
        "name": incoming.name,
        "at": at,
        "tries": 0,
        "envelope_id": envelope_id,
        "code": refused.code if refused else "",
        "reason": refused.reason if refused else "",
        "place": refused.where if refused else "",
        "digest": blob.digest if blob else "",
        "size": blob.size if blob else 0,
        "state": "kept" if verdict == "quarantined" else "",
    }


def delivery_row(
    delivery_id: str, carried: Envelope, recipient: str, state: DeliveryState, now: datetime
) -> dict[str, Any]:
    """The row of a new delivery, without its place in the lane."""
    return {
        "id": delivery_id,
        "envelope_id": carried.id,
        "recipient": recipient,
        "state": state.value,
        "urgency": int(carried.urgency),
        "attempts": 0,
        "bugs": 0,
        "created_at": now,
        "due_at": now,
        "ended_at": now if state is DeliveryState.DEAD else None,
        "possible_duplicate": False,
        "receipt": "",
        "reason": "",
        "route": "",
    }


def envelope_row(proposal: Proposal, envelope: Envelope, about: str) -> dict[str, Any]:
    """The row of an accepted envelope. `about`: of an answer, its document's envelope."""
    body = envelope.body
    target = body.response_for if isinstance(body, Acknowledgement) else body
    offset, length = envelope.attachments_span
    return {
        "id": envelope.id,
        "unit": envelope.unit,
        "source_key": envelope.source_key,
        "kind": envelope.kind,
        "origin": proposal.origin,
        "document_id": identity.document_id(target.document_id),
        "code": identity.fold(target.code),
        "subject": "" if isinstance(body, Acknowledgement) else body.subject,
        "business_key": proposal.business_key,
        "fingerprint": proposal.fingerprint,
        "about": about,
        "urgency": int(envelope.urgency),
        "digest": envelope.blob.digest,
        "size": envelope.blob.size,
        "received_at": envelope.received_at,
        "repairs": list(envelope.repairs),
        "variant": envelope.variant,
        "span_offset": offset,
        "span_length": length,
        "body": body_json(body),
    }


def orphan_row(answer: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The row of an answer, by its envelope's row, that waits for its document."""
    waits = {"state": "waiting", "document": "", "how": "", "candidates": "[]"}
    return {"envelope_id": answer["id"], "unit": answer["origin"], "at": now, **waits}


def orphan_said(proposal: Proposal) -> dict[str, object]:
    """What its event says, so that it can still be judged when its document is known."""
    units = (proposal.origin, *proposal.plan.recipients)
    stands = {unit: sorted(former) for unit in units if (former := proposal.took_over.get(unit))}
    said: dict[str, object] = {ORPHAN: True, "to": list(proposal.plan.recipients)}
    return said | ({"stands": stands} if stands else {}) | ({"outside": True} if proposal.outside else {})
