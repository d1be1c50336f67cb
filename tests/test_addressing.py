"""Addressees as people write them."""

from __future__ import annotations

import time
import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.standards.addresses import AddressBook, AddressGroup, Contact, Former
from hub.standards.addressing import Resolved, folded, resolve, split
from plugins.folderdrop.clerk import names

_KHCN = Contact("so-khcn", "000.00.15.H48", "Sở Khoa học và Công nghệ", ("H48.15",))
_NV = Contact("so-nv", "000.00.14.H48", "Sở Nội vụ", ("H48.14", "SNV"))
_TC = Contact("so-tc", "000.00.13.H48", "Sở Tài chính", ("H48.13",))
_VP = Contact("vp-ubnd", "000.00.01.H48", "Văn phòng UBND tỉnh Quảng Ngãi", ("H48.01", "VPUB"))
_BINH_SON = Contact("xa-binh-son", "000.00.31.H48", "UBND xã Bình Sơn", ("H48.31",))
_TINH_KHE = Contact("xa-tinh-khe", "000.00.32.H48", "UBND xã Tịnh Khê", ("H48.32",))
_NGHIA_LO = Contact("p-nghia-lo", "000.00.33.H48", "UBND phường Nghĩa Lộ", ("H48.33",))
_LY_SON = Contact("dk-ly-son", "000.00.34.H48", "UBND đặc khu Lý Sơn", ("H48.34",))
_TRA_BONG = Contact("xa-tra-bong", "000.00.36.H48", "UBND xã Trà Bồng")
_VPCP = Contact("vpcp", "000.00.00.G22", "Văn phòng Chính phủ", ("G22",))
_SO = AddressGroup("cac-so", "Các sở, ban, ngành", ("so-khcn", "so-nv", "so-tc"))
_XA = AddressGroup(
    "cac-xa", "UBND các xã, phường, đặc khu", ("xa-binh-son", "xa-tinh-khe", "p-nghia-lo", "dk-ly-son", "xa-la")
)
_TTTT = Former(
    "Sở Thông tin và Truyền thông", ("000.00.12.H48", "Sở TTTT"), date(2025, 2, 28), ("so-khcn", "khong-con")
)
_HUYEN = Former("UBND huyện Trà Bồng", (), date(2025, 6, 30), ("xa-tra-bong",))
BOOK = AddressBook(
    (_KHCN, _NV, _TC, _VP, _BINH_SON, _TINH_KHE, _NGHIA_LO, _LY_SON, _TRA_BONG, _VPCP), (_SO, _XA), (_TTTT, _HUYEN)
)
_ALL_XA = (_BINH_SON, _TINH_KHE, _NGHIA_LO, _LY_SON)
_ALL_SO = (_KHCN, _NV, _TC)


def known(text: str, book: AddressBook = BOOK) -> tuple[Contact, ...]:
    found = resolve([text], book)
    assert () == found.unknown
    assert () == found.former
    return found.contacts


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        ("001.00.00.G22 (Văn phòng Chính phủ)", ["001.00.00.G22"]),
        ("Kính gửi: H47.18 (Sở Y tế, tỉnh Quảng Nam).", ["H47.18"]),
        ("000.00.14.H48 (Sở Nội vụ), Sở Tài chính", ["so-nv", "so-tc"]),
        ("001.00.00.G22 (VPCP), 000.00.14.H48 (Sở Nội vụ)", ["001.00.00.G22", "so-nv"]),
    ],
)
def test_a_code_may_have_its_name_behind_it(line: str, ids: list[str]) -> None:
    assert [contact.id for contact in resolve(split(line, BOOK), BOOK).contacts] == ids


def test_a_code_with_half_a_name_behind_it_is_not_taken_for_whole() -> None:
    assert [each.typed for each in resolve(["H47.18 (Sở Y tế", "H47.18 (A) (B)"], BOOK).unknown] == [
        "H47.18 (Sở Y tế",
        "H47.18 (A) (B)",
    ]


