"""What a connector is given in a test: a context with a real store of bodies, and deliveries out of it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.blobs import Blobs
from hub.clock import SystemClock
from hub.connector import Bodies, Context
from hub.directory import normalise
from hub.standards import edxml
from hub.testing.samples import BINH_SON, a_document
from hub.vocabulary import Acknowledgement, Delivery, Document, Envelope, Organization, Packet, Unit, new_id

_LARGEST = 1 << 30
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 8


def sample_context(home: Path, **lent: Any) -> Context:
    """What the hub lends the connector of xã Bình Sơn, with a real store of bodies in `home`; any field can be set."""
    bodies = Blobs(home / "data" / "blobs")
    bodies.open_store()
    unit = Unit("xa-binh-son", "UBND xã Bình Sơn", BINH_SON)
    given: dict[str, Any] = {
        "unit": unit,
        "province": Organization("000.00.00.H48", "UBND tỉnh Quảng Ngãi"),
        "root": home,
        "bodies": bodies,
        "clock": SystemClock(),
        "codes": {normalise(BINH_SON): unit.id},
        "state": home / "data" / "endpoints" / unit.id,
    }
    return Context(**given | lent)


def sample_packet(document: Document | None = None, files: Mapping[str, bytes] | None = None) -> bytes:
    """A whole edXML packet, with one attachment unless others are given."""
    named = {"211.pdf": PDF} if files is None else files
    attached = [edxml.File(name, lambda content=content: io.BytesIO(content)) for name, content in named.items()]  # type: ignore[misc]  # a default in a lambda has no type
    return b"".join(edxml.compose(document or a_document(), attached))


def sample_delivery(
    bodies: Bodies,
    code: str = "211/GM-SNV",
    body: Document | Acknowledgement | None = None,
    *,
    files: Mapping[str, bytes] | None = None,
    possible_duplicate: bool = False,
) -> Delivery:
    """A delivery to xã Bình Sơn: a document of that number, or this body, its bytes stored. Blocking."""
    said = body or a_document(code)
    content = edxml.write_acknowledgement(said) if isinstance(said, Acknowledgement) else sample_packet(said, files)
    blob = bodies.store(io.BytesIO(content), _LARGEST)
    packet: Packet = edxml.read(io.BytesIO(content))
    now = datetime.now(UTC)
    envelope = Envelope(
        new_id(now), "so-nv", new_id(now), packet.body, blob, now, attachments_span=packet.attachments_span
    )
    return Delivery(new_id(now), envelope, "xa-binh-son", 1, possible_duplicate=possible_duplicate)
