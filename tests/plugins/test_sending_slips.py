"""`PHIEU-GUI.txt` as clerks write it."""

from __future__ import annotations

import time
import unicodedata
from datetime import date, timedelta
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.standards.addresses import AddressBook, AddressGroup, Contact
from plugins.folderdrop.clerk import names
from plugins.folderdrop.clerk.lettering import decoded
from plugins.folderdrop.clerk.sending.records import Mention, Slip
from plugins.folderdrop.clerk.sending.slips import read_slip, says_secret
from tests.plugins.lettering import in_cp1258, in_tcvn3, in_vni
from tests.short import short

BOOK = AddressBook(
    (Contact("so-nv", "H48.14", "Sở Nội vụ"), Contact("so-khcn", "H48.15", "Sở Khoa học và Công nghệ")),
    (AddressGroup("cac-xa", "UBND các xã, phường, đặc khu", ()),),
)
_TEMPLATE = """Gửi: Sở Nội vụ; Sở Tài chính; UBND các xã, phường, đặc khu
Số, ký hiệu: 1254/UBND-KGVX          Ngày: 23/11/2026
Loại: Công văn                       Độ khẩn: (trống | Khẩn | Thượng khẩn | Hỏa tốc)
Trích yếu: V/v …                     Hạn trả lời: 30/11/2026
Trả lời văn bản: 88/BNV-VTLT ngày 10/11/2026
"""
_23, _30 = date(2026, 11, 23), date(2026, 11, 30)


def read(text: str) -> Slip:
    return read_slip(text, BOOK)


def test_the_template_of_the_guide_is_read() -> None:
    assert Slip(
        to=("Sở Nội vụ", "Sở Tài chính", "UBND các xã, phường, đặc khu"),
        number="1254",
        notation="UBND-KGVX",
        day=_23,
        type="Công văn",
        due=_30,
        answers=(Mention("88/BNV-VTLT", date(2026, 11, 10)),),
    ) == read(_TEMPLATE)


@pytest.mark.parametrize(
    "spelling",
    [
        lambda text: text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: "\ufeff" + text,
        lambda text: text.replace(":", " :"),
        lambda text: text.replace(": ", ":"),
        lambda text: text.replace(":", "："),
        lambda text: text.replace("  ", "\t"),
        lambda text: "\n\n".join(text.split("\n")),
        lambda text: "\n".join("- " + line for line in text.split("\n")),
        lambda text: "# chú thích: bỏ qua\n" + text,
    ],
    ids=range(12),
)
def test_the_form_of_the_file_does_not_matter(spelling) -> None:  # type: ignore[no-untyped-def]  # a lambda
    assert read(_TEMPLATE) == read(spelling(_TEMPLATE))


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("Trích yếu", "subject"),
        ("TRÍCH YẾU", "subject"),
        ("Trich yeu", "subject"),
        ("Trích_yếu", "subject"),
        ("trích-yếu", "subject"),
        ("V/v", "subject"),
        ("Về việc", "subject"),
        ("Trích yếu nội dung", "subject"),
        ("Loại", "type"),
        ("Loại văn bản", "type"),
        ("loai van ban", "type"),
        ("Văn bản chính", "main"),
        ("van ban chinh", "main"),
        ("Tệp chính", "main"),
        ("Người ký", "signer"),
        ("NGUOI KY", "signer"),
        ("Chức vụ", "position"),
        ("chuc vu", "position"),
        ("Độ mật", "secrecy"),
        ("Do mat", "secrecy"),
        ("Mức độ mật", "secrecy"),
    ],
)
def test_a_key_is_known_however_it_is_spelt(key: str, field: str) -> None:
    assert "Một điều" == getattr(read(f"{key}: Một điều"), field)
    assert () == read(f"{key}: Một điều").warnings


