"""How well a document fits what an answer says: part by part, with a weight and a reason for each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio

from hub.directory import looks_like_code, normalise
from hub.matching.forms import fold, organ, plain_number, tolerant, words
from hub.matching.reading import Claim, Day, Said, plain_subject, slips
from hub.matching.records import Candidate
from hub.matching.spelling import bare, is_slip, marked, without_telex

#: Numbers nearer than this may both be given out on one day: neither is the other, wrongly typed.
A_DAYS_NUMBERS = 100
#: Loại văn bản as notations begin with them; each has numbers of its own.
_TYPES = frozenset(
    re.findall(
        r"\w+",
        """nq qđ ct qc qyđ tc tb hd ctr kh pa đa da bc bb ttr hđ cđ bgn btt guq gm ggt gnp pg pc pb cv sy sl trs
        nđ tt""",
    )
)
_CONFUSED = str.maketrans("oli", "011")
_LIKE, _UNLIKE = 80.0, 45.0


class Fit(StrEnum):
    """How one part fits."""

    SAME = "same"
    NEAR = "near"
    #: another, and yet so like it that beside a certain id it is a slip
    CLOSE = "close"
    #: day and month the other way round
    TURNED = "turned"
    NO_YEAR = "no year"
    SILENT = "silent"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Features:
    """A candidate's parts, as they are compared."""

    id: str
    number: str
    notation: tuple[str, ...]
    days: tuple[Day, ...]
    #: these, and without their year
    near_days: frozenset[Day]
    #: normal forms of the sender's codes
    organs: frozenset[str]
    #: code or id of the sender, as it is written
    sender: str
    #: as they are
    name: str
    subject: str

    @property
    def key(self) -> object:
        """The same for packets about one document: a new one, its update, its recall."""
        return self.id or (self.number, self.notation, self.days, self.sender, self.subject)


@lru_cache(maxsize=16384)
def features(document_id: str, code: str, day: date | None, sender: str, sender_name: str, subject: str) -> Features:
    """What is compared of a candidate."""
    normal = tolerant(document_id)
    named = normal.split(",")
    parts = words(fold(code)) or [""]
    days: list[Day] = [(day.year, day.month, day.day)] if day else []
    organs = {_organ(sender)} if "." in sender or looks_like_code(sender) else set()
    if len(named) == 3:
        organs.add(named[0])
        if not day and len(named[1]) == 8 and named[1].isdecimal():
            days.append((int(named[1][:4]), int(named[1][4:6]), int(named[1][6:])))
    return Features(
        id=normal,
        number=plain_number(parts[0]),
        notation=tuple(parts[1:]),
        days=tuple(days),
        near_days=frozenset(days).union((0, month, day) for _, month, day in days),
        organs=frozenset(organs),
        sender=normalise(sender),
        name=sender_name,
        subject=subject,
    )


_organ = lru_cache(maxsize=4096)(organ)


def of(candidate: Candidate) -> Features:
    """A candidate's features."""
    return features(
        candidate.document_id,
        candidate.code,
        candidate.date,
        candidate.sender,
        candidate.sender_name,
        candidate.subject,
    )


@dataclass(frozen=True, slots=True)
class Evidence:
    """How each part of a candidate fits."""

    id: Fit
    number: Fit
    notation: Fit
    day: Fit
    sender: Fit
    subject: Fit

    @property
    def score(self) -> int:
        """The sum of the weights."""
        return sum(_WEIGHTS[part].get(getattr(self, part), 0) for part in _WEIGHTS)

    @property
    def contradicts(self) -> bool:
        """Whether a part that tells documents apart is another's."""
        is_close = self.number is Fit.CLOSE and self.id is not Fit.SAME
        return is_close or Fit.OTHER in {self.number, self.day, self.sender}

    @property
    def has_code(self) -> bool:
        """Whether number and notation are said, and are this document's."""
        return self.number is Fit.SAME and self.notation is Fit.SAME


