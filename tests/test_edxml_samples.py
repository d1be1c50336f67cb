"""Every packet found in the wild has the outcome that its list says; the fields were read off the files by hand."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pybase64
import pytest

from hub.standards import edxml
from hub.vocabulary import (
    Acknowledgement,
    Business,
    Document,
    DocumentChange,
    DocumentType,
    Organization,
    Packet,
    ReceiverChange,
    Reference,
    Replacement,
    Signer,
    Staff,
    Trace,
    Urgency,
)

SAMPLES = Path(__file__).parent / "data" / "edxml"
VPCP = Organization(
    id="000.00.00.G22",
    name="Văn phòng Chính phủ",
    in_charge="Văn phòng Chính phủ",
    address="Số 1 Hoàng Hoa Thám, Quận Ba Đình, Hà Nội",
    email="vpcp@gov.vn",
    telephone="8043100",
    fax="048989898789",
    website="vpcp.vn",
)
NGHE_AN = Organization(
    id="000.00.00.H41",
    name="UBND Tỉnh Nghệ An",
    in_charge="UBND Tỉnh Nghệ An",
    address="Số 03, đường Trường Thi, Thành phố Vinh, Tỉnh Nghệ An, Việt Nam",
    email="nghean@gov.vn",
    telephone="0383 840418",
    fax="0383 843049",
    website="www.nghean.vn",
)
CLERK = Staff(
    department="Văn thư văn phòng",
    staff="Nguyễn Thị Ngọc Trâm",
    email="vanthuvanphong@gov.vn",
    mobile="84912000001",
)
SHARED_ID = "000.00.00.G22,2015/09/30,7816/VPCP-TTĐT"


def bytes_of(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def read(name: str) -> Packet:
    return edxml.read(io.BytesIO(bytes_of(name)))


def document(name: str) -> Document:
    body = read(name).body
    assert isinstance(body, Document)
    return body


def encoded(data: bytes) -> bytes:
    """The base64 text of the only attachment, found without the reader."""
    match = re.search(rb"ContentTransferEncoded[^>]*>([A-Za-z0-9+/=]+)<", data)
    assert match
    return match[1]


def test_every_sample_is_in_a_test() -> None:
    tested = {
        "pvn_edoc.edxml",
        "pvn_edoc_new.edxml",
        "pvn_received_2019_852e179c.edxml",
        *(f"pvn_edoc_{kind}.edxml" for kind in ("update", "revocation", "replacement")),
        *(f"pvn_status_{name}.edxml" for name in STATUSES),
    }
    assert {path.name for path in SAMPLES.glob("*.edxml")} == tested


def test_hand_written_document_is_repaired_and_read_as_new() -> None:
    packet = read("pvn_edoc.edxml")
    assert isinstance(packet.body, Document)
    assert len(packet.repairs) == 2
    assert "xlink" in packet.repairs[0]
    assert "edXML" in packet.repairs[0]
    assert "${__StringFromFile(test.txt,,,)}" in packet.repairs[1]
    assert packet.attachments_span == (0, 0)
    body = packet.body
    assert body.business.type is Business.NEW
    assert body.sender.id == "002.00.20.H13"
    assert [to.id for to in body.to] == ["000.00.15.H51"]
    assert body.to[0].in_charge == ""
    assert (body.number, body.notation, body.code) == (
        "12234555512",
        "PRO-TEST-CASE1",
        "12234555512/PRO-TEST-CASE1",
    )
    assert body.document_id == "9fbfbad2-f1f8-4256-a2eb-50fb1061cddb"
    assert body.promulgation_date == date(2019, 1, 17)
    assert body.type == DocumentType("Thông tư", 1, None)
    assert body.signer == Signer("Quyền 1", "Bộ trưởng", "Trương Minh Tuấn")
    assert body.to_places == ("Các bộ",)
    assert body.response_for == ()
    assert body.steering_type == 1
    assert body.trace == (Trace("01.02.G22", "2018/06/20 16:35:56"),)
    assert [(each.name, each.size) for each in body.attachments] == [("GUIDE_INSTALL OPENVPN.SIGNED.PDF", 0)]


def test_stray_bytes_are_dropped_and_places_still_count_from_the_file() -> None:
    packet, data = read("pvn_edoc_new.edxml"), bytes_of("pvn_edoc_new.edxml")
    assert isinstance(packet.body, Document)
    assert packet.repairs == ("Đã bỏ 4 byte thừa ở đầu gói tin.",)
    assert packet.attachments_span == (0, 0)
    body = packet.body
    assert (body.number, body.notation) == ("74fass22", "VPCP-TTĐT")
    assert body.to[0].id == "28.22.H17"
    assert body.business.type is Business.NEW
    assert body.business.document_id == "000.00.00.G22,2014/02/30,7806/VPCP-TTĐT"
    (attached,) = body.attachments
    assert data[attached.offset : attached.offset + attached.length] == encoded(data)
    assert attached.name == "1896_QD-TTg_m_294779.doc"
    assert attached.content_id == "209"


@pytest.mark.parametrize("kind", ["new", "update", "revocation", "replacement"])
def test_the_attachment_is_the_one_entry_of_its_zip(kind: str) -> None:
    data = bytes_of(f"pvn_edoc_{kind}.edxml")
    raw = pybase64.b64decode(encoded(data), validate=True)
    (attached,) = document(f"pvn_edoc_{kind}.edxml").attachments
    assert (attached.size, attached.digest) == (len(raw), hashlib.sha256(raw).hexdigest())
    assert (attached.wrapped, attached.sniffed_type) == (True, "application/zip")
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        inner = archive.read(archive.namelist()[0])
    assert b"".join(edxml.decode(io.BytesIO(data), attached)) == inner
    assert b"".join(edxml.decode(io.BytesIO(data), attached, unwrap=False)) == raw


@pytest.mark.parametrize(
    ("kind", "business"),
    [("update", Business.UPDATE), ("revocation", Business.REVOKE), ("replacement", Business.REPLACE)],
)
def test_types_1_to_3_are_accepted_as_they_are(kind: str, business: Business) -> None:
    packet = read(f"pvn_edoc_{kind}.edxml")
    assert isinstance(packet.body, Document)
    assert packet.repairs == ()
    body = packet.body
    assert body.business.type is business
    assert body.business.staff == (CLERK,)
    assert body.business.paper == 0
    assert body.document_id == SHARED_ID
    assert body.sender == VPCP
    assert body.to[0] == NGHE_AN
    assert [to.id for to in body.to] == ["000.00.00.H41", "000.00.00.H14", "000.00.00.G17"]
    assert body.promulgation_date == date(2018, 9, 28)
    assert body.type == DocumentType("Công văn", 1, 0)
    assert body.urgency is Urgency.NORMAL
    assert (body.other.promulgation_amount, body.other.page_amount, body.other.direction) == (2, 22, "false")
    assert body.to_places == ("Cac bo va co quan ngang bo", "Uy ban nhan dan cac tinh, TP")
    offset, length = packet.attachments_span
    span = bytes_of(f"pvn_edoc_{kind}.edxml")[offset : offset + length]
    assert span.startswith(b"<AttachmentEncoded>")
    assert span.endswith(b"</AttachmentEncoded>")


def test_what_an_update_changes() -> None:
    business = document("pvn_edoc_update.edxml").business
    assert business.document_id == "000.00.00.G22,2014/02/30,7806/VPCP-TTĐT"
    assert business.changes == (
        DocumentChange(1, 1, (ReceiverChange("000.00.00.H41", 0), ReceiverChange("000.00.00.H14", 1))),
    )


def test_a_revocation_may_leave_the_old_id_out() -> None:
    body = document("pvn_edoc_revocation.edxml")
    assert body.business.document_id == ""
    assert body.business.reason == "Thu hồi văn bản điện tử"
    assert body.response_for == (
        Reference("000.00.00.H14", "267/VPCP-TTĐT", "000.00.04.G14,2012/08/06,267/VPCP-TTĐT", "2018/09/28"),
    )


def test_what_a_replacement_replaces() -> None:
    old = Replacement("000.00.00.G22,2014/01/30,7806/VPCP-TTĐT", ("000.00.00.H41", "000.00.00.H14"))
    assert document("pvn_edoc_replacement.edxml").business.replacements == (old, old)


def test_a_packet_as_a_hub_returned_it() -> None:
    packet, data = read("pvn_received_2019_852e179c.edxml"), bytes_of("pvn_received_2019_852e179c.edxml")
    assert isinstance(packet.body, Document)
    assert packet.repairs == ()
    body = packet.body
    assert body.trace == (
        Trace("01.02.G22", "2018/06/20 16:35:56"),
        Trace("001.00.20.TT2", "2019/05/17 18:16:33"),
    )
    assert body.response_for == ()
    assert body.business.type is Business.NEW
    (attached,) = body.attachments
    assert (attached.name, attached.wrapped) == ("GUIDE_INSTALL OPENVPN.SIGNED.PDF", True)
    assert len(b"".join(edxml.decode(io.BytesIO(data), attached))) == 17


STATUSES = {
    "inbox_01": (NGHE_AN, "000.00.00.G22", "01"),
    "rejection_02": (NGHE_AN, "000.00.00.G22", "02"),
    "acceptance_03": (NGHE_AN, "000.00.00.G22", "03"),
    "cancellation_13": (
        Organization(**{each: getattr(VPCP, each) for each in Organization.__slots__ if each != "fax"}, fax="04"),
        "000.00.00.H41",
        "13",
    ),
}


@pytest.mark.parametrize("name", STATUSES)
def test_statuses_are_acknowledgements(name: str) -> None:
    sender, answered, code = STATUSES[name]
    packet = read(f"pvn_status_{name}.edxml")
    ack = packet.body
    assert isinstance(ack, Acknowledgement)
    assert packet.repairs == ()
    assert ack.sender == sender
    assert ack.response_for == Reference(answered, "7816/VPCP-TTĐT", SHARED_ID, "2015/09/30")
    assert ack.status == code
    assert ack.at == datetime(2015, 9, 20, 4, 8, 36, tzinfo=UTC)
    assert ack.description.startswith("Văn thư")
    assert ack.staff == Staff("Phong hanh chinh", "", "Nguyen thi ngoc tram", "", "ngoctram@nghean.vn", "84912000001")
