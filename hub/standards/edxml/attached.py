"""The attachments of a packet: what the markup calls them, joined with their bodies."""

from __future__ import annotations

from collections import Counter
from itertools import count
from xml.etree.ElementTree import Element

from hub.errors import Refused
from hub.standards.edxml.bodies import Body
from hub.standards.edxml.limits import Limits
from hub.standards.edxml.parts import clean, fields, missing, number
from hub.vocabulary import Attachment

_PATH = "AttachmentEncoded/Attachment"
_CONTENT = "ContentTransferEncoded"


def attachments(root: Element, bodies: list[Body], limits: Limits, repairs: list[str]) -> tuple[Attachment, ...]:
    """Every attachment in the packet's order. Raises Refused where markup and contents do not fit together."""
    found = _older(root) if root.tag == "Envelope" else _current(root)
    if not all(told.get("AttachmentName") and told.get("ContentType") for told in found):
        found = _filled(found, root)
    used: set[int] = set()
    joined = tuple(
        _attachment(told, content_id, _body(told[_CONTENT], bodies, used, limits), position, repairs)
        for position, (told, content_id) in enumerate(zip(found, _content_ids(found), strict=True), 1)
    )
    if len(used) != len(bodies):
        raise Refused("attachment", "Có nội dung tệp kèm nằm ngoài AttachmentEncoded.", _CONTENT)
    return joined


def _current(root: Element) -> list[dict[str, str]]:
    elements = (each for encoded in root.findall("AttachmentEncoded") for each in encoded.findall("Attachment"))
    found = [fields(each, _PATH) for each in elements]
    if any(_CONTENT not in told for told in found):
        raise missing(f"{_PATH}/{_CONTENT}")
    return found


def _older(root: Element) -> list[dict[str, str]]:
    """AllDocument/Document/Attach/Attachment of the 512/2803 family."""
    found = []
    for each in (attachment for attach in root.iter("Attach") for attachment in attach.findall("Attachment")):
        told = fields(each, "Attach/Attachment")
        if "value" not in told:
            raise missing("Attach/Attachment/value")
        kind = clean(each.get("Content-Type"))
        found.append({"AttachmentName": told.get("name", ""), "ContentType": kind, _CONTENT: told["value"]})
    return found


def _filled(found: list[dict[str, str]], root: Element) -> list[dict[str, str]]:
    """Gaps filled with what the manifest says under the same content id, where that means one attachment only."""
    references = [{child.tag: text for child in each if (text := clean(child.text))} for each in root.iter("Reference")]
    sure = _unshared(found) & _unshared(references)
    manifest = {content_id: told for told in references if (content_id := _content_id(told)) in sure}
    return [
        manifest.get(_content_id(told), {}) | {key: text for key, text in told.items() if text or key == _CONTENT}
        for told in found
    ]


def _unshared(told: list[dict[str, str]]) -> set[str]:
    """The content ids that stand once."""
    return {content_id for content_id, times in Counter(map(_content_id, told)).items() if content_id and times == 1}


def _content_ids(found: list[dict[str, str]]) -> list[str]:
    """One for each. What has none gets its position, or the next number that no other has."""
    ids = [_content_id(told) for told in found]
    taken = set(ids)
    for position, content_id in enumerate(ids):
        if not content_id:
            ids[position] = next(free for each in count(position + 1) if (free := str(each)) not in taken)
            taken.add(ids[position])
    return ids


def _content_id(told: dict[str, str]) -> str:
    return told.get("ContentId", "").removeprefix("cid:")


def _body(text: str, bodies: list[Body], used: set[int], limits: Limits) -> Body:
    """The body whose number stands in the element; an empty element has an empty one."""
    if not text:
        return Body(0, 0, limits, b"")
    index = number(text)
    if index is None or index >= len(bodies) or index in used:
        raise Refused("attachment", "Nội dung tệp kèm không phải base64.", _CONTENT)
    used.add(index)
    return bodies[index]


def _attachment(told: dict[str, str], content_id: str, body: Body, position: int, repairs: list[str]) -> Attachment:
    name = told.get("AttachmentName", "")
    if not name:
        name = f"tep-kem-{position}"
        repairs.append(f"Tệp kèm thứ {position} không có tên, đặt là {name}.")
    if body.placeholder:
        repairs.append(f"Tệp kèm “{name}” không có nội dung: chỗ điền {body.placeholder} của mẫu còn trống.")
    return body.attachment(name, content_id, told.get("ContentType", ""), told.get("Description", ""))
