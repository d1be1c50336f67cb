"""What a look into a dropped file shows. Every file is a real one; PDFs are read by the real child."""

from __future__ import annotations

import io
import os
import zipfile
from datetime import date
from pathlib import Path

import pypdf
import pytest

from hub.standards import edxml
from hub.testing.samples import a_document
from plugins.folderdrop.clerk.sending.inspection import inspect, inspect_all
from plugins.folderdrop.clerk.sending.records import Inspection, Kind
from tests.plugins.dropped import (
    CATALOG,
    NO_PAGES,
    PDFS,
    ole,
    opened,
    packed,
    page,
    pdf,
    signed,
    stream,
    text_page,
    text_string,
    word,
)

TYPES = "[Content_Types].xml"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
EXE = b"MZ\x90\x00\x03" + bytes(200) + b"PE\x00\x00"


def look(content: bytes, name: str) -> Inspection:
    with opened(content) as descriptor:
        return inspect(descriptor, name)


def dropped(name: str) -> Inspection:
    return look((PDFS / name).read_bytes(), "tep.pdf")


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"Ch\xc3\xa0o", "ghi chu.txt", Kind.TEXT),
        ("Chào".encode("utf-16"), "ghi chu.txt", Kind.TEXT),
        (b"", "ghi chu.txt", Kind.OTHER),
        (b"<html>x</html>", "bang.xls", Kind.TEXT),
        (b"Xem mau %PDF-1.4 kem theo" + bytes(3), "x.bin", Kind.PDF),
        (PNG, "anh.png", Kind.IMAGE),
        (PNG, "dau.pdf", Kind.IMAGE),
        (b"\xff\xd8\xff\xe0" + bytes(20), "a", Kind.IMAGE),
        (b"II*\x00" + bytes(20), "a.tif", Kind.IMAGE),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "a.webp", Kind.IMAGE),
        (b"Rar!\x1a\x07\x01\x00", "a.rar", Kind.ARCHIVE),
        (b"Rar!\x1a\x07\x00", "a.rar", Kind.ARCHIVE),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "a.7z", Kind.ARCHIVE),
        (b"\x1f\x8b\x08\x00", "a.tgz", Kind.ARCHIVE),
        (b"a".ljust(257, b"\x00") + b"ustar\x0000", "a.tar", Kind.ARCHIVE),
        (packed({"a.txt": b"a", "b.pdf": b"%PDF-1.7"}, 0), "phu luc.zip", Kind.ARCHIVE),
        (b"{\\rtf1 x}", "a.rtf", Kind.OFFICE),
        (bytes(20) + b"\x01\x02", "x.xyz", Kind.OTHER),
        (EXE, "cong van.pdf", Kind.PROGRAM),
        (b"\x7fELF\x02\x01\x01", "a", Kind.PROGRAM),
        (b"\xcf\xfa\xed\xfe\x07", "a", Kind.PROGRAM),
        (b"#!/bin/sh\n", "a.txt", Kind.PROGRAM),
        (b"\x4c\x00\x00\x00\x01\x14\x02\x00", "a.txt", Kind.PROGRAM),
        (b"MZ la mot chu viet tat", "a.txt", Kind.TEXT),
        (b"echo off", "chay.bat", Kind.PROGRAM),
        (b"echo off", "chay.BAT. .", Kind.PROGRAM),
        (b"%PDF-1.7", "cong van.pdf.hta", Kind.PROGRAM),
        (bytes(40_000) + b"\x01CD001", "dia.iso", Kind.PROGRAM),
        (packed({"META-INF/MANIFEST.MF": b""}), "x.jar", Kind.PROGRAM),
        (ole("Property"), "cai dat.msi", Kind.PROGRAM),
        (b'<?xml version="1.0"?>\n<!-- a -->\n<edXML xmlns="x">', "goi", Kind.EDXML),
        (b'\xef\xbb\xbf<SOAP:Envelope xmlns:SOAP="http://schemas.xmlsoap.org/soap/envelope/">', "a.xml", Kind.EDXML),
        (b'{"header": {"messageHeader": {}}}', "a.json", Kind.EDXML),
        (b'<?xml version="1.0"?><Envelope/>', "a.xml", Kind.TEXT),
        (b"cut off", "goi.edxml", Kind.EDXML),
    ],
)
def test_a_file_is_what_its_bytes_and_its_name_say(content: bytes, name: str, kind: Kind) -> None:
    assert kind == look(content, name).kind


