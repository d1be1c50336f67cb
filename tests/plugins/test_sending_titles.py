"""Names of files and folders as clerks give them."""

from __future__ import annotations

import time
import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.folderdrop.clerk.sending.notations import TYPES, document_type
from plugins.folderdrop.clerk.sending.records import Title
from plugins.folderdrop.clerk.sending.titles import read_title

_DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("204-UBND-VX Trích yếu.pdf", Title("204", "UBND-VX", None, "Trích yếu")),
        ("204-UBND-VX.pdf", Title("204", "UBND-VX")),
        ("204-UBND-VX", Title("204", "UBND-VX")),
        ("204_UBND-VX Trích yếu.pdf", Title("204", "UBND-VX", None, "Trích yếu")),
        ("204_UBND-VX_Trich_yeu.pdf", Title("204", "UBND-VX", None, "Trich yeu")),
        ("204.UBND-VX", Title("204", "UBND-VX")),
        ("204.UBND-VX.pdf", Title("204", "UBND-VX")),
        ("204 UBND-VX Trích yếu.pdf", Title("204", "UBND-VX", None, "Trích yếu")),
        ("204 - UBND-VX - Trích yếu.pdf", Title("204", "UBND-VX", None, "Trích yếu")),
        ("204-UBND-VX - Trích yếu.PDF", Title("204", "UBND-VX", None, "Trích yếu")),
        ("204-UBND-VX-Trích yếu.docx", Title("204", "UBND-VX", None, "Trích yếu")),
        ("Số 204-UBND-VX", Title("204", "UBND-VX")),
        ("So 204-UBND-VX.pdf", Title("204", "UBND-VX")),
        ("SỐ: 204-UBND-VX.pdf", Title("204", "UBND-VX")),
        ("số204-UBND-VX.pdf", Title()),
        ("204a-UBND.pdf", Title("204a", "UBND")),
        ("204-UBND Trích yếu.pdf", Title("204", "UBND", None, "Trích yếu")),
        ("204.UBND", Title("204", "UBND")),
        ("08-GM-SNV.pdf", Title("08", "GM-SNV")),
        ("08-GM-SNV Dự tập huấn.pdf", Title("08", "GM-SNV", None, "Dự tập huấn")),
        ("15-2026-QĐ-UBND V/v ban hành quy chế", Title("15", "2026/QĐ-UBND", None, "V/v ban hành quy chế")),
        ("15-2026-QĐ-UBND V-v ban hành.pdf", Title("15", "2026/QĐ-UBND", None, "V-v ban hành")),
        ("15-2026-QD-UBND.pdf", Title("15", "2026/QD-UBND")),
        ("15.2026.QĐ-UBND.pdf", Title("15", "2026/QĐ-UBND")),
        ("10-2026-NQ-HĐND.pdf", Title("10", "2026/NQ-HĐND")),
        ("1254-UBND-KGVX 23-11-2026 Rà soát.pdf", Title("1254", "UBND-KGVX", _DAY, "Rà soát")),
        ("1254-UBND-KGVX 23.11.2026 Rà soát.pdf", Title("1254", "UBND-KGVX", _DAY, "Rà soát")),
        ("1254-UBND-KGVX_23-11-2026_Ra soat.pdf", Title("1254", "UBND-KGVX", _DAY, "Ra soat")),
        ("1254-UBND-KGVX ngày 23-11-2026.pdf", Title("1254", "UBND-KGVX", _DAY)),
        ("1254-UBND-KGVX (23-11-2026).pdf", Title("1254", "UBND-KGVX", _DAY)),
        ("1254-UBND-KGVX 30-02-2026 Rà soát.pdf", Title("1254", "UBND-KGVX", None, "30-02-2026 Rà soát")),
        ("1254-UBND-KGVX Rà soát đến 23-11-2026.pdf", Title("1254", "UBND-KGVX", None, "Rà soát đến 23-11-2026")),
        ("CV 204 UBND-VX.pdf", Title("204", "UBND-VX")),
        ("CV 204-UBND-VX.pdf", Title("204", "UBND-VX")),
        ("Công văn số 204-UBND-VX.pdf", Title("204", "UBND-VX")),
        ("Cong van so 204_UBND-VX Tra loi.pdf", Title("204", "UBND-VX", None, "Tra loi")),
        ("Quyết định số 15-QĐ-UBND.pdf", Title("15", "QĐ-UBND")),
        ("Tờ trình 52-TTr-UBND.pdf", Title("52", "TTr-UBND")),
        ("52-TTr-UBND Bố trí kinh phí.pdf", Title("52", "TTr-UBND", None, "Bố trí kinh phí")),
        ("07-CĐ-UBND.pdf", Title("07", "CĐ-UBND")),
        ("12-CTr-UBND.pdf", Title("12", "CTr-UBND")),
        ("3127-VPCP-KSTT.pdf", Title("3127", "VPCP-KSTT")),
        ("211-GM-SNV.pdf", Title("211", "GM-SNV")),
        ("5-CV-TU.pdf", Title("5", "CV-TU")),
        ("45-BC-STTTT.pdf", Title("45", "BC-STTTT")),
        ("99-KH-BCĐ389.pdf", Title("99", "KH-BCĐ389")),
        ("77-LĐTB&XH-VP.pdf", Title("77", "LĐTB&XH-VP")),
        ("1254-UBND-KGVX", Title("1254", "UBND-KGVX")),
        ("1254-UBND-KGVX KE HOACH NAM 2026.pdf", Title("1254", "UBND-KGVX", None, "KE HOACH NAM 2026")),
        ("1254-UBND-KGVX-KE HOACH.pdf", Title("1254", "UBND-KGVX", None, "KE HOACH")),
        ("204-ubnd-vx trich yeu.pdf", Title("204", "UBND-VX", None, "trich yeu")),
        ("1254-UBND-KGVX.pdf.p7s", Title("1254", "UBND-KGVX")),
        ("1254/UBND-KGVX.pdf", Title("1254", "UBND-KGVX")),
        ("204–UBND—VX – Trích yếu.pdf", Title("204", "UBND-VX", None, "Trích yếu")),
        ("204‑UBND‑VX Họp — lần 2.pdf", Title("204", "UBND-VX", None, "Họp — lần 2")),
        ("204∕UBND-VX.pdf", Title("204", "UBND-VX")),
        ("BC 45-BC-UBND.pdf", Title("45", "BC-UBND")),
        ("1254-UBND-KGVX ~7K3", Title("1254", "UBND-KGVX")),
        ("1254-UBND-KGVX Rà soát ~7K3QM", Title("1254", "UBND-KGVX", None, "Rà soát")),
        ("15-QĐ-UBND-23-11-2026.pdf", Title("15", "QĐ-UBND", _DAY)),
        ("2026-UBND-KGVX.pdf", Title("2026", "UBND-KGVX")),
    ],
)
def test_number_notation_day_and_subject_are_read_from_a_name(name: str, title: Title) -> None:
    assert title == read_title(name)
    assert title == read_title(unicodedata.normalize("NFD", name))


