"""From the bytes of a packet to what it says, in one pass and little memory."""

from __future__ import annotations

import re
from typing import BinaryIO

from hub.errors import Refused
from hub.standards.edxml import documents, elements, jsonform
from hub.standards.edxml.elements import QCVN, Tree
from hub.standards.edxml.limits import USUAL, Limits
from hub.standards.edxml.skeleton import CONTENT, VALUE, Scanner, Skeleton, doctype
from hub.standards.edxml.tape import Tape
from hub.standards.secrecy import is_secret
from hub.vocabulary import Acknowledgement, Document, Packet

_BOM = b"\xef\xbb\xbf"
_START = re.compile(rb"<\?xml\s|<(?:[^\s<>/:]{1,40}:)?(?:edXML|Envelope)[\s>/]")
_DECLARATION = re.compile(rb"<![A-Za-z]")
#: bytes in which a root's declarations stand
_ROOT = 1024
_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<", b"{\x00", b"\x00{")
#: an AttachmentEncoded that means the same wherever a header of ours stands before it
_COPYABLE = re.compile(
    rb"<AttachmentEncoded>\s*+"
    rb"(?:<Attachment>\s*+<ContentId>cid:[^<]++</ContentId>\s*+<AttachmentName>[^<]++</AttachmentName>\s*+"
    rb"(?:<(Description|FieldName|MimeType|ContentType)>[^<]*+</\1>\s*+)*+"
    rb'<edXML:ContentTransferEncoded xmlns:edXML="' + QCVN.encode() + rb'">\d++</edXML:ContentTransferEncoded>\s*+'
    rb"</Attachment>\s*+)*+</AttachmentEncoded>"
)
_ATTACHED = b"</edXML:ContentTransferEncoded>"
_END = re.compile(rb"\s*+</edXML>\s*+\Z")


def read(file: BinaryIO, limits: Limits = USUAL) -> Packet:
    """Read a packet to its end: a Document or an Acknowledgement, and how it came.

    Every byte is read exactly once, in order; no attachment is ever whole in memory. A packet that cannot
    be read raises Refused with its place, and then the rest of the file may be unread.
    """
    tape = Tape(file, limits.packet)
    repairs: list[str] = []
    if _begin(tape, limits, repairs):
        skeleton, variant = Scanner(tape, limits).json(), "json"
        tree = Tree(jsonform.parse(skeleton, limits), "")
    else:
        lead = tape.ahead(limits.stray)
        older = b":Envelope" in lead or b"<Envelope" in lead
        skeleton = Scanner(tape, limits).xml((CONTENT, VALUE) if older else (CONTENT,))
        tree = elements.parse(skeleton, limits)
        variant = _variant(tree, skeleton)
    repairs += tree.repairs
    body = documents.body(tree.root, skeleton.bodies, limits, repairs)
    _refuse_secrets(body)
    if isinstance(body, Document) and variant == "sdk" and not repairs:
        return Packet(body, (), variant, _span(skeleton, len(body.attachments)))
    return Packet(body, tuple(repairs), variant)


def _refuse_secrets(body: Document | Acknowledgement) -> None:
    if isinstance(body, Document) and any(is_secret(attachment.name) for attachment in body.attachments):
        raise Refused(
            "secret", "Gói tin có dấu hiệu độ mật nên không được gửi qua trục; trục không lưu.", "AttachmentName"
        )


def _begin(tape: Tape, limits: Limits, repairs: list[str]) -> bool:
    """Put the cursor on the packet's first character and say whether it is JSON."""
    lead = tape.ahead(limits.stray + 64)
    if not lead:
        raise Refused("not-edxml", "Tệp rỗng.")
    if lead.startswith(_UTF16):
        raise Refused("encoding", "Gói tin viết bằng UTF-16; hãy ghi lại bằng UTF-8.", "byte 0")
    bare = lead.removeprefix(_BOM).lstrip(b" \t\r\n")
    found = None if bare.startswith(b"{") else _START.search(lead)
    start = found.start() if found else len(lead) - len(bare) if bare.startswith(b"{") else lead.find(b"<")
    if not 0 <= start <= limits.stray:
        raise Refused("not-edxml", "Tệp không phải gói tin edXML.", "byte 0")
    if _DECLARATION.search(lead, 0, start):
        raise doctype()
    if start:
        repairs.append(_dropped(lead[:start]))
    tape.at += start
    return bare.startswith(b"{")


def _dropped(stray: bytes) -> str:
    what = "dấu BOM" if stray == _BOM else f"{len(stray)} byte thừa"
    return f"Đã bỏ {what} ở đầu gói tin."


def _variant(tree: Tree, skeleton: Skeleton) -> str:
    if tree.namespace not in (QCVN, ""):
        return "soap"
    signed = tree.root.find("edXMLEnvelope/edXMLHeader/DigitalSignature") is not None
    return "dotnet" if skeleton.unprefixed or signed or b"XMLSchema" in skeleton.text[:_ROOT] else "sdk"


def _span(skeleton: Skeleton, attachments: int) -> tuple[int, int]:
    """Where the AttachmentEncoded lies that holds all these attachments and may be copied; 0, 0 where there is none."""
    text = skeleton.text
    start = text.rfind(b"<AttachmentEncoded>")
    match = _COPYABLE.match(text, start) if start >= 0 and skeleton.bare else None
    if match is None or not _END.match(text, match.end()) or match[0].count(_ATTACHED) != attachments:
        return 0, 0
    begin = skeleton.original(match.start())
    return begin, skeleton.original(match.end()) - begin