@pytest.mark.parametrize(
    "key", ["Gửi", "GỬI", "gui", "Kính gửi", "kinh gui", "Nơi nhận", "Noi nhan", "Người nhận", "Gửi đến", "Kính mời"]
)
def test_addressees_are_read_after_any_of_their_keys(key: str) -> None:
    assert ("Sở Nội vụ", "VPCP") == read(f"{key}: Sở Nội vụ; VPCP").to
    assert ("- Sở Nội vụ", "- VPCP.") == read(f"{key}:\n- Sở Nội vụ;\n- VPCP.\n").to
    assert ("Sở Nội vụ", "VPCP") == read(f"{key}: Sở Nội vụ,\n   VPCP\nTrích yếu: x").to


@pytest.mark.parametrize(
    ("typed", "number", "notation"),
    [
        ("1254/UBND-KGVX", "1254", "UBND-KGVX"),
        ("1254 / UBND-KGVX", "1254", "UBND-KGVX"),
        ("1254/UBND - KGVX", "1254", "UBND-KGVX"),
        ("Số 1254/UBND-KGVX", "1254", "UBND-KGVX"),
        ("số: 1254/UBND-KGVX.", "1254", "UBND-KGVX"),
        ("15/2026/QĐ-UBND", "15", "2026/QĐ-UBND"),
        ("15/2026/NQ-HĐND", "15", "2026/NQ-HĐND"),
        ("204a/UBND-VX", "204a", "UBND-VX"),
        ("08/GM-SNV", "08", "GM-SNV"),
        ("07/CĐ-UBND", "07", "CĐ-UBND"),
        ("52/TTr-UBND", "52", "TTr-UBND"),
        ("123/CV-TU", "123", "CV-TU"),
        ("12/LĐTB&XH-VP", "12", "LĐTB&XH-VP"),
        ("74fass22/AB-C", "74fass22", "AB-C"),
        ("1254-UBND-KGVX", "1254", "UBND-KGVX"),
        ("1254_UBND-KGVX", "1254", "UBND-KGVX"),
        ("15-2026-QĐ-UBND", "15", "2026/QĐ-UBND"),
        ("1254/UBND–KGVX", "1254", "UBND-KGVX"),
        ("1254\\UBND-KGVX", "1254", "UBND-KGVX"),
        ("Số 204", "204", ""),
        ("08", "08", ""),
        ("204a", "204a", ""),
    ],
)
def test_number_and_notation_are_told_apart(typed: str, number: str, notation: str) -> None:
    for key in ("Số, ký hiệu", "Số ký hiệu", "So, ky hieu", "Số/KH", "Số", "SỐ VÀ KÝ HIỆU"):
        slip = read(f"{key}: {typed}")
        assert (number, notation) == (slip.number, slip.notation)
        assert ((), ()) == (slip.unread, slip.warnings)


@pytest.mark.parametrize(
    "typed",
    ["…/UBND-VX", "   /UBND-VX", "UBND-VX", "/", "23/11/2026", "1254/", "abc", "1254/UBND-VX và 5/UBND", "12345678/X"],
)
def test_a_number_that_cannot_be_read_is_named(typed: str) -> None:
    slip = read(f"Số, ký hiệu: {typed}          Ngày: 23/11/2026")
    assert ("", "", _23) == (slip.number, slip.notation, slip.day)
    assert (("Số, ký hiệu", " ".join(typed.split())),) == slip.unread


def test_a_date_beside_the_number_counts_where_there_is_no_other() -> None:
    slip = read("Số: 1254/UBND-KGVX ngày 23/11/2026")
    assert ("1254", "UBND-KGVX", _23) == (slip.number, slip.notation, slip.day)
    slip = read("Số: 1254/UBND-KGVX, ngày 23 tháng 11 năm 2026")
    assert ("1254", "UBND-KGVX", _23) == (slip.number, slip.notation, slip.day)
    assert (("Ngày", "30/02/2026"),) == read("Số: 1254/UBND-KGVX ngày 30/02/2026").unread
    assert _30 == read("Số: 1254/UBND-KGVX ngày 23/11/2026\nNgày: 30/11/2026").day


