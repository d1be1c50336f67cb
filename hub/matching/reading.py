"""What an answer says about its document, read as people write it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from hub.directory import normalise
from hub.matching.forms import DAY, ORNAMENTS, fold, organ, plain_number, tolerant, words
from hub.matching.spelling import bare, readings, without_telex
from hub.vocabulary import Acknowledgement, StatusCode

#: Nothing that names a document is longer; what comes behind is not looked at.
LONGEST = 600
_LONGEST_NUMBER = 8
#: What is written twice is at least so long; of an id, which may be 123123.
_SHORTEST_TWICE, _SHORTEST_ID_TWICE = 3, 12
#: A UUID, or what is left of one.
_HEX = re.compile(r"[0-9a-f]{7,}-?[0-9a-f-]*")
_ORGAN = re.compile(r"(?<![\w.])(?:\d{1,3}\.){1,4}[a-z]\d\d(?![\w.])|^[a-z]\d\d(?:\.[0-9a-z]{2,})*(?=[\s,;])", re.ASCII)
_DAY = re.compile(
    rf"(?<![\w/])(?:{DAY}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{2}}|(?:(?<=ngay )|(?<=ngày ))\d{{1,2}}[-/.]\d{{1,2}})(?!\d)",
    re.ASCII,
)
_SPELT = re.compile(r"(?:ngày|ngay) (\d{1,2}) (?:tháng|thang) (\d{1,2})(?: (?:năm|nam) (\d{4}))?")
_HOUR = re.compile(r"[t\s]\d\d?:\d\d(?::\d\d)?(?:\.\d+)?z?")
_NUMBER = re.compile(r"(?:(?=[oli]*\d)[0-9oli]+[a-z]?|[oli]+[a-z]?(?=[-/_]))(?![^\W_])")
_GLUED = re.compile(r"(\d+)([^\W\d_][^\W_]*)")
_JOINED = re.compile(r"\s*[-/_.,]\s*([^\W_]+)")
_TIGHT = re.compile(r"[-/_.,]([^\W_]+)")
_SPACED = re.compile(r"[-/_.,\s]+([^\W_]+)")
_MOST_WORDS = 5
_BY = re.compile(r"^\W*(?:(?:ngày|ngay)\b)?\W*(?:của|cua) (.+)")
_LEADING = re.compile(r"^(?:ngày|ngay|công văn|cong van|cv|văn bản|van ban|vb)\b\s*")
#: Words that people put before a number.
_BEFORE = frozenset(
    re.findall(
        r"\w+",
        """cv cong van so vb ban hb tra loi phuc dap theo quyet dinh to trinh thong bao ke hoach giay moi dien cao
        huong dan nghi chi thi ky hieu den cua ngay""",
    )
)
#: Words that end a notation where it is followed by more.
_BEHIND = frozenset(("ngay", "cua", "ve", "vv", "gui", "do", "nam", "kinh", "trich", "viec", "va", "ky", "de"))
_SUBJECT = re.compile(r"\b(?:v ?/ ?v|ve viec|về việc|trich yeu|trích yếu)\b[:.\s]*")
_CONFUSED = str.maketrans("oli", "011")
Day = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Claim:
    """What one text says: parts that it does not say are empty."""

    number: str = ""
    #: folded words
    notation: tuple[str, ...] = ()
    #: days that may be meant, the likeliest first; a year that is not said is 0
    days: tuple[Day, ...] = ()
    organ: str = ""
    #: as it was written
    organ_said: str = ""
    #: the name of an organisation, folded
    name: str = ""
    #: folded
    subject: str = ""
    #: whether the subject is only what else was written, not said to be one
    is_loose: bool = False
    #: whether the text may have been cut off behind the number
    is_cut: bool = False
    #: whether the first letter of the notation may be the number's
    is_glued: bool = False
    #: whether the notation may go on in what was not taken for it
    is_whole: bool = False


@dataclass(frozen=True)
class Said:
    """What an answer says about its document; each claim in every reading of its text."""

    id: str
    #: hexadecimal digits of something like a UUID
    digits: str
    #: of the fields beside the id
    beside: tuple[tuple[Claim, ...], ...]
    #: of the id, read as a text that may be made of the other parts
    of_id: tuple[tuple[Claim, ...], ...]

    @property
    def is_opaque(self) -> bool:
        """Whether there is no id, or one that is not made of the other parts."""
        return self.id.count(",") != 2

    @property
    def claims(self) -> tuple[tuple[Claim, ...], ...]:
        """All."""
        return self.beside + self.of_id

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The numbers that are said, in any reading."""
        return frozenset(one.number for claim in self.claims for one in claim if one.number)

    @cached_property
    def near_numbers(self) -> frozenset[str]:
        """These, and all that one slip may have made them of."""
        return self.numbers.union(*map(slips, self.numbers))

    @cached_property
    def days(self) -> frozenset[Day]:
        """The days that may be meant, day and month in either order."""
        said = {day for claim in self.claims for one in claim for day in one.days}
        return frozenset(said | {(year, day, month) for year, month, day in said})

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """Texts that may be a subject."""
        return tuple(dict.fromkeys(one.subject for claim in self.claims for one in claim if one.subject))


