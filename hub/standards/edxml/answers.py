"""The status message that answers a document."""

from __future__ import annotations

from datetime import date, datetime

from hub.standards.edxml.dates import write_date
from hub.vocabulary import Acknowledgement, Document, Organization, Reference, Staff, Unit


def answer(
    document: Document,
    unit: Unit,
    status: str,
    at: datetime,
    description: str = "",
    staff: str = "",
    email: str = "",
) -> Acknowledgement:
    """What `unit` says about a document it got, to the organisation that sent it."""
    day = document.promulgation_date
    return Acknowledgement(
        sender=Organization(unit.code, unit.name),
        response_for=Reference(document.sender.id, document.code, document.document_id, write_date(day) if day else ""),
        status=status,
        at=at,
        description=description,
        staff=Staff(staff=staff, email=email),
    )


def recall(
    unit: Unit, to: str, code: str, day: date | None, document_id: str, at: datetime, reason: str
) -> Acknowledgement:
    """What `unit` asks of the organisation `to`, which got that document of its: to give it back."""
    return Acknowledgement(
        sender=Organization(unit.code, unit.name),
        response_for=Reference(to, code, document_id, write_date(day) if day else ""),
        status="13",
        at=at,
        description=reason,
    )