def test_packets_of_every_variant_seen_are_recognised() -> None:
    samples = sorted((PDFS.parent / "edxml").glob("*.edxml"))
    written = b"".join(edxml.compose(a_document(), []))

    assert {Kind.EDXML} == {look(each.read_bytes(), "goi.xml").kind for each in samples}
    assert Kind.EDXML == look(written, "goi").kind


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "a.pdf"),
        (b"", "a.docx"),
        (bytes(70_000), "a.pdf"),
        (bytes(70_000), "a.jpg"),
        (b"<html>404</html>", "a.pdf"),
        (b"<html>404</html>", "a.docx"),
        (os.urandom(2000).replace(b"%PDF", b"    "), "a.xlsx"),
        (word("a")[:-30], "a.docx"),
        (word("a")[:200], "a.docx"),
        (ole("WordDocument")[:600], "a.doc"),
        (b"%PDF-1.7\nnothing", "a.pdf"),
        (pdf([CATALOG, NO_PAGES]), "a.pdf"),
    ],
)
def test_what_nobody_could_open_is_damaged(content: bytes, name: str) -> None:
    found = look(content, name)

    assert (True, "unreadable") == (found.damaged, found.detail)


def test_a_document_whose_main_part_does_not_unpack_is_damaged() -> None:
    content = bytearray(word("ab" * 500))
    at = content.index(b"word/document.xml") + len("word/document.xml")
    content[at : at + 40] = b"\xff" * 40

    assert look(bytes(content), "a.docx").damaged


def test_an_office_file_packed_as_none_is_is_damaged() -> None:
    odd = packed({TYPES: b"<Types/>", "word/document.xml": b"<w:t>MA</w:t>"}, zipfile.ZIP_LZMA)

    assert look(odd, "a.docx").damaged


def encrypted(user: str, algorithm: str = "RC4-128") -> bytes:
    writer = pypdf.PdfWriter(clone_from=PDFS / "cong-van.pdf")
    writer.encrypt(user, "owner", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def locked_zip() -> bytes:
    content = bytearray(packed({"a.txt": b"a"}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (encrypted("mo ra"), "a.pdf", Kind.PDF),
        (encrypted("mo ra", "AES-256"), "a.pdf", Kind.PDF),
        (locked_zip(), "a.zip", Kind.ARCHIVE),
        (ole("EncryptionInfo", "EncryptedPackage"), "a.docx", Kind.OFFICE),
        (ole("WordDocument", flags=0x0100), "a.doc", Kind.OFFICE),
    ],
)
def test_what_asks_for_a_password_is_locked(content: bytes, name: str, kind: Kind) -> None:
    assert Inspection(kind, damaged=True, detail="locked") == look(content, name)


@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256"])
def test_an_owners_password_alone_locks_nobody_out(algorithm: str) -> None:
    assert Inspection(Kind.PDF, day=date(2016, 1, 13)) == look(encrypted("", algorithm), "a.pdf")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (word("a", **{"word/vbaProject.bin": b""}), "a.docm"),
        (word("a", **{"word/vbaProject.bin": b""}), "a.docx"),
        (packed({TYPES: b'<Override ContentType="application/vnd.ms-office.vbaProject"/>', "xl/a.bin": b""}), "a.xlsx"),
        (packed({TYPES: b"", "xl/macrosheets/sheet1.xml": b""}), "a.xlsx"),
        (packed({"mimetype": b"application/vnd.oasis.opendocument.text", "Basic/Standard/a.xml": b""}, 0), "a.odt"),
        (ole("WordDocument", "Macros", "VBA", "_VBA_PROJECT"), "a.doc"),
        (ole("Workbook", "_VBA_PROJECT_CUR"), "a.xls"),
        (ole(*(f"s{number}" for number in range(900)), "Workbook", "VBA"), "a.xls"),
        # its directory is told of by a table that the header has no room for
        (ole("Workbook", "VBA", *"abcdefgh", sectors=109 * 128 + 50), "a.xls"),
    ],
)
def test_macros_make_a_program_of_an_office_file(content: bytes, name: str) -> None:
    assert Inspection(Kind.PROGRAM, detail="macro") == look(content, name)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (word("a"), "a.docx"),
        (packed({TYPES: b"<Types/>", "xl/workbook.xml": b""}), "a.xlsx"),
        (packed({TYPES: b"<Types/>", "ppt/presentation.xml": b""}), "a.pptx"),
        (packed({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b""}, 0), "a.odt"),
        (ole("WordDocument", "1Table"), "a.doc"),
        (ole("Workbook"), "a.xls"),
        (ole("PowerPoint Document"), "a.ppt"),
    ],
)
def test_office_files_without_any_are_plain(content: bytes, name: str) -> None:
    assert Inspection(Kind.OFFICE) == look(content, name)