@pytest.mark.parametrize(
    "typed",
    [
        "23/11/2026",
        "23-11-2026",
        "23.11.2026",
        "23 / 11 / 2026",
        "23/11/26",
        "2026-11-23",
        "ngày 23/11/2026",
        "ngày 23 tháng 11 năm 2026",
        "Ngày 23 tháng 11 năm 2026.",
        "23 thang 11 nam 2026",
        "Quảng Ngãi, ngày 23 tháng 11 năm 2026",
        "thứ Hai 23/11/2026",
        "17 giờ 00 ngày 23/11/2026",
    ],
)
def test_a_day_is_read_in_every_form(typed: str) -> None:
    for key, field in (
        ("Ngày", "day"), ("ngay van ban", "day"), ("Hạn trả lời", "due"), ("Hạn xử lý", "due"), ("han", "due"),
    ):  # fmt: skip
        assert _23 == getattr(read(f"{key}: {typed}"), field)
        assert () == read(f"{key}: {typed}").unread


@pytest.mark.parametrize(
    "typed",
    ["30/02/2026", "31-11-2026", "0/1/2026", "32/01/2026", "29/02/2026", "23/13/2026", "23/11", "mai", "…/…/2026",
     "23/11/2026 hoặc 24/11/2026", "1/1/0026", "ngày 31 tháng 02 năm 2016", "99/99/99", "23/11/20266"],
)  # fmt: skip
def test_an_impossible_day_is_named_as_typed(typed: str) -> None:
    slip = read(f"Ngày: {typed}\nHạn trả lời: {typed}")
    assert (None, None) == (slip.day, slip.due)
    assert {("Ngày", typed), ("Hạn trả lời", typed)} == set(slip.unread)


@pytest.mark.parametrize(
    ("typed", "urgency"),
    [
        ("", None),
        ("…", None),
        ("(trống | Khẩn | Thượng khẩn | Hỏa tốc)", None),
        ("(trống|Khẩn|Thượng khẩn|Hoả tốc)", None),
        ("Thường", 0),
        ("thuong", 0),
        ("Bình thường", 0),
        ("không", 0),
        ("Khẩn", 1),
        ("KHẨN", 1),
        ("khan", 1),
        ("Khẩn.", 1),
        ("(Khẩn)", 1),
        ("Thượng khẩn", 2),
        ("thuong khan", 2),
        ("THƯỢNG-KHẨN", 2),
        ("Hỏa tốc", 3),
        ("Hoả tốc", 3),
        ("HỎA TỐC", 3),
        ("hoa_toc", 3),
        ("Hỏa tốc hẹn giờ", 4),
        ("Hoả tốc (hẹn giờ 17h)", 4),
        ("2", 2),
    ],
)
def test_every_spelling_of_an_urgency_is_known(typed: str, urgency: int | None) -> None:
    slip = read(f"Loại: Công văn      Độ khẩn: {typed}")
    assert (urgency, ()) == (slip.urgency, slip.warnings)
    assert "Công văn" == slip.type


@pytest.mark.parametrize("typed", ["gấp lắm", "Khẩn | Hỏa tốc", "5", "Thượng", "²", "{}", "🚀", "%s"])
def test_an_urgency_nobody_knows_is_a_warning(typed: str) -> None:
    slip = read(f"Độ khẩn: {typed}")
    assert slip.urgency is None
    assert f'Không hiểu độ khẩn "{typed}"' in slip.warnings[0]


@pytest.mark.parametrize("typed", ["", " ", "…", "...", "V/v …", "V/v", "V/v ...", "v/v……", "(…)", "______"])
def test_a_template_left_as_it_is_says_nothing(typed: str) -> None:
    for key in ("Trích yếu", "Số, ký hiệu", "Ngày", "Hạn trả lời", "Độ khẩn", "Gửi", "Thay thế", "Độ mật", "Loại"):
        assert Slip() == read(f"{key}: {typed}")


