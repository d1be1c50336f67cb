"""From the cast to edXML: documents and answers as a unit's software writes them."""

from __future__ import annotations

from datetime import date, datetime

from hub.config import Config
from hub.quickstart.cast import GOVERNMENT, OUTSIDE, PROVINCE, ROLES, Letter, letter_of
from hub.quickstart.papers import files
from hub.standards import edxml
from hub.vocabulary import (
    Acknowledgement,
    Document,
    DocumentType,
    Organization,
    OtherInfo,
    Reference,
    Staff,
)


def organization(config: Config, word: str) -> Organization:
    """A unit of the configuration, or the province, as packets name it."""
    if word == PROVINCE:
        return config.province
    if word == OUTSIDE:
        return GOVERNMENT
    unit = config.directory.unit(word)
    return Organization(unit.code, unit.name)


def unit_of(config: Config, code: str) -> str:
    """Who of the cast bears that code, or is its heir; the code itself where nobody does."""
    return OUTSIDE if code == GOVERNMENT.id else config.directory.find(code) or code


def letter_packet(config: Config, letter: Letter) -> bytes:
    """A document with its files."""
    return b"".join(edxml.compose(_document(config, letter), files(letter)))


def reference(document: Document) -> Reference:
    """How an answer names a document."""
    day = _day(document.promulgation_date) if document.promulgation_date else ""
    return Reference(document.sender.id, document.code, document.document_id, day)


def answer_packet(config: Config, unit: str, about: Reference, status: str, at: datetime, description: str) -> bytes:
    """An answer about a document that came in. Arrival is reported by the machine, all else by a person."""
    said = Acknowledgement(
        sender=organization(config, unit),
        response_for=about,
        status=status,
        at=at,
        description=description,
        staff=Staff() if status == "01" else _clerk(unit),
    )
    return edxml.write_acknowledgement(said)


def _document(config: Config, letter: Letter) -> Document:
    number, _, notation = letter.code.partition("/")
    place = "Hà Nội" if letter.unit == OUTSIDE else "Quảng Ngãi"
    return Document(
        sender=_sender(config, letter),
        to=tuple(organization(config, word) for word in letter.to),
        document_id=_document_id(config, letter),
        number=number,
        notation=notation,
        promulgation_date=letter.day,
        subject=letter.subject,
        type=DocumentType(letter.type),
        place=place,
        content=letter.content,
        due_date=letter.due,
        other=OtherInfo(urgency=letter.urgency),
        response_for=_named(config, letter.replies_to),
        to_places=letter.to_places,
    )


def _sender(config: Config, letter: Letter) -> Organization:
    return organization(config, PROVINCE if letter.as_province else letter.unit)


def _document_id(config: Config, letter: Letter) -> str:
    return f"{_sender(config, letter).id},{_day(letter.day)},{letter.code}"


def _named(config: Config, code: str) -> tuple[Reference, ...]:
    earlier = letter_of(code)
    if earlier is None:
        return ()
    sender = _sender(config, earlier).id
    return (Reference(sender, earlier.code, _document_id(config, earlier), _day(earlier.day)),)


def _clerk(unit: str) -> Staff:
    return Staff(staff=ROLES[unit].clerk)


def _day(day: date) -> str:
    return f"{day:%Y/%m/%d}"