@lru_cache(maxsize=1024)
def slips(number: str) -> frozenset[str]:
    """What a number may have been before a digit was lost, doubled or swapped with its neighbour."""
    if not number.isdecimal() or len(number) > _LONGEST_NUMBER:
        return frozenset()
    places = range(len(number))
    undoubled = {number[:at] + number[at + 1 :] for at in places if number[at] == number[at - 1] and at}
    unswapped = {number[:at] + number[at : at + 2][::-1] + number[at + 2 :] for at in places}
    whole = {number[:at] + digit + number[at:] for at in range(len(number) + 1) for digit in "0123456789"}
    # As numbers are written: 07, never 0107.
    return frozenset(one.lstrip("0") for one in undoubled | unswapped | whole if one[:1] != "0" or len(one) == 2) - {
        number,
        "",
    }


def said(answer: Acknowledgement) -> Said:
    """Read an answer's reference. Never raises, whatever the texts are."""
    named = answer.response_for
    whose = answer.sender.id if answer.status == StatusCode.RECALL else named.organ_id
    identifier = _once(fold(named.document_id[:LONGEST]), _SHORTEST_ID_TWICE).strip(ORNAMENTS)
    beside = [_claims(named.code), (_dated(named.promulgation_date),), (_from(whose),)]
    is_hex = _HEX.fullmatch(identifier) is not None
    of_id = [_claims(named.document_id, is_id=True)] if identifier and not is_hex else []
    digits = identifier.replace("-", "") if is_hex else ""
    return Said(tolerant(identifier), digits, _said_parts(beside), _said_parts(of_id))


def _said_parts(claims: Sequence[tuple[Claim, ...]]) -> tuple[tuple[Claim, ...], ...]:
    """Without those that say nothing."""
    return tuple(filter(None, (tuple(one for one in claim if one != Claim()) for claim in claims)))


def _dated(text: str) -> Claim:
    return Claim(days=_days(_once(fold(text[:LONGEST]))))


def _from(text: str) -> Claim:
    folded = fold(text[:LONGEST]).strip(" .,;")
    if re.fullmatch(r"[0-9a-z.\s]*\d[0-9a-z.\s]*", folded):
        return Claim(organ=organ(folded), organ_said=normalise(folded))
    return Claim(name=folded)


def _claims(text: str, *, is_id: bool = False) -> tuple[Claim, ...]:
    least = _SHORTEST_ID_TWICE if is_id else _SHORTEST_TWICE
    found = [claim for reading in readings(text[:LONGEST]) for claim in _read(_once(fold(reading), least), is_id)]
    if text.isascii():
        found += list(map(_telexed, found))
    return tuple(dict.fromkeys(found))


def _telexed(claim: Claim) -> Claim:
    # "HDD" may as well be "HD", a letter too many.
    is_doubtful = {"hdd", "dda"} & set(claim.notation)
    said = claim.notation
    notation = said if is_doubtful else tuple(word.replace("dd", "đ").replace("d9", "đ") for word in said)
    return replace(claim, notation=notation, subject=without_telex(claim.subject))


def _once(folded: str, least: int = _SHORTEST_TWICE) -> str:
    """Without the second half of what is written twice."""
    size = len(folded)
    for gap in range(4):
        half = (size - gap) // 2
        if half >= least and (size - gap) % 2 == 0 and folded[:half] == folded[size - half :]:
            return folded[:half] if not any(map(str.isalnum, folded[half : size - half])) else folded
    return folded


def _read(folded: str, is_id: bool) -> Iterator[Claim]:
    """What a text says, in each way in which its code may be parted."""
    whose = _ORGAN.search(folded) if is_id or "." in folded else None
    rest = folded[: whose.start()] + " " + folded[whose.end() :] if whose else folded
    days = _days(rest)
    rest = _SPELT.sub(" ", _DAY.sub(" ", rest))
    rest = (_HOUR.sub(" ", rest) if is_id else rest).strip(ORNAMENTS)
    said = organ(whose[0]) if whose else ""
    for number, notation, left, is_glued, is_whole in _numbered(rest):
        name, subject = _leftover(left) if number else ("", _as_subject(left))
        yield Claim(
            number=number,
            notation=notation,
            days=days,
            organ=said,
            organ_said=normalise(whose[0]) if whose else "",
            name=name,
            subject=subject,
            is_loose=bool(number) and not _SUBJECT.search(left),
            is_cut=is_id and bool(number) and not notation and not left,
            is_glued=is_glued,
            is_whole=is_whole,
        )


