"""How well a document fits what an answer says: part by part, with a weight and a reason for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import lru_cache

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio

from hub.matching.forms import fold, organ, plain_number, tolerant, words
from hub.matching.reading import Claim, Day, Said, plain_subject
from hub.matching.records import Candidate
from hub.matching.spelling import bare, marked, without_telex

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


class Fit(Enum):
    """How one part fits."""

    SAME = "same"
    NEAR = "near"
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
    organs: frozenset[str]
    name: str
    subject: str

    @property
    def key(self) -> object:
        """The same for packets about one document: a new one, its update, its recall."""
        return self.id or (self.number, self.notation, self.days, self.organs, self.subject)


@lru_cache(maxsize=16384)
def features(document_id: str, code: str, day: date | None, sender: str, sender_name: str, subject: str) -> Features:
    """What is compared of a candidate."""
    normal = tolerant(document_id)
    named = normal.split(",")
    parts = words(fold(code)) or [""]
    days: list[Day] = [(day.year, day.month, day.day)] if day else []
    organs = {organ(sender)} if sender else set()
    if len(named) == 3:
        organs.add(named[0])
        if not day and len(named[1]) == 8 and named[1].isdecimal():
            days.append((int(named[1][:4]), int(named[1][4:6]), int(named[1][6:])))
    return Features(
        normal,
        plain_number(parts[0]),
        tuple(parts[1:]),
        tuple(days),
        frozenset(days).union((0, month, day) for _, month, day in days),
        frozenset(organs),
        bare(fold(sender_name)),
        plain_subject(fold(subject)),
    )


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
        return Fit.OTHER in {self.number, self.day, self.sender}

    @property
    def has_code(self) -> bool:
        """Whether number and notation are said, and are this document's."""
        return self.number is Fit.SAME and self.notation is Fit.SAME


#: About how many times likelier each is where the answer is about the document, as powers of two.
_WEIGHTS = {
    "id": {Fit.SAME: 20, Fit.NEAR: 8},
    "number": {Fit.SAME: 6, Fit.NEAR: 2, Fit.OTHER: -8},
    "notation": {Fit.SAME: 4, Fit.NEAR: 2, Fit.OTHER: -8},
    "day": {Fit.SAME: 6, Fit.NO_YEAR: 5, Fit.TURNED: 4, Fit.OTHER: -8},
    "sender": {Fit.SAME: 4, Fit.NEAR: -2, Fit.OTHER: -8},
    "subject": {Fit.SAME: 8, Fit.NEAR: 3, Fit.OTHER: -5},
}


def weigh(said: Said, known: Features) -> Evidence:
    """Every part of what is said against one document."""
    return Evidence(
        id=_identifier(said, known),
        number=_over(said, lambda claim: _number(claim, known)),
        notation=_over(said, lambda claim: _notation(claim, known)),
        day=_over(said, lambda claim: _day(claim.days, known.days)),
        sender=_over(said, lambda claim: _sender(claim, known)),
        subject=_over(said, lambda claim: _subject(claim, known)),
    )


_ORDER = (Fit.SAME, Fit.NO_YEAR, Fit.TURNED, Fit.NEAR, Fit.OTHER, Fit.SILENT)


def _over(said: Said, judge: Callable[[Claim], Fit]) -> Fit:
    """The best reading of each text; what one text denies, no other makes good."""
    fits = [min(map(judge, claim), key=_ORDER.index) for claim in said.claims]
    return Fit.OTHER if Fit.OTHER in fits else min(fits, key=_ORDER.index, default=Fit.SILENT)


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
    return Fit.NEAR if is_slip(claim.number, known.number) else Fit.OTHER


def is_slip(said: str, meant: str) -> bool:
    """Whether a number may be another with a digit lost, doubled or swapped with its neighbour, and nothing else."""
    if not (said.isdecimal() and meant.isdecimal()) or abs(int(said) - int(meant)) < A_DAYS_NUMBERS:
        return False
    substituted = len(said) == len(meant) and sorted(said) != sorted(meant)
    return not substituted and OSA.distance(said, meant, score_cutoff=1) <= 1


def _notation(claim: Claim, known: Features) -> Fit:
    if not claim.notation:
        return Fit.SILENT
    said, meant = "".join(claim.notation), "".join(known.notation)
    if said == meant:
        return Fit.SAME
    if not meant or _is_another_type(claim.notation, known.notation):
        return Fit.OTHER
    said, meant = (bare(text).translate(_CONFUSED) for text in (said, meant))
    if said == meant:
        return Fit.SAME
    return Fit.NEAR if _is_mistyped(said, meant) else Fit.OTHER


def _is_another_type(said: Sequence[str], meant: Sequence[str]) -> bool:
    known = [word for word in meant if word in _TYPES][:1]
    if not known:
        return said[0] in _TYPES and said[0] != meant[0]
    others = {bare(known[0])} & _TYPES - set(known)
    return (said[0] in _TYPES and said[0] != known[0]) or any("".join(said).startswith(other) for other in others)


def _is_mistyped(said: str, meant: str) -> bool:
    """Cut off, or one or two letters lost, doubled or swapped, none replaced."""
    if meant.startswith(said):
        return True
    most = 1 if len(meant) < 8 else 2
    replaced = len(said) == len(meant) and sorted(said) != sorted(meant)
    return not replaced and OSA.distance(said, meant, score_cutoff=most) <= most


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
        return Fit.NEAR if any(_is_mistyped(claim.organ, organ) for organ in known.organs) else Fit.OTHER
    if not claim.name:
        return Fit.SILENT
    return _name(spoken(claim.name), spoken(known.name))


def _name(said: str, meant: str) -> Fit:
    if said == meant:
        return Fit.SAME
    some, more = sorted((set(said.split()), set(meant.split())), key=len)
    return Fit.SILENT if some <= more else Fit.OTHER


def spoken(name: str) -> str:
    """A name for comparing: without marks, with "ubnd" for "ủy ban nhân dân", without "và"."""
    found = words(bare(name).replace("uy ban nhan dan", "ubnd"))
    return " ".join(word for word in found if word != "va")


def _subject(claim: Claim, known: Features) -> Fit:
    if not claim.subject or not known.subject:
        return Fit.SILENT
    if _says(claim.subject) == _says(known.subject):
        return Fit.SAME
    plain = bare(claim.subject)
    if plain == claim.subject and _letters(plain) in {
        _letters(bare(known.subject)),
        _letters(without_telex(known.subject)),
    }:
        return Fit.SAME
    like = ratio(_letters(plain), _letters(bare(known.subject)))
    if like >= _LIKE:
        return Fit.NEAR
    return Fit.OTHER if like < _UNLIKE and not claim.is_loose else Fit.SILENT


def _says(subject: str) -> str:
    return "".join(map(marked, words(subject)))


def _letters(plain: str) -> str:
    return "".join(words(plain))
