"""The JSON mirror of edXML: lower-cased names, the same tree."""

from __future__ import annotations

import json
import re
from collections import Counter
from xml.etree.ElementTree import Element, SubElement

from hub.errors import Refused
from hub.standards.edxml.limits import Limits
from hub.standards.edxml.skeleton import Skeleton

_WIRE = (
    "ApplicationType AttachmentName Bussiness BussinessDocReason BussinessDocType BussinessDocumentInfo "
    "Code CodeNotation CodeNumber Competence Content ContentId ContentTransferEncoded ContentType "
    "Department DepartmentId Description Direction DocumentId DocumentInfo DocumentReceiver DocumentType "
    "DueDate Email Fax From FullName MessageHeader Mobile OrganAdd OrganId OrganIdList OrganName "
    "OrganizationInCharge OtherInfo PageAmount Paper Place Position Priority PromulgationAmount "
    "PromulgationDate PromulgationInfo Receiver ReceiverList ReceiverType Reference ReplacementInfo "
    "ReplacementInfoList ResponseFor ResponseForTask SignerInfo SphereOfPromulgation Staff StaffId "
    "StaffInfo StatusCode SteeringType Subject TaskCode Telephone Timestamp To TraceHeader "
    "TraceHeaderList Type TypeDetail TypeName TyperNotation Website"
)
_NAMES = {name.lower(): name for name in re.findall(r"\w+", _WIRE)} | {
    "status": "MessageHeader",
    "toes": "To",
    "header": "edXMLHeader",
}
#: a list of these stands inside an element of its own
_LISTS = {"toplaces": ("ToPlaces", "Place"), "appendixes": ("Appendixes", "Appendix")}
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse(skeleton: Skeleton, limits: Limits) -> Element:
    """The tree of a JSON packet, as if it had been XML. Raises Refused."""
    packet = _load(skeleton)
    if not isinstance(packet.get("header"), dict):
        raise Refused("not-edxml", "Tệp JSON không phải gói tin edXML: không có header.", "header")
    root = Element("edXML")
    envelope = SubElement(root, "edXMLEnvelope")
    _grow(envelope, "header", packet["header"], limits, limits.depth)
    encoded = SubElement(root, "AttachmentEncoded")
    attachments = packet.get("attachments")
    for each in attachments if isinstance(attachments, list) else []:
        _grow(encoded, "Attachment", each, limits, limits.depth)
    return root


def _load(skeleton: Skeleton) -> dict[str, object]:
    try:
        packet = json.loads(skeleton.text, object_pairs_hook=_once)
    except RecursionError:
        raise Refused("too-deep", "Gói tin JSON lồng nhau quá sâu.") from None
    except UnicodeDecodeError as error:
        where = f"byte {skeleton.original(error.start)}"
        raise Refused("encoding", "Gói tin JSON không viết bằng UTF-8.", where) from None
    except json.JSONDecodeError as error:
        where = f"dòng {error.lineno}, cột {error.colno}"
        raise Refused("not-well-formed", f"Gói tin không phải JSON đúng dạng ({error.msg}).", where) from None
    except ValueError:
        raise Refused("not-well-formed", "Gói tin JSON có số quá dài.") from None
    if not isinstance(packet, dict):
        raise Refused("not-edxml", "Tệp JSON không phải gói tin edXML.")
    return packet


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = [_ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", key.lower()) for key, _ in pairs]
    found = dict(zip(keys, (value for _, value in pairs), strict=True))
    if len(found) != len(pairs):
        twice = next(key for key, times in Counter(keys).items() if times > 1)
        raise Refused("ambiguous", "Một khóa đứng hai lần trong cùng một đối tượng JSON.", f'"{twice[:80]}"')
    return found


def _grow(parent: Element, key: str, value: object, limits: Limits, depth: int) -> None:
    """Hang a value under a parent, named as XML names it."""
    if depth == 0:
        raise Refused("too-deep", f"Thẻ lồng nhau hơn {limits.depth} tầng.", key[:80])
    if isinstance(value, list):
        name, item = _LISTS.get(key, ("", key))
        holder = SubElement(parent, name) if name else parent
        for each in value:
            _grow(holder, item, each, limits, depth - 1)
        return
    child = SubElement(parent, _NAMES.get(key, key))
    if isinstance(value, dict):
        for inner, each in value.items():
            _grow(child, inner, each, limits, depth - 1)
    else:
        child.text = _plain(value, key, limits)


def _plain(value: object, key: str, limits: Limits) -> str:
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    if len(text) > limits.text:
        raise Refused("too-large", f"Một trường dài hơn {limits.text} ký tự.", key[:80])
    return _ILLEGAL.sub("", text)