def test_an_ordinary_letter_tells_its_day_and_nothing_else() -> None:
    assert Inspection(Kind.PDF, day=date(2016, 1, 13)) == dropped("cong-van.pdf")


@pytest.mark.parametrize("name", ["tuyet-mat.pdf", "mat-chu-roi.pdf"])
def test_a_degree_of_secrecy_on_the_first_page_is_seen(name: str) -> None:
    assert Inspection(Kind.PDF, secret=True, day=date(2016, 1, 13)) == dropped(name)


def test_later_pages_are_not_looked_at() -> None:
    writer = pypdf.PdfWriter()
    for name in ("cong-van.pdf", "tuyet-mat.pdf"):
        writer.append(PDFS / name)
    out = io.BytesIO()
    writer.write(out)

    assert not look(out.getvalue(), "a.pdf").secret


def test_a_degree_of_secrecy_in_the_name_is_seen_whatever_it_is() -> None:
    assert look(PNG, "Bản đồ (MẬT).png").secret
    assert look(text_page(), "TỐI MẬT.pdf").secret
    assert not look(text_page(), "Quy chế bảo mật.pdf").secret


def test_a_word_document_tells_its_secrecy_and_its_day() -> None:
    found = look(word("TỐI MẬT", "Quảng Ngãi, ngày 23 tháng 11 năm 2026", "Kính gửi: A &amp; B"), "a.docx")

    assert Inspection(Kind.OFFICE, secret=True, day=date(2026, 11, 23)) == found
    assert look(word("a", **{"word/header1.xml": "<w:p><w:t>MẬT</w:t></w:p>".encode()}), "a.docx").secret
    assert not look(word("Quy chế bảo mật", "BÍ MẬT KINH DOANH"), "a.docx").secret


LEADER = b"<</Type/Sig/Name(Nguyen Van A)/M(D:20261123075900+07'00')>>"
AGENCY = b"<</Type/Sig/Name%b/M(D:20261123010230Z)>>" % text_string("UBND xã\r\nBình Sơn")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (signed(AGENCY), (True, "UBND xã Bình Sơn", "23/11/2026 08:02")),
        (signed(LEADER, AGENCY, b""), (True, "UBND xã Bình Sơn", "23/11/2026 08:02")),
        (signed(b"<</Type/Sig>>"), (True, "", "")),
        (signed(b""), (False, "", "")),
        (signed(b"<</Type/DocTimeStamp>>"), (False, "", "")),
        (signed(b"(no dictionary)"), (False, "", "")),
        (text_page(), (False, "", "")),
    ],
)
def test_a_filled_signature_field_tells_who_and_when(content: bytes, expected: tuple[bool, str, str]) -> None:
    found = look(content, "a.pdf")

    assert expected == (found.signed, found.signer, found.signed_at)


@pytest.mark.parametrize("action", [b"/OpenAction<</S/JavaScript/JS(x)>>", b"/Names<</JavaScript<<>>>>"])
def test_a_pdf_that_starts_something_is_remarked_not_refused(action: bytes) -> None:
    found = look(page(stream(b"BT ET"), catalog=CATALOG[:-2] + action + b">>"), "a.pdf")

    assert Inspection(Kind.PDF, detail="active") == found


def test_a_pdf_that_lacks_its_very_end_or_has_more_behind_it_opens_as_it_does_in_viewers() -> None:
    content = (PDFS / "cong-van.pdf").read_bytes()

    for each in (content.rstrip()[:-5], content + bytes(5000), b"junk\n" * 50 + content, content[:-1]):
        assert Inspection(Kind.PDF, day=date(2016, 1, 13)) == look(each, "a.pdf")


def test_many_files_are_told_apart_and_left_as_they_were(tmp_path: Path) -> None:
    contents = [
        PNG,
        (PDFS / "tuyet-mat.pdf").read_bytes(),
        b"%PDF-1.7",
        word("a"),
        (PDFS / "cong-van.pdf").read_bytes(),
    ]
    paths = [tmp_path / str(number) for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    files = [path.open("rb") for path in paths]
    for file in files:
        file.seek(5)

    found = inspect_all([(file.fileno(), "tep") for file in files])

    assert [Kind.IMAGE, Kind.PDF, Kind.PDF, Kind.OFFICE, Kind.PDF] == [each.kind for each in found]
    assert [False, True, False, False, False] == [each.secret for each in found]
    assert [False, False, True, False, False] == [each.damaged for each in found]
    assert [content[5:] for content in contents] == [file.read() for file in files]
    for file in files:
        file.close()


def test_nothing_dropped_is_nothing_seen() -> None:
    assert [] == inspect_all([])
