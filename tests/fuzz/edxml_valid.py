"""Packets that must be taken: by the hub's own writer, and by hand in the forms of others."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from random import Random
from xml.sax.saxutils import escape

import pybase64

from hub.standards import edxml
from hub.vocabulary import (
    Acknowledgement,
    Business,
    BusinessInfo,
    Document,
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
from tests.fuzz import words
from tests.fuzz.target import Case

_QCVN = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
_EDOC = "http://www.e-doc.vn/Schema/"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_XSD = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
_UUID = re.compile(rb"(?<=cid:)[0-9a-f-]{36}")
_ENDINGS = ("pdf", "doc", "docx", "xlsx", "txt", "png", "zip")
Files = tuple[tuple[str, bytes], ...]
#: an element: its name, and its text or what is in it
Leaf = tuple[str, "str | Sequence[Leaf]"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a packet must be read as."""

    body: Document | Acknowledgement
    files: Files
    variants: tuple[str, ...]


def valid(dice: Random) -> Case:
    """A packet in a form of chance."""
    if dice.random() < 0.2:
        answer = _answer(dice)
        if dice.random() < 0.5:
            return Case(edxml.write_acknowledgement(answer), Wish(answer, (), ("sdk",)))
        data, variant = _form(dice)(_answer_tree(answer), (), True)
        return Case(data, Wish(answer, (), (variant,)))
    document, files = _document(dice), _files(dice)
    if dice.random() < 0.4:
        return Case(_composed(dice, document, files), Wish(document, files, ("sdk",)))
    data, variant = _form(dice)(_document_tree(document), files, False)
    return Case(data, Wish(document, files, (variant,)))


def templates() -> list[bytes]:
    """One document and one answer in every form of others."""
    dice = Random(102)
    files = (("a.pdf", b"%PDF-1.4 " + bytes(range(200))), ("b.doc", _wrapped(b"doc" * 50)))
    documents = [form(dice, _document_tree(_document(dice)), files, False)[0] for form in _FORMS]
    answers = [form(dice, _answer_tree(_answer(dice)), (), True)[0] for form in _FORMS]
    return [*documents, *answers, _composed(dice, _document(dice), files)]


def _composed(dice: Random, document: Document, files: Files) -> bytes:
    """By the hub's own writer, its ids made by these dice."""
    opened = [edxml.File(name, partial(io.BytesIO, content)) for name, content in files]
    known: dict[bytes, bytes] = {}
    packet = b"".join(edxml.compose(document, opened))
    return _UUID.sub(lambda found: known.setdefault(found[0], dice.randbytes(16).hex().encode()), packet)


# what is said --------------------------------------------------------------------------------------


def _organ(dice: Random) -> Organization:
    name = words.maybe(dice, words.sentence(dice, 4))
    return Organization(words.code(dice), name, email=words.maybe(dice, "vt@so.example", 0.2))


def _document(dice: Random) -> Document:
    to = {organ.id: organ for organ in (_organ(dice) for _ in range(dice.choice((1, 1, 2, 3, 20))))}
    day = words.day(dice)
    return Document(
        sender=_organ(dice),
        to=tuple(to.values()),
        document_id=words.maybe(
            dice, f"{words.code(dice)},{edxml.write_time(_moment(dice))[:10]},{words.number(dice)}"
        ),
        number=words.number(dice),
        notation=words.notation(dice),
        promulgation_date=day,
        subject=words.sentence(dice, 30),
        type=DocumentType(dice.choice(("Công văn", "Quyết định", "")), dice.choice((None, 1, 7))),
        place=words.maybe(dice, "Quảng Ngãi"),
        content=words.maybe(dice, words.sentence(dice, 60)),
        signer=Signer(words.maybe(dice, "KT."), words.maybe(dice, "Chủ tịch"), words.maybe(dice, words.person(dice))),
        due_date=words.maybe(dice, f"{words.day(dice):%Y/%m/%d}", 0.2),
        other=OtherInfo(dice.choice(list(Urgency)), page_amount=dice.choice((None, 3)), appendixes=_some(dice)),
        response_for=tuple(_reference(dice) for _ in range(dice.choice((0, 0, 1, 2)))),
        steering_type=dice.choice((None, 0, 1)),
        to_places=_some(dice),
        business=_business(dice),
        trace=tuple(Trace(words.code(dice), edxml.write_time(_moment(dice))) for _ in range(dice.choice((0, 1, 3)))),
    )


def _some(dice: Random) -> tuple[str, ...]:
    return tuple(words.sentence(dice, 3) for _ in range(dice.choice((0, 0, 1, 3))))


def _moment(dice: Random) -> datetime:
    return datetime.fromtimestamp(dice.randint(1_500_000_000, 1_900_000_000), UTC)


def _reference(dice: Random) -> Reference:
    return Reference(words.code(dice), f"{words.number(dice)}/{words.notation(dice)}", words.maybe(dice, "id-1"))


