"""The fields of a slip: which key stands where, and what is written after it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from plugins.folderdrop.clerk.sending.codes import flat


class Key(StrEnum):
    """A field by the name that a slip shows."""

    TO = "Gửi"
    CODE = "Số, ký hiệu"
    DAY = "Ngày"
    TYPE = "Loại"
    URGENCY = "Độ khẩn"
    SUBJECT = "Trích yếu"
    DUE = "Hạn trả lời"
    ANSWERS = "Trả lời văn bản"
    REPLACES = "Thay thế"
    REVOKES = "Thu hồi"
    UPDATES = "Cập nhật"
    REASON = "Lý do"
    MAIN = "Văn bản chính"
    SIGNER = "Người ký"
    POSITION = "Chức vụ"
    SECRECY = "Độ mật"


_SPELT = {
    Key.TO: "gui, kinh gui, gui den, gui toi, kinh moi, noi nhan, nguoi nhan, noi gui den, dien",
    Key.CODE: "so, so ky hieu, so va ky hieu, so kh, so ki hieu, so hieu, so van ban, so ky hieu van ban, ky hieu",
    Key.DAY: "ngay, ngay van ban, ngay ban hanh, ngay ky, ngay thang, ngay thang nam, ngay vb",
    Key.TYPE: "loai, loai van ban, loai vb, the loai, hinh thuc",
    Key.URGENCY: "do khan, muc do khan, khan, do khan cap",
    Key.SUBJECT: "trich yeu, trich yeu noi dung, v v, ve viec, noi dung, trich yeu van ban",
    Key.DUE: "han tra loi, han xu ly, han, thoi han, thoi han tra loi, thoi han xu ly, han phan hoi, han bao cao",
    Key.ANSWERS: "tra loi van ban, tra loi, tra loi cong van, tra loi van ban so, tra loi cong van so, "
    "tra loi vb, phuc dap, phuc dap van ban",
    Key.REPLACES: "thay the, thay the van ban, thay the cho, thay the vb, thay the cong van, thay the van ban so",
    Key.REVOKES: "thu hoi, thu hoi van ban, thu hoi vb, thu hoi cong van, thu hoi van ban so",
    Key.UPDATES: "cap nhat, cap nhat van ban, cap nhat vb, cap nhat cong van, cap nhat van ban so",
    Key.REASON: "ly do, ly do thu hoi, ly do thay the, ly do cap nhat",
    Key.MAIN: "van ban chinh, tep chinh, tep van ban, tep van ban chinh, file chinh, vb chinh",
    Key.SIGNER: "nguoi ky, ho ten nguoi ky",
    Key.POSITION: "chuc vu, chuc vu nguoi ky, chuc danh",
    Key.SECRECY: "do mat, muc do mat, mat, do bao mat, muc mat",
}
KEYS = {spelling: key for key, spellings in _SPELT.items() for spelling in spellings.split(", ")}
#: Their values are never a sentence: a single space is enough before the next key.
_SHORT = frozenset({Key.CODE, Key.DAY, Key.TYPE, Key.URGENCY, Key.DUE, Key.SECRECY})
#: Overlooking these would be worse than taking a word of a sentence for them.
_ANYWHERE = frozenset({"do mat", "muc do mat", "do bao mat"})
_DEGREES = frozenset({"mat", "toi mat", "tuyet mat"})

MOST_LINES, MOST_LETTERS = 200, 20_000
#: words of a key, and how far before its colon it can begin
_LONGEST_KEY, _FAR = 5, 60
_MARK = re.compile(r"[:：=]")
_WORD = re.compile(r"[^\s*]\S*")
#: What looks like a key, and is none of ours.
_STRANGER = re.compile(r"(?:^|(?<=\s{3})|(?<=\t))(?P<key>[^\W\d_][^\s:：=]*(?: [^\s:：=]+){0,4})\s*[:：]")
_BLANK = re.compile(r"[\s.…_()–-]*(v/v|ve viec|trong)?[\s.…_()–-]*")
_GAP = re.compile(r"(\s{2}|\t ?|\| ?)$")
#: What people put before a key: bullets, numbers.
_BEFORE = re.compile(r"[\s*+•·–>-]*(?:[0-9]{1,2}[.)])?[\s*]*")
_HEADING = re.compile(r"phieu gui( van ban)?( di)?( dien tu)?")
_BARE_DAY = re.compile(r"(ngay) (?=[0-9][0-9/. -]+$|[0-9]{1,2} thang [0-9]{1,2} nam [0-9]{4}$)")
_BARE_CODE = re.compile(r"(so) (?=[0-9]\S*$)")


@dataclass(slots=True)
class Fields:
    """What stands after each key, in the order found."""

    values: dict[Key, list[str]] = field(default_factory=dict)
    #: keys that nobody knows
    strangers: list[str] = field(default_factory=list)
    #: lines that belong to no key
    strays: list[str] = field(default_factory=list)

    def of(self, key: Key, joined: str = "\n") -> str:
        """All that was written after a key; its untouched template counts as nothing."""
        return joined.join(value for each in self.values.get(key, ()) if not is_blank(value := each.strip(" \t|*")))


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a key begins and its value begins; no key: nobody knows it."""

    key: Key | None
    at: int
    value: int


