"""What is written is the SDK's wire form, and reads back as what it was."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import Refused
from hub.standards import edxml
from hub.vocabulary import (
    Acknowledgement,
    Attachment,
    Business,
    BusinessInfo,
    Document,
    DocumentChange,
    DocumentType,
    Organization,
    OtherInfo,
    Packet,
    ReceiverChange,
    Reference,
    Replacement,
    Signer,
    Staff,
    Trace,
    Urgency,
)

QCVN = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
STEADY = settings(deadline=None, derandomize=True)
HOP = Trace("000.00.00.H48", "2026/03/02 10:00:00")


def legal(text: str) -> str:
    """As a reader hands text over: trimmed, NFC, line ends as XML has them."""
    return unicodedata.normalize("NFC", text.replace("\r", "")).strip()


CHARACTERS = st.characters(
    exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff", include_characters="\n\t"
)
TEXT = st.text(CHARACTERS, max_size=30).map(legal)
SOME = TEXT.filter(bool)
COUNT = st.none() | st.integers(0, 999_999_999)


def organizations(ids: st.SearchStrategy[str] = SOME) -> st.SearchStrategy[Organization]:
    return st.builds(Organization, ids, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT)


def many(each: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(each, max_size=3).map(tuple)


STAFF = st.builds(Staff, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT)
REFERENCE = st.builds(Reference, SOME, TEXT, TEXT, TEXT)
BUSINESS = st.builds(
    BusinessInfo,
    type=st.sampled_from(Business),
    document_id=TEXT,
    reason=TEXT,
    paper=COUNT,
    changes=many(st.builds(DocumentChange, COUNT, COUNT, many(st.builds(ReceiverChange, SOME, COUNT)))),
    replacements=many(st.builds(Replacement, SOME, many(SOME))),
    staff=many(STAFF),
)
DOCUMENTS = st.builds(
    Document,
    sender=organizations(),
    to=st.lists(organizations(), min_size=1, max_size=3, unique_by=lambda each: each.id).map(tuple),
    document_id=TEXT,
    number=SOME.filter(lambda text: "/" not in text),
    notation=SOME,
    promulgation_date=st.none() | st.dates(date(1000, 1, 1)),
    subject=SOME,
    type=st.builds(DocumentType, TEXT, COUNT, COUNT),
    place=TEXT,
    content=TEXT,
    signer=st.builds(Signer, TEXT, TEXT, TEXT),
    due_date=TEXT,
    other=st.builds(OtherInfo, st.sampled_from(Urgency), TEXT, TEXT, COUNT, COUNT, TEXT, many(SOME)),
    response_for=many(REFERENCE),
    steering_type=COUNT,
    task_codes=many(SOME),
    application_type=TEXT,
    to_places=many(SOME),
    business=BUSINESS,
    trace=many(st.builds(Trace, SOME.filter(lambda text: text != "null"), TEXT)),
)
ACKNOWLEDGEMENTS = st.builds(
    Acknowledgement,
    sender=organizations(),
    response_for=st.builds(Reference, SOME, SOME, TEXT, TEXT),
    status=st.sampled_from(["01", "02", "06", "13", "16", "99", "x"]),
    at=st.none() | st.integers(315_532_800, 7_258_118_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    description=TEXT,
    staff=STAFF,
)
FILES = st.lists(
    st.tuples(
        SOME.map(lambda text: text.replace(".", "_")), st.sampled_from(["pdf", "doc", "xls", "txt"]), st.binary()
    ),
    max_size=3,
)


def document() -> Document:
    return Document(
        sender=Organization("000.00.14.H48", "Sở Nội vụ", "UBND tỉnh"),
        to=(Organization("000.00.16.H48", "Sở KH&CN"),),
        document_id="000.00.14.H48,2026/03/02,204/SNV-VP",
        number="204",
        notation="SNV-VP",
        promulgation_date=date(2026, 3, 2),
        subject="V/v <thử> & nghiệm",
    )


def read(data: bytes) -> Packet:
    return edxml.read(io.BytesIO(data))


def composed(about: Document, *files: tuple[str, bytes]) -> bytes:
    return b"".join(edxml.compose(about, [as_file(name, data) for name, data in files]))


def as_file(name: str, data: bytes) -> edxml.File:
    return edxml.File(name, lambda: io.BytesIO(data))


def contents(data: bytes, attached: Attachment) -> bytes:
    return b"".join(edxml.decode(io.BytesIO(data), attached))


def without_places(packet: Packet) -> Document:
    assert isinstance(packet.body, Document)
    return replace(packet.body, attachments=tuple(replace(each, offset=0) for each in packet.body.attachments))


def outline(element: ET.Element) -> list[str]:
    """Tags in order, with their depth, the packet's namespace cut off."""

    def walk(each: ET.Element, depth: int) -> Iterator[str]:
        assert each.tag.startswith(f"{{{QCVN}}}")
        yield "." * depth + each.tag.partition("}")[2]
        for child in each:
            yield from walk(child, depth + 1)

    return list(walk(element, 0))


