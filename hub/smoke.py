"""A document to try a unit with: from the province to that unit alone; its answers are kept and go nowhere."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import BinaryIO

from hub import identity
from hub.blobs import Blobs
from hub.clock import VIETNAM
from hub.ledger import Proposal
from hub.routing import Plan
from hub.standards import edxml
from hub.vocabulary import Acknowledgement, Document, DocumentType, Envelope, Incoming, Organization, Unit, new_id

#: It came in by nobody's endpoint, and nobody gets its answers.
_UNIT, _ORIGIN = "hub", ""
_NOTATION = "VB-THU-TRUC"
_TEXT = """\
Đây là văn bản thử của trục liên thông văn bản tỉnh, để xem đơn vị đã nhận và trả lời được chưa.
Việc cần làm: kéo cả thư mục của văn bản này sang 3-da-tiep-nhan, hoặc tiếp nhận trong phần mềm của đơn vị.
Không phải vào sổ văn bản đến.
"""


def document(unit: Unit, province: Organization, now: datetime) -> Document:
    """A new one for this unit."""
    day, mark = now.astimezone(VIETNAM).date(), new_id(now)
    code = f"{mark[-6:]}/{_NOTATION}"
    return Document(
        sender=province,
        to=(Organization(unit.code or unit.id, unit.name),),
        document_id=f"{province.id},{day:%Y/%m/%d},{code}",
        number=mark[-6:],
        notation=_NOTATION,
        promulgation_date=day,
        subject="Văn bản thử: kiểm tra đường nhận và trả lời văn bản điện tử",
        type=DocumentType("Công văn"),
    )


def proposal(said: Document, unit: str, bodies: Blobs, now: datetime) -> Proposal:
    """The document on its way to that unit alone, its packet stored. Raises NoRoom, StorageFailed."""
    content = b"".join(edxml.compose(said, [edxml.File("Văn bản thử.txt", _page, "text/plain")]))
    blob, packet = bodies.store(BytesIO(content), len(content)), edxml.read(BytesIO(content))
    key = new_id(now)
    envelope = Envelope(new_id(now), _UNIT, key, packet.body, blob, now, (), packet.variant, packet.attachments_span)
    incoming = Incoming(key, "van-ban-thu.edxml", packet, blob)
    return Proposal(_UNIT, incoming, origin=_ORIGIN, envelope=envelope, plan=Plan((unit,)))


def is_about(answer: Acknowledgement) -> bool:
    """Whether an answer may be about such a document."""
    target = answer.response_for
    ending = f"/{_NOTATION}".casefold()
    return any(identity.fold(name).endswith(ending) for name in (target.code, target.document_id))


def _page() -> BinaryIO:
    return BytesIO(b"\xef\xbb\xbf" + _TEXT.replace("\n", "\r\n").encode())
