"""Ready-made words of the vocabulary for tests: every field can be set, none must."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hub.vocabulary import Acknowledgement, Document, DocumentType, Organization, OtherInfo, Reference, Urgency

#: Codes of the demo province.
HOME_AFFAIRS, BINH_SON, GOVERNMENT_OFFICE = "000.00.14.H48", "000.00.31.H48", "000.00.00.G22"


def a_document(
    code: str = "211/GM-SNV",
    sender: str = HOME_AFFAIRS,
    to: tuple[str, ...] = (BINH_SON,),
    urgency: Urgency = Urgency.NORMAL,
    **fields: Any,
) -> Document:
    """A document of the demo province. `code` is number/notation; its DocumentId follows from it."""
    number, _, notation = code.partition("/")
    fields.setdefault("document_id", f"{sender},2026/11/23,{code}")
    fields.setdefault("subject", "Dự tập huấn công tác văn thư, lưu trữ điện tử")
    return Document(
        sender=Organization(sender),
        to=tuple(Organization(organ) for organ in to),
        number=number,
        notation=notation,
        promulgation_date=date(2026, 11, 23),
        type=DocumentType("Giấy mời"),
        other=OtherInfo(urgency=urgency),
        **fields,
    )


def an_answer(document: Document, status: str = "01", sender: str = BINH_SON, **fields: Any) -> Acknowledgement:
    """An answer about that document, to the organisation that sent it."""
    fields.setdefault("at", datetime(2026, 11, 23, 2, 0, tzinfo=UTC))
    return Acknowledgement(
        sender=Organization(sender),
        response_for=Reference(document.sender.id, document.code, document.document_id, "2026/11/23"),
        status=status,
        **fields,
    )
