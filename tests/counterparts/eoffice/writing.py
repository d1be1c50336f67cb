"""Writes edXML packets as the vendors' libraries do (facts 1.1-1.6, 2.1); by rules of its own, not the hub's."""

from __future__ import annotations

import base64
import io
import uuid
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal
from xml.sax.saxutils import escape

from tests.counterparts.eoffice.model import Paper, Party, Said, wire_time

#: "sdk": the Java library's form; "dotnet": the .NET one's
Style = Literal["sdk", "dotnet"]

_SPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ROOT = {
    "sdk": f'<edXML xmlns="{_SPACE}">',
    "dotnet": (
        '<edXML xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns="{_SPACE}">'
    ),
}
#: extensions whose bytes go as they are; everything else goes inside a zip
_PLAIN = {ending: f"application/{ending}" for ending in ("pdf", "doc", "docx", "zip")}


def write_paper(paper: Paper, contents: Sequence[bytes], style: Style, at: datetime) -> bytes:
    """A document's packet."""
    names = [uuid.uuid4().hex for _ in contents]
    header = _e("MessageHeader", _paper_header(paper)) + _traces(paper, style, at)
    references = "".join(_reference(name, file.name, style) for name, file in zip(names, paper.files, strict=True))
    body = _e("edXMLBody", f'<edXML:edXMLManifest version="1.0">{references}</edXML:edXMLManifest>')
    attached = "".join(
        _attachment(name, file.name, content, style)
        for name, file, content in zip(names, paper.files, contents, strict=True)
    )
    return _whole(_e("edXMLHeader", header) + body, style, f"<AttachmentEncoded>{attached}</AttachmentEncoded>")


def write_said(said: Said, style: Style) -> bytes:
    """A status's packet: a header alone."""
    about = (
        _t("OrganId", said.organ)
        + _t("Code", said.code)
        + _t("PromulgationDate", said.date)
        + _t("DocumentId", said.document_id)
    )
    staff = _e("StaffInfo", _t("Staff", said.staff)) if said.staff else ""
    header = (
        _e("From", _party(said.sender))
        + _e("ResponseFor", about)
        + staff
        + _t("StatusCode", said.status)
        + _t("Description", said.reason)
        + _t("Timestamp", wire_time(said.at))
    )
    return _whole(_e("edXMLHeader", _e("MessageHeader", header)), style, "")


def _whole(envelope: str, style: Style, after: str) -> bytes:
    opened = f'<edXML:edXMLEnvelope xmlns:edXML="{_SPACE}">{envelope}</edXML:edXMLEnvelope>'
    return f"{_HEAD}{_ROOT[style]}{opened}{after}</edXML>".encode()


def _e(name: str, inside: str) -> str:
    return f"<edXML:{name}>{inside}</edXML:{name}>"


def _t(name: str, text: object) -> str:
    return _e(name, escape(str(text))) if str(text) else ""


def _party(party: Party) -> str:
    return _t("OrganId", party.code) + _t("OrganName", party.name)


def _paper_header(paper: Paper) -> str:
    parts: Iterable[str] = (
        _e("From", _party(paper.sender)),
        *(_e("To", _party(each)) for each in paper.to),
        _t("DocumentId", paper.document_id),
        _e("Code", _t("CodeNumber", paper.number) + _t("CodeNotation", paper.notation)),
        _e("PromulgationInfo", _t("Place", paper.place) + _t("PromulgationDate", paper.date)),
        _e("DocumentType", _t("Type", 2) + _t("TypeDetail", 0) + _t("TypeName", paper.kind)),
        _t("Subject", paper.subject),
        _t("Content", paper.subject),
        _e("SignerInfo", _t("Position", paper.position) + _t("FullName", paper.signer)),
        _t("DueDate", paper.due),
        _e("OtherInfo", _t("Priority", paper.urgency)),
    )
    return "".join(parts)


def _traces(paper: Paper, style: Style, at: datetime) -> str:
    trace = _e("TraceHeader", _t("OrganId", paper.sender.code) + _t("Timestamp", wire_time(at)))
    business = _e(
        "Bussiness",
        _t("DocumentId", paper.about if paper.business != 3 else "")
        + _t("BussinessDocType", paper.business)
        + _t("BussinessDocReason", paper.reason or "Văn bản điện tử mới")
        + _t("Paper", 0)
        + _changed(paper),
    )
    return _e("TraceHeaderList", business + trace if style == "sdk" else trace + business)


def _changed(paper: Paper) -> str:
    """What an update changes; what a replacement takes the place of, and for whom."""
    if paper.business == 2:
        return _e("BussinessDocumentInfo", _t("DocumentInfo", 1) + _t("DocumentReceiver", 0))
    if paper.business == 3:
        organs = _e("OrganIdList", "".join(_t("OrganId", each.code) for each in paper.to))
        return _e("ReplacementInfoList", _e("ReplacementInfo", _t("DocumentId", paper.about) + organs))
    return ""


def _reference(name: str, file: str, style: Style) -> str:
    if style == "dotnet":
        link = f'xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="cid:{name}"'
        link += ' xlink:role="XLinkRole" xlink:type="simple"'
        inside = _t("AttachmentName", file) + _t("ContentType", _type(file)) + _t("ContentId", name)
        return f"<edXML:Reference {link}>{inside}</edXML:Reference>"
    inside = _t("ContentId", f"cid:{name}") + _t("ContentType", _type(file)) + _t("AttachmentName", file)
    return _e("Reference", inside)


def _attachment(name: str, file: str, content: bytes, style: Style) -> str:
    ending = _ending(file)
    data = base64.b64encode(content if ending in _PLAIN else _zipped(content, ending)).decode()
    named = f"<ContentId>{'cid:' if style == 'sdk' else ''}{name}</ContentId>"
    named += f"<AttachmentName>{escape(file)}</AttachmentName><ContentType>{_type(file)}</ContentType>"
    if style == "dotnet":
        return f"<Attachment>{named}<ContentTransferEncoded>{data}</ContentTransferEncoded></Attachment>"
    encoded = f'<edXML:ContentTransferEncoded xmlns:edXML="{_SPACE}">{data}</edXML:ContentTransferEncoded>'
    return f"<Attachment>{named}{encoded}</Attachment>"


def _ending(file: str) -> str:
    return file.rpartition(".")[2].lower() if "." in file else ""


def _type(file: str) -> str:
    return _PLAIN.get(_ending(file), "application/zip")


def _zipped(content: bytes, ending: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{uuid.uuid4()}.{ending}" if ending else str(uuid.uuid4()), content)
    return packed.getvalue()