# round trips ---------------------------------------------------------------------------------------


@STEADY
@given(DOCUMENTS, FILES)
def test_documents_come_back_and_so_do_their_files(about: Document, files: list[tuple[str, str, bytes]]) -> None:
    named = [(f"{name}.{ext}", data) for name, ext, data in files]
    data = composed(about, *named)
    packet = read(data)
    assert packet.repairs == ()
    assert isinstance(packet.body, Document)
    assert replace(packet.body, attachments=()) == about
    attached = packet.body.attachments
    assert [(each.name, contents(data, each)) for each in attached] == named
    again = b"".join(edxml.write(packet.body, io.BytesIO(data), ()))
    assert again == data
    assert read(again) == packet


@STEADY
@given(DOCUMENTS, FILES)
def test_a_span_between_head_and_tail_is_a_whole_packet(about: Document, files: list[tuple[str, str, bytes]]) -> None:
    stored = composed(about, *((f"{name}.{ext}", data) for name, ext, data in files))
    packet = read(stored)
    assert isinstance(packet.body, Document)
    offset, length = packet.attachments_span
    head, tail = edxml.render(packet.body, (HOP,))
    passed_on = read(head + stored[offset : offset + length] + tail)
    assert length
    assert passed_on.repairs == ()
    assert isinstance(passed_on.body, Document)
    assert passed_on.body.trace == (*about.trace, HOP)
    assert replace(without_places(passed_on), trace=about.trace) == without_places(packet)


@STEADY
@given(ACKNOWLEDGEMENTS)
def test_acknowledgements_come_back(ack: Acknowledgement) -> None:
    assert read(edxml.write_acknowledgement(ack)) == Packet(ack)


# the wire form -------------------------------------------------------------------------------------


FULL = Document(
    sender=Organization("1", "2", "3", "4", "5", "6", "7", "8"),
    to=(Organization("9"), Organization("10", "11")),
    document_id="12",
    number="13",
    notation="14",
    promulgation_date=date(2026, 3, 2),
    subject="15",
    type=DocumentType("16", 17, 18),
    place="19",
    content="20",
    signer=Signer("21", "22", "23"),
    due_date="2026/04/01",
    other=OtherInfo(Urgency.FLASH, "24", "25", 26, 27, "true", ("28",)),
    response_for=(Reference("29", "30", "31", "32"),),
    steering_type=2,
    task_codes=("33",),
    application_type="34",
    to_places=("35", "36"),
    business=BusinessInfo(
        Business.UPDATE,
        "37",
        "38",
        0,
        (DocumentChange(1, 1, (ReceiverChange("39", 0),)),),
        (Replacement("40", ("41",)),),
        (Staff("42", "43", "44", "45", "46", "47"),),
    ),
    trace=(Trace("48", "2026/03/02 08:00:00"),),
)
ORDER = """
edXML
.edXMLEnvelope
..edXMLHeader
...MessageHeader
....From
.....OrganId OrganizationInCharge OrganName OrganAdd Email Telephone Fax Website
....To
.....OrganId
....To
.....OrganId OrganName
....DocumentId
....Code
.....CodeNumber CodeNotation
....PromulgationInfo
.....Place PromulgationDate
....DocumentType
.....Type TypeDetail TypeName
....Subject Content
....SignerInfo
.....Competence Position FullName
....DueDate
....OtherInfo
.....Priority SphereOfPromulgation TyperNotation PromulgationAmount PageAmount Direction
.....Appendixes
......Appendix
....ResponseFor
.....OrganId Code DocumentId PromulgationDate
....SteeringType
....ResponseForTask
.....TaskCode
....ApplicationType
....ToPlaces
.....Place Place
...TraceHeaderList
....TraceHeader
.....OrganId Timestamp
....TraceHeader
.....OrganId Timestamp
....Bussiness
.....DocumentId BussinessDocType BussinessDocReason Paper
.....BussinessDocumentInfo
......DocumentInfo DocumentReceiver
......ReceiverList
.......Receiver
........OrganId ReceiverType
.....ReplacementInfoList
......ReplacementInfo
.......DocumentId
.......OrganIdList
........OrganId
.....StaffInfo
......Department DepartmentId Staff StaffId Email Mobile
..edXMLBody
...edXMLManifest
....Reference
.....ContentId ContentType AttachmentName
.AttachmentEncoded
..Attachment
...ContentId AttachmentName ContentType ContentTransferEncoded
"""


