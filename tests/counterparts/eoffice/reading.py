"""Reads edXML packets as a careful unit's software does: by local names, in any order; by rules of its own."""

from __future__ import annotations

import base64
import binascii
import io
import re
import zipfile
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from tests.counterparts.eoffice.model import VIETNAM, File, Packet, Paper, Party, Said, Unreadable, digest

_Element = ET.Element
_SELF_ZIPPED = {"zip", "docx", "xlsx", "pptx", "odt", "ods"}
#: bytes of an unpacked attachment, at most
_MOST = 256 << 20


def read(content: bytes) -> Packet:
    """What a packet says. Raises Unreadable."""
    start = content.find(b"<")
    if start < 0 or b"<!DOCTYPE" in content[: 4 << 10] or b"<!ENTITY" in content:
        raise Unreadable("khong phai edXML")
    try:
        root = ET.fromstring(content[start:])
    except ET.ParseError as error:
        raise Unreadable(f"edXML khong dung dang: {error}") from error
    header = _down(root, "edXMLEnvelope", "edXMLHeader", "MessageHeader")
    if header is None or _local(root) != "edXML":
        raise Unreadable("edXML khong co MessageHeader")
    if _child(header, "StatusCode") is not None:
        return Packet(_said(header))
    return _paper(root, header)


def _said(header: _Element) -> Said:
    about = _child(header, "ResponseFor")
    code = _text(header, "StatusCode")
    if about is None or not code:
        raise Unreadable("trang thai khong co ResponseFor hoac StatusCode")
    return Said(
        _party(_child(header, "From")),
        _text(about, "OrganId"),
        _text(about, "Code"),
        _text(about, "PromulgationDate"),
        _text(about, "DocumentId"),
        code.zfill(2),
        moment(_text(header, "Timestamp")),
        _text(header, "Description"),
        _text(_child(header, "StaffInfo"), "Staff"),
    )


def _paper(root: _Element, header: _Element) -> Packet:
    code, promulgated = _child(header, "Code"), _child(header, "PromulgationInfo")
    business = _down(root, "edXMLEnvelope", "edXMLHeader", "TraceHeaderList", "Bussiness")
    attached = _attached(root)
    paper = Paper(
        sender=_party(_child(header, "From")),
        to=tuple(_party(each) for each in _children(header, "To")),
        document_id=_text(header, "DocumentId"),
        number=_text(code, "CodeNumber"),
        notation=_text(code, "CodeNotation"),
        date=_text(promulgated, "PromulgationDate"),
        place=_text(promulgated, "Place"),
        kind=_text(_child(header, "DocumentType"), "TypeName"),
        subject=_text(header, "Subject"),
        signer=_text(_child(header, "SignerInfo"), "FullName"),
        position=_text(_child(header, "SignerInfo"), "Position"),
        urgency=_number(_text(_child(header, "OtherInfo"), "Priority")),
        due=_text(header, "DueDate"),
        business=_number(_text(business, "BussinessDocType")),
        about=_text(business, "DocumentId") or _replaced(business),
        reason=_text(business, "BussinessDocReason"),
        files=tuple(File(name, digest(content), len(content)) for name, content in attached),
    )
    if not paper.sender.code or not paper.to or not paper.number:
        raise Unreadable("edXML thieu From, To hoac Code")
    return Packet(paper, tuple(content for _, content in attached))


def _replaced(business: _Element | None) -> str:
    """The first document that this one takes the place of."""
    return _text(_down(business, "ReplacementInfoList", "ReplacementInfo"), "DocumentId")


def _attached(root: _Element) -> list[tuple[str, bytes]]:
    encoded = _child(root, "AttachmentEncoded")
    return [] if encoded is None else [_content(each) for each in _children(encoded, "Attachment")]


def _content(attachment: _Element) -> tuple[str, bytes]:
    name = _text(attachment, "AttachmentName")
    try:
        content = base64.b64decode(re.sub(r"\s+", "", _text(attachment, "ContentTransferEncoded")), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable("tep dinh kem khong phai base64") from error
    ending = name.rpartition(".")[2].lower()
    return name, _unzipped(content) if content[:4] == b"PK\x03\x04" and ending not in _SELF_ZIPPED else content


def _unzipped(content: bytes) -> bytes:
    """The one entry that the vendor's library wraps a file into; else the bytes as they are."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) != 1 or entries[0].file_size > _MOST:
                return content
            return archive.read(entries[0])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
        return content


def moment(text: str) -> datetime:
    """A time without zone, Vietnamese; now, where nobody can read it."""
    for form in ("%Y/%m/%d %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=VIETNAM)
        except ValueError:
            continue
    return datetime.now(UTC)


def _party(element: _Element | None) -> Party:
    return Party(_text(element, "OrganId"), _text(element, "OrganName"))


def _local(element: _Element) -> str:
    return element.tag.rpartition("}")[2]


def _children(element: _Element, name: str) -> list[_Element]:
    return [each for each in element if _local(each) == name]


def _child(element: _Element | None, name: str) -> _Element | None:
    return next(iter(_children(element, name)), None) if element is not None else None


def _down(element: _Element | None, *names: str) -> _Element | None:
    for name in names:
        element = _child(element, name)
    return element


def _text(element: _Element | None, name: str) -> str:
    found = _child(element, name)
    return "" if found is None else (found.text or "").strip()


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
