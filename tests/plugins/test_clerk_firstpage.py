"""What a first page's text and a signature's own words say."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from plugins.folderdrop.clerk.sending.firstpage import clean, day_of, signed_at

DAY = date(2016, 1, 13)
CITED = "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015;"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Quảng Ngãi, ngày 13 tháng 01 năm 2016", DAY),
        ("Quảng Ngãi,ngày 13 tháng 1 năm 2016.", DAY),
        ("Số: 204/UBND-VX    Quảng Ngãi, ngày 13 tháng 01 năm 2016", DAY),
        ("Qu ả ng Ngãi, n g à y 1 3 th á ng 0 1 n ă m 2 0 1 6", DAY),
        ("Quảng Ngãi, ngày\n13\ntháng 01\nnăm 2016\nKính gửi", DAY),
        ("QUẢNG NGÃI, NGÀY 13 THÁNG 01 NĂM 2016", DAY),
        ("Quảng Ngãi, ngày 13 tháng 01 năm 2016\n1. Mở đầu", DAY),
        (f"{CITED}\nQuảng Ngãi, ngày 13 tháng 01 năm 2016", DAY),
        (f"Quảng Ngãi, ngày 13 tháng 01 năm 2016\n{CITED}", DAY),
        ("Ngày 13 tháng 01 năm 2016", DAY),
        ("Quảng Ngãi, ngày 13 tháng 01 năm 2016\nHà Nội, ngày 14 tháng 01 năm 2016", DAY),
        (f"Quảng Ngãi, ngày     tháng     năm 2026\n{CITED}", None),
        ("Quảng Ngãi, ngày … tháng … năm ……", None),
        ("Quảng Ngãi, ngày ... tháng 01 năm 2026\nHà Nội, ngày 14 tháng 01 năm 2016", None),
        ("Quảng Ngãi, ngày 30 tháng 02 năm 2026", None),
        ("Quảng Ngãi, ngày 00 tháng 13 năm 0000", None),
        (CITED, None),
        ("", None),
    ],
)
def test_the_day_is_the_one_after_the_place(text: str, expected: date | None) -> None:
    assert expected == day_of(text)
    assert expected == day_of(unicodedata.normalize("NFD", text))


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("D:20261123080200+07'00'", "23/11/2026 08:02"),
        ("D:20261123080200+07'00", "23/11/2026 08:02"),
        ("D:20261123010259Z", "23/11/2026 08:02"),
        ("D:20261123010259Z00'00'", "23/11/2026 08:02"),
        ("D:20261122210200-04'00'", "23/11/2026 08:02"),
        ("D:202611230802", "23/11/2026 08:02"),
        ("20261123080200", "23/11/2026 08:02"),
        ("D:20261123", ""),
        ("D:20261323080200", ""),
        ("D:99991231235959-23'59'", ""),
        ("D:20261123080200+99'99'", ""),
        ("hôm qua", ""),
        ("", ""),
    ],
)
def test_the_time_of_a_signature_is_said_as_in_vietnam(stamp: str, expected: str) -> None:
    assert expected == signed_at(stamp)


def test_a_signers_name_is_one_line_without_control_characters() -> None:
    assert "UBND xã Bình Sơn" == clean(unicodedata.normalize("NFD", " UBND xã\r\n\tBình\x00 S\u202eơn "))
