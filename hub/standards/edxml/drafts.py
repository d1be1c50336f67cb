"""A new document from what people say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hub.standards.addresses import Contact
from hub.standards.edxml.dates import write_date
from hub.vocabulary import (
    Business,
    BusinessInfo,
    Document,
    DocumentType,
    Organization,
    OtherInfo,
    Reference,
    Replacement,
    Signer,
    Unit,
    Urgency,
)


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another document, as far as it is known."""

    #: "88/BNV-VTLT"
    code: str
    day: date | None = None
    #: code of the organisation it is from
    organ: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """What people say of a new document."""

    number: str
    notation: str
    day: date
    subject: str
    #: loại văn bản by name
    type: str
    #: độ khẩn, 0..4
    urgency: int = 0
    due: date | None = None
    signer: str = ""
    position: str = ""
    #: it replies to these
    answers: tuple[Earlier, ...] = ()
    #: it takes the place of these, all of the sender's own
    replaces: tuple[Earlier, ...] = ()
    #: it wants these back, or changes them, all of the sender's own; the wire has room for one
    revokes: tuple[Earlier, ...] = ()
    updates: tuple[Earlier, ...] = ()
    #: why
    reason: str = ""


def draft(sender: Unit, to: Sequence[Contact], said: Outline) -> Document:
    """A document of a unit, without attachments still. Its id has the SDK's form: "organ,yyyy/MM/dd,code"."""
    code = f"{said.number}/{said.notation}"
    return Document(
        sender=Organization(sender.code, sender.name),
        to=tuple(Organization(each.code, each.name) for each in to),
        document_id=document_id(sender.code, code, said.day),
        number=said.number,
        notation=said.notation,
        promulgation_date=said.day,
        subject=said.subject,
        type=DocumentType(said.type),
        signer=Signer(position=said.position, full_name=said.signer),
        due_date=write_date(said.due) if said.due else "",
        other=OtherInfo(Urgency(said.urgency)),
        response_for=tuple(_reference(each) for each in said.answers),
        business=_business(sender, said),
    )


def document_id(organ: str, code: str, day: date) -> str:
    """Mã định danh văn bản as the SDK writes it: "000.00.31.H48,2026/11/23,52/TTr-UBND"."""
    return f"{organ},{write_date(day)},{code}"


def _reference(about: Earlier) -> Reference:
    known = document_id(about.organ, about.code, about.day) if about.organ and about.day else ""
    return Reference(about.organ, about.code, known, write_date(about.day) if about.day else "")


def _business(sender: Unit, said: Outline) -> BusinessInfo:
    """A recall outweighs a change, a change a replacement."""
    for kind, old in ((Business.REVOKE, said.revokes), (Business.UPDATE, said.updates)):
        if old:
            return BusinessInfo(kind, _named(sender, old[0]), said.reason)
    if not said.replaces:
        return BusinessInfo()
    replaced = tuple(Replacement(_named(sender, each)) for each in said.replaces)
    return BusinessInfo(Business.REPLACE, reason=said.reason, replacements=replaced)


def _named(sender: Unit, each: Earlier) -> str:
    return document_id(sender.code, each.code, each.day) if each.day else each.code
