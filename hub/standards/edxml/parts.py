"""Small parts of a header, from tree to vocabulary."""

from __future__ import annotations

from unicodedata import is_normalized, normalize
from xml.etree.ElementTree import Element

from hub.errors import Refused
from hub.vocabulary import (
    DocumentChange,
    DocumentType,
    Organization,
    OtherInfo,
    ReceiverChange,
    Reference,
    Replacement,
    Signer,
    Staff,
    Trace,
    Urgency,
)

_NO_DIGITS = 10


def clean(text: str | None) -> str:
    """A field as it came, trimmed, NFC."""
    if not text:
        return ""
    text = text.strip()
    return text if text.isascii() or is_normalized("NFC", text) else normalize("NFC", text)


def fields(element: Element, path: str) -> dict[str, str]:
    """The texts of an element's children. Raises Refused where one stands twice."""
    found = {child.tag: clean(child.text) for child in element}
    if len(found) != len(element):
        _refuse_twice([child.tag for child in element], path)
    return found


def texts(element: Element | None, name: str) -> tuple[str, ...]:
    """The non-empty texts of the children of that name."""
    found = () if element is None else (clean(child.text) for child in element.findall(name))
    return tuple(text for text in found if text)


def number(text: str) -> int | None:
    """A whole number; None where there is none to read."""
    text = text.removeprefix("+")
    return int(text) if text.isascii() and text.isdigit() and len(text) < _NO_DIGITS else None


def missing(path: str) -> Refused:
    """The refusal of a packet without a part that nobody can do without."""
    return Refused("missing", f"Gói tin thiếu {path.rpartition('/')[2]}.", path)


def organization(element: Element, path: str) -> Organization:
    """A From or To. Raises Refused without an OrganId."""
    found = fields(element, path)
    get = found.get
    if not get("OrganId"):
        raise missing(f"{path}/OrganId")
    return Organization(
        found["OrganId"],
        get("OrganName", ""),
        get("OrganizationInCharge", ""),
        get("OrganAdd", ""),
        get("Email", ""),
        get("Telephone", ""),
        get("Fax", ""),
        get("Website", ""),
    )


def reference(element: Element) -> Reference:
    """A ResponseFor."""
    get = fields(element, "MessageHeader/ResponseFor").get
    return Reference(get("OrganId", ""), get("Code", ""), get("DocumentId", ""), get("PromulgationDate", ""))


def document_type(element: Element | None) -> DocumentType:
    """A DocumentType."""
    get = _optional(element, "MessageHeader/DocumentType").get
    return DocumentType(get("TypeName", ""), number(get("Type", "")), number(get("TypeDetail", "")))


def signer(element: Element | None) -> Signer:
    """A SignerInfo."""
    get = _optional(element, "MessageHeader/SignerInfo").get
    return Signer(get("Competence", ""), get("Position", ""), get("FullName", ""))


def staff(element: Element) -> Staff:
    """A StaffInfo."""
    get = fields(element, "StaffInfo").get
    return Staff(
        get("Department", ""),
        get("DepartmentId", ""),
        get("Staff", ""),
        get("StaffId", ""),
        get("Email", ""),
        get("Mobile", ""),
    )


def other_info(element: Element | None, repairs: list[str]) -> OtherInfo:
    """An OtherInfo. An urgency that is none of ours counts as normal, and is said."""
    if element is None:
        return OtherInfo()
    get = fields(element, "MessageHeader/OtherInfo").get
    written = get("Priority", "") or "0"
    priority = number(written)
    if priority is None or priority > Urgency.FLASH_TIMED:
        repairs.append(f"Độ khẩn “{written[:40]}” không đọc được, coi là thường.")
        priority = 0
    return OtherInfo(
        Urgency(priority),
        get("SphereOfPromulgation", ""),
        get("TyperNotation", ""),
        number(get("PromulgationAmount", "")),
        number(get("PageAmount", "")),
        get("Direction", ""),
        texts(element.find("Appendixes"), "Appendix"),
    )


def trace(element: Element) -> Trace:
    """A TraceHeader; some hubs write the word null."""
    get = fields(element, "TraceHeaderList/TraceHeader").get
    organ_id = get("OrganId", "")
    return Trace("" if organ_id == "null" else organ_id, get("Timestamp", ""))


def change(element: Element) -> DocumentChange:
    """A BussinessDocumentInfo."""
    get = fields(element, "Bussiness/BussinessDocumentInfo").get
    listed = element.find("ReceiverList")
    receivers = [] if listed is None else [fields(each, "ReceiverList/Receiver") for each in listed.findall("Receiver")]
    return DocumentChange(
        number(get("DocumentInfo", "")),
        number(get("DocumentReceiver", "")),
        tuple(ReceiverChange(each.get("OrganId", ""), number(each.get("ReceiverType", ""))) for each in receivers),
    )


def replacements(listed: Element) -> list[Replacement]:
    """A ReplacementInfoList."""
    return [
        Replacement(clean(each.findtext("DocumentId")), texts(each.find("OrganIdList"), "OrganId"))
        for each in listed.findall("ReplacementInfo")
    ]


def _optional(element: Element | None, path: str) -> dict[str, str]:
    return {} if element is None else fields(element, path)


def _refuse_twice(tags: list[str], path: str) -> None:
    for tag in tags:
        if tags.count(tag) > 1 and not tag.startswith("{"):
            raise Refused("ambiguous", f"{tag} đứng hai lần trong {path}.", f"{path}/{tag}")