#: About how many times likelier each is where the answer is about the document, as powers of two.
_WEIGHTS = {
    "id": {Fit.SAME: 20, Fit.NEAR: 8},
    "number": {Fit.SAME: 6, Fit.NEAR: 2, Fit.CLOSE: -8, Fit.OTHER: -8},
    "notation": {Fit.SAME: 4, Fit.NEAR: 2, Fit.OTHER: -8},
    "day": {Fit.SAME: 6, Fit.NO_YEAR: 5, Fit.TURNED: 4, Fit.OTHER: -8},
    "sender": {Fit.SAME: 4, Fit.NEAR: -2, Fit.OTHER: -8},
    "subject": {Fit.SAME: 8, Fit.NEAR: 3, Fit.OTHER: -5},
}


def may_fit(said: Said, known: Features) -> bool:
    """Whether it shares more with the answer than its sender: a look that costs little."""
    return bool(
        known.number in said.near_numbers
        or not said.days.isdisjoint(known.near_days)
        or (said.id and said.id == known.id)
        or (said.digits and _identifier(said, known) is Fit.NEAR)
        or any(_likeness(subject, known.subject) >= _LIKE for subject in said.subjects)
    )


def weigh(said: Said, known: Features) -> Evidence:
    """What is said against one document: each text in its best reading; what one denies, no other makes good."""
    judged = [max((_judge(reading, known) for reading in claim), key=_sum) for claim in said.claims]
    parts = {part: _together([fits[part] for fits in judged]) for part in _PARTS}
    return Evidence(id=_identifier(said, known), **parts)


_PARTS = ("number", "notation", "day", "sender", "subject")
_ORDER = (Fit.SAME, Fit.NO_YEAR, Fit.TURNED, Fit.NEAR, Fit.CLOSE, Fit.SILENT, Fit.OTHER)
_Fits = dict[str, Fit]


def _judge(claim: Claim, known: Features) -> _Fits:
    return {
        "number": _number(claim, known),
        "notation": _notation(claim, known),
        "day": _day(claim.days, known.days),
        "sender": _sender(claim, known),
        "subject": _subject(claim, known),
    }


def _sum(fits: _Fits) -> int:
    return sum(_WEIGHTS[part].get(fit, 0) for part, fit in fits.items())


def _together(fits: Sequence[Fit]) -> Fit:
    if Fit.OTHER in fits or (Fit.CLOSE in fits and Fit.SAME in fits):
        return Fit.OTHER
    return min(fits, key=_ORDER.index, default=Fit.SILENT)


def _identifier(said: Said, known: Features) -> Fit:
    if said.id and said.id == known.id:
        return Fit.SAME
    if len(said.digits) >= 12 and len(known.id) == 32:
        cut = known.id.startswith(said.digits) or known.id.endswith(said.digits)
        return Fit.NEAR if cut or OSA.distance(said.digits, known.id, score_cutoff=2) <= 2 else Fit.SILENT
    return Fit.SILENT


def _number(claim: Claim, known: Features) -> Fit:
    if not claim.number:
        return Fit.SILENT
    if claim.number == known.number:
        return Fit.SAME
    if claim.is_cut and known.number.startswith(claim.number):
        return Fit.SILENT
    if _can_only_be(claim.number, known.number):
        return Fit.NEAR
    return Fit.CLOSE if OSA.distance(claim.number, known.number, score_cutoff=1) <= 1 else Fit.OTHER


@lru_cache(maxsize=4096)
def _can_only_be(said: str, meant: str) -> bool:
    """Whether a number can only be another with a digit lost, doubled or swapped with its neighbour.

    It cannot where it may have been given out on that day itself, or where the same slip makes it of such a number.
    """
    if not (said.isdecimal() and meant.isdecimal()) or meant not in slips(said):
        return False
    near = [other for other in (said, *slips(said)) if abs(int(other) - int(meant)) < A_DAYS_NUMBERS]
    return near == [meant]


def _notation(claim: Claim, known: Features) -> Fit:
    if not claim.notation:
        return Fit.SILENT
    return _notations(claim.notation, known.notation, claim.is_glued, claim.is_whole)


