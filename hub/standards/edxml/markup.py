"""Pieces of the SDK's wire form: the literal prefix, and text that is safe between tags."""

from __future__ import annotations

import re

from hub.standards.edxml.elements import QCVN
from hub.vocabulary import Organization, Staff

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
OPENING = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n<edXML xmlns="{QCVN}">'
    f'<edXML:edXMLEnvelope xmlns:edXML="{QCVN}"><edXML:edXMLHeader><edXML:MessageHeader>'
)
#: the one prefixed child of an Attachment, with a declaration of its own
CONTENT_OPENING = f'<edXML:ContentTransferEncoded xmlns:edXML="{QCVN}">'
CONTENT_CLOSING = "</edXML:ContentTransferEncoded>"


def escaped(text: str) -> str:
    """Text between tags. Characters that XML cannot carry are left out."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text or ">" in text:
        text = text.replace("<", "&lt;").replace(">", "&gt;")
    if text.isprintable():
        return text
    return _ILLEGAL.sub("", text).replace("\r", "&#13;")


def tag(name: str, text: str) -> str:
    """An element, empty where there is no text."""
    return f"<edXML:{name}>{escaped(text)}</edXML:{name}>"


def given(name: str, text: str) -> str:
    """An element, nothing where there is no text."""
    return f"<edXML:{name}>{escaped(text)}</edXML:{name}>" if text else ""


def counted(name: str, value: int | None) -> str:
    """An element with a whole number, nothing for None."""
    return "" if value is None else f"<edXML:{name}>{value}</edXML:{name}>"


def organization(name: str, organ: Organization) -> str:
    """A From or To."""
    return (
        f"<edXML:{name}>{tag('OrganId', organ.id)}{given('OrganizationInCharge', organ.in_charge)}"
        f"{given('OrganName', organ.name)}{given('OrganAdd', organ.address)}{given('Email', organ.email)}"
        f"{given('Telephone', organ.telephone)}{given('Fax', organ.fax)}{given('Website', organ.website)}"
        f"</edXML:{name}>"
    )


def staff(person: Staff) -> str:
    """The parts of a StaffInfo in a document; a status orders them otherwise."""
    return (
        f"<edXML:StaffInfo>{given('Department', person.department)}{given('DepartmentId', person.department_id)}"
        f"{given('Staff', person.staff)}{given('StaffId', person.staff_id)}{given('Email', person.email)}"
        f"{given('Mobile', person.mobile)}</edXML:StaffInfo>"
    )
