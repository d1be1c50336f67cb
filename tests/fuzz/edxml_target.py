"""The edXML reader: what it takes is exactly what stands there, and goes on unchanged."""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from random import Random
from typing import BinaryIO
from xml.etree import ElementTree as ET
from zlib import crc32

import pybase64

from hub.errors import Refused
from hub.standards import edxml
from hub.vocabulary import Acknowledgement, Attachment, Document, Packet
from plugins.folderdrop.clerk.sending.reasons import hub_refused
from tests.fuzz.edxml_mutate import mutated
from tests.fuzz.edxml_valid import Wish, templates, valid
from tests.fuzz.target import Case, Ending, hold, kept

_SAMPLES = Path(__file__).parents[1] / "data" / "edxml"
_LONG = re.compile(rb"(ContentTransferEncoded[^>]*>[A-Za-z0-9+/]{600})[A-Za-z0-9+/=]{60000,}")
_HOP = edxml.Trace("000.00.00.H48", "2026/03/02 10:00:00")
_DIGITS = re.compile(r"\d+")
_QUOTED = re.compile(r"“.*”|\(.*\)")


class EdxmlTarget:
    """Every form of a packet."""

    name = "edxml"

    def seeds(self) -> Sequence[bytes]:
        """The samples, their long attachments cut, the other forms, and what is kept."""
        samples = [_LONG.sub(rb"\1", path.read_bytes()) for path in sorted(_SAMPLES.glob("*.edxml"))]
        return [*samples, *templates(), *kept(self.name).values()]

    def valid(self, dice: Random) -> Case:
        """A packet in any form, with what it says."""
        return valid(dice)

    def mutated(self, dice: Random, data: bytes, other: bytes) -> bytes:
        """Markup, JSON, base64 and bytes changed."""
        return mutated(dice, data, other)

    def judge(self, case: Case) -> Ending:
        """Read it, and compare with what stands there."""
        packet = _read(io.BytesIO(case.data))
        step = crc32(case.data) % 1000
        if 0 < step < 150 and len(case.data) < 400 * step:
            again = _read(_Pieces(case.data, step))
            hold(_same(packet, again), f"read as another in pieces of {step} bytes: {packet} / {again}")
        if isinstance(packet, Refused):
            hold(case.wish is None, f"a valid packet is refused: {packet}")
            return Ending(False, _named(packet))
        if isinstance(case.wish, Wish):
            _is_as_wished(case.data, packet, case.wish)
        _is_whole(packet)
        _is_what_stands_there(case.data, packet)
        opened = _is_readable(case.data, packet)
        _goes_on(case.data, packet)
        said = ",".join(sorted({_QUOTED.sub("", _DIGITS.sub("", each)) for each in packet.repairs}))
        return Ending(True, f"{type(packet.body).__name__} {packet.variant} {said} {opened}")


def _read(file: BinaryIO) -> Packet | Refused:
    try:
        return edxml.read(file)
    except Refused as refused:
        return refused


