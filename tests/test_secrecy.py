"""Signs of a state secret."""

from __future__ import annotations

import io

import pytest

from hub.errors import Refused
from hub.standards import edxml
from hub.standards.secrecy import is_secret
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
