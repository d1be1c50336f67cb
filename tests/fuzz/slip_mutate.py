"""Drops changed by lines, by words, and by bytes."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from random import Random

from tests.fuzz import mutate
from tests.fuzz.mutate import LONGEST, Step
from tests.naughty import NAMES
from tests.plugins.lettering import in_tcvn3, in_vni

_KEYS = (
    "Gửi", "Kính gửi", "Số, ký hiệu", "Số", "Ngày", "Loại", "Độ khẩn", "Trích yếu", "Hạn trả lời", "Trả lời văn bản",
    "Thay thế",
    "Văn bản chính", "Người ký", "Chức vụ", "Độ mật", "MẬT", "Ghi chú", "Ưu tiên", "V/v", "Độ mật Tối mật",
    "Số 5/UBND Ngày",
)  # fmt: skip
_VALUES = (
    "", " ", "…", "(trống | Khẩn)", "không", "Không có.", "5/UBND-VX", "30/02/2026", "31/12/9999", "1/1/1945",
    "0/0/0", "99999999/X",
    "23/11/2026 hoặc 24/11/2026", "ngày 23 tháng 11 năm 2026", "Sở Nội vụ; Sở Lạ, VPCP", "UBND huyện Trà Bồng",
    "Nhóm không ai", "H48.14",
    "000.00.99.Z99", "Sở Nội vụ và VPCP", "Khẩn", "²", "１２/UBND", "15/2026/QĐ-UBND",
    "88/BNV ngày 31/11/2026; 12/UBND", "Tuyệt mật",
    "A" * 500, "/".join("abc" * 40), "1/" + "a-" * 300, ";" * 300, "," * 300, " và " * 200, "17:00", "https://a.vn",
    "{}", "{0}", "%s",
    "x" * 20_000, "\u202e\u200b", "\u0301" * 50, "ngày " * 100, "so: " * 100, "- " * 100, "1. " * 50, "##",
    "=" * 100, ":" * 100,
    "Kính gửi: " * 30, "(" * 100, "(để báo cáo)", "1/1/2026 " * 200, "UBND các xã, phường",
    "Sở Khoa học và Công nghệ, tỉnh",
)  # fmt: skip
_SEPARATORS = (":", " : ", "：", "=", "", "\t", "   ", ":\n", "::", " | ")
_ENDS = ("\n", "\r\n", "\r", "\u2028", "\x85", "\x0b", "\n\n", " ", "   ", "\t")
_NAMES = (
    "204-UBND-VX Trích yếu.pdf", "204-UBND-VX 30-02-2026 a.pdf", "Copy of 5-UBND.pdf.p7s", "5.pdf", ".pdf",
    "a" * 250, "15-2026-QĐ-UBND",
    "1" * 200 + "-UBND", "1-" + "A-" * 120, "1" + " " * 200 + "UBND", "5-UBND" + " (1)" * 50,
    "5-UBND" + "_copy" * 40, "Tờ trình (MẬT).pdf",
    "CON", "..", "~$5-UBND.docx", "PHIEU-GUI.txt", "số 5-UBND ngày 23-11-2026 (24-11-2026) x", "²-UBND",
    "5-" + "&" * 100, "5-UBND.pdf" * 20,
)  # fmt: skip


def mutated(dice: Random, data: bytes, other: bytes) -> bytes:
    """A drop made from one or two others."""
    chance = dice.random()
    if chance < 0.1:
        data = mutate.joined(dice, data, other)
    elif chance < 0.25:
        data = _named(dice, data)
    elif chance < 0.26:
        return dice.choice(_RECODED)(data)
    return mutate.steps(dice, data, _STEPS)


def _named(dice: Random, data: bytes) -> bytes:
    """Another name of file or folder."""
    lines = data.split(b"\n", 2)
    name = dice.choice(NAMES) if dice.random() < 0.5 else dice.choice(_NAMES).encode()
    lines[dice.randrange(min(2, len(lines)))] = name.replace(b"\n", b"")
    return b"\n".join(lines)


def _line(dice: Random, data: bytes) -> bytes:
    """One more line with a key."""
    lines = data.split(b"\n")
    at = dice.randrange(len(lines)) + 1
    said = dice.choice(_KEYS) + dice.choice(_SEPARATORS) + dice.choice(_VALUES)
    lines.insert(max(at, 2), said.encode())
    return b"\n".join(lines)


def _value(dice: Random, data: bytes) -> bytes:
    """Another value behind a colon."""
    places = [at for at, byte in enumerate(data) if byte == ord(":")]
    if not places:
        return _line(dice, data)
    start = dice.choice(places) + 1
    end = data.find(b"\n", start)
    return data[:start] + dice.choice(_VALUES).encode() + (data[end:] if end >= 0 else b"")


def _key(dice: Random, data: bytes) -> bytes:
    """Another key before a colon."""
    at = data.find(b":", dice.randrange(len(data)))
    start = data.rfind(b"\n", 0, max(at, 0)) + 1
    return data[:start] + dice.choice(_KEYS).encode() + data[at:] if at >= 0 else _line(dice, data)


def _end(dice: Random, data: bytes) -> bytes:
    """Another end of a line."""
    at = data.find(b"\n", dice.randrange(len(data)))
    return data[:at] + dice.choice(_ENDS).encode() + data[at + 1 :] if at >= 0 else data + b"\n"


def _swap(dice: Random, data: bytes) -> bytes:
    """Two lines in each other's place."""
    lines = data.split(b"\n")
    one, two = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"\n".join(lines)


_STEPS: Sequence[Step] = (*(_line, _line, _value, _value, _value, _key, _key, _end, _swap), *mutate.STEPS)


def _recoded(change: Callable[[str], bytes]) -> Callable[[bytes], bytes]:
    """The slip below the two names in another lettering."""

    def recode(data: bytes) -> bytes:
        names, slip = data.split(b"\n", 2)[:2], data.split(b"\n", 2)[2:]
        text = b"".join(slip).decode("utf-8", "replace")
        return b"\n".join([*names, change(text)])[:LONGEST]

    return recode


_RECODED = (
    _recoded(lambda text: text.encode("utf-16")),
    _recoded(lambda text: text.encode("utf-16-be")),
    _recoded(lambda text: text.encode("cp1258", "replace")),
    _recoded(lambda text: in_tcvn3(text).encode("latin-1", "replace")),
    _recoded(lambda text: in_vni(text).encode("latin-1", "replace")),
    _recoded(lambda text: text.encode("cp1251", "replace")),
    _recoded(lambda text: unicodedata.normalize("NFKD", text).encode()),
    _recoded(lambda text: text.upper().encode()),
)
