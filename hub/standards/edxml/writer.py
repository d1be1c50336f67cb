"""From vocabulary to the SDK's wire form (QCVN 102:2016)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from hub.standards.edxml.base64text import Base64Text
from hub.standards.edxml.contents import pieces
from hub.standards.edxml.dates import write_date, write_time
from hub.standards.edxml.markup import (
    CONTENT_CLOSING,
    CONTENT_OPENING,
    OPENING,
    counted,
    escaped,
    given,
    organization,
    staff,
    tag,
)
from hub.vocabulary import (
    Acknowledgement,
    Attachment,
    BusinessInfo,
    Document,
    DocumentChange,
    OtherInfo,
    Reference,
    Replacement,
    Staff,
    Trace,
)

_TAIL = b"</edXML>"


def render(document: Document, traces: Sequence[Trace]) -> tuple[bytes, bytes]:
    """Head and tail: with the stored AttachmentEncoded element between them they are a whole packet.

    The document's own trace comes first, then `traces`.
    """
    head = (
        OPENING,
        _message(document),
        "</edXML:MessageHeader><edXML:TraceHeaderList>",
        *(_trace(hop) for hop in (*document.trace, *traces)),
        _business(document.business),
        '</edXML:TraceHeaderList></edXML:edXMLHeader><edXML:edXMLBody><edXML:edXMLManifest version="1.0">',
        *(_manifest(attachment) for attachment in document.attachments),
        "</edXML:edXMLManifest></edXML:edXMLBody></edXML:edXMLEnvelope>",
    )
    return "".join(head).encode(), _TAIL


def write(document: Document, source: BinaryIO, traces: Sequence[Trace]) -> Iterator[bytes]:
    """The whole packet, written anew; each attachment's text streams out of the stored packet."""
    head, tail = render(document, traces)
    yield head + b"<AttachmentEncoded>"
    for attachment in document.attachments:
        yield attachment_opening(attachment)
        yield from _text(source, attachment)
        yield ATTACHMENT_CLOSING
    yield b"</AttachmentEncoded>" + tail


def write_acknowledgement(ack: Acknowledgement) -> bytes:
    """A status packet."""
    about = ack.response_for
    text = (
        f"{OPENING}{organization('From', ack.sender)}<edXML:ResponseFor>{tag('OrganId', about.organ_id)}"
        f"{given('Code', about.code)}{given('PromulgationDate', about.promulgation_date)}"
        f"{given('DocumentId', about.document_id)}</edXML:ResponseFor>{_status_staff(ack.staff)}"
        f"{tag('StatusCode', ack.status)}{given('Description', ack.description)}"
        f"{tag('Timestamp', write_time(ack.at) if ack.at else ack.at_text)}"
        "</edXML:MessageHeader></edXML:edXMLHeader></edXML:edXMLEnvelope></edXML>"
    )
    return text.encode()


#: ends what `attachment_opening` and the text began
ATTACHMENT_CLOSING = f"{CONTENT_CLOSING}</Attachment>".encode()


def attachment_opening(attachment: Attachment) -> bytes:
    """An Attachment up to its base64 text."""
    about = f"<Description>{escaped(attachment.description)}</Description>" if attachment.description else ""
    return (
        f"<Attachment><ContentId>cid:{escaped(attachment.content_id)}</ContentId>"
        f"<AttachmentName>{escaped(attachment.name)}</AttachmentName>{about}"
        f"<ContentType>{escaped(attachment.content_type)}</ContentType>{CONTENT_OPENING}"
    ).encode()


def _text(source: BinaryIO, attachment: Attachment) -> Iterator[bytes]:
    text = Base64Text(attachment.name)
    for piece in pieces(source, attachment):
        yield text.clean(piece)
    text.finish()