def test_two_fields_on_one_line_are_told_apart() -> None:
    slip = read("Số: 5/UBND Ngày: 23/11/2026 Loại: Thông báo Độ khẩn: Khẩn Hạn trả lời: 30/11/2026")
    assert ("5", "UBND", _23, "Thông báo", 1, _30) == (
        slip.number, slip.notation, slip.day, slip.type, slip.urgency, slip.due,
    )  # fmt: skip
    slip = read("Trích yếu: V/v tổ chức họp\tNgười ký: Trần Văn A    Chức vụ: Chủ tịch")
    assert ("V/v tổ chức họp", "Trần Văn A", "Chủ tịch") == (slip.subject, slip.signer, slip.position)


def test_a_sentence_may_hold_words_that_are_keys() -> None:
    slip = read("Trích yếu: V/v báo cáo theo Công văn số: 12/UBND ngày: 1/1/2026, hạn: quý IV\nSố: 7/UBND")
    assert "V/v báo cáo theo Công văn số: 12/UBND ngày: 1/1/2026, hạn: quý IV" == slip.subject
    assert ("7", None, None) == (slip.number, slip.day, slip.due)


def test_a_value_goes_on_over_the_next_line() -> None:
    slip = read("Trích yếu: V/v rà soát việc phản hồi\n   trạng thái văn bản\nđiện tử\nNgày:\n  23/11/2026\n")
    assert ("V/v rà soát việc phản hồi trạng thái văn bản điện tử", _23) == (slip.subject, slip.day)
    assert () == slip.warnings


def test_no_addressee_of_a_list_is_lost() -> None:
    text = "Kính gửi:\n\n- Sở Nội vụ;\n\n- VPCP.\n\n1. Sở Lạ\n\nTrích yếu: V/v a\n"
    assert ("- Sở Nội vụ", "- VPCP.", "1. Sở Lạ") == tuple(" ".join(one.split()) for one in read(text).to)


@pytest.mark.parametrize(
    "text",
    [
        "PHIẾU GỬI VĂN BẢN\n\nGửi: VPCP\nSố: 5/UBND\nNgày: 23/11/2026\nTrích yếu: abc",
        "1. Gửi: VPCP\n2. Số: 5/UBND\n3) Ngày: 23/11/2026\n4) Trích yếu: abc",
        "* Gửi: VPCP\n* Số: 5/UBND\n+ Ngày: 23/11/2026\n• Trích yếu: abc",
        "**Gửi:** VPCP\n**Số:** 5/UBND\n**Ngày:** 23/11/2026\n**Trích yếu:** abc",
        "Gửi : VPCP | Số : 5/UBND | Ngày : 23/11/2026 | Trích yếu: abc",
        "Gửi: VPCP Trích yếu: abc Số, ký hiệu: 5/UBND Ngày: 23/11/2026",
        "Gửi: VPCP\nSố 5/UBND\nNgày 23/11/2026\nTrích yếu: abc",
        "Gửi: VPCP\nSố 5/UBND\nNgày 23 tháng 11 năm 2026.\nTrích yếu: abc",
    ],
)
def test_people_lay_out_a_slip_as_they_like(text: str) -> None:
    assert Slip(("VPCP",), "5", "UBND", _23, subject="abc") == read(text)


def test_a_no_is_no_mistake() -> None:
    assert Slip() == read("Hạn trả lời: không\nTrả lời văn bản: Không có.\nThay thế: không")
    assert (("Ngày", "không"),) == read("Ngày: không").unread


def test_a_time_and_an_address_are_no_keys() -> None:
    slip = read("Trích yếu: V/v họp\nLúc 17:00 ngày mai\nTại https://tinh.example\nHạn: 17:00 30/11/2026")
    assert ("V/v họp Lúc 17:00 ngày mai Tại https://tinh.example", _30) == (slip.subject, slip.due)
    assert () == slip.warnings
    assert "Ưu tiên" in read("Trích yếu: V/v họp\nƯu tiên: cao").warnings[0]


