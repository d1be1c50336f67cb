"""`PHIEU-GUI.txt`, read as clerks write it. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from hub.standards.addresses import AddressBook
from hub.standards.addressing import split
from plugins.folderdrop.clerk.lettering import UNREADABLE
from plugins.folderdrop.clerk.sending import codes
from plugins.folderdrop.clerk.sending.fields import Fields, Key, fields_of
from plugins.folderdrop.clerk.sending.records import Mention, Slip

_URGENCIES = {
    "thuong": 0,
    "binh thuong": 0,
    "khong": 0,
    "khong khan": 0,
    "khan": 1,
    "thuong khan": 2,
    "hoa toc": 3,
    "hoa toc hen gio": 4,
    "hen gio": 4,
}
#: These, which without diacritics read as "thường", are not it.
_UPPER = ("thượng", "thuợng", "thựơng")
_NOT_SECRET = re.compile(r"(khong|khong mat|thuong|binh thuong|khong co|khong phai( la)?( van ban| tai lieu)? mat)")
_NONE = re.compile(r"khong( co| quy dinh| yeu cau)?[\s.]*")
_MOST_WARNINGS = 10
_LONGEST_SHOWN = 80
_LONGEST_MENTIONS = 2_000


@dataclass(slots=True)
class _Doubts:
    warnings: list[str] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)

    def warn(self, words: str, typed: str) -> None:
        if len(self.warnings) < _MOST_WARNINGS:
            self.warnings.append(words.format(_shown(typed)))


def read_slip(text: str, book: AddressBook) -> Slip:
    """What a slip says; whatever it is, it is read, and what was not understood is named."""
    if text.strip() == UNREADABLE:
        return Slip(unread=(("Phiếu gửi", UNREADABLE),))
    fields, doubts = fields_of(text), _Doubts()
    number, notation, beside = _code(fields, doubts)
    day = _day(fields, Key.DAY, doubts) or (None if fields.of(Key.DAY) else beside)
    slip = Slip(
        to=split(fields.of(Key.TO), book),
        number=number,
        notation=notation,
        day=day,
        type=_line(fields, Key.TYPE),
        urgency=_urgency(fields.of(Key.URGENCY, " "), doubts),
        subject=_line(fields, Key.SUBJECT),
        due=_day(fields, Key.DUE, doubts),
        answers=_mentions(fields, Key.ANSWERS, doubts),
        replaces=_mentions(fields, Key.REPLACES, doubts),
        revokes=_mentions(fields, Key.REVOKES, doubts),
        updates=_mentions(fields, Key.UPDATES, doubts),
        reason=_line(fields, Key.REASON),
        main=_line(fields, Key.MAIN),
        signer=_line(fields, Key.SIGNER),
        position=_line(fields, Key.POSITION),
        secrecy=fields.of(Key.SECRECY, "; ") or None,
    )
    return _with_doubts(slip, fields, doubts)


def _with_doubts(slip: Slip, fields: Fields, doubts: _Doubts) -> Slip:
    for stranger in fields.strangers:
        doubts.warn('Phiếu có mục "{}" không có trong mẫu nên không dùng đến.', stranger)
    for stray in fields.strays:
        doubts.warn('Phiếu có dòng "{}" không thuộc mục nào nên không dùng đến.', stray)
    read = {name: getattr(slip, name) for name in Slip.__dataclass_fields__}
    return Slip(**read | {"warnings": tuple(doubts.warnings), "unread": tuple(doubts.unread)})


def reason_of(text: str) -> str:
    """Why a slip wants a document back; "" where it does not say."""
    return _line(fields_of(text), Key.REASON)


def says_secret(slip: Slip) -> bool | None:
    """Whether the slip calls its document secret; None where it does not say. What is not clearly a no is a yes."""
    if slip.secrecy is None:
        return None
    said = [each.strip(" .()") for each in unicodedata.normalize("NFC", slip.secrecy).lower().split(";")]
    return not all(_NOT_SECRET.fullmatch(" ".join(codes.flat(each).split())) for each in said) or any(
        each.startswith(_UPPER) for each in said
    )


def _shown(typed: str) -> str:
    line = " ".join(typed.split())
    return line if len(line) <= _LONGEST_SHOWN else line[:_LONGEST_SHOWN] + "…"


def _line(fields: Fields, key: Key) -> str:
    return " ".join(fields.of(key).split())


def _code(fields: Fields, doubts: _Doubts) -> tuple[str, str, date | None]:
    """Number, notation, and a date that stands beside them."""
    typed = _line(fields, Key.CODE)
    if not typed:
        return "", "", None
    written = typed.translate(codes.STROKES)
    found = codes.dates(written)
    beside = found[0] if len(found) == 1 and found[0].start else None
    code = re.sub(r"(,?\s*ngay)?\W*$", "", codes.flat(written[: beside.start])) if beside else written
    bare = re.sub(r"^so\b[\s.:]*", "", codes.flat(code))
    text = written[len(code) - len(bare) : len(code)]
    if read := codes.code_of(text) or codes.typed_code(text):
        if beside and beside.day is None:
            doubts.unread.append((Key.DAY.value, typed[beside.start : beside.end]))
        return *read, beside.day if beside else None
    doubts.unread.append((Key.CODE.value, typed))
    return "", "", None


def _day(fields: Fields, key: Key, doubts: _Doubts) -> date | None:
    typed = _line(fields, key)
    if key is Key.DUE and _NONE.fullmatch(codes.flat(typed)):
        return None
    day = codes.only_day(typed) if typed else None
    if typed and day is None:
        doubts.unread.append((key.value, typed))
    return day


def _urgency(typed: str, doubts: _Doubts) -> int | None:
    if not typed:
        return None
    small = unicodedata.normalize("NFC", typed).lower()
    words = " ".join(re.findall(r"[a-z0-9]+", codes.flat(small)))
    if words == "thuong" and small.startswith(_UPPER):
        words = ""
    timed = words.startswith("hoa toc") and "hen gio" in words
    urgency = 4 if timed else _URGENCIES.get(words, int(words) if words in {"0", "1", "2", "3", "4"} else None)
    if urgency is None:
        doubts.warn('Không hiểu độ khẩn "{}"; các mức là Khẩn, Thượng khẩn, Hỏa tốc.', typed)
    return urgency


def _mentions(fields: Fields, key: Key, doubts: _Doubts) -> tuple[Mention, ...]:
    text = _line(fields, key)[:_LONGEST_MENTIONS].translate(codes.STROKES)
    found = codes.codes(text)
    ends = (*(match.start() for match in found), len(text))[1:]
    read = tuple(_mention(match, text[match.end() : end], doubts) for match, end in zip(found, ends, strict=True))
    if text and not read and not _NONE.fullmatch(codes.flat(text)):
        doubts.warn(f'Không đọc được số, ký hiệu ở mục "{key.value}": "{{}}".', text)
    return tuple(dict.fromkeys(read))


def _mention(match: re.Match[str], after: str, doubts: _Doubts) -> Mention:
    code = f"{match['number']}/{codes.tidy(match['notation'])}"
    day = codes.only_day(after)
    if day is None and codes.dates(after):
        doubts.warn("Ngày của văn bản {} không có trong lịch.", f"{code} ({after.strip(' ;,')})")
    return Mention(code, day)