@lru_cache(maxsize=16384)
def _notations(claimed: tuple[str, ...], known: tuple[str, ...], is_glued: bool, is_whole: bool) -> Fit:
    said, meant = "".join(claimed), "".join(known)
    if said == meant:
        return Fit.SAME
    if not meant or _is_another_type(claimed, known):
        return Fit.OTHER
    said, meant = _plain(said), _plain(meant)
    if said == meant:
        return Fit.SAME
    is_the_numbers = is_glued and said[1:] == meant
    return Fit.NEAR if _is_mistyped(said, meant) and not (is_whole or is_the_numbers) else Fit.OTHER


def _plain(notation: str) -> str:
    return bare(notation).translate(_CONFUSED)


def _is_another_type(said: Sequence[str], meant: Sequence[str]) -> bool:
    """Whether the abbreviation of the type is another's, or is written so that it may be another's."""
    first, true = _type(said), _type(meant)
    if first == true:
        return False
    if first in _TYPES or true not in _TYPES:
        return first in _TYPES
    others = [_plain(other) for other in _TYPES - {true}]
    if _plain(first) == _plain(true) or _plain("".join(said)) == _plain("".join(meant)):
        return _plain(true) in others
    return any(_is_mistyped(_plain(first), other) for other in others)


def _type(notation: Sequence[str]) -> str:
    return next((word for word in notation if not word.isdecimal()), "")


def _is_mistyped(said: str, meant: str) -> bool:
    """Cut off, or one letter lost, doubled or swapped."""
    return meant.startswith(said) or is_slip(said, meant)


def _day(days: Sequence[Day], known: Sequence[Day]) -> Fit:
    if not days or not known:
        return Fit.SILENT
    return min((_one_day(day, meant) for day in days for meant in known), key=_ORDER.index)


def _one_day(said: Day, meant: Day) -> Fit:
    year, month, day = said
    if said == meant:
        return Fit.SAME
    if (month, day) == meant[1:] and not year:
        return Fit.NO_YEAR
    return Fit.TURNED if (year, day, month) == meant else Fit.OTHER


def _sender(claim: Claim, known: Features) -> Fit:
    if claim.organ:
        if claim.organ in known.organs or not known.organs:
            return Fit.SAME if known.organs else Fit.SILENT
        is_near = is_slip(claim.organ_said, known.sender) or any(is_slip(claim.organ, organ) for organ in known.organs)
        return Fit.NEAR if is_near else Fit.OTHER
    if not claim.name:
        return Fit.SILENT
    return Fit.SAME if normalise(claim.name) == known.sender else _names(claim.name, known.name)


@lru_cache(maxsize=4096)
def _names(said: str, meant: str) -> Fit:
    said, meant = _spoken(said), _spoken(fold(meant))
    if said == meant:
        return Fit.SAME
    some, more = sorted((set(said.split()), set(meant.split())), key=len)
    return Fit.SILENT if some <= more else Fit.OTHER


def _spoken(name: str) -> str:
    """Without marks, with "ubnd" for "ủy ban nhân dân", without "và"."""
    found = words(bare(name).replace("uy ban nhan dan", "ubnd"))
    return " ".join(word for word in found if word != "va")


def _subject(claim: Claim, known: Features) -> Fit:
    if not claim.subject or not known.subject:
        return Fit.SILENT
    said, meant = _heard(claim.subject), _heard(known.subject)
    if said.exactly == meant.exactly:
        return Fit.SAME
    if claim.subject.isascii() and said.letters in {meant.letters, meant.keys}:
        return Fit.SAME
    like = _likeness(claim.subject, known.subject)
    if like >= _LIKE:
        return Fit.NEAR
    return Fit.OTHER if like < _UNLIKE and not claim.is_loose else Fit.SILENT


def _likeness(said: str, meant: str) -> float:
    return ratio(_heard(said).letters, _heard(meant).letters)


@dataclass(frozen=True, slots=True)
class _Heard:
    """A subject's letters: with their marks, without, and as they are where telex keys are taken out."""

    exactly: str
    letters: str
    keys: str


@lru_cache(maxsize=16384)
def _heard(subject: str) -> _Heard:
    folded = plain_subject(fold(subject))
    return _Heard(
        "".join(map(marked, words(folded))),
        "".join(words(bare(folded))),
        "".join(words(without_telex(folded))),
    )
