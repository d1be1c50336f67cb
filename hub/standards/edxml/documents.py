"""From a packet's tree to a Document or an Acknowledgement."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from hub.errors import Refused
from hub.standards.edxml import parts
from hub.standards.edxml.attached import attachments
from hub.standards.edxml.bodies import Body
from hub.standards.edxml.dates import read_date, read_time
from hub.standards.edxml.limits import Limits
from hub.standards.edxml.parts import clean, missing
from hub.vocabulary import (
    Acknowledgement,
    Attachment,
    Business,
    BusinessInfo,
    Document,
    Organization,
    Staff,
    Trace,
)

_MANY = frozenset({"To", "ResponseFor"})
_HEADER = "MessageHeader"
#: required by the standard; the hub can do without
_EXPECTED = ("PromulgationInfo", "DocumentType", "SignerInfo")


def body(root: Element, bodies: list[Body], limits: Limits, repairs: list[str]) -> Document | Acknowledgement:
    """What the packet says. Adds to `repairs` what had to be mended; raises Refused."""
    envelope = root if root.tag == "Envelope" else _only(root, "edXMLEnvelope")
    header = _only(envelope, "Header" if root.tag == "Envelope" else "edXMLHeader")
    message = _only(header, _HEADER)
    single = _singles(message)
    if "StatusCode" in single:
        return _acknowledgement(single, message)
    trace = header.find("TraceHeaderList")
    attached = attachments(root, bodies, limits, repairs)
    return _document(single, message, trace, attached, limits, repairs)


def _acknowledgement(single: dict[str, Element], message: Element) -> Acknowledgement:
    asked = message.findall("ResponseFor")
    if len(asked) > 1:
        raise Refused("ambiguous", "Gói trạng thái trả lời nhiều văn bản một lúc.", f"{_HEADER}/ResponseFor")
    about = parts.reference(asked[0]) if asked else None
    if about is None or not about.organ_id:
        raise missing(f"{_HEADER}/ResponseFor/OrganId")
    if not (about.document_id or about.code):
        raise missing(f"{_HEADER}/ResponseFor/DocumentId")
    status = _text(single, "StatusCode")
    if not status:
        raise missing(f"{_HEADER}/StatusCode")
    staff, written = single.get("StaffInfo"), _text(single, "Timestamp")
    at = read_time(written)
    return Acknowledgement(
        sender=_sender(single),
        response_for=about,
        status=status.zfill(2) if status.isdigit() else status,
        at=at,
        description=_text(single, "Description"),
        staff=Staff() if staff is None else parts.staff(staff),
        at_text="" if at else written,
    )


def _document(
    single: dict[str, Element],
    message: Element,
    trace: Element | None,
    attached: tuple[Attachment, ...],
    limits: Limits,
    repairs: list[str],
) -> Document:
    repairs += [f"Gói tin thiếu phần {name}, để trống." for name in _EXPECTED if name not in single]
    number, notation = _code(single, repairs)
    place, promulgated = _promulgation(single.get("PromulgationInfo"))
    subject = _text(single, "Subject")
    if not subject:
        raise missing(f"{_HEADER}/Subject")
    answered = (parts.reference(each) for each in message.findall("ResponseFor"))
    return Document(
        sender=_sender(single),
        to=_recipients(message, limits, repairs),
        document_id=_text(single, "DocumentId"),
        number=number,
        notation=notation,
        promulgation_date=read_date(promulgated),
        subject=subject,
        type=parts.document_type(single.get("DocumentType")),
        place=place,
        content=_text(single, "Content"),
        signer=parts.signer(single.get("SignerInfo")),
        due_date=_text(single, "DueDate"),
        other=parts.other_info(single.get("OtherInfo"), repairs),
        response_for=tuple(each for each in answered if each.organ_id or each.code or each.document_id),
        steering_type=parts.number(_text(single, "SteeringType")),
        task_codes=parts.texts(single.get("ResponseForTask"), "TaskCode"),
        application_type=_text(single, "ApplicationType"),
        to_places=parts.texts(single.get("ToPlaces"), "Place"),
        business=_business(trace),
        trace=() if trace is None else _traces(trace),
        attachments=attached,
    )


def _sender(single: dict[str, Element]) -> Organization:
    if "From" not in single:
        raise missing(f"{_HEADER}/From")
    return parts.organization(single["From"], f"{_HEADER}/From")


def _recipients(message: Element, limits: Limits, repairs: list[str]) -> tuple[Organization, ...]:
    found = message.findall("To")
    if not found:
        raise missing(f"{_HEADER}/To")
    if len(found) > limits.recipients:
        raise Refused("too-many", f"Gói tin có hơn {limits.recipients} nơi nhận.", f"{_HEADER}/To")
    to = {each.id: each for each in reversed([parts.organization(element, f"{_HEADER}/To") for element in found])}
    if len(to) < len(found):
        repairs.append(f"Nơi nhận ghi trùng mã, đã bỏ {len(found) - len(to)} lần lặp.")
    return tuple(reversed(to.values()))


def _code(single: dict[str, Element], repairs: list[str]) -> tuple[str, str]:
    """Number and notation. A whole code in the number's place is split once, from the left."""
    if "Code" not in single:
        raise missing(f"{_HEADER}/Code")
    found = parts.fields(single["Code"], f"{_HEADER}/Code")
    number, notation = found.get("CodeNumber", ""), found.get("CodeNotation", "")
    if not notation and "/" in number:
        number, _, notation = (part.strip() for part in number.partition("/"))
        repairs.append("Số và ký hiệu ghi chung ở CodeNumber, đã tách.")
    if not number:
        raise missing(f"{_HEADER}/Code/CodeNumber")
    return number, notation