def _message(document: Document) -> str:
    day = write_date(document.promulgation_date) if document.promulgation_date else ""
    signer, kind = document.signer, document.type
    return "".join(
        (
            organization("From", document.sender),
            *(organization("To", organ) for organ in document.to),
            given("DocumentId", document.document_id),
            f"<edXML:Code>{tag('CodeNumber', document.number)}{tag('CodeNotation', document.notation)}</edXML:Code>",
            f"<edXML:PromulgationInfo>{tag('Place', document.place)}{tag('PromulgationDate', day)}",
            f"</edXML:PromulgationInfo><edXML:DocumentType>{counted('Type', kind.type)}",
            f"{counted('TypeDetail', kind.detail)}{tag('TypeName', kind.name)}</edXML:DocumentType>",
            tag("Subject", document.subject),
            tag("Content", document.content),
            f"<edXML:SignerInfo>{tag('Competence', signer.competence)}{tag('Position', signer.position)}",
            f"{tag('FullName', signer.full_name)}</edXML:SignerInfo>",
            given("DueDate", document.due_date),
            _other(document.other),
            *(_reference(each) for each in document.response_for),
            counted("SteeringType", document.steering_type),
            _listed("ResponseForTask", "TaskCode", document.task_codes),
            given("ApplicationType", document.application_type),
            _listed("ToPlaces", "Place", document.to_places),
        )
    )


def _other(other: OtherInfo) -> str:
    return (
        f"<edXML:OtherInfo>{counted('Priority', int(other.urgency))}{given('SphereOfPromulgation', other.sphere)}"
        f"{given('TyperNotation', other.typer_notation)}{counted('PromulgationAmount', other.promulgation_amount)}"
        f"{counted('PageAmount', other.page_amount)}{given('Direction', other.direction)}"
        f"{_listed('Appendixes', 'Appendix', other.appendixes)}</edXML:OtherInfo>"
    )


def _reference(about: Reference) -> str:
    return (
        f"<edXML:ResponseFor>{given('OrganId', about.organ_id)}{given('Code', about.code)}"
        f"{given('DocumentId', about.document_id)}{given('PromulgationDate', about.promulgation_date)}"
        "</edXML:ResponseFor>"
    )


def _listed(name: str, item: str, texts: Sequence[str]) -> str:
    return f"<edXML:{name}>{''.join(tag(item, text) for text in texts)}</edXML:{name}>" if texts else ""


def _trace(hop: Trace) -> str:
    organ, time = given("OrganId", hop.organ_id), given("Timestamp", hop.timestamp)
    return f"<edXML:TraceHeader>{organ}{time}</edXML:TraceHeader>"


def _business(business: BusinessInfo) -> str:
    replaced = "".join(_replacement(each) for each in business.replacements)
    return (
        f"<edXML:Bussiness>{given('DocumentId', business.document_id)}{counted('BussinessDocType', int(business.type))}"
        f"{given('BussinessDocReason', business.reason)}{counted('Paper', business.paper)}"
        f"{''.join(_change(each) for each in business.changes)}"
        f"{f'<edXML:ReplacementInfoList>{replaced}</edXML:ReplacementInfoList>' if replaced else ''}"
        f"{''.join(staff(person) for person in business.staff)}</edXML:Bussiness>"
    )


def _change(change: DocumentChange) -> str:
    receivers = "".join(
        f"<edXML:Receiver>{tag('OrganId', each.organ_id)}{counted('ReceiverType', each.type)}</edXML:Receiver>"
        for each in change.receivers
    )
    return (
        f"<edXML:BussinessDocumentInfo>{counted('DocumentInfo', change.document_info)}"
        f"{counted('DocumentReceiver', change.document_receiver)}"
        f"{f'<edXML:ReceiverList>{receivers}</edXML:ReceiverList>' if receivers else ''}</edXML:BussinessDocumentInfo>"
    )


def _replacement(old: Replacement) -> str:
    return (
        f"<edXML:ReplacementInfo>{tag('DocumentId', old.document_id)}"
        f"{_listed('OrganIdList', 'OrganId', old.organ_ids)}</edXML:ReplacementInfo>"
    )


def _manifest(attachment: Attachment) -> str:
    return (
        f"<edXML:Reference>{tag('ContentId', f'cid:{attachment.content_id}')}"
        f"{tag('ContentType', attachment.content_type)}{given('Description', attachment.description)}"
        f"{tag('AttachmentName', attachment.name)}</edXML:Reference>"
    )


def _status_staff(person: Staff) -> str:
    if person == Staff():
        return ""
    return (
        f"<edXML:StaffInfo>{given('Department', person.department)}{given('DepartmentId', person.department_id)}"
        f"{given('Staff', person.staff)}{given('StaffId', person.staff_id)}{given('Mobile', person.mobile)}"
        f"{given('Email', person.email)}</edXML:StaffInfo>"
    )
