"""What an answer says about its document, read as people write it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from hub.matching.forms import DAY, fold, organ, plain_number, tolerant, words
from hub.matching.spelling import bare, readings, without_telex
from hub.vocabulary import Acknowledgement, StatusCode

#: Nothing that names a document is longer; what comes behind is not looked at.
_LONGEST = 600
_LONGEST_NUMBER = 8
_HEX = re.compile(r"[0-9a-f-]{13,}")
_ORGAN = re.compile(r"(?<![\w.])(?:\d{1,3}\.){1,4}[a-z]\d\d(?![\w.])|^[a-z]\d\d(?:\.[0-9a-z]{2,})*(?=[\s,;])", re.ASCII)
_DAY = re.compile(
    rf"(?<![\w/])(?:{DAY}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{2}}|(?:(?<=ngay )|(?<=ngày ))\d{{1,2}}[-/.]\d{{1,2}})(?!\d)",
    re.ASCII,
)
_SPELT = re.compile(r"(?:ngày|ngay) (\d{1,2}) (?:tháng|thang) (\d{1,2})(?: (?:năm|nam) (\d{4}))?")
_HOUR = re.compile(r"[t\s]\d\d?:\d\d(?::\d\d)?(?:\.\d+)?z?")
_NUMBER = re.compile(r"(?:\d+[a-z]?|(?=[oli]*\d)[0-9oli]+|[oli]+(?=[-/_]))(?![^\W_])")
_GLUED = re.compile(r"(\d+)([^\W\d_].*)")
_JOINED = re.compile(r"\s*[-/_.,]\s*([^\W_]+)")
_SPACED = re.compile(r"\s+([^\W_]+)")
#: Words that people put before a number.
_BEFORE = frozenset(
    re.findall(
        r"\w+",
        """cv cong van so vb ban hb tra loi phuc dap theo quyet dinh to trinh thong bao ke hoach giay moi dien cao
        huong dan nghi chi thi ky hieu den cua ngay""",
    )
)
#: Words that end a notation where it is followed by more.
_BEHIND = frozenset(("ngay", "cua", "ve", "v", "vv", "gui", "do", "nam", "kinh", "trich", "viec", "va", "ky", "de"))
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
    #: the name of an organisation, folded
    name: str = ""
    #: folded
    subject: str = ""
    #: whether the subject is only what else was written, not said to be one
    is_loose: bool = False
    #: whether the text may have been cut off behind the number
    is_cut: bool = False


@dataclass(frozen=True)
class Said:
    """What an answer says about its document; each claim in every reading of its text."""

    id: str
    #: hexadecimal digits of something like a UUID
    digits: str
    claims: tuple[tuple[Claim, ...], ...]

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The numbers that are said, in any reading."""
        return frozenset(one.number for claim in self.claims for one in claim if one.number)

    @cached_property
    def near_numbers(self) -> frozenset[str]:
        """These, and all that one slip may have made them of."""
        return self.numbers.union(*map(_slips, self.numbers))

    @cached_property
    def days(self) -> frozenset[Day]:
        """The days that may be meant, day and month in either order."""
        said = {day for claim in self.claims for one in claim for day in one.days}
        return frozenset(said | {(year, day, month) for year, month, day in said})

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """Texts that may be a subject."""
        return tuple(dict.fromkeys(one.subject for claim in self.claims for one in claim if one.subject))


def _slips(number: str) -> Iterator[str]:
    """What a number may have been before a digit was lost, doubled or swapped with its neighbour."""
    if not number.isdecimal() or len(number) > _LONGEST_NUMBER:
        return
    for at in range(len(number)):
        yield number[:at] + number[at + 1 :]
        yield number[:at] + number[at : at + 2][::-1] + number[at + 2 :]
    for at in range(len(number) + 1):
        yield from (number[:at] + digit + number[at:] for digit in "0123456789")


def said(answer: Acknowledgement) -> Said:
    """Read an answer's reference. Never raises, whatever the texts are."""
    named = answer.response_for
    whose = answer.sender.id if answer.status == StatusCode.RECALL else named.organ_id
    identifier = fold(named.document_id[:_LONGEST])
    claims = [_claims(named.code), (_dated(named.promulgation_date),), (_from(whose),)]
    digits = "".join(sign for sign in identifier if sign in "0123456789abcdef")
    is_hex = _HEX.search(identifier) is not None and "," not in identifier
    if identifier and not is_hex:
        claims.append(_claims(named.document_id, is_id=True))
    return Said(tolerant(named.document_id), digits if is_hex else "", tuple(filter(None, claims)))