def _promulgation(element: Element | None) -> tuple[str, str]:
    if element is None:
        return "", ""
    found = parts.fields(element, f"{_HEADER}/PromulgationInfo")
    return found.get("Place", ""), found.get("PromulgationDate", "")


def _business(trace: Element | None) -> BusinessInfo:
    element = None if trace is None else trace.find("Bussiness")
    if trace is None or element is None:
        return BusinessInfo()
    written = clean(element.findtext("BussinessDocType")) or "0"
    kind = parts.number(written)
    if kind is None or kind > Business.REPLACE:
        raise Refused(
            "value", f"Loại nghiệp vụ “{written[:40]}” không có trong quy chuẩn.", "Bussiness/BussinessDocType"
        )
    return BusinessInfo(
        type=Business(kind),
        document_id=clean(element.findtext("DocumentId")),
        reason=clean(element.findtext("BussinessDocReason")),
        paper=parts.number(clean(element.findtext("Paper") or trace.findtext("Paper"))),
        changes=tuple(parts.change(each) for each in element.findall("BussinessDocumentInfo")),
        replacements=tuple(
            each for listed in element.findall("ReplacementInfoList") for each in parts.replacements(listed)
        ),
        staff=tuple(parts.staff(each) for each in element.findall("StaffInfo")),
    )


def _traces(element: Element) -> tuple[Trace, ...]:
    hops = (parts.trace(each) for each in element.findall("TraceHeader"))
    return tuple(hop for hop in hops if hop.organ_id or hop.timestamp)


def _only(parent: Element, name: str) -> Element:
    found = parent.findall(name)
    if len(found) != 1:
        if not found:
            raise missing(f"{parent.tag}/{name}")
        raise Refused("ambiguous", f"{name} đứng hai lần trong {parent.tag}.", f"{parent.tag}/{name}")
    return found[0]


def _singles(message: Element) -> dict[str, Element]:
    """The children that may stand once."""
    single: dict[str, Element] = {}
    for child in message:
        if child.tag not in _MANY:
            if child.tag in single and not child.tag.startswith("{"):
                raise Refused("ambiguous", f"{child.tag} đứng hai lần trong {_HEADER}.", f"{_HEADER}/{child.tag}")
            single[child.tag] = child
    return single


def _text(single: dict[str, Element], name: str) -> str:
    element = single.get(name)
    return "" if element is None else clean(element.text)