def test_the_blank_form_says_nothing_and_each_of_its_lines_is_read() -> None:
    guiding = (
        "# Ngăn bằng dấu chấm phẩy; ngày như 23/11/2026; độ khẩn: để trống, Khẩn, Thượng khẩn hoặc Hỏa tốc.\r\n\r\n"
    )
    keys = ("Gửi", "Số, ký hiệu", "Ngày", "Loại", "Độ khẩn", "Trích yếu", "Hạn trả lời", "Trả lời văn bản")
    assert Slip() == read(guiding + "".join(f"{key}: \r\n" for key in keys))
    values = ("Sở Nội vụ", "5/UBND", "23/11/2026", "Công văn", "Khẩn", "V/v họp: lần 2", "30/11/2026", "88/BNV")
    filled = "".join(f"{key}: {value}\r\n" for key, value in zip(keys, values, strict=True))
    assert (Slip(("Sở Nội vụ",), "5", "UBND", _23, "Công văn", 1, "V/v họp: lần 2", _30, (Mention("88/BNV"),))) == read(
        guiding + filled
    )


def test_a_forgotten_colon_does_no_harm() -> None:
    slip = read("Kính gửi Sở Nội vụ\nTrích yếu V/v họp\nĐộ mật Mật\nSố ký hiệu 5/UBND-VX\n")
    assert (("Sở Nội vụ",), "V/v họp", "Mật", "5", "UBND-VX") == (
        slip.to, slip.subject, slip.secrecy, slip.number, slip.notation,
    )  # fmt: skip


def test_what_is_not_in_the_form_is_a_warning_and_no_more() -> None:
    slip = read("Phòng soạn: KGVX\nLoại: Công văn     Ghi chú: gấp\n\nNhờ anh Nam gửi giúp\nTrích yếu: x\n\nlạc lõng")
    assert ("Công văn", "x") == (slip.type, slip.subject)
    assert [
        'Phiếu có mục "Phòng soạn" không có trong mẫu nên không dùng đến.',
        'Phiếu có mục "Ghi chú" không có trong mẫu nên không dùng đến.',
        'Phiếu có dòng "Nhờ anh Nam gửi giúp" không thuộc mục nào nên không dùng đến.',
        'Phiếu có dòng "lạc lõng" không thuộc mục nào nên không dùng đến.',
    ] == list(slip.warnings)


@pytest.mark.parametrize(
    ("typed", "mentions"),
    [
        ("88/BNV-VTLT", [Mention("88/BNV-VTLT")]),
        ("88/BNV-VTLT ngày 10/11/2026", [Mention("88/BNV-VTLT", date(2026, 11, 10))]),
        (
            "88/BNV-VTLT ngày 10/11/2026; 12/UBND",
            [Mention("88/BNV-VTLT", date(2026, 11, 10)), Mention("12/UBND")],
        ),
        (
            "Công văn số 88/BNV - VTLT ngày 10 tháng 11 năm 2026 của Bộ Nội vụ và 15/2026/QĐ-UBND (1.1.26)",
            [Mention("88/BNV-VTLT", date(2026, 11, 10)), Mention("15/2026/QĐ-UBND", date(2026, 1, 1))],
        ),
        ("số: 12/UBND", [Mention("12/UBND")]),
        ("12/UBND, 12/UBND\n13/UBND", [Mention("12/UBND"), Mention("13/UBND")]),
    ],
)
def test_documents_that_are_mentioned_are_read(typed: str, mentions: list[Mention]) -> None:
    for key in ("Trả lời văn bản", "tra loi van ban", "Trả lời công văn", "Trả lời văn bản số"):
        assert tuple(mentions) == read(f"{key}: {typed}").answers
    for key in ("Thay thế", "thay the", "Thay thế văn bản"):
        assert tuple(mentions) == read(f"{key}: {typed}").replaces


def test_the_number_of_another_document_is_not_taken_for_its_own() -> None:
    slip = read("Thay thế: Quyết định số: 12/QĐ-UBND ngày: 1/2/2025\nSố: 5/UBND")
    assert ("5", "UBND", None) == (slip.number, slip.notation, slip.day)
    assert (Mention("12/QĐ-UBND", date(2025, 2, 1)),) == slip.replaces