@pytest.mark.parametrize(
    "ending",
    [" (1)", "(2)", " - Copy", " - Copy (3)", " - bản sao", " - Bản sao (2)", " - Sao chép", "_signed", ".signed",
     " (đã ký)", "-đã ký số", "_daky", " copy"],
)  # fmt: skip
def test_what_copying_and_signing_put_behind_a_name_is_ignored(ending: str) -> None:
    for stem in ("204-UBND-VX Trích yếu", "204-UBND-VX"):
        for extension in ("", ".pdf", ".PDF"):
            assert read_title(f"{stem}.pdf") == read_title(f"{stem}{ending}{extension}")
    assert Title("204", "UBND-VX") == read_title("Copy of 204-UBND-VX.pdf")
    assert Title("204", "UBND-VX") == read_title("Bản sao của 204-UBND-VX.pdf")


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".pdf",
        "2026 ke hoach.pdf",
        "2026 KE HOACH.pdf",
        "2026-KE-HOACH.pdf",
        "Cong van.pdf",
        "Công văn đến T11",
        "scan0001.pdf",
        "20261123_103045.pdf",
        "20261123.pdf",
        "IMG_20261123.jpg",
        "Số:   -UBND",
        "Số:    /UBND-VX.pdf",
        "-UBND-VX.pdf",
        "…-UBND-VX.pdf",
        "204.pdf",
        "204",
        "204 (1).pdf",
        "Số 204.pdf",
        "23-11-2026.pdf",
        "23-11-2026 Rà soát.pdf",
        "23-11-2026-UBND-VX.pdf",
        "2026-11-23 UBND.pdf",
        "01-PL.pdf",
        "01-PL-UBND.pdf",
        "01 PL-A1.pdf",
        "1-PHU LUC.pdf",
        "01-PHU-LUC.pdf",
        "1 - Phụ lục.pdf",
        "Phụ lục 1.pdf",
        "Phụ lục kèm theo Quyết định số 15-QĐ-UBND.pdf",
        "2-TO TRINH.docx",
        "1. UBND xã Bình Sơn.pdf",
        "1 UBND xã Bình Sơn.pdf",
        "1-UBND xã Bình Sơn.pdf",
        "02-UBND-xã-Tịnh-Khê.pdf",
        "3 - UBND.pdf",
        "3 UBND.pdf",
        "12-BC.pdf",
        "15 KH.pdf",
        "12-A4.pdf",
        "12 trang.pdf",
        "100-nam.pdf",
        "1234567-UBND-VX.pdf",
        "-1-UBND-VX.pdf",
        "_Nhieu noi nhan",
        "Thư mục mới (2)",
        "New folder",
        "🚀🚀.pdf",
        "\u202e204.pdf",
        "٢٠٤-UBND-VX.pdf",
    ],
)
def test_what_is_no_number_stays_unread(name: str) -> None:
    assert Title() == read_title(name)
    assert Title() == read_title(unicodedata.normalize("NFD", name))


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=300) | st.text("204-UBND VX.pdf/_()ĐQ\u0301 ", max_size=40))
def test_any_name_gives_a_title(name: str) -> None:
    title = read_title(name)
    assert bool(title.number) == bool(title.notation)
    assert title.number or title == Title()
    assert not title.number or title.number.isascii()