class _Pieces(io.BytesIO):
    """A file that gives at most so many bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        super().__init__(data)
        self._step = step

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._step if size is None or size < 0 else min(size, self._step))


def _same(one: Packet | Refused, other: Packet | Refused) -> bool:
    if isinstance(one, Refused) and isinstance(other, Refused):
        return (one.code, one.where) == (other.code, other.where)
    return one == other


def _named(refused: Refused) -> str:
    hold(refused.code and refused.reason.strip().endswith("."), f"a refusal without a sentence: {refused!r}")
    hold(not refused.reason.isascii(), f"a refusal that is not Vietnamese: {refused.reason}")
    hold(refused.where or refused.code in _EVERYWHERE, f"a refusal without a place: {refused}")
    answer = hub_refused(refused)
    hold(answer.code and answer.what and answer.todo, f"a clerk is told nothing of {refused}")
    str(refused).encode()
    return f"{refused.code} {_QUOTED.sub('', _DIGITS.sub('', refused.reason))} {_DIGITS.sub('', refused.where)[:40]}"


#: these concern the packet as a whole
_EVERYWHERE = frozenset({"not-edxml", "too-large", "too-many", "too-deep", "not-well-formed"})


def _is_as_wished(data: bytes, packet: Packet, wish: Wish) -> None:
    body, said = packet.body, wish.body
    if isinstance(body, Document) and isinstance(said, Document):
        found = tuple((each.name, _bytes(data, each)) for each in body.attachments)
        hold(found == wish.files, "an attachment is read as another")
        body, said = replace(body, attachments=()), replace(said, attachments=())
    for each in fields(said):
        told, wanted = getattr(body, each.name, None), getattr(said, each.name)
        hold(told == wanted, f"{each.name} is read as {told!r} and not as {wanted!r}")
    hold(packet.variant in wish.variants, f"the form is called {packet.variant}")


def _bytes(data: bytes, attached: Attachment) -> bytes:
    return b"".join(edxml.decode(io.BytesIO(data), attached))


def _is_whole(packet: Packet) -> None:
    """Nothing is taken without what nobody can do without, and every text can be stored."""
    body = packet.body
    hold(body.sender.id, "taken without a sender")
    if isinstance(body, Document):
        hold(body.to and all(organ.id for organ in body.to), "taken without a recipient")
        hold(body.number and body.subject, "taken without number or subject")
        hold(all(each.name for each in body.attachments), "an attachment without a name")
    else:
        hold(body.status and body.response_for.organ_id, "an answer to nobody")
    for text in (*_texts(body), *packet.repairs):
        text.encode()
        hold("\x00" not in text, f"a text with NUL, which no database takes: {text!r}")


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for each in value for text in _texts(each)]
    if is_dataclass(value):
        return [text for each in fields(value) for text in _texts(getattr(value, each.name))]
    return []


def _is_what_stands_there(data: bytes, packet: Packet) -> None:
    """A reader of another make finds the same recipients and attachments, where it can read the packet at all."""
    body = packet.body
    if packet.repairs or packet.variant not in ("sdk", "dotnet") or not isinstance(body, Document):
        return
    root = ET.fromstring(data, ET.XMLParser(encoding="utf-8"))
    hold(len(_contents(root)) == len(body.attachments), "an attachment is lost or invented")
    header = next(each for each in root.iter() if _is_ours(each) and each.tag.endswith("MessageHeader"))
    wanted = {_id(each) for each in header if _is_ours(each) and each.tag.rpartition("}")[2] == "To"}
    hold({organ.id for organ in body.to} == wanted, f"recipients {wanted} are read as {body.to}")


def _contents(root: ET.Element) -> list[ET.Element]:
    """Contents of attachments; elsewhere an element of that name counts where there is something in it."""
    within = {each for parent in root.iter() if parent.tag.endswith("Attachment") for each in parent}
    named = [each for each in root.iter() if _is_ours(each) and each.tag.rpartition("}")[2] == "ContentTransferEncoded"]
    return [each for each in named if each in within or len(each) or (each.text or "").strip()]


def _is_ours(element: ET.Element) -> bool:
    """Of the standard's namespace, or of none, which is taken for it."""
    return "{" not in element.tag or element.tag.startswith("{http://www.mic.gov.vn/TBT/QCVN_102_2016}")


def _id(organ: ET.Element) -> str:
    return _kept(next((each.text for each in organ if _is_ours(each) and each.tag.rpartition("}")[2] == "OrganId"), ""))


def _kept(text: str | None) -> str:
    """A field as the hub keeps it."""
    return unicodedata.normalize("NFC", (text or "").strip())


def _is_readable(data: bytes, packet: Packet) -> str:
    """Every attachment's bytes are those that the record says; returns what the last of them is."""
    ends = []
    for attached in packet.body.attachments if isinstance(packet.body, Document) else ():
        text = data[attached.offset : attached.offset + attached.length]
        raw = b"".join(edxml.decode(io.BytesIO(data), attached, unwrap=False))
        hold(hashlib.sha256(raw).hexdigest() == attached.digest, "an attachment's bytes are not those of its digest")
        hold(len(raw) == attached.size, "an attachment's size is wrong")
        if text.isalnum():
            hold(pybase64.b64decode(text) == raw, "an attachment is decoded otherwise than base64 is")
        ends.append(_unwrapped(data, attached) if attached.wrapped else attached.sniffed_type)
    return max(ends, default="")


def _unwrapped(data: bytes, attached: Attachment) -> str:
    try:
        return f"zip {bool(_bytes(data, attached))}"
    except Refused as refused:
        return _named(refused)


def _goes_on(data: bytes, packet: Packet) -> None:
    """What is handed to the next one says the same."""
    body = packet.body
    if isinstance(body, Acknowledgement):
        again = edxml.read(io.BytesIO(edxml.write_acknowledgement(body))).body
        hold(again == body, f"an answer goes on as another: {_differences(again, body)}")
        return
    offset, length = packet.attachments_span
    if length:
        head, tail = edxml.render(body, [_HOP])
        sent = head + data[offset : offset + length] + tail
    else:
        sent = b"".join(edxml.write(body, io.BytesIO(data), [_HOP]))
    again = edxml.read(io.BytesIO(sent)).body
    wanted = replace(body, trace=(*body.trace, _HOP))
    hold(_placeless(again) == _placeless(wanted), f"goes on as another: {_differences(again, wanted)}")


def _placeless(body: Document | Acknowledgement) -> object:
    if not isinstance(body, Document):
        return body
    return replace(body, attachments=tuple(replace(each, offset=0, length=0) for each in body.attachments))


def _differences(one: object, other: object) -> list[str]:
    if type(one) is not type(other) or not is_dataclass(one):
        return [f"{one!r} / {other!r}"]
    pairs = ((each.name, getattr(one, each.name), getattr(other, each.name)) for each in fields(one))
    return [f"{name}: {mine!r} / {yours!r}"[:300] for name, mine, yours in pairs if mine != yours]