def _numbered(text: str) -> Iterator[tuple[str, tuple[str, ...], str, bool, bool]]:
    """In every way it may be meant: number, notation, the rest of the text; glued; the notation in one piece."""
    start = _first_number(text)
    if start is None:
        yield "", (), text, False, False
    elif found := _NUMBER.match(text, start):
        number = _as_number(found[0])
        spaced, at = _notation(text, found.end(), _SPACED)
        for between in (_TIGHT, _JOINED):
            shorter, end = _notation(text, found.end(), between)
            if shorter and shorter != spaced:
                yield number, shorter, text[end:], False, True
        yield number, spaced, text[at:], False, False
    elif glued := _GLUED.match(text, start):
        for letter in ("", glued[2][0]):
            first = glued[2].removeprefix(letter)
            notation, at = _notation(text, glued.end(), _SPACED)
            yield plain_number(glued[1] + letter), (first, *notation) if first else notation, text[at:], True, False
    else:
        yield "", (), text, False, False


def _first_number(text: str) -> int | None:
    """Where the number begins, where only words that introduce one stand before it."""
    for word in re.finditer(r"[^\W_]+", text):
        if any(map(str.isdigit, word[0])) or _NUMBER.match(text, word.start()):
            return word.start()
        if bare(word[0]) not in _BEFORE:
            return None
    return None


def _as_number(word: str) -> str:
    letter = word[-1] if word[-1].isalpha() and word[-1] not in "oli" else ""
    return plain_number(word.removesuffix(letter).translate(_CONFUSED) + letter)


def _notation(text: str, at: int, between: re.Pattern[str]) -> tuple[tuple[str, ...], int]:
    found: list[str] = []
    introduced = _SUBJECT.search(text, at)
    end = introduced.start() if introduced else len(text)
    while len(found) < _MOST_WORDS and (word := between.match(text, at, end)):
        # What follows a slash at once is meant as one, readable or not.
        is_meant = not found and text[at : word.start(1)] == "/"
        if not is_meant and not _may_be_notation(word[1]):
            break
        found.append(word[1])
        at = word.end()
    return tuple(found), at


def _may_be_notation(word: str) -> bool:
    return word.replace("đ", "").isascii() and bare(word) not in _BEHIND


def _leftover(text: str) -> tuple[str, str]:
    """Name of the sender and subject in what else is written."""
    before, introduced, behind = _parted(text)
    name = by[1].strip(ORNAMENTS) if (by := _BY.search(before)) else ""
    rest = behind if introduced else before[: by.start()] if by else before
    return name, _as_subject(rest)


def _as_subject(text: str) -> str:
    subject = plain_subject(_LEADING.sub("", text.strip(ORNAMENTS)))
    return subject if len(words(subject)) >= 3 and sum(map(str.isalpha, subject)) >= 10 else ""


def _parted(text: str) -> tuple[str, bool, str]:
    introduced = _SUBJECT.search(text)
    return (text[: introduced.start()], True, text[introduced.end() :]) if introduced else (text, False, "")


def plain_subject(folded: str) -> str:
    """A folded subject without "V/v" before it."""
    return _SUBJECT.sub("", folded, count=1).strip(" ,;.:-\"'")


def _days(text: str) -> tuple[Day, ...]:
    found = [day for match in _DAY.finditer(text) for day in _meant(match[0])]
    found += [(int(y or 0), int(m), int(d)) for d, m, y in _SPELT.findall(text)]
    if not found and (whole := re.fullmatch(r"(\d{1,2})[-/.](\d{1,2})|(\d{4})(\d\d)(\d\d)", text, re.ASCII)):
        d, m, year, month, day = whole.groups()
        found = [(0, int(m), int(d))] if d else [(int(year), int(month), int(day))]
    return tuple(dict.fromkeys(found))


def _meant(text: str) -> Iterator[Day]:
    parts = re.split(r"[-/.]", text)
    if len(parts) == 2:
        yield 0, int(parts[1]), int(parts[0])
        return
    if len(parts[0]) == 4:
        parts.reverse()
    day, month, year = (int(part) for part in parts)
    yield (year if len(parts[2]) == 4 else 2000 + year), month, day