def test_a_mention_that_cannot_be_read_is_a_warning() -> None:
    assert "Thay thế" in read("Thay thế: công văn tuần trước").warnings[0]
    slip = read("Thay thế: 88/BNV-VTLT ngày 31/11/2026")
    assert (Mention("88/BNV-VTLT"),) == slip.replaces
    assert "31/11/2026" in slip.warnings[0]


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("", None),
        ("Độ mật:", None),
        ("Độ mật: …", None),
        ("Độ mật: (không | Mật | Tối mật | Tuyệt mật)", None),
        ("Độ mật: không", False),
        ("Độ mật: Không", False),
        ("ĐỘ MẬT: KHÔNG", False),
        ("do mat: khong", False),
        ("Độ mật: không mật.", False),
        ("Độ mật: thường", False),
        ("Độ mật: không phải văn bản mật", False),
        ("Độ mật không", False),
        ("Độ mật: Mật", True),
        ("Độ mật: mat", True),
        ("Độ mật: Tối mật", True),
        ("Độ mật: TOI MAT", True),
        ("Độ mật: Tuyệt mật", True),
        ("Độ mật: tuyet-mat", True),
        ("Độ mật: có", True),
        ("Độ mật: A", True),
        ("Độ mật: thượng", True),
        ("Độ mật: không biết", True),
        ("Độ mật: không, mật", True),
        ("Độ mật: không; mật", True),
        ("Độ mật: 🔒", True),
        ("Độ mật: 密", True),
        ("Độ mật: không\nĐộ mật: Mật", True),
        ("Trích yếu: V/v abc Độ mật: Tối mật", True),
        ("Gửi: Sở Nội vụ Độ mật: Mật", True),
        ("MẬT", True),
        ("Trích yếu: x\nTUYỆT MẬT\nSố: 1/UBND", True),
        ("Trích yếu: V/v bảo mật thông tin", None),
        ("Trích yếu: V/v danh mục bí mật: năm 2026", None),
        ("Mật: có", True),
    ],
)
def test_a_slip_says_whether_its_document_is_secret(line: str, secret: bool | None) -> None:
    assert secret is says_secret(read(line))
    assert secret is says_secret(read(unicodedata.normalize("NFD", line)))


def test_a_slip_whose_letters_cannot_be_read_is_not_taken_for_an_empty_one() -> None:
    content = "Отправить: экономика, секретно".encode("cp1251")
    assert (("Phiếu gửi", "(không đọc được chữ)"),) == read(decoded(content)).unread


def test_a_slip_of_an_old_font_is_read() -> None:
    filled = _TEMPLATE.replace("V/v …", "V/v rà soát").replace("(trống | Khẩn | Thượng khẩn | Hỏa tốc)", "Hỏa tốc")
    assert read(filled) == read(decoded(in_tcvn3(filled).encode("latin-1")))
    assert read(filled) == read(decoded(in_vni(filled).encode("cp1252")))
    assert read(filled) == read(decoded(in_cp1258(filled)))


_LINES = (
    ("Gửi", "Sở Nội vụ; VPCP"), ("Số, ký hiệu", "5/UBND-VX"), ("Ngày", "23/11/2026"), ("Loại", "Thông báo"),
    ("Độ khẩn", "Khẩn"), ("Trích yếu", "V/v họp"), ("Hạn trả lời", "30.11.2026"), ("Thay thế", "4/UBND-VX"),
    ("Người ký", "Trần Thị Bích"), ("Chức vụ", "Chủ tịch"), ("Độ mật", "không"), ("Văn bản chính", "a b.pdf"),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.permutations(_LINES),
    st.lists(st.sampled_from(["\n", "\r\n", "   ", "\t", " \t ", "\n\n", " | "]), min_size=12, max_size=12),
    st.sampled_from([": ", ":", " : ", " = ", "："]),
    st.sampled_from(["NFC", "NFD"]),
)
def test_order_and_layout_do_not_matter(
    lines: list[tuple[str, str]], ends: list[str], mark: str, form: Literal["NFC", "NFD"]
) -> None:
    text = "".join(f"{key}{mark}{value}{end}" for (key, value), end in zip(lines, ends, strict=True))
    assert Slip(
        ("Sở Nội vụ", "VPCP"), "5", "UBND-VX", _23, "Thông báo", 1, "V/v họp", _30, (), (Mention("4/UBND-VX"),),
        "a b.pdf", "Trần Thị Bích", "Chủ tịch", "không",
    ) == read(unicodedata.normalize(form, text))  # fmt: skip