def test_elements_stand_in_the_order_of_the_sdk() -> None:
    stored = composed(FULL, ("a.pdf", b"%PDF-"))
    packet = read(stored)
    assert isinstance(packet.body, Document)
    data = b"".join(edxml.write(packet.body, io.BytesIO(stored), (HOP,)))
    expected = []
    for line in ORDER.split("\n"):
        depth = line.count(".")
        expected += ["." * depth + name for name in line.lstrip(".").split()]
    assert outline(ET.fromstring(data)) == expected


def test_prefixes_are_literal() -> None:
    data = composed(document(), ("a.pdf", b"%PDF-"))
    assert data.startswith(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<edXML xmlns="{QCVN}">'
        f'<edXML:edXMLEnvelope xmlns:edXML="{QCVN}"><edXML:edXMLHeader><edXML:MessageHeader><edXML:From>'.encode()
    )
    envelope, _, rest = data.partition(b"</edXML:edXMLEnvelope>")
    inside = envelope.partition(b"<edXML:edXMLHeader>")[2]
    assert all(part.startswith((b"edXML:", b"/edXML:")) for part in inside.split(b"<")[1:])
    assert b'<edXML:edXMLManifest version="1.0">' in envelope
    assert rest.startswith(b"<AttachmentEncoded><Attachment><ContentId>cid:")
    assert rest.endswith(
        f'<ContentType>application/pdf</ContentType><edXML:ContentTransferEncoded xmlns:edXML="{QCVN}">JVBERi0='
        "</edXML:ContentTransferEncoded></Attachment></AttachmentEncoded></edXML>".encode()
    )


def test_a_status_packet_to_the_letter() -> None:
    ack = Acknowledgement(
        sender=Organization("000.00.16.H48", "Sở KH&CN", "UBND tỉnh"),
        response_for=Reference("000.00.14.H48", "204/SNV-VP", "000.00.14.H48,2026/03/02,204/SNV-VP", "2026/03/02"),
        status="02",
        at=datetime(2026, 3, 2, 18, 30, 5, tzinfo=UTC),
        description="Sai thẩm quyền",
        staff=Staff(department="Văn thư", staff="N. V. A", email="vt@example.vn", mobile="090"),
    )
    assert edxml.write_acknowledgement(ack).decode() == (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<edXML xmlns="{QCVN}"><edXML:edXMLEnvelope xmlns:edXML="{QCVN}">'
        "<edXML:edXMLHeader><edXML:MessageHeader><edXML:From><edXML:OrganId>000.00.16.H48</edXML:OrganId>"
        "<edXML:OrganizationInCharge>UBND tỉnh</edXML:OrganizationInCharge>"
        "<edXML:OrganName>Sở KH&amp;CN</edXML:OrganName></edXML:From>"
        "<edXML:ResponseFor><edXML:OrganId>000.00.14.H48</edXML:OrganId>"
        "<edXML:Code>204/SNV-VP</edXML:Code>"
        "<edXML:PromulgationDate>2026/03/02</edXML:PromulgationDate>"
        "<edXML:DocumentId>000.00.14.H48,2026/03/02,204/SNV-VP</edXML:DocumentId></edXML:ResponseFor><edXML:StaffInfo>"
        "<edXML:Department>Văn thư</edXML:Department><edXML:Staff>N. V. A</edXML:Staff><edXML:Mobile>090</edXML:Mobile>"
        "<edXML:Email>vt@example.vn</edXML:Email></edXML:StaffInfo><edXML:StatusCode>02</edXML:StatusCode>"
        "<edXML:Description>Sai thẩm quyền</edXML:Description><edXML:Timestamp>2026/03/03 01:30:05</edXML:Timestamp>"
        "</edXML:MessageHeader></edXML:edXMLHeader></edXML:edXMLEnvelope></edXML>"
    )