@pytest.mark.parametrize(
    ("typed", "contact"),
    [
        ("Sở Nội vụ", _NV),
        ("SỞ NỘI VỤ", _NV),
        ("so noi vu", _NV),
        ("So-noi-vu", _NV),
        ("So_Noi_Vu", _NV),
        ("so.noi.vu", _NV),
        ("  Sở   Nội\tvụ  ", _NV),
        ("Sở Nội vụ.", _NV),
        ("Sở Nội vụ,", _NV),
        ("Sở\u00a0Nội vụ", _NV),
        ("Sở Nội\u200b vụ", _NV),
        ("SNV", _NV),
        ("snv", _NV),
        ("H48.14", _NV),
        ("h48.14", _NV),
        ("000.00.14.H48", _NV),
        ("000.00.14.h48 ", _NV),
        ("so-nv", _NV),
        ("- Sở Nội vụ", _NV),
        ("+ Sở Nội vụ;", _NV),
        ("• Sở Nội vụ", _NV),
        ("1) Sở Nội vụ", _NV),
        ("(1) Sở Nội vụ", _NV),
        ("1. Sở Nội vụ", _NV),
        ("a) Sở Nội vụ", _NV),
        ("01 - Sở Nội vụ", _NV),
        ("1-So-noi-vu", _NV),
        ("Kính gửi: Sở Nội vụ", _NV),
        ("KÍNH GỬI: Sở Nội vụ", _NV),
        ("Kính gửi: - Sở Nội vụ", _NV),
        ("- Kính gửi: Sở Nội vụ", _NV),
        ("Kính mời: Sở Nội vụ", _NV),
        ("Gửi: Sở Nội vụ", _NV),
        ("Nơi nhận: Sở Nội vụ", _NV),
        ("Sở Nội vụ (để báo cáo)", _NV),
        ("Sở Nội vụ (để b/c)", _NV),
        ("Sở Nội vụ (b/c);", _NV),
        ("Sở Nội vụ (để phối hợp thực hiện)", _NV),
        ("Sở Nội vụ tỉnh", _NV),
        ("Sở Khoa học và Công nghệ", _KHCN),
        ("so khoa hoc va cong nghe", _KHCN),
        ("Sở KHCN", _KHCN),
        ("UBND xã Bình Sơn", _BINH_SON),
        ("Ủy ban nhân dân xã Bình Sơn", _BINH_SON),
        ("Uỷ ban nhân dân xã Bình Sơn", _BINH_SON),
        ("ỦY BAN NHÂN DÂN XÃ BÌNH SƠN", _BINH_SON),
        ("uy ban nhan dan xa binh son", _BINH_SON),
        ("Uy-ban-nhan-dan-xa-Binh-Son", _BINH_SON),
        ("xã Bình Sơn", _BINH_SON),
        ("Xa Binh Son", _BINH_SON),
        ("X. Bình Sơn", _BINH_SON),
        ("UBND X. Bình Sơn", _BINH_SON),
        ("UBND phường Nghĩa Lộ", _NGHIA_LO),
        ("P. Nghĩa Lộ", _NGHIA_LO),
        ("P.Nghĩa Lộ", _NGHIA_LO),
        ("phường Nghĩa Lộ", _NGHIA_LO),
        ("UBND P. Nghĩa Lộ", _NGHIA_LO),
        ("đặc khu Lý Sơn", _LY_SON),
        ("ĐK Lý Sơn", _LY_SON),
        ("UBND dac khu Ly Son", _LY_SON),
        ("Văn phòng Chính phủ", _VPCP),
        ("VPCP", _VPCP),
        ("vpcp", _VPCP),
        ("Van phong Chinh phu", _VPCP),
        ("G22", _VPCP),
        ("VPUB", _VP),
        ("Văn phòng Ủy ban nhân dân tỉnh Quảng Ngãi", _VP),
        ("VP UBND tỉnh Quảng Ngãi", _VP),
    ],
)
def test_a_contact_is_known_however_it_is_written(typed: str, contact: Contact) -> None:
    assert (contact,) == known(typed)
    assert (contact,) == known(unicodedata.normalize("NFD", typed))
    assert (contact,) == known(names.bare(typed))


@pytest.mark.parametrize(
    ("typed", "contacts"),
    [
        ("UBND các xã, phường, đặc khu", _ALL_XA),
        ("ubnd cac xa phuong dac khu", _ALL_XA),
        ("UBND cac xa phuong dac khu", _ALL_XA),
        ("UBND-cac-xa-phuong-dac-khu", _ALL_XA),
        ("Ủy ban nhân dân các xã, phường, đặc khu", _ALL_XA),
        ("- UBND các xã, phường, đặc khu (để thực hiện);", _ALL_XA),
        ("các sở, ban, ngành", _ALL_SO),
        ("Các sở, ban, ngành tỉnh", _ALL_SO),
        ("Các Sở - Ban - Ngành", _ALL_SO),
        ("Các sở, ban ngành của tỉnh", _ALL_SO),
        ("Các sở, ban và ngành cấp tỉnh", _ALL_SO),
        ("UBND các xã, phường và đặc khu", _ALL_XA),
        ("UBND các xã, phường, đặc khu trên địa bàn tỉnh", _ALL_XA),
        ("Cac-so-ban-nganh", _ALL_SO),
        ("cac_so_ban_nganh", _ALL_SO),
    ],
)
def test_a_group_is_opened_however_it_is_written(typed: str, contacts: tuple[Contact, ...]) -> None:
    assert contacts == known(typed)
    assert contacts == known(unicodedata.normalize("NFD", typed))


