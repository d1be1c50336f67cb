"""Drops as clerks make them: what they write, and what it means."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from hub.standards.addresses import AddressBook, AddressGroup, Contact, Former
from plugins.folderdrop.clerk.sending.records import Mention, Slip, Title
from tests.fuzz import words
from tests.fuzz.target import Case
from tests.plugins.lettering import in_cp1258, in_tcvn3, in_vni

BOOK = AddressBook(
    (
        Contact("so-nv", "000.00.14.H48", "Sở Nội vụ", ("H48.14",)),
        Contact("so-khcn", "000.00.15.H48", "Sở Khoa học và Công nghệ"),
        Contact("xa-tinh-khe", "000.00.32.H48", "UBND xã Tịnh Khê"),
        Contact("vpcp", "000.00.00.G22", "Văn phòng Chính phủ", ("VPCP",), outside=True),
    ),
    (
        AddressGroup("cac-xa", "UBND các xã, phường, đặc khu", ("xa-tinh-khe",)),
        AddressGroup("khong-ai", "Nhóm không ai", ()),
    ),
    (Former("UBND huyện Trà Bồng", (), date(2025, 6, 30), ("xa-tinh-khe",)),),
)
_NAMES = ("Sở Nội vụ", "UBND xã Tịnh Khê", "H48.14", "VPCP", "UBND các xã, phường, đặc khu", "Sở Khoa học và Công nghệ")
_KEYS = {
    "to": ("Gửi", "GỬI", "gui", "Kính gửi", "Nơi nhận", "Gửi đến"),
    "code": ("Số, ký hiệu", "So, ky hieu", "Số và ký hiệu", "SỐ KÝ HIỆU", "Số"),
    "day": ("Ngày", "ngay van ban", "Ngày ban hành"),
    "type": ("Loại", "Loại văn bản", "loai van ban"),
    "urgency": ("Độ khẩn", "Mức độ khẩn", "do khan"),
    "subject": ("Trích yếu", "TRÍCH YẾU", "Trich yeu", "Trích yếu nội dung"),
    "due": ("Hạn trả lời", "Hạn xử lý", "han tra loi"),
    "answers": ("Trả lời văn bản", "Trả lời công văn", "tra loi van ban"),
    "replaces": ("Thay thế", "Thay thế văn bản", "thay the"),
    "signer": ("Người ký", "NGUOI KY"),
    "position": ("Chức vụ", "chuc vu"),
    "secrecy": ("Độ mật", "do mat"),
}
_URGENCIES = (
    ("Thường", 0),
    ("Khẩn", 1),
    ("KHẨN", 1),
    ("Thượng khẩn", 2),
    ("Hỏa tốc", 3),
    ("Hoả tốc", 3),
    ("Hỏa tốc hẹn giờ", 4),
)
_SUBJECT = "V/v rà soát việc phản hồi trạng thái văn bản điện tử của các cơ quan trong tỉnh Quảng Ngãi"


@dataclass(frozen=True, slots=True)
class Wish:
    """What slip and file name must be read as."""

    slip: Slip
    title: Title


@dataclass(slots=True)
class _Writing:
    """A slip while it is written."""

    dice: Random
    lines: list[str]

    def says(self, key: str, value: str) -> None:
        """A field in a line of its own."""
        colon = self.dice.choice((": ", ":", " : ", "：", ":\t"))
        mark = self.dice.choice(("", "", "", "- ", "* ", "• ", "   "))
        self.lines.append(f"{mark}{self.dice.choice(_KEYS[key])}{colon}{value}")


def valid(dice: Random) -> Case:
    """Name and slip of a document that can be sent."""
    number, notation = words.number(dice), words.notation(dice)
    subject = f"Kết quả {words.sentence(dice, 6, signs=False)}"
    name = f"{number}-{notation.replace('/', '-')} {subject}.pdf"
    slip, lines = _slip(dice, number, notation)
    return Case(f"{name}\n\n".encode() + _written(dice, lines), Wish(slip, Title(number, notation, None, subject)))


def samples() -> list[bytes]:
    """Some of them, and a slip in every lettering."""
    dice = Random(48)
    drops = [valid(dice).data for _ in range(12)]
    text = f"Gửi: Sở Nội vụ; VPCP\nSố, ký hiệu: 5/UBND-VX   Ngày: 23/11/2026\nTrích yếu: {_SUBJECT}\nĐộ mật: không\n"
    return [*drops, *(b"5-UBND-VX.pdf\nSo Noi vu\n" + write(text) for write in _WRITE)]


def _slip(dice: Random, number: str, notation: str) -> tuple[Slip, list[str]]:
    """What a slip means, and its lines."""
    said: dict[str, object] = {}
    fields = [_to, _code, *dice.sample(_FIELDS, dice.randrange(len(_FIELDS) + 1))]
    dice.shuffle(fields)
    writing = _Writing(dice, ["# Chép tệp này", "PHIẾU GỬI", ""][: dice.randrange(4)])
    for each in fields:
        said |= each(writing, number, notation)
    return Slip(**said), writing.lines  # type: ignore[arg-type]  # each field says its own part


def _to(writing: _Writing, number: str, notation: str) -> dict[str, object]:
    names = writing.dice.sample(_NAMES, writing.dice.randint(1, 3))
    writing.says("to", writing.dice.choice(("; ", ";")).join(names))
    return {"to": tuple(names)}


def _code(writing: _Writing, number: str, notation: str) -> dict[str, object]:
    stroke = writing.dice.choice(("/", " / ", "∕"))
    writing.says("code", f"{writing.dice.choice(('', 'Số ', 'số: '))}{number}{stroke}{notation}")
    return {"number": number, "notation": notation}


def _day(writing: _Writing, number: str, notation: str) -> dict[str, object]:
    day = words.day(writing.dice)
    writing.says("day", _dated(writing.dice, day))
    return {"day": day}


def _due(writing: _Writing, number: str, notation: str) -> dict[str, object]:
    day = words.day(writing.dice)
    writing.says("due", _dated(writing.dice, day))
    return {"due": day}


def _dated(dice: Random, day: date) -> str:
    return dice.choice((f"{day:%d/%m/%Y}", f"{day:%d-%m-%Y}", f"{day.day}.{day.month}.{day.year}", f"{day:%Y-%m-%d}",
                        f"ngày {day:%d} tháng {day:%m} năm {day:%Y}"))  # fmt: skip


def _type(writing: _Writing, number: str, notation: str) -> dict[str, object]:
    kind = writing.dice.choice(("Công văn", "Quyết định", "Tờ trình"))
    writing.says("type", kind)
    return {"type": kind}


def _urgency(writing: _Writing, number: str, notation: str) -> dict[str, object]:
    word, urgency = writing.dice.choice(_URGENCIES)
    writing.says("urgency", word)
    return {"urgency": urgency}


def _subject(writing: _Writing, number: str, notation: str) -> dict[str, object]:
    subject = f"V/v {words.sentence(writing.dice, 12, signs=False)}"
    writing.says("subject", subject)
    return {"subject": subject}


def _mentions(writing: _Writing, key: str) -> dict[str, object]:
    dice = writing.dice
    about = tuple(
        Mention(f"{dice.randint(1, 9999)}/{words.notation(dice)}", words.day(dice)) for _ in range(dice.randint(1, 2))
    )
    writing.says(key, "; ".join(f"{each.code} ngày {each.day:%d/%m/%Y}" for each in about))
    return {key: tuple(dict.fromkeys(about))}


def _answers(writing: _Writing, number: str, notation: str) -> dict[str, object]:
    return _mentions(writing, "answers")


def _replaces(writing: _Writing, number: str, notation: str) -> dict[str, object]:
    return _mentions(writing, "replaces")


def _signer(writing: _Writing, number: str, notation: str) -> dict[str, object]:
    signer = words.person(writing.dice)
    writing.says("signer", signer)
    writing.says("position", "Phó Chủ tịch")
    return {"signer": signer, "position": "Phó Chủ tịch"}


def _secrecy(writing: _Writing, number: str, notation: str) -> dict[str, object]:
    writing.says("secrecy", "không")
    return {"secrecy": "không"}


_FIELDS = (_day, _due, _type, _urgency, _subject, _answers, _replaces, _signer, _secrecy)
_WRITE: Sequence[Callable[[str], bytes]] = (
    lambda text: text.encode(),
    lambda text: text.encode("utf-8-sig"),
    lambda text: unicodedata.normalize("NFD", text).encode(),
    lambda text: text.encode("utf-16"),
    in_cp1258,
    lambda text: in_tcvn3(text).encode("latin-1"),
    lambda text: in_vni(text).encode("latin-1"),
)


def _written(dice: Random, lines: Sequence[str]) -> bytes:
    """As one of the programs of these years saves it; old letterings know no capitals with tones, nor every sign."""
    text = dice.choice(("\n", "\r\n", "\r")).join([*lines, ""])
    return dice.choice(_WRITE[:4])(text)