def test_absent_parts_are_left_out_and_required_ones_stay() -> None:
    head = edxml.render(document(), ())[0].decode()
    for absent in ("DueDate", "ResponseFor", "SteeringType", "ToPlaces", "Direction", "StaffInfo", "Website"):
        assert f"edXML:{absent}>" not in head
    for present in ("Content", "Place", "TypeName", "Competence", "Position", "FullName"):
        assert f"<edXML:{present}></edXML:{present}>" in head
    assert "<edXML:Bussiness><edXML:BussinessDocType>0</edXML:BussinessDocType></edXML:Bussiness>" in head


def test_characters_that_xml_cannot_carry_are_left_out() -> None:
    odd = replace(document(), subject="a\x00b\x1f\ud800\uffff]]>\r\n<c>")
    body = read(composed(odd)).body
    assert isinstance(body, Document)
    assert body.subject == "ab]]>\r\n<c>"


# attachments ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "declared", "wrapped"),
    [
        ("a.pdf", "application/pdf", False),
        ("A.PDF", "application/pdf", False),
        ("a.doc", "application/doc", False),
        ("a.docx", "application/docx", False),
        ("a.xsl", "application/xsl", False),
        ("a.xslx", "application/xslx", False),
        ("a.xls", "application/zip", True),
        ("a.xlsx", "application/zip", True),
        ("a.png", "application/zip", True),
        ("a", "application/zip", True),
    ],
)
def test_the_writer_wraps_what_the_sdk_wraps(name: str, declared: str, wrapped: bool) -> None:
    content = b"PK-free content " * 1000
    data = composed(document(), (name, content))
    body = read(data).body
    assert isinstance(body, Document)
    (attached,) = body.attachments
    assert (attached.name, attached.content_type, attached.wrapped) == (name, declared, wrapped)
    assert contents(data, attached) == content


@pytest.mark.parametrize("name", ["a./", "a.b/c", "....//", "a.\\", "a. "])
def test_a_name_that_ends_like_a_folder_s_is_still_a_file_s(name: str) -> None:
    data = composed(document(), (name, b"text"))
    body = read(data).body
    assert isinstance(body, Document)
    assert [b"text"] == [contents(data, attached) for attached in body.attachments]


def test_a_file_with_its_own_type_goes_as_it_is() -> None:
    file = edxml.File("a.png", lambda: io.BytesIO(b"\x89PNG\r\n\x1a\n"), "image/png")
    data = b"".join(edxml.compose(document(), [file]))
    body = read(data).body
    assert isinstance(body, Document)
    (attached,) = body.attachments
    assert (attached.content_type, attached.sniffed_type, attached.wrapped) == ("image/png", "image/png", False)


def test_rewriting_cleans_the_text_and_keeps_the_bytes() -> None:
    content = bytes(range(256)) * 2000
    data = composed(document(), ("a.pdf", content))
    start = data.index(b">", data.index(b"<edXML:ContentTransferEncoded")) + 1
    end = data.index(b"</edXML:ContentTransferEncoded>")
    lines = b"&#xD;\n".join(data[at : min(at + 76, end)] for at in range(start, end, 76))
    spread = b"\xef\xbb\xbf" + data[:start] + lines + data[end:]
    body = read(spread).body
    assert isinstance(body, Document)
    assert b"".join(edxml.write(body, io.BytesIO(spread), ())) == data


def test_a_stored_packet_that_became_shorter_is_refused() -> None:
    data = composed(document(), ("a.pdf", bytes(9000)))
    body = read(data).body
    assert isinstance(body, Document)
    with pytest.raises(Refused, match="cắt ngang"):
        list(edxml.write(body, io.BytesIO(data[:9000]), ()))
    with pytest.raises(Refused, match="cắt ngang"):
        list(edxml.decode(io.BytesIO(data[:9000]), body.attachments[0]))