def test_each_contact_comes_once_in_the_order_written() -> None:
    found = resolve(["xã Tịnh Khê", "UBND các xã, phường, đặc khu", "Sở Nội vụ", "SNV"], BOOK)
    assert (_TINH_KHE, _BINH_SON, _NGHIA_LO, _LY_SON, _NV) == found.contacts


@pytest.mark.parametrize("code", ["000.00.00.G14", "H37.01", "h37.dn.001", " 000.00.00.g14 "])
def test_a_code_that_is_nobody_s_goes_outside(code: str) -> None:
    plain = code.strip().upper()
    assert (Contact(plain, plain, plain),) == known(code)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("Sở Nội vụng", "Sở Nội vụ"),
        ("Sở Nôi vu tỉnh Quảng Ngãi", "Sở Nội vụ"),
        ("xã Bình Sớn Tây", "UBND xã Bình Sơn"),
        ("Bình Sơn", "UBND xã Bình Sơn"),
        ("Các sở ban", "Các sở, ban, ngành"),
        ("UBND các xã", "UBND các xã, phường, đặc khu"),
        ("Sở Thông tin", "Sở Khoa học và Công nghệ (tiếp nhận nhiệm vụ của Sở Thông tin và Truyền thông)"),
        ("SKHCN", "Sở Khoa học và Công nghệ"),
    ],
)
def test_what_nobody_is_called_is_unknown_and_the_likeliest_is_named_first(typed: str, first: str) -> None:
    found = resolve([typed], BOOK)
    assert () == found.contacts
    assert typed == found.unknown[0].typed
    assert first == found.unknown[0].nearest[0]
    assert len(found.unknown[0].nearest) <= 3


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "…",
        "Sở",
        "UBND",
        "xã",
        "Các sở, ban, ngành (trừ Sở Nội vụ)",
        "Sở Nội vụ (đ/c Nam)",
        "Sở Nội vụ tỉnh Kon Tum",
        "UBND tỉnh",
        "Sở Nội vụ" + " " * 500 + "và ai đó",
        "Sở Nội vụ, Sở Tài chính",
        "ông Nguyễn Văn A",
        "000.00.14",
    ],
)
def test_nothing_is_guessed(typed: str) -> None:
    found = resolve([typed], BOOK)
    assert () == found.contacts
    assert [typed] == [one.typed for one in found.unknown]


def test_two_that_are_written_the_same_are_both_named_and_neither_is_taken() -> None:
    other = Contact("xa-binh-son-2", "H48.77", "UBND xã Bình Sớn")
    book = AddressBook((_BINH_SON, other))
    for typed in ("UBND xa Binh Son", "xa binh son", "Ủy ban nhân dân xã Bình Sơn"):
        found = resolve([typed], book)
        assert () == found.contacts
        assert ("UBND xã Bình Sơn", "UBND xã Bình Sớn") == found.unknown[0].nearest
    assert (other,) == known("UBND xã Bình Sớn", book)
    assert (_BINH_SON,) == known("UBND XÃ BÌNH SƠN", book)


def test_a_group_and_a_contact_of_one_name_are_not_told_apart() -> None:
    book = AddressBook((_NV, _TC), (AddressGroup("g", "Sở Nội vụ", ("so-tc",)),))
    assert ("Sở Nội vụ",) == resolve(["Sở Nội vụ"], book).unknown[0].nearest


@pytest.mark.parametrize(
    ("typed", "former", "successors"),
    [
        ("Sở Thông tin và Truyền thông", _TTTT, ("Sở Khoa học và Công nghệ",)),
        ("so thong tin va truyen thong", _TTTT, ("Sở Khoa học và Công nghệ",)),
        ("Sở TTTT", _TTTT, ("Sở Khoa học và Công nghệ",)),
        ("000.00.12.H48", _TTTT, ("Sở Khoa học và Công nghệ",)),
        ("huyện Trà Bồng", _HUYEN, ("UBND xã Trà Bồng",)),
        ("Ủy ban nhân dân huyện Trà Bồng", _HUYEN, ("UBND xã Trà Bồng",)),
    ],
)
def test_one_that_is_no_more_names_those_that_took_over(
    typed: str, former: Former, successors: tuple[str, ...]
) -> None:
    found = resolve([typed], BOOK)
    assert ((), ()) == (found.contacts, found.unknown)
    assert (typed, former, successors) == (found.former[0].typed, found.former[0].former, found.former[0].successors)


def test_the_living_go_before_the_dead() -> None:
    book = AddressBook((_BINH_SON,), (), (Former("Xã Bình Sơn", ("H48.31",), date(2025, 6, 30), ("xa-binh-son",)),))
    assert (_BINH_SON,) == known("xã Bình Sơn", book)
    assert (_BINH_SON,) == known("H48.31", book)


