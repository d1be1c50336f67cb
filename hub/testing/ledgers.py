"""What a test hands to a ledger."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from hub.ledger import Proposal
from hub.routing import Plan
from hub.vocabulary import Acknowledgement, Blob, Document, Envelope, Incoming, Packet, new_id


def proposal(
    body: Document | Acknowledgement,
    *recipients: str,
    key: str = "",
    unit: str = "so-nv",
    content: str = "",
    hold: float = 0.0,
    outside: bool = False,
    **planned: Any,
) -> Proposal:
    """An input as the inbox would propose it: read, and planned for these recipients."""
    said = (content or repr(body)).encode()
    blob = Blob(hashlib.sha256(said).hexdigest(), len(said))
    incoming = Incoming(key or new_id(datetime.now(UTC)), "a.edxml", Packet(body), blob, hold)
    now = datetime(2026, 11, 23, tzinfo=UTC)
    envelope = Envelope(new_id(now), unit, incoming.source_key, body, blob, now)
    return Proposal(unit, incoming, unit, envelope, Plan(recipients, **planned), outside=outside)