def _business(dice: Random) -> BusinessInfo:
    kind = dice.choice(list(Business))
    changed = DocumentChange(1, 0, (ReceiverChange(words.code(dice), dice.choice((0, 1))),))
    return BusinessInfo(
        kind,
        words.maybe(dice, "id-2") if kind else "",
        words.maybe(dice, words.sentence(dice, 5)),
        dice.choice((None, 0, 1)),
        (changed,) if kind is Business.UPDATE else (),
        (Replacement("id-3", (words.code(dice),)),) if kind is Business.REPLACE else (),
        (Staff("Văn thư", staff=words.person(dice)),) if dice.random() < 0.2 else (),
    )


def _answer(dice: Random) -> Acknowledgement:
    return Acknowledgement(
        sender=_organ(dice),
        response_for=_reference(dice),
        status=dice.choice(("01", "02", "03", "06", "13", "16", "99")),
        at=_moment(dice),
        description=words.maybe(dice, words.sentence(dice, 12)),
        staff=Staff("Văn thư", staff=words.person(dice), mobile="0255") if dice.random() < 0.5 else Staff(),
    )


def _files(dice: Random) -> Files:
    files = [(f"{number}-{_name(dice)}", _content(dice)) for number in range(dice.choice((0, 1, 1, 2, 5)))]
    return tuple(files)


def _name(dice: Random) -> str:
    return f"{words.sentence(dice, 3, signs=False)}.{dice.choice(_ENDINGS)}"