def is_blank(value: str) -> bool:
    """Whether it is the template as it was: "", "…", "V/v …", "(trống | Khẩn | Hỏa tốc)"."""
    untouched = value.startswith("(") and "|" in value and value.endswith(")")
    return untouched or _BLANK.fullmatch(flat(value)) is not None


def fields_of(text: str) -> Fields:
    """The fields of any text whatsoever: its first 200 lines, 20,000 letters."""
    found = Fields()
    current: Key | None = None
    for line in _lines(text):
        if not line.strip():
            current = current if current and (current is Key.TO or not found.of(current)) else None
        elif not line.lstrip().startswith("#"):
            current = _take(line, current, found)
    return found


def _lines(text: str) -> list[str]:
    whole = _ended(text[:MOST_LETTERS])
    kept = "".join(letter for letter in whole if letter in "\n\t" or unicodedata.category(letter)[0] != "C")
    return unicodedata.normalize("NFC", kept).split("\n")[:MOST_LINES]


def _ended(text: str) -> str:
    return re.sub(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]", "\n", text).replace("\xa0", " ")


def _take(line: str, current: Key | None, found: Fields) -> Key | None:
    """Put what a line says where it belongs; returns the key that the next line may go on with."""
    starts = list(_starts(line, current))
    first = starts[0].at if starts else len(line)
    if not _BEFORE.fullmatch(line[:first]):
        current = _go_on(line[:first].strip(), current, found)
    ends = (*(one.at for one in starts), len(line))[1:]
    for start, end in zip(starts, ends, strict=True):
        current = start.key
        if current:
            found.values.setdefault(current, []).append(line[start.value : end].strip())
        else:
            found.strangers.append(line[start.at : start.value].strip(" \t:："))
    return current


def _go_on(text: str, current: Key | None, found: Fields) -> Key | None:
    words = " ".join(re.findall(r"\w+", flat(text)))
    if words in _DEGREES:
        found.values.setdefault(Key.SECRECY, []).append(text)
    elif current and not (current in _SHORT and found.of(current)):
        found.values[current].append(text)
        return current
    elif not _HEADING.fullmatch(words):
        found.strays.append(text)
    return None


def _starts(line: str, current: Key | None) -> Iterator[_Start]:
    """Every key of a line, from left to right."""
    plain, at = flat(line), 0
    headless = _without_mark(line, plain)
    if headless:
        yield headless
        current, at = headless.key, headless.value
    for mark in _MARK.finditer(line):
        if mark.start() < at:
            continue
        start = _known(line, plain, at, mark, current) or _stranger(line, at, mark)
        if start:
            yield start
            current, at = start.key, start.value


def _known(line: str, plain: str, at: int, mark: re.Match[str], current: Key | None) -> _Start | None:
    words = list(_WORD.finditer(plain, max(at, mark.start() - _FAR), mark.start()))[-_LONGEST_KEY:]
    for word in words:
        spelling = " ".join(re.findall(r"[a-z0-9]+", plain[word.start() : mark.start()]))
        known = spelling in KEYS and word[0][0].isalpha()
        if known and (spelling in _ANYWHERE or _may_stand(line, word.start(), mark.start(), at, current)):
            return _Start(KEYS[spelling], word.start(), mark.end())
    return None


def _may_stand(line: str, start: int, end: int, at: int, current: Key | None) -> bool:
    """Whether a key may begin here: first in its line, after a gap, of several words, or after what is no sentence."""
    gap = _GAP.search(line[max(at, start - 2) : start]) is not None
    first = at == 0 and start < _FAR and _BEFORE.fullmatch(line[:start]) is not None
    several = line[start].isupper() and " " in line[start:end].strip()
    return first or gap or several or (current in _SHORT and at > 0)


def _stranger(line: str, at: int, mark: re.Match[str]) -> _Start | None:
    match = _STRANGER.search(line, max(at, mark.start() - _FAR), mark.end())
    inside = line[mark.start() - 1 : mark.end() + 1].replace(":", "").isdigit() or line.startswith("//", mark.end())
    if match is None or match.end() != mark.end() or inside or not match["key"][0].isupper():
        return None
    return _Start(None, match.start("key"), mark.end())


def _without_mark(line: str, plain: str) -> _Start | None:
    """A key of several words at the head of a line, whose colon was forgotten: "Kính gửi Sở Nội vụ"."""
    phrase = re.split(r"\s{2}|\t", plain[:_FAR], maxsplit=1)[0]
    words = list(_WORD.finditer(phrase))[: _LONGEST_KEY + 1]
    if not words or words[0].start() or not line[0].isupper() or _MARK.search(phrase):
        return None
    for key, bare in ((Key.DAY, _BARE_DAY), (Key.CODE, _BARE_CODE)):
        if match := bare.match(phrase.rstrip(" .")):
            return _Start(key, 0, match.end())
    for count in range(min(_LONGEST_KEY, len(words) - 1), 1, -1):
        spelling = " ".join(re.findall(r"[a-z0-9]+", phrase[: words[count - 1].end()]))
        if spelling in KEYS:
            return _Start(KEYS[spelling], 0, words[count - 1].end())
    return None
