"""Signs of a state secret."""

from __future__ import annotations

import io
import unicodedata

import pytest

from hub.errors import Refused
from hub.standards import edxml
from hub.standards.secrecy import is_secret, page_is_secret
from hub.testing.samples import a_document


@pytest.mark.parametrize(
    "name",
    ["Tờ trình (MẬT).pdf", "MẬT.pdf", "mật.docx", "Bao cao_TUYỆT MẬT.pdf", "công văn tối mật.doc", "12_MẬT_2026.pdf"],
)
def test_a_degree_of_secrecy_in_a_name_is_a_sign(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "Hướng dẫn BẢO MẬT.pdf",
        "ĐỔI MẬT KHẨU.docx",
        "mật độ dân số.xlsx",
        "Quy chế bảo mật.pdf",
        "Kế hoạch.pdf",
        "MẬTT.pdf",
    ],
)
def test_other_words_are_none(name: str) -> None:
    assert not is_secret(name)


def test_a_packet_with_such_an_attachment_is_refused() -> None:
    packet = b"".join(edxml.compose(a_document(), [edxml.File("Phương án (MẬT).pdf", lambda: io.BytesIO(b"%PDF-1.4"))]))

    with pytest.raises(Refused, match="secret: Gói tin có dấu hiệu độ mật"):
        edxml.read(io.BytesIO(packet))


SIGNS = [
    "MẬT",
    "TỐI MẬT",
    "TUYỆT MẬT",
    "M Ậ T",
    "T Ố I  M Ậ T",
    "  (MẬT)  ",
    "* TUYỆT MẬT *",
    "M.Ậ.T",
    "[ TUYỆT   MẬT ].",
    "MA\u0323\u0302T",
    "MA\u0302\u0323T",
    "M A\u0302 \u0323 T",
    "M\u200bẬ\xadT",
    "ＭẬＴ",
    "Số: 12/UBND\tMẬT",
    "Số: 12/UBND     TỐI MẬT",
    # as the fonts .VnTimeH and VNI-Times leave them in a text layer
    "MËT",
    "TUYÖT MËT",
    "MAÄT",
]
NO_SIGNS = [
    "",
    "bảo mật",
    "mật khẩu",
    "Mật",
    "mật",
    "BÍ MẬT KINH DOANH",
    "QUY CHẾ BẢO MẬT",
    "ĐỔI MẬT KHẨU",
    "MẬT ĐỘ DÂN SỐ",
    "MẬT 2",
    "CÁC TÀI LIỆU TUYỆT MẬT PHẢI ĐƯỢC QUẢN LÝ",
    "MÁT",
    "MAT",
    "MẤT",
    "M" + " " * 300 + "ẬT",
]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("line", SIGNS)
def test_a_degree_of_secrecy_alone_in_a_line_is_a_sign(line: str, form: str) -> None:
    text = unicodedata.normalize("NFD", line) if form == "NFD" else line
    assert page_is_secret(text)
    assert page_is_secret(f"ỦY BAN NHÂN DÂN\r\n{text}\r\nSố: 12/UBND")


@pytest.mark.parametrize("line", NO_SIGNS)
def test_such_words_within_others_or_in_small_letters_are_none(line: str) -> None:
    assert not page_is_secret(line)
    assert not page_is_secret(unicodedata.normalize("NFD", f"Kính gửi:\n{line}\nvà các đơn vị"))


def test_a_word_that_a_line_break_left_alone_counts() -> None:
    """Better one letter asked about in vain than a secret stored."""
    assert page_is_secret("QUY CHẾ BẢO\nMẬT")