def _content(dice: Random) -> bytes:
    head = dice.choice((b"%PDF-1.7\n", b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Văn bản ".encode(), b"PK\x03\x04"))
    return head + dice.randbytes(dice.choice((0, 1, 2, 3, 100, 5000)))


def _wrapped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.doc", content)
    return out.getvalue()


# as a tree -----------------------------------------------------------------------------------------


def _leaves(*pairs: tuple[str, object]) -> list[Leaf]:
    """The pairs that say something."""
    return [(name, str(value)) for name, value in pairs if value not in ("", None)]


def _organ_leaf(name: str, organ: Organization) -> Leaf:
    return name, _leaves(("OrganId", organ.id), ("OrganName", organ.name), ("Email", organ.email))


def _reference_leaf(about: Reference) -> Leaf:
    return "ResponseFor", _leaves(("OrganId", about.organ_id), ("Code", about.code), ("DocumentId", about.document_id))


def _staff_leaf(person: Staff) -> Leaf:
    return "StaffInfo", _leaves(("Department", person.department), ("Staff", person.staff), ("Mobile", person.mobile))


def _answer_tree(answer: Acknowledgement) -> list[Leaf]:
    assert answer.at is not None
    said = _leaves(("StatusCode", answer.status), ("Description", answer.description))
    staff = [_staff_leaf(answer.staff)] if answer.staff != Staff() else []
    at = ("Timestamp", edxml.write_time(answer.at))
    return [
        ("MessageHeader", [_organ_leaf("From", answer.sender), _reference_leaf(answer.response_for), *said, *staff, at])
    ]


def _document_tree(said: Document) -> list[Leaf]:
    """MessageHeader and TraceHeaderList."""
    day = f"{said.promulgation_date:%Y/%m/%d}"
    other = _leaves(("Priority", int(said.urgency)), ("PageAmount", said.other.page_amount))
    message: list[Leaf] = [
        _organ_leaf("From", said.sender),
        *(_organ_leaf("To", organ) for organ in said.to),
        *_leaves(("DocumentId", said.document_id)),
        ("Code", [("CodeNumber", said.number), ("CodeNotation", said.notation)]),
        ("PromulgationInfo", [*_leaves(("Place", said.place)), ("PromulgationDate", day)]),
        ("DocumentType", [*_leaves(("Type", said.type.type)), ("TypeName", said.type.name)]),
        ("Subject", said.subject),
        *_leaves(("Content", said.content)),
        ("SignerInfo", _signer(said.signer)),
        *_leaves(("DueDate", said.due_date)),
        ("OtherInfo", [*other, *_listed("Appendixes", "Appendix", said.other.appendixes)]),
        *(_reference_leaf(each) for each in said.response_for),
        *_leaves(("SteeringType", said.steering_type)),
        *_listed("ToPlaces", "Place", said.to_places),
    ]
    hops: list[Leaf] = [
        ("TraceHeader", _leaves(("OrganId", hop.organ_id), ("Timestamp", hop.timestamp))) for hop in said.trace
    ]
    return [
        ("MessageHeader", message),
        ("TraceHeaderList", [*hops, ("Bussiness", list(_business_leaves(said.business)))]),
    ]


def _signer(said: Signer) -> list[Leaf]:
    return _leaves(("Competence", said.competence), ("Position", said.position), ("FullName", said.full_name))


def _listed(name: str, item: str, texts: Sequence[str]) -> list[Leaf]:
    return [(name, [(item, text) for text in texts])] if texts else []


def _business_leaves(said: BusinessInfo) -> Iterator[Leaf]:
    yield "BussinessDocType", str(int(said.type))
    yield from _leaves(("DocumentId", said.document_id), ("BussinessDocReason", said.reason), ("Paper", said.paper))
    for change in said.changes:
        receivers = [
            ("Receiver", _leaves(("OrganId", each.organ_id), ("ReceiverType", each.type))) for each in change.receivers
        ]
        numbers = _leaves(("DocumentInfo", change.document_info), ("DocumentReceiver", change.document_receiver))
        yield "BussinessDocumentInfo", [*numbers, ("ReceiverList", receivers)]
    for old in said.replacements:
        organs = [("OrganId", organ) for organ in old.organ_ids]
        yield "ReplacementInfoList", [("ReplacementInfo", [("DocumentId", old.document_id), ("OrganIdList", organs)])]
    for person in said.staff:
        yield _staff_leaf(person)


# as bytes ------------------------------------------------------------------------------------------


def _form(dice: Random):  # type: ignore[no-untyped-def]  # partial of a table's entry
    return partial(dice.choice(_FORMS), dice)


def _dotnet(dice: Random, tree: Sequence[Leaf], files: Files, answer: bool) -> tuple[bytes, str]:
    style = _Style(dice, "")
    attached = "".join(
        f"<Attachment><ContentId>{number}</ContentId><AttachmentName>{escape(name)}</AttachmentName>"
        f"<ContentType>application/x</ContentType><ContentTransferEncoded>{style.base64(content)}"
        "</ContentTransferEncoded></Attachment>"
        for number, (name, content) in enumerate(files)
    )
    text = (
        f'<?xml version="1.0" encoding="utf-8"?>{style.gap()}<edXML {_XSD} xmlns="{_QCVN}"><edXMLEnvelope>'
        f"<edXMLHeader>{style.xml(tree)}<DigitalSignature/></edXMLHeader></edXMLEnvelope>"
        f"{'' if answer else f'<AttachmentEncoded>{attached}</AttachmentEncoded>'}</edXML>{style.gap()}"
    )
    return text.encode(), "dotnet"


def _soap(dice: Random, tree: Sequence[Leaf], files: Files, answer: bool) -> tuple[bytes, str]:
    style = _Style(dice, "ed:")
    attached = "".join(
        f'<ed:Attachment Content-Type="application/x"><name>{escape(name)}</name><value>{style.base64(content)}'
        "</value></ed:Attachment>"
        for name, content in files
    )
    text = (
        f'<?xml version="1.0"?><s:Envelope xmlns:s="{_SOAP}" xmlns:ed="{_EDOC}"><s:Header>{style.xml(tree)}</s:Header>'
        f"<s:Body><ed:AllDocument><ed:Document><ed:Attach>{attached}</ed:Attach></ed:Document></ed:AllDocument></s:Body>"
        "</s:Envelope>"
    )
    return text.encode(), "soap"


def _json(dice: Random, tree: Sequence[Leaf], files: Files, answer: bool) -> tuple[bytes, str]:
    header = _mapping(tree)
    if answer:
        header["status"] = header.pop("messageheader")
    packet: dict[str, object] = {"header": header}
    if not answer:
        packet["attachments"] = [
            {"attachmentname": name, "contenttype": "x", "contenttransferencoded": pybase64.b64encode(content).decode()}
            for name, content in files
        ]
    text = json.dumps(packet, ensure_ascii=dice.random() < 0.5, indent=dice.choice((None, 1)))
    return (text.replace("/", "\\/") if dice.random() < 0.5 else text).encode(), "json"


_FORMS = (_dotnet, _soap, _json)


def _mapping(leaves: Sequence[Leaf]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in leaves:
        key = "toes" if name == "To" else name.lower()
        if isinstance(value, str):
            said: object = value
        elif name in ("Appendixes", "ToPlaces"):
            said = [text for _, text in value]
        else:
            said = _mapping(value)
        found.setdefault(key, [])
        several = found[key]
        assert isinstance(several, list)
        several.append(said)
    return {
        key: value[0] if len(value) == 1 and key != "toes" else value
        for key, value in found.items()
        if isinstance(value, list)
    }


@dataclass(frozen=True, slots=True)
class _Style:
    """How one writer lays out XML."""

    dice: Random
    prefix: str

    def xml(self, leaves: Sequence[Leaf]) -> str:
        """The elements."""
        return self.gap().join(self._element(name, value) for name, value in leaves)

    def gap(self) -> str:
        """What may stand between elements."""
        return self.dice.choice(("", "", "", "\n", "\r\n\t", "<!-- Văn bản -->", "<?pi x?>"))

    def base64(self, content: bytes) -> str:
        """In one line, in several, in a section, or with escapes."""
        text = pybase64.b64encode(content).decode()
        lines = "\r\n".join(text[at : at + 76] for at in range(0, len(text), 76))
        return self.dice.choice((text, lines, f"<![CDATA[{text}]]>", text.replace("A", "&#65;", 3), f"\n\t{text}\n"))

    def _element(self, name: str, value: str | Sequence[Leaf]) -> str:
        inner = self._text(value) if isinstance(value, str) else self.xml(value)
        return f"<{self.prefix}{name}>{inner}</{self.prefix}{name}>"

    def _text(self, text: str) -> str:
        if "]]>" not in text and self.dice.random() < 0.1:
            return f"<![CDATA[{text}]]>"
        return self.dice.choice(("", " ", "\n")) + escape(text)