@settings(max_examples=300, deadline=None)
@given(
    st.integers(1, 99_999),
    st.sampled_from(["UBND-KGVX", "QĐ-UBND", "GM-SNV", "TTr-UBND", "NQ-HĐND", "UBND", "CĐ-UBND", "VPCP-KSTT"]),
    st.none() | st.dates(date(1990, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["", "Rà soát", "V-v họp", "Ke hoach 2026"]),
    st.sampled_from(["", " (1)", " - Copy", "_signed"]),
)
def test_a_name_made_by_the_rule_reads_back(
    number: int, notation: str, day: date | None, subject: str, ending: str
) -> None:
    name = f"{number}-{notation}" + (f" {day:%d-%m-%Y}" if day else "") + (f" {subject}" if subject else "")
    assert Title(str(number), notation, day, subject) == read_title(f"{name}{ending}.pdf")


@pytest.mark.parametrize(
    "hostile", ["1-U", "A-", "- ", "1", "(1)", " copy", ".pdf", "\u0301", "🚀", "\u202e", "1-UBND-", " ", "_"]
)
def test_a_name_without_end_is_read_in_a_moment(hostile: str) -> None:
    for before in ("", "204-UBND-VX", "204-UBND-VX "):
        began = time.thread_time()
        read_title(before + hostile * (10_000 // len(hostile)))
        assert time.thread_time() - began < 0.5


@pytest.mark.parametrize(
    ("notation", "kind"),
    [
        ("QĐ-UBND", "Quyết định"),
        ("QD-UBND", "Quyết định"),
        ("qđ-ubnd", "Quyết định"),
        ("2026/QĐ-UBND", "Quyết định"),
        ("TTr-UBND", "Tờ trình"),
        ("TTR-UBND", "Tờ trình"),
        ("GM-SNV", "Giấy mời"),
        ("CĐ-UBND", "Công điện"),
        ("CD-UBND", "Công điện"),
        ("BC-UBND", "Báo cáo"),
        ("KH-UBND", "Kế hoạch"),
        ("TB-UBND", "Thông báo"),
        ("NQ-HĐND", "Nghị quyết"),
        ("2026/NQ-HĐND", "Nghị quyết"),
        ("CT-UBND", "Chỉ thị"),
        ("CTr-UBND", "Chương trình"),
        ("HD-SNV", "Hướng dẫn"),
        ("HĐ-UBND", "Hợp đồng"),
        ("BB-UBND", "Biên bản"),
        ("QyĐ-UBND", "Quy định"),
        ("ĐA-UBND", "Đề án"),
        ("DA-UBND", "Dự án"),
        ("2026/TT-BNV", "Thông tư"),
        ("2020/NĐ-CP", "Nghị định"),
        ("UBND-KGVX", "Công văn"),
        ("UBND-KH", "Công văn"),
        ("SNV-TB", "Công văn"),
        ("VPCP-KSTT", "Công văn"),
        ("UBND", "Công văn"),
        ("TT-HĐND", "Công văn"),
        ("CV-TU", "Công văn"),
        ("KH", "Công văn"),
        ("", "Công văn"),
        ("2026", "Công văn"),
        ("/-/", "Công văn"),
        ("🚀", "Công văn"),
    ],
)
def test_a_notation_tells_the_type(notation: str, kind: str) -> None:
    assert kind == document_type(notation)
    assert kind == document_type(unicodedata.normalize("NFD", notation))


def test_every_abbreviation_tells_its_own_type() -> None:
    for short, kind in TYPES.items():
        assert kind == document_type(f"{short}-UBND")