_WORDS = st.text("abcdeghiklmnopqrstuvxyđăâêôơưáàảãạ ", min_size=3, max_size=40).map(
    lambda t: "x " + " ".join(t.split())
)
_DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 999_999), st.sampled_from(["UBND-KGVX", "QĐ-UBND", "2026/QĐ-UBND", "GM-SNV"]), _DAYS, _DAYS,
    st.integers(0, 3), _WORDS, st.booleans(),
)  # fmt: skip
def test_a_template_that_was_filled_in_reads_back(
    number: int, notation: str, day: date, due: date, urgency: int, subject: str, plain: bool
) -> None:
    words = ("Thường", "Khẩn", "Thượng khẩn", "Hỏa tốc")[urgency]
    text = (
        f"Gửi: Sở Nội vụ; UBND các xã, phường, đặc khu\n"
        f"Số, ký hiệu: {number}/{notation}          Ngày: {day:%d/%m/%Y}\n"
        f"Loại: Công văn                       Độ khẩn: {words}\n"
        f"Trích yếu: {subject}                 Hạn trả lời: {due:%d-%m-%Y}\n"
        f"Trả lời văn bản: 88/BNV-VTLT ngày {(day - timedelta(3)):%d/%m/%Y}\n"
    )
    slip = read(names.bare(text) if plain else text)
    expected = names.bare(notation) if plain else notation
    assert (str(number), expected, day, urgency, due) == (
        slip.number, slip.notation, slip.day, slip.urgency, slip.due,
    )  # fmt: skip
    assert slip.subject == (names.bare(subject) if plain else subject)
    assert (Mention("88/BNV-VTLT", day - timedelta(3)),) == slip.answers
    assert (2, (), ()) == (len(slip.to), slip.warnings, slip.unread)


@settings(max_examples=400, deadline=None)
@given(
    st.text(max_size=400)
    | st.lists(
        st.sampled_from([*_TEMPLATE.split(), ":", "\n", "  ", "\t", "{", "}", "\x00", "\u202e", "🚀", "ngày 31", "="])
    ).map(" ".join)
)
def test_any_text_gives_a_slip(text: str) -> None:
    slip = read(text)
    assert len(slip.warnings) <= 10
    assert says_secret(slip) in {True, False, None}
    assert (slip.secrecy is None) == (says_secret(slip) is None)


@pytest.mark.parametrize(
    "hostile",
    short(["Gửi: ", "a: ", "Gửi:\n", "x " * 9 + ":", ":", "=", " ", "\n", "1/", "1/a-", "12/UBND ", "1.", "Độ mật: ",
     "\u0301", "🚀", "\u202e", "\x00", "ngày 1 tháng 1 ", "Trả lời văn bản: 1/a", "Số: 1",
     "V/v ", "(", "  Ngày: ", "Sở, "], 3),
)  # fmt: skip
def test_a_hostile_slip_is_read_in_a_moment(hostile: str) -> None:
    for before in ("", "Gửi: ", "Trích yếu: ", "Trả lời văn bản: ", "Số: ", "Ngày: "):
        began = time.thread_time()
        read(before + hostile * (200_000 // len(hostile)))
        assert time.thread_time() - began < 5


def test_of_a_book_only_the_beginning_is_read() -> None:
    assert "" == read("x\n" * 200 + "Loại: Công văn").type
    assert "" == read("x" * 20_001 + "\nLoại: Công văn").type
    assert "Công văn" == read("\n" * 199 + "Loại: Công văn").type