def _dated(text: str) -> Claim:
    return Claim(days=_days(_once(fold(text[:_LONGEST]))))


def _from(text: str) -> Claim:
    folded = fold(text[:_LONGEST]).strip(" .,;")
    if re.fullmatch(r"[0-9a-z.\s]*\d[0-9a-z.\s]*", folded):
        return Claim(organ=organ(folded))
    return Claim(name=folded)


def _claims(text: str, *, is_id: bool = False) -> tuple[Claim, ...]:
    found = [_claim(_once(fold(reading)), is_id) for reading in readings(text[:_LONGEST])]
    found += [_telexed(claim) for claim in found[:1] if text.isascii() and text]
    return tuple(dict.fromkeys(claim for claim in found if claim != Claim()))


def _telexed(claim: Claim) -> Claim:
    notation = tuple(word.replace("dd", "đ").replace("d9", "đ") for word in claim.notation)
    return replace(claim, notation=notation, subject=without_telex(claim.subject))


def _once(folded: str) -> str:
    """Without the second half of what is written twice."""
    size = len(folded)
    for gap in range(4):
        half = (size - gap) // 2
        if half >= 3 and (size - gap) % 2 == 0 and folded[:half] == folded[size - half :]:
            return folded[:half] if not any(map(str.isalnum, folded[half : size - half])) else folded
    return folded


def _claim(folded: str, is_id: bool) -> Claim:
    whose = _ORGAN.search(folded) if is_id or "." in folded else None
    rest = folded[: whose.start()] + " " + folded[whose.end() :] if whose else folded
    days = _days(rest)
    rest = _SPELT.sub(" ", _DAY.sub(" ", rest))
    rest = (_HOUR.sub(" ", rest) if is_id else rest).strip(" ,;.:\"'()[]")
    number, notation, left = _numbered(rest)
    subject, name = _leftover(left)
    is_loose = bool(number) and not _SUBJECT.search(left)
    is_cut = is_id and bool(number) and not notation and not left
    return Claim(number, notation, days, organ(whose[0]) if whose else "", name, subject, is_loose, is_cut)


def _numbered(text: str) -> tuple[str, tuple[str, ...], str]:
    """Number, notation, and the rest of the text."""
    start = 0
    for word in re.finditer(r"[^\W_]+", text):
        if any(map(str.isdigit, word[0])) or _NUMBER.match(text, word.start()):
            start = word.start()
            break
        if bare(word[0]) not in _BEFORE:
            return "", (), text
    else:
        return "", (), text
    found = _NUMBER.match(text, start)
    glued = _GLUED.match(word[0]) if not found else None
    if not found and not glued:
        return "", (), text
    first = found[0] if found else glued[1] if glued else ""
    number = first if re.fullmatch(r"\d+[a-z]", first) and first[-1] not in "oli" else first.translate(_CONFUSED)
    at = found.end() if found else word.start() + len(first)
    notation, at = _notation(text, at, glued=bool(glued))
    return plain_number(number), notation, text[at:]


def _notation(text: str, at: int, *, glued: bool) -> tuple[tuple[str, ...], int]:
    found: list[str] = []
    if glued:
        first = re.compile(r"[^\W_]+").match(text, at)
        assert first
        found, at = [first[0]], first.end()
    pattern = _JOINED if glued or _JOINED.match(text, at) else _SPACED
    while len(found) < 6 and (word := pattern.match(text, at)) and bare(word[1]) not in _BEHIND:
        if pattern is _SPACED and (len(found) == 4 or not word[1].isalpha()):
            break
        found.append(word[1])
        at = word.end()
    return tuple(found), at


def _leftover(text: str) -> tuple[str, str]:
    """Subject and name of the sender in what else is written."""
    text = text.strip(" ,;.:-\"'()[]")
    name = ""
    if by := re.search(r"(?:^|\s)(?:của|cua) (.+?)(?= (?:v ?/ ?v|về|ve|ngày|ngay)\b|$)", text):
        name, text = by[1], (text[: by.start()] + text[by.end() :])
    text = re.sub(r"^(?:ngày|ngay)\b", "", text.strip(" ,;.:-")).strip(" ,;.:-")
    subject = plain_subject(text)
    is_subject = len(words(subject)) >= 3 and sum(map(str.isalpha, subject)) >= 10
    return (subject if is_subject else ""), name


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
