"""The forms a packet may come in, what is mended, and what is refused with its place."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import UTC, date, datetime

import pybase64
import pytest

from hub.errors import Refused
from hub.standards import edxml
from hub.standards.edxml.dates import read_date, read_time, write_time
from hub.vocabulary import Acknowledgement, Attachment, Business, Document, Packet, Trace, Urgency

QCVN = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
PDF = b"%PDF-1.4\n" + bytes(range(256)) * 3
BASE64 = pybase64.b64encode(PDF).decode()

ORGAN = "<edXML:OrganId>{}</edXML:OrganId>"
MESSAGE = (
    "<edXML:From><edXML:OrganId>000.00.14.H48</edXML:OrganId></edXML:From>"
    "<edXML:To><edXML:OrganId>000.00.16.H48</edXML:OrganId></edXML:To>"
    "<edXML:Code><edXML:CodeNumber>204</edXML:CodeNumber><edXML:CodeNotation>SNV-VP</edXML:CodeNotation></edXML:Code>"
    "<edXML:PromulgationInfo><edXML:PromulgationDate>2026/03/02</edXML:PromulgationDate></edXML:PromulgationInfo>"
    "<edXML:DocumentType><edXML:TypeName>Công văn</edXML:TypeName></edXML:DocumentType>"
    "<edXML:Subject>V/v thử</edXML:Subject><edXML:SignerInfo/>"
)
TRACES = "<edXML:TraceHeaderList/>"


def attachment(content: str = BASE64, name: str = "a.pdf", kind: str = "application/pdf") -> str:
    return (
        f"<Attachment><ContentId>cid:1</ContentId><AttachmentName>{name}</AttachmentName>"
        f"<ContentType>{kind}</ContentType>"
        f'<edXML:ContentTransferEncoded xmlns:edXML="{QCVN}">{content}</edXML:ContentTransferEncoded></Attachment>'
    )


def packet(
    message: str = MESSAGE, traces: str = TRACES, attachments: str = "", prolog: str = '<?xml version="1.0"?>'
) -> bytes:
    return (
        f'{prolog}<edXML xmlns="{QCVN}"><edXML:edXMLEnvelope xmlns:edXML="{QCVN}"><edXML:edXMLHeader>'
        f"<edXML:MessageHeader>{message}</edXML:MessageHeader>{traces}</edXML:edXMLHeader>"
        '<edXML:edXMLBody><edXML:edXMLManifest version="1.0"></edXML:edXMLManifest></edXML:edXMLBody>'
        f"</edXML:edXMLEnvelope><AttachmentEncoded>{attachments}</AttachmentEncoded></edXML>"
    ).encode()


def read(data: bytes) -> Packet:
    return edxml.read(io.BytesIO(data))


def document(data: bytes) -> Document:
    body = read(data).body
    assert isinstance(body, Document)
    return body


def contents(data: bytes, attached: Attachment, unwrap: bool = True) -> bytes:
    return b"".join(edxml.decode(io.BytesIO(data), attached, unwrap))


def refusal(data: bytes, limits: edxml.Limits | None = None) -> Refused:
    with pytest.raises(Refused) as caught:
        edxml.read(io.BytesIO(data), limits or edxml.Limits())
    return caught.value


class Trickle(io.RawIOBase):
    """A file that gives at most so many bytes at a time and cannot seek."""

    def __init__(self, data: bytes, step: int) -> None:
        self._data, self._step, self._at = data, step, 0
        self.given = b""

    def read(self, size: int = -1, /) -> bytes:
        piece = self._data[self._at : self._at + (self._step if size < 0 else min(size, self._step))]
        self._at += len(piece)
        self.given += piece
        return piece


# how it is read ------------------------------------------------------------------------------------


RICH = packet(
    MESSAGE.replace("V/v thử", "<!-- <ContentTransferEncoded> -->V/v <![CDATA[<edXML:ContentTransferEncoded>]]>"),
    attachments=attachment(BASE64[:77] + "\r\n" + BASE64[77:])
    + attachment("").replace("cid:1", "cid:2")
    + attachment(f"\n<![CDATA[{BASE64}]]>\n").replace("cid:1", "cid:3")
    + attachment(BASE64.replace("A", "A&#xD;&#10;", 40)).replace("cid:1", "cid:4")
    + '<Attachment><AttachmentName>x.txt</AttachmentName><ContentTransferEncoded a=">"/></Attachment>',
)


@pytest.mark.parametrize("step", [*range(1, 65), 200, 1000, 4096])
def test_pieces_of_any_size_give_the_same_packet(step: int) -> None:
    trickle = Trickle(RICH, step)
    assert edxml.read(trickle) == read(RICH)  # type: ignore[arg-type]
    assert trickle.given == RICH


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64])
def test_a_mirror_in_json_is_read_in_any_pieces_too(step: int) -> None:
    data = json.dumps(mirror(), indent=1).replace("/", "\\/").encode()
    assert edxml.read(Trickle(data, step)) == read(data)  # type: ignore[arg-type]


def test_contents_are_found_between_comments_sections_and_escapes() -> None:
    body = document(RICH)
    assert body.subject == "V/v <edXML:ContentTransferEncoded>"
    assert [contents(RICH, each) for each in body.attachments] == [PDF, b"", PDF, PDF, b""]
    assert {each.digest for each in body.attachments if each.size} == {hashlib.sha256(PDF).hexdigest()}


def test_a_whole_packet_is_read_to_its_last_byte() -> None:
    file = io.BytesIO(packet() + b"\r\n" * 10)
    edxml.read(file)
    assert file.read() == b""


def test_the_span_is_the_element_itself() -> None:
    data = packet(attachments=attachment())
    offset, length = read(data).attachments_span
    assert data[offset : offset + length] == b"<AttachmentEncoded>" + attachment().encode() + b"</AttachmentEncoded>"


@pytest.mark.parametrize("content", [BASE64, ""])
@pytest.mark.parametrize("first", ["AttachmentEncoded", f'edXML:AttachmentEncoded xmlns:edXML="{QCVN}"'])
def test_no_span_where_it_would_not_hold_every_attachment(first: str, content: str) -> None:
    one, other = attachment(content), attachment(name="b.pdf").replace("cid:1", "cid:2")
    closing = first.partition(" ")[0]
    data = packet(attachments=f"{one}</AttachmentEncoded><AttachmentEncoded>{other}")
    data = data.replace(b"<AttachmentEncoded>", f"<{first}>".encode(), 1).replace(
        b"</AttachmentEncoded>", f"</{closing}>".encode(), 1
    )
    assert [each.name for each in document(data).attachments] == ["a.pdf", "b.pdf"]
    assert read(data).attachments_span == (0, 0)


@pytest.mark.parametrize(
    "attachments",
    [
        attachment().replace("edXML:Content", "Content"),
        f"<!-- -->{attachment()}",
        attachment(f"<![CDATA[{BASE64}]]>"),
        attachment().replace("cid:", ""),
        attachment().replace(f' xmlns:edXML="{QCVN}"', ""),
        attachment().replace("edXML", "own"),
    ],
)
def test_no_span_where_a_copy_would_not_mean_the_same(attachments: str) -> None:
    data = packet(attachments=attachments)
    found = read(data)
    assert found.attachments_span == (0, 0)
    assert isinstance(found.body, Document)
    assert contents(data, found.body.attachments[0]) == PDF


# variants ------------------------------------------------------------------------------------------


def test_dotnet_form() -> None:
    data = (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edXML xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        f' xmlns="{QCVN}"><edXMLEnvelope><edXMLHeader><MessageHeader>'
        + MESSAGE.replace("edXML:", "")
        + '</MessageHeader><TraceHeaderList id="1" version="1.0" mustUnderstand="1"><TraceHeader>'
        "<OrganId>000.00.14.H48</OrganId><Timestamp>2026/03/02 08:00:00</Timestamp></TraceHeader>"
        "<Bussiness><BussinessDocType>0</BussinessDocType></Bussiness></TraceHeaderList><DigitalSignature/>"
        '</edXMLHeader><edXMLBody><edXMLManifest version="1.0"><Reference xmlns:xlink="http://www.w3.org/1999/xlink"'
        ' xlink:href="cid:7" xlink:type="simple"><Description>d</Description><AttachmentName>a.pdf</AttachmentName>'
        "<ContentType>pdf</ContentType><ContentId>7</ContentId></Reference></edXMLManifest></edXMLBody></edXMLEnvelope>"
        "<AttachmentEncoded><Attachment><ContentId>7</ContentId><ContentTransferEncoded>"
        + BASE64
        + "</ContentTransferEncoded></Attachment></AttachmentEncoded></edXML>"
    ).encode()
    found = read(data)
    assert (found.variant, found.repairs, found.attachments_span) == ("dotnet", (), (0, 0))
    assert isinstance(found.body, Document)
    (attached,) = found.body.attachments
    assert (attached.name, attached.content_id, attached.content_type) == ("a.pdf", "7", "pdf")
    assert contents(data, attached) == PDF
    assert found.body.trace == (Trace("000.00.14.H48", "2026/03/02 08:00:00"),)


def listed(content_id: str, name: str) -> str:
    return (
        f"<edXML:Reference><edXML:ContentId>{content_id}</edXML:ContentId><edXML:ContentType>text/plain</edXML:ContentType>"
        f"<edXML:AttachmentName>{name}</edXML:AttachmentName></edXML:Reference>"
    )


def with_gaps(manifest: str, *content_ids: str) -> bytes:
    """Attachments without a type, the first without a name too."""
    bare = [attachment(kind="").replace("cid:1", content_id) for content_id in content_ids]
    bare[0] = bare[0].replace("<AttachmentName>a.pdf</AttachmentName>", "<AttachmentName/>")
    data = packet(attachments="".join(bare).replace("<ContentType></ContentType>", ""))
    return data.replace(b"</edXML:edXMLManifest>", f"{manifest}</edXML:edXMLManifest>".encode())


@pytest.mark.parametrize(
    ("manifest", "content_ids", "read_as"),
    [
        (listed("cid:1", "x.txt"), ("cid:1", "cid:2"), [("x.txt", "1", "text/plain"), ("a.pdf", "2", "")]),
        (listed("cid:1", "x.txt"), ("cid:1", "cid:1"), [("tep-kem-1", "1", ""), ("a.pdf", "1", "")]),
        (listed("1", "x") + listed("cid:1", "y"), ("1", "2"), [("tep-kem-1", "1", ""), ("a.pdf", "2", "")]),
        (listed("cid:", "x.txt"), ("cid:", "cid:2"), [("tep-kem-1", "1", ""), ("a.pdf", "2", "")]),
        (
            listed("1", "x.txt"),
            ("", "1", "2"),
            [("tep-kem-1", "3", ""), ("a.pdf", "1", "text/plain"), ("a.pdf", "2", "")],
        ),
    ],
    ids=["one", "of-two-attachments", "of-two-references", "none", "none-and-its-position-taken"],
)
def test_a_gap_is_filled_from_the_manifest_only_where_one_attachment_is_meant(
    manifest: str, content_ids: tuple[str, ...], read_as: list[tuple[str, str, str]]
) -> None:
    data = with_gaps(manifest, *content_ids)
    body = document(data)
    assert [(each.name, each.content_id, each.content_type) for each in body.attachments] == read_as
    again = document(b"".join(edxml.write(body, io.BytesIO(data), ())))
    assert [(each.name, each.content_id, each.content_type) for each in again.attachments] == read_as


def test_a_copied_attachment_without_an_id_does_not_take_what_the_manifest_says_of_another() -> None:
    bare = attachment(kind="").replace("<ContentType></ContentType>", "")
    data = packet(attachments=bare.replace("cid:1", "cid: ") + bare)
    data = data.replace(b"</edXML:edXMLManifest>", f"{listed('cid:1', 'a.pdf')}</edXML:edXMLManifest>".encode())
    body, (offset, length) = document(data), read(data).attachments_span
    head, tail = edxml.render(body, ())
    again = document(head + data[offset : offset + length] + tail)
    told = [(each.name, each.content_id, each.content_type) for each in again.attachments]
    assert told == [("a.pdf", "2", ""), ("a.pdf", "1", "text/plain")]
    assert told == [(each.name, each.content_id, each.content_type) for each in body.attachments]


def test_soap_form_of_the_older_standards() -> None:
    data = (
        '<?xml version="1.0"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:edXML="http://www.e-doc.vn/Schema/"><SOAP-ENV:Header><edXML:MessageHeader>'
        + MESSAGE.replace("2026/03/02", "02/03/2026")
        + "</edXML:MessageHeader><edXML:TraceHeaderList><edXML:TraceHeader><edXML:OrganId>000.00.14.H48</edXML:OrganId>"
        "<edXML:Timestamp>02/03/2026 08:00:00</edXML:Timestamp></edXML:TraceHeader></edXML:TraceHeaderList>"
        "<edXML:ErrorList/></SOAP-ENV:Header><SOAP-ENV:Body><edXML:AllDocument><edXML:Document><edXML:Attach>"
        '<edXML:Attachment Content-Type="application/pdf" Content-Transfer-Encoding="base64"><name>a.pdf</name>'
        f"<value>{BASE64}</value></edXML:Attachment></edXML:Attach></edXML:Document></edXML:AllDocument>"
        "</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    ).encode()
    found = read(data)
    assert found.variant == "soap"
    assert isinstance(found.body, Document)
    assert found.body.promulgation_date == date(2026, 3, 2)
    (attached,) = found.body.attachments
    assert (attached.name, attached.content_type) == ("a.pdf", "application/pdf")
    assert contents(data, attached) == PDF


def mirror() -> dict[str, object]:
    return {
        "header": {
            "messageheader": {
                "from": {"organid": "000.00.14.H48", "organname": "Sở Nội vụ"},
                "toes": [{"organid": "000.00.16.H48"}, {"organid": "000.00.17.H48"}],
                "code": {"codenumber": 204, "codenotation": "SNV-VP"},
                "promulgationinfo": {"place": "Quảng Ngãi", "promulgationdate": "2026/03/02"},
                "documenttype": {"type": "1", "typename": "Công văn"},
                "subject": "Về “thử”\u0001",
                "signerinfo": {"competence": "KT.", "position": "Phó Giám đốc", "fullname": "N. V. A"},
                "toplaces": ["Như trên", "Lưu: VT"],
                "otherinfo": {"priority": "3", "appendixes": ["Phụ lục I"]},
                "responsefor": {"organid": "000.00.16.H48", "code": "1/X"},
                "documentid": "000.00.14.H48,2026/03/02,204/SNV-VP",
            },
            "traceheaderlist": {
                "traceheader": [{"organid": "000.00.14.H48", "timestamp": "2026/03/02 08:00:00"}],
                "bussiness": {
                    "bussinessdoctype": "2",
                    "bussinessdocumentinfo": {
                        "documentreceiver": "1",
                        "receiverlist": {"receiver": [{"organid": "000.00.17.H48", "receivertype": "1"}]},
                    },
                },
            },
        },
        "attachments": [{"attachmentname": "a.pdf", "contenttransferencoded": BASE64}],
    }


def test_json_mirror() -> None:
    data = json.dumps(mirror()).replace("/", "\\/").encode()
    found = read(data)
    assert (found.variant, found.repairs, found.attachments_span) == ("json", (), (0, 0))
    body = found.body
    assert isinstance(body, Document)
    assert (body.sender.name, [to.id for to in body.to]) == ("Sở Nội vụ", ["000.00.16.H48", "000.00.17.H48"])
    assert (body.code, body.subject, body.urgency) == ("204/SNV-VP", "Về “thử”", Urgency.FLASH)
    assert (body.to_places, body.other.appendixes) == (("Như trên", "Lưu: VT"), ("Phụ lục I",))
    assert body.business.type is Business.UPDATE
    assert body.business.changes[0].receivers[0].organ_id == "000.00.17.H48"
    assert contents(data, body.attachments[0]) == PDF
    rewritten = b"".join(edxml.write(body, io.BytesIO(data), ()))
    assert contents(rewritten, document(rewritten).attachments[0]) == PDF


def test_json_mirror_of_a_status() -> None:
    status = {
        "responsefor": {"organid": "000.00.14.H48", "code": "204/SNV-VP", "documentid": "d"},
        "from": {"organid": "000.00.16.H48"},
        "statuscode": "3",
        "description": "vào sổ",
        "timestamp": "2026/03/02 09:00:00",
        "staffinfo": {"staff": "N. V. A"},
    }
    ack = read(json.dumps({"header": {"status": status}}).encode()).body
    assert isinstance(ack, Acknowledgement)
    assert (ack.sender.id, ack.status, ack.description) == ("000.00.16.H48", "03", "vào sổ")
    assert ack.at == datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    assert ack.staff.staff == "N. V. A"


# repairs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xef\xbb\xbf" + packet(), "BOM"),
        (b" \r\n\t" + packet(), "4 byte"),
        (b"12<br>12" + packet(), "8 byte"),
        (b"x" * 4096 + packet(), "4096 byte"),
        (b"mail:" + packet(prolog=""), "5 byte"),
        (packet(prolog='<?xml version="1.0" encoding="utf-16"?>'), "utf-16"),
        (packet(MESSAGE.replace("<edXML:SignerInfo/>", "")), "SignerInfo"),
        (packet(MESSAGE.replace("<edXML:SignerInfo/>", "<edXML:SignerInfo x:y=''/>")), "x"),
        (packet().replace(f' xmlns:edXML="{QCVN}"'.encode(), b""), "edXML"),
        (packet().replace(f' xmlns="{QCVN}"'.encode(), b"").replace(b"edXML:", b""), "không gian tên"),
        (packet(attachments=attachment(name="")), "tep-kem-1"),
        (packet(attachments=attachment("${file}")), "${file}"),
        (packet(MESSAGE.replace("<edXML:SignerInfo/>", "<edXML:OtherInfo><edXML:Priority>9</edXML:Priority>"
                                "</edXML:OtherInfo><edXML:SignerInfo/>")), "9"),
        (packet(MESSAGE.replace("<edXML:Code>", "<edXML:To>" + ORGAN.format("000.00.16.H48") + "</edXML:To>"
                                "<edXML:Code>")), "trùng"),
        (packet(MESSAGE.replace(">204<", ">204/SNV/VP<").replace(">SNV-VP<", "><")), "tách"),
    ],
)  # fmt: skip
def test_repairs_are_made_and_said(data: bytes, said: str) -> None:
    found = read(data)
    assert isinstance(found.body, Document)
    assert len(found.repairs) == 1
    assert said in found.repairs[0]
    assert found.attachments_span == (0, 0)
    assert [to.id for to in found.body.to] == ["000.00.16.H48"]
    assert found.body.number == "204"


def test_a_code_is_split_once_from_the_left() -> None:
    body = document(packet(MESSAGE.replace(">204<", ">204/SNV/VP<").replace(">SNV-VP<", "><")))
    assert (body.number, body.notation) == ("204", "SNV/VP")


def test_fields_are_trimmed_and_composed() -> None:
    decomposed = "  V\u0103n ba\u0309n \r\n"
    assert document(packet(MESSAGE.replace("V/v thử", decomposed))).subject == "Văn bản"


def test_traces_without_parts_and_with_null() -> None:
    hops = (
        "<edXML:TraceHeader><edXML:Timestamp>2026/03/02 08:00:00</edXML:Timestamp></edXML:TraceHeader>"
        "<edXML:TraceHeader><edXML:OrganId>null</edXML:OrganId><edXML:Timestamp>t</edXML:Timestamp></edXML:TraceHeader>"
        "<edXML:TraceHeader/>"
    )
    business = "<edXML:Bussiness><edXML:BussinessDocType/></edXML:Bussiness><edXML:Paper>1</edXML:Paper>"
    for inside in (hops + business, business + hops):
        body = document(packet(traces=f"<edXML:TraceHeaderList>{inside}</edXML:TraceHeaderList>"))
        assert body.trace == (Trace("", "2026/03/02 08:00:00"), Trace("", "t"))
        assert (body.business.type, body.business.paper) == (Business.NEW, 1)


def test_elements_of_foreign_namespaces_are_not_ours() -> None:
    stranger = '<To xmlns="urn:other"><OrganId>000.00.99.H48</OrganId></To><Subject xmlns="urn:other">no</Subject>'
    body = document(packet(MESSAGE + stranger))
    assert [to.id for to in body.to] == ["000.00.16.H48"]
    assert body.subject == "V/v thử"


# attachments ---------------------------------------------------------------------------------------


def zipped(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "entries", "wrapped"),
    [
        ("a.doc", [("x.doc", b"doc")], True),
        ("a.PDF", [("x.pdf", b"pdf")], True),
        ("no-extension", [("x", b"?")], True),
        ("a.xlsx", [("x.XLSX", b"inner")], True),
        ("a.xlsx", [("xl/workbook.xml", b"w")], False),
        ("a.zip", [("x.doc", b"doc")], False),
        ("a.zip", [("x.zip", b"doc")], False),
        ("a.doc", [("x.doc", b"doc"), ("y.doc", b"doc")], False),
        ("a.doc", [("folder/", b"")], False),
    ],
)
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_wrapper_is_told_from_a_zip(name: str, entries: list[tuple[str, bytes]], wrapped: bool, method: int) -> None:
    raw = zipped(*entries, method=method)
    data = packet(attachments=attachment(pybase64.b64encode(raw).decode(), name))
    (attached,) = document(data).attachments
    assert attached.wrapped is wrapped
    assert contents(data, attached) == (entries[0][1] if wrapped else raw)
    assert contents(data, attached, unwrap=False) == raw


def test_a_wrapped_file_that_lies_about_its_checksum_is_refused() -> None:
    raw = bytearray(zipped(("x.doc", b"doc" * 100)))
    raw[raw.rfind(b"PK\x01\x02") + 16] ^= 1
    data = packet(attachments=attachment(pybase64.b64encode(raw).decode(), "a.doc"))
    (attached,) = document(data).attachments
    assert attached.wrapped
    with pytest.raises(Refused, match="zip"):
        contents(data, attached)


def test_a_bomb_is_refused_while_it_unfolds() -> None:
    raw = zipped(("x.doc", bytes(20_000_000)))
    data = packet(attachments=attachment(pybase64.b64encode(raw).decode(), "a.doc"))
    (attached,) = document(data).attachments
    out: list[bytes] = []
    with pytest.raises(Refused, match="too-large"):
        out.extend(edxml.decode(io.BytesIO(data), attached))
    assert sum(map(len, out)) < 2_000_000


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("a", b"%PDF-1.7", "application/pdf"),
        ("a", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("a", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a", b"{\\rtf1", "application/rtf"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/vnd.ms-excel"),
        ("a", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
        ("a", b'<?xml version="1.0"?><a/>', "application/xml"),
        ("a", "Văn bản thường".encode(), "text/plain"),
        ("a", b"\x00\x01", "application/octet-stream"),
        ("a", b"V\xb8n b\xb6n", "application/octet-stream"),
        ("a.zip", zipped(("a", b""), ("b", b"")), "application/zip"),
        (
            "a.docx",
            zipped(("[Content_Types].xml", b""), ("word/document.xml", b"")),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (
            "a.xlsx",
            zipped(("[Content_Types].xml", b""), ("xl/workbook.xml", b"")),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (
            "a.odt",
            zipped(
                ("mimetype", b"application/vnd.oasis.opendocument.text"),
                ("content.xml", b""),
                method=zipfile.ZIP_STORED,
            ),
            "application/vnd.oasis.opendocument.text",
        ),
    ],
)
def test_types_are_sniffed(name: str, head: bytes, kind: str) -> None:
    data = packet(attachments=attachment(pybase64.b64encode(head).decode(), name, "application/lies"))
    (attached,) = document(data).attachments
    assert (attached.sniffed_type, attached.content_type) == (kind, "application/lies")


# refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code", "where"),
    [
        (b"", "not-edxml", ""),
        (b"hello", "not-edxml", "byte 0"),
        (b"<html><body/></html>", "not-edxml", "html"),
        (b"x" * 4097 + packet(), "not-edxml", "byte 0"),
        (b'{"a": 1}', "not-edxml", "header"),
        (b"[1]", "not-edxml", "byte 0"),
        (packet().decode().encode("utf-16"), "encoding", "byte 0"),
        (packet().decode().encode("utf-16-le"), "encoding", "byte 0"),
        (packet().replace(b"V/v", b"V\xb8n"), "not-well-formed", "dòng 1, cột"),
        (b'{"header": {"a": "V\xb8n"}}', "encoding", "byte 19"),
        (b'{"header": {"a": 1, "a": 2}}', "ambiguous", "a"),
        (b'{"header": {"a": 1,}}', "not-well-formed", "dòng 1"),
        (packet().replace(b"?>", b"?><!DOCTYPE edXML>"), "doctype", "<!DOCTYPE"),
        (packet(MESSAGE.replace("V/v", "&nbsp;")), "not-well-formed", "dòng 1, cột"),
        (b'<EdXMLEnvelope xmlns="http://www.go.vn/eDoc"/>', "namespace", "EdXMLEnvelope"),
        (b'<edXML xmlns="urn:other"/>', "namespace", "edXML"),
        (packet(MESSAGE.partition("</edXML:From>")[2]), "missing", "MessageHeader/From"),
        (packet(MESSAGE.replace("000.00.14.H48", " ")), "missing", "MessageHeader/From/OrganId"),
        (packet(MESSAGE.replace("000.00.16.H48", "")), "missing", "MessageHeader/To/OrganId"),
        (packet(MESSAGE.replace("edXML:To>", "edXML:No>")), "missing", "MessageHeader/To"),
        (packet(MESSAGE.replace("edXML:Code>", "edXML:No>")), "missing", "MessageHeader/Code"),
        (packet(MESSAGE.replace(">204<", "><")), "missing", "MessageHeader/Code/CodeNumber"),
        (packet(MESSAGE.replace("V/v thử", "")), "missing", "MessageHeader/Subject"),
        (packet(MESSAGE + "<edXML:Subject>khác</edXML:Subject>"), "ambiguous", "MessageHeader/Subject"),
        (packet(MESSAGE.replace(">204<", ">204</edXML:CodeNumber><edXML:CodeNumber>5<")), "ambiguous",
         "MessageHeader/Code/CodeNumber"),
        (packet(traces="<edXML:TraceHeaderList><edXML:Bussiness><edXML:BussinessDocType>7</edXML:BussinessDocType>"
                "</edXML:Bussiness></edXML:TraceHeaderList>"), "value", "Bussiness/BussinessDocType"),
        (packet("<edXML:StatusCode>01</edXML:StatusCode>"), "missing", "MessageHeader/ResponseFor/OrganId"),
        (packet(attachments=attachment("QUJ*QQ==")), "attachment", "tệp kèm thứ 1"),
        (packet(attachments=attachment("QUJDQ")), "attachment", "tệp kèm thứ 1"),
        (packet(attachments=attachment("QQ==QUJD")), "attachment", "tệp kèm thứ 1"),
        (packet(attachments=attachment("QQ==\nQUJD")), "attachment", "tệp kèm thứ 1"),
        (packet(attachments=attachment("QUJD<b/>QUJD")), "attachment", "byte"),
        (packet(attachments=attachment("QUJD<!-- -->QUJD")), "attachment", "byte"),
        (packet(attachments=attachment("$QUJD")), "attachment", "byte"),
        (packet(attachments=attachment("QUJD\\n")), "attachment", "tệp kèm thứ 1"),
        (packet(attachments="<Attachment><AttachmentName>a</AttachmentName></Attachment>"), "missing",
         "AttachmentEncoded/Attachment/ContentTransferEncoded"),
        (packet(MESSAGE + "<edXML:ContentTransferEncoded>QUJD</edXML:ContentTransferEncoded>"), "attachment",
         "ContentTransferEncoded"),
        (packet(attachments=attachment()) + b"<again/>", "not-well-formed", "byte"),
    ],
)  # fmt: skip
def test_refusals_name_the_reason_and_the_place(data: bytes, code: str, where: str) -> None:
    error = refusal(data)
    assert error.code == code
    assert where in error.where
    assert error.reason.endswith(".")


def test_the_place_of_a_mistake_behind_an_attachment_counts_in_the_file() -> None:
    data = packet(attachments=attachment() + "&")
    assert refusal(data).where == f"byte {data.index(b'&<') + 1}"


def test_statuses_need_a_document() -> None:
    organ = ORGAN.format("000.00.14.H48")
    message = f"<edXML:From>{organ}</edXML:From><edXML:ResponseFor>{organ}</edXML:ResponseFor>"
    status = "<edXML:StatusCode>01</edXML:StatusCode>"
    assert refusal(packet(message + status)).where == "MessageHeader/ResponseFor/DocumentId"
    named = message.replace("</edXML:Resp", "<edXML:Code>1/X</edXML:Code></edXML:Resp")
    assert refusal(packet(named + "<edXML:StatusCode/>")).where == "MessageHeader/StatusCode"
    ack = read(packet(named + status)).body
    assert isinstance(ack, Acknowledgement)
    assert ack.at is None


# bounds --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "data", "code"),
    [
        (edxml.Limits(packet=2000), packet(MESSAGE + " " * 2000), "too-large"),
        (edxml.Limits(header=500), packet(), "too-large"),
        (edxml.Limits(attachments=1), packet(attachments=attachment() * 2), "too-many"),
        (edxml.Limits(attachment=100), packet(attachments=attachment()), "too-large"),
        (edxml.Limits(depth=4), packet(), "too-deep"),
        (edxml.Limits(markup=10), packet(), "too-many"),
        (edxml.Limits(recipients=0), packet(), "too-many"),
        (edxml.Limits(text=5), packet(), "too-large"),
    ],
)
def test_bounds_hold(limits: edxml.Limits, data: bytes, code: str) -> None:
    assert isinstance(read(data), Packet)
    assert refusal(data, limits).code == code


# dates ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026/03/02", date(2026, 3, 2)),
        ("2026-03-02", date(2026, 3, 2)),
        ("02/03/2026", date(2026, 3, 2)),
        ("2/3/2026 10:11:12", date(2026, 3, 2)),
        ("2026-03-02T00:00:00+07:00", date(2026, 3, 2)),
        ("2014/02/30", None),
        ("20260302", None),
        ("hôm nay", None),
        ("", None),
    ],
)
def test_dates(text: str, day: date | None) -> None:
    assert read_date(text) == day


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026/03/02 10:11:12", datetime(2026, 3, 2, 3, 11, 12, tzinfo=UTC)),
        ("02/03/2026 10:11", datetime(2026, 3, 2, 3, 11, tzinfo=UTC)),
        ("2026/03/02", datetime(2026, 3, 1, 17, 0, tzinfo=UTC)),
        ("2026-03-02T10:11:12Z", datetime(2026, 3, 2, 10, 11, 12, tzinfo=UTC)),
        ("2026-03-02T10:11:12.123+07:00", datetime(2026, 3, 2, 3, 11, 12, tzinfo=UTC)),
        ("2026/03/02 25:00:00", None),
        ("2026/03/02 sáng", None),
        ("null", None),
    ],
)
def test_times(text: str, moment: datetime | None) -> None:
    assert read_time(text) == moment


def test_times_are_written_in_vietnam() -> None:
    assert write_time(datetime(2026, 3, 1, 17, 0, 5, tzinfo=UTC)) == "2026/03/02 00:00:05"
