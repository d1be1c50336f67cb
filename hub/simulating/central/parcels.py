"""What is in a packet that was sent, whom it goes to, and how it is written anew for them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from hub.directory import normalise
from hub.errors import Refused
from hub.simulating.central.answers import INVALID_FILE, NOT_EDXML, NOT_REGISTERED, Failed
from hub.simulating.central.bodies import PIECE
from hub.simulating.central.signing import Call
from hub.standards import edxml
from hub.vocabulary import Acknowledgement, Document, Packet, Trace

EDOC, STATUS = "edoc", "status"
_MOST_NAMED = 5000


@dataclass(frozen=True, slots=True)
class Parcel:
    """What the hub notes of a packet."""

    message_type: str
    sender: str
    #: codes, each once
    recipients: tuple[str, ...]
    title: str
    #: "1234/VPCP-KSTT"
    notation: str
    #: the document's own id, or the id of the one that a status answers
    document_id: str
    #: the code of a status, "" for a document
    answer: str = ""


def opened(source: BinaryIO, limits: edxml.Limits) -> Packet:
    """What the bytes say. Raises Failed (10 too large, 22 not edXML)."""
    try:
        return edxml.read(source, limits)
    except Refused as error:
        raise Failed(INVALID_FILE if error.code == "too-large" else NOT_EDXML, error.reason) from error


def parcel(packet: Packet, call: Call, *, by_header: bool) -> Parcel:
    """What is in it, held against the call. Raises Failed. `by_header`: the header `to` narrows the packet's list."""
    body = packet.body
    found = _status(body) if isinstance(body, Acknowledgement) else _document(body)
    if call.get("messagetype") != found.message_type:
        raise Failed(NOT_EDXML, f"messagetype khac goi tin: {found.message_type}")
    if found.sender != normalise(call.get("from")):
        raise Failed(NOT_REGISTERED, f"From trong goi tin la {found.sender}")
    if not found.recipients:
        raise Failed(NOT_EDXML, "khong co noi nhan")
    named = _named(call.get("to")) if by_header else ()
    return replace(found, recipients=_narrowed(found.recipients, named)) if named else found


def _document(document: Document) -> Parcel:
    to = tuple(dict.fromkeys(normalise(organ.id) for organ in document.to))
    sender = normalise(document.sender.id)
    return Parcel(EDOC, sender, to, document.subject, document.code, document.document_id)


def _status(ack: Acknowledgement) -> Parcel:
    about = ack.response_for
    title = f"{ack.status} {ack.description}".strip()
    to = (normalise(about.organ_id),)
    return Parcel(STATUS, normalise(ack.sender.id), to, title, about.code, about.document_id, ack.status)


def _named(header: str) -> tuple[str, ...]:
    """The codes of a `to` header, which is the text of a JSON array; none where there is no header."""
    if not header:
        return ()
    try:
        codes = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise Failed(NOT_EDXML, "to khong phai mang JSON") from error
    if not isinstance(codes, list) or len(codes) > _MOST_NAMED or not all(isinstance(code, str) for code in codes):
        raise Failed(NOT_EDXML, "to khong phai mang JSON cua cac ma")
    return tuple(dict.fromkeys(normalise(code) for code in codes))


def _narrowed(recipients: tuple[str, ...], named: tuple[str, ...]) -> tuple[str, ...]:
    strangers = set(named) - set(recipients)
    if strangers:
        raise Failed(NOT_EDXML, f"to co ma khong nam trong goi tin: {', '.join(sorted(strangers)[:5])}")
    return named


def rewritten(packet: Packet, source: BinaryIO, hop: Trace) -> Iterator[bytes]:
    """The packet as its recipients get it: in the SDK's order, one more TraceHeader; a status has no trace."""
    if isinstance(packet.body, Acknowledgement):
        yield edxml.write_acknowledgement(packet.body)
        return
    start, length = packet.attachments_span
    if not length:
        yield from edxml.write(packet.body, source, (hop,))
        return
    head, tail = edxml.render(packet.body, (hop,))
    yield head
    yield from _span(source, start, length)
    yield tail


def _span(source: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    source.seek(start)
    while length > 0 and (piece := source.read(min(PIECE, length))):
        length -= len(piece)
        yield piece
