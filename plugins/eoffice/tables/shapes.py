"""Between rows and what is exchanged: fields of a row <-> a document or a hồi báo. Pure.

A row here is field -> what its column says; which column that is stands in the mapping (facts section 6).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from hub import Acknowledgement, Delivery, Document, Refused
from hub.standards.edxml.dates import read_date, write_date
from hub.standards.edxml.drafts import document_id
from hub.standards.papers import (
    Business,
    BusinessInfo,
    DocumentType,
    Organization,
    OtherInfo,
    Reference,
    Signer,
    Staff,
    StatusCode,
    Urgency,
)
from plugins.eoffice.tables.mapping import TableMapping
from plugins.eoffice.tables.parts import DocumentColumns, StatusColumns
from plugins.eoffice.tables.values import day, moment, number, text, theirs, unreadable

Row = Mapping[str, object]
_CODES = re.compile(r"[;,]")
_STATUSES = frozenset(StatusCode)
_ASKED = "13"
#: The code of a refusal of what may still be written.
INCOMPLETE = "tables-incomplete"


def document_of(
    row: Row, to: Sequence[Organization], us: Organization, columns: DocumentColumns, mapping: TableMapping
) -> Document:
    """The document of a row, without its attachments. Raises Refused where something is missing or unreadable."""
    said = {field: text(value) for field, value in row.items()}
    figure, notation = _code(said)
    when = day(row.get("date"), columns.date or "", mapping)
    for word, there, field in (
        ("số văn bản", figure, "code"),
        ("ngày ban hành", when, "date"),
        ("trích yếu", said.get("subject"), "subject"),
        ("nơi nhận", to, "to"),
    ):
        if not there:
            raise _missing(word, getattr(columns, field) or field)
    assert when
    sender = said.get("sender") or us.id
    due = day(row.get("due"), columns.due or "", mapping)
    get = said.get
    return Document(
        sender=Organization(sender, get("sender_name") or us.name),
        to=tuple(to),
        document_id=get("document_id") or document_id(sender, _joined(figure, notation), when),
        number=figure,
        notation=notation,
        promulgation_date=when,
        subject=said["subject"],
        type=DocumentType(mapping.types.get(get("type", ""), get("type", ""))),
        place=get("place", ""),
        content=get("content", ""),
        signer=Signer(get("competence", ""), get("position", ""), get("signer", "")),
        due_date=write_date(due) if due else "",
        other=_other(row, columns, mapping),
        business=_business(row, columns, mapping),
    )


def addressed(said: str) -> list[Organization]:
    """Those whose codes stand in one column."""
    return [Organization(code.strip()) for code in _CODES.split(said) if code.strip()]


def acknowledgement_of(
    row: Row,
    about: Row,
    us: Organization,
    columns: tuple[StatusColumns, DocumentColumns],
    mapping: TableMapping,
    always: str | None,
    now: datetime,
) -> Acknowledgement:
    """The hồi báo of a row about the document of another. Raises Refused where it says no status."""
    of_status, of_document = columns
    when = day(about.get("date"), of_document.date or "", mapping)
    return Acknowledgement(
        sender=us,
        response_for=Reference(
            text(row.get("to")) or text(about.get("sender")),
            _joined(*_code({field: text(value) for field, value in about.items()})),
            text(about.get("document_id")),
            write_date(when) if when else "",
        ),
        status=always or _status(row.get("status"), of_status.status or "", mapping),
        at=moment(row.get("at"), of_status.at or "", mapping) or now,
        description=text(row.get("description")),
        staff=_staff(text(row.get("staff"))),
    )


def fields_of_document(
    document: Document, delivery: Delivery, us: Organization, mapping: TableMapping
) -> dict[str, object]:
    """Field -> what a row of theirs is to say of a document that arrives."""
    other, business = document.other, document.business
    return {
        "delivery": delivery.id,
        "at": delivery.envelope.received_at,
        "code": document.code,
        "number": document.number,
        "notation": document.notation,
        "date": document.promulgation_date,
        "subject": document.subject,
        "document_id": document.document_id,
        "content": document.content,
        "type": theirs(document.type.name, mapping.types),
        "urgency": theirs(int(other.urgency), mapping.urgencies),
        "place": document.place,
        "due": read_date(document.due_date),
        "signer": document.signer.full_name,
        "position": document.signer.position,
        "competence": document.signer.competence,
        "staff": _written(business.staff[0]) if business.staff else "",
        "pages": other.page_amount,
        "copies": other.promulgation_amount,
        "business": theirs(int(business.type), mapping.businesses),
        "business_id": business.document_id,
        "reason": business.reason,
        "sender": document.sender.id,
        "sender_name": document.sender.name,
        "to": us.id,
    }


def fields_of_status(answer: Acknowledgement, delivery: Delivery, mapping: TableMapping) -> dict[str, object]:
    """Field -> what a row of theirs is to say of a hồi báo, or of a request.

    Raises Refused of a code that has no value there.
    """
    about = answer.response_for
    if answer.status not in mapping.statuses.values() and mapping.statuses and answer.status != _ASKED:
        raise Refused("tables-no-place", f"Ánh xạ không có giá trị cho trạng thái {answer.status}.", "statuses")
    return {
        "delivery": delivery.id,
        "at": answer.at or delivery.envelope.received_at,
        "status": theirs(answer.status, mapping.statuses),
        "description": answer.description,
        "staff": _written(answer.staff),
        "to": about.organ_id,
        "sender": answer.sender.id,
        "sender_name": answer.sender.name,
        "code": about.code,
        "date": read_date(about.promulgation_date),
        "document_id": about.document_id,
        "reason": answer.description,
    }


def _code(said: Mapping[str, str]) -> tuple[str, str]:
    """Number and notation; of a whole code split once from the left, for a notation may hold more signs "/"."""
    if "number" in said:
        return said["number"], said.get("notation", "")
    figure, _, notation = said.get("code", "").partition("/")
    return figure.strip(), notation.strip()


def _joined(figure: str, notation: str) -> str:
    return f"{figure}/{notation}" if notation else figure


def _other(row: Row, columns: DocumentColumns, mapping: TableMapping) -> OtherInfo:
    urgency = number(row.get("urgency"), columns.urgency or "", mapping.urgencies, 4, "Độ khẩn")
    return OtherInfo(
        Urgency(urgency),
        page_amount=_count(row.get("pages")),
        promulgation_amount=_count(row.get("copies")),
    )


def _business(row: Row, columns: DocumentColumns, mapping: TableMapping) -> BusinessInfo:
    kind = number(row.get("business"), columns.business or "", mapping.businesses, 3, "Loại nghiệp vụ")
    person = _staff(text(row.get("staff")))
    return BusinessInfo(
        Business(kind),
        text(row.get("business_id")),
        text(row.get("reason")),
        staff=() if person == Staff() else (person,),
    )


def _count(value: object) -> int | None:
    said = text(value)
    return int(said) if said.isdecimal() and len(said) < 10 else None


def _status(value: object, column: str, mapping: TableMapping) -> str:
    said = text(value)
    if said in mapping.statuses:
        return mapping.statuses[said]
    if not mapping.statuses and said.zfill(2) in _STATUSES:
        return said.zfill(2)
    raise unreadable("Trạng thái", said, column, "thêm giá trị này vào statuses của ánh xạ")


def _staff(said: str) -> Staff:
    """Who is written "đơn vị/họ tên/email/điện thoại", the last ones left out or not (facts section 6)."""
    department, name, email, mobile = [*(part.strip() for part in said.split("/", 3)), "", "", "", ""][:4]
    return Staff(department=department, staff=name, email=email, mobile=mobile)


def _written(person: Staff) -> str:
    parts = (person.department, person.staff, person.email, person.mobile)
    return "/".join(parts) if any(parts) else ""


def _missing(what: str, column: str) -> Refused:
    return Refused("tables-incomplete", f"Văn bản thiếu {what}.", column)