@pytest.mark.parametrize(
    ("line", "cut"),
    [
        ("Sở Nội vụ", ["Sở Nội vụ"]),
        ("Sở Nội vụ; Sở Tài chính", ["Sở Nội vụ", "Sở Tài chính"]),
        ("Sở Nội vụ, Sở Tài chính", ["Sở Nội vụ", "Sở Tài chính"]),
        ("Sở Nội vụ\nSở Tài chính", ["Sở Nội vụ", "Sở Tài chính"]),
        ("Sở Nội vụ;\r\n- Sở Tài chính.", ["Sở Nội vụ", "- Sở Tài chính."]),
        ("Sở Nội vụ và Sở Tài chính", ["Sở Nội vụ", "Sở Tài chính"]),
        ("Sở Khoa học và Công nghệ và Sở Tài chính", ["Sở Khoa học và Công nghệ", "Sở Tài chính"]),
        ("Sở Khoa học và Công nghệ", ["Sở Khoa học và Công nghệ"]),
        ("Sở Khoa học và\nCông nghệ", ["Sở Khoa học và, Công nghệ"]),
        ("UBND các xã, phường, đặc khu", ["UBND các xã, phường, đặc khu"]),
        ("UBND các xã, phường,\n đặc khu", ["UBND các xã, phường, đặc khu"]),
        (
            "Các sở, ban, ngành tỉnh, UBND các xã, phường, đặc khu, VPCP",
            ["Các sở, ban, ngành tỉnh", "UBND các xã, phường, đặc khu", "VPCP"],
        ),
        (
            "Sở Nội vụ; Sở Tài chính; UBND các xã, phường, đặc khu",
            ["Sở Nội vụ", "Sở Tài chính", "UBND các xã, phường, đặc khu"],
        ),
        ("Sở Lạ, Sở Nội vụ", ["Sở Lạ", "Sở Nội vụ"]),
        ("UBND các xã, phường và đặc khu, VPCP", ["UBND các xã, phường và đặc khu", "VPCP"]),
        ("UBND các xã, phường", ["UBND các xã", "phường"]),
        ("- Như trên;\n- Sở Nội vụ;\n- Lưu: VT, KGVX.", ["- Sở Nội vụ"]),
        ("Sở Nội vụ\nLưu: VT, KGVX\nSở Tài chính", ["Sở Nội vụ", "Sở Tài chính"]),
        ("Sở Nội vụ, Lưu VT", ["Sở Nội vụ"]),
        ("Lưu trữ lịch sử tỉnh", ["Lưu trữ lịch sử tỉnh"]),
        (";;, ;\n", []),
        ("", []),
    ],
)
def test_a_line_is_cut_where_no_name_is_torn(line: str, cut: list[str]) -> None:
    assert cut == [" ".join(name.split()) for name in split(line, BOOK)]
    assert cut == [" ".join(name.split()) for name in split(unicodedata.normalize("NFD", line), BOOK)]


@pytest.mark.parametrize("name", [*(one.name for one in BOOK.contacts), *(one.name for one in BOOK.groups)])
def test_the_folder_of_an_addressee_means_this_addressee(name: str) -> None:
    label = names.folder_label(name)
    assert label.isascii()
    assert "," not in label
    assert known(name) == known(label)


def test_a_folder_of_an_addressee_is_named_in_ascii() -> None:
    assert "UBND cac xa phuong dac khu" == names.folder_label("UBND các xã, phường, đặc khu")
    assert "Cac so ban nganh" == names.folder_label("Các sở, ban, ngành")
    assert "Van phong Chinh phu" == names.folder_label("  Văn phòng Chính phủ. ")
    assert "" == names.folder_label("🚀")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300) | st.text("SởNộivụ,;\n:()-. 1", max_size=80))
def test_any_line_is_cut_and_every_piece_is_accounted_for(line: str) -> None:
    typed = split(line, BOOK)
    found = resolve(typed, BOOK)
    assert isinstance(found, Resolved)
    assert set(typed) >= {one.typed for one in found.unknown} | {one.typed for one in found.former}
    assert bool(typed) == bool(found.contacts or found.unknown or found.former)
    assert folded(line) == folded(folded(line))


@pytest.mark.parametrize(
    "hostile", ["a,", "a;", "a\n", "a và ", "(" * 3, "1) ", "- ", ":", "\u0301", "\u202e", "🚀;", "Sở,"]
)
def test_hostile_lines_are_read_in_a_moment(hostile: str) -> None:
    names_of_a_province = tuple(Contact(f"u{n}", f"H48.{n:03}", f"UBND xã Số {n}") for n in range(700))
    book = AddressBook(names_of_a_province, (_SO, _XA), (_TTTT,))
    began = time.thread_time()
    resolve(split(hostile * (20_000 // len(hostile)), book), book)
    assert time.thread_time() - began < 3
