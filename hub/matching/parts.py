"""How well each part of what is said fits a document's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio

from hub.directory import normalise
from hub.matching.features import Features
from hub.matching.forms import fold, is_uuid, words
from hub.matching.reading import Claim, Day, Said, plain_subject, slips
from hub.matching.spelling import bare, is_slip, marked, without_telex
from hub.remembering import remembered

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
#: Those that are others' when these lose their marks.
_MARKLESS = frozenset(("hd", "da"))
_CONFUSED = str.maketrans("oli", "011")
#: So many digits of a UUID tell it from all others.
_TELLING = 12
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


#: the best first
ORDER = (Fit.SAME, Fit.NO_YEAR, Fit.TURNED, Fit.NEAR, Fit.CLOSE, Fit.SILENT, Fit.OTHER)


def identifier(said: Said, known: Features) -> Fit:
    """The DocumentId. One that is made of the other parts is judged by these."""
    if said.id and said.id == known.id:
        return Fit.SAME
    if not said.digits or not known.id:
        return Fit.SILENT
    if not is_uuid(known.id) or not _is_left_of(said.digits, known.id):
        return Fit.OTHER
    return Fit.NEAR if len(said.digits) >= _TELLING else Fit.SILENT


def _is_left_of(digits: str, whole: str) -> bool:
    is_cut = whole.startswith(digits) or whole.endswith(digits)
    return is_cut or OSA.distance(digits, whole, score_cutoff=2) <= 2


def number(claim: Claim, known: Features) -> Fit:
    """The number."""
    if not claim.number:
        return Fit.SILENT
    if claim.number == known.number:
        return Fit.SAME
    if claim.is_cut and known.number.startswith(claim.number):
        return Fit.SILENT
    # Without marks the type may be another's: no slip beside that.
    is_doubtful = not _MARKLESS.isdisjoint(claim.notation)
    if not is_doubtful and _can_only_be(claim.number, known.number):
        return Fit.NEAR
    return Fit.CLOSE if OSA.distance(claim.number, known.number, score_cutoff=1) <= 1 else Fit.OTHER


@remembered(4096)
def _can_only_be(said: str, meant: str) -> bool:
    """Whether a number can only be another with a digit lost, doubled or swapped with its neighbour.

    It cannot where it may have been given out on that day itself, or where the same slip makes it of such a number.
    """
    if not (said.isdecimal() and meant.isdecimal()) or meant not in slips(said):
        return False
    near = [other for other in (said, *slips(said)) if abs(int(other) - int(meant)) < A_DAYS_NUMBERS]
    return near == [meant]


def notation(claim: Claim, known: Features) -> Fit:
    """The notation: type, agency, office."""
    if not claim.notation:
        return Fit.SILENT
    return _notations(claim.notation, known.notation, claim.is_glued, claim.is_whole)


@remembered(16384)
def _notations(claimed: tuple[str, ...], known: tuple[str, ...], is_glued: bool, is_whole: bool) -> Fit:
    said, meant = "".join(claimed), "".join(known)
    if said == meant:
        return Fit.SAME
    if not meant or _is_another_type(claimed, known):
        return Fit.OTHER
    said, meant = _plain(said), _plain(meant)
    if said == meant:
        return Fit.SAME
    if said in {_plain("".join(known[:end])) for end in range(1, len(known))}:
        # Without its office it is a notation as good as any.
        return Fit.OTHER
    is_the_numbers = is_glued and said[1:] == meant
    is_certain = not (is_whole or is_the_numbers or _type(claimed) in _MARKLESS)
    return Fit.NEAR if is_certain and _is_mistyped(said, meant) else Fit.OTHER


def _plain(notation: str) -> str:
    return bare(notation).translate(_CONFUSED)


def _is_another_type(said: Sequence[str], meant: Sequence[str]) -> bool:
    """Whether the abbreviation of the type is another's, or is written so that it may be another's."""
    first, true = _type(said), _type(meant)
    others = [_plain(other) for other in _TYPES - {true}]
    if first == true:
        return len(said) == 1 < len(meant) and any(other.startswith(_plain(first)) for other in others)
    if first in _TYPES:
        return True
    if _plain(first) == _plain(true) or _plain("".join(said)) == _plain("".join(meant)):
        return _plain(true) in others
    return any(_is_mistyped(_plain(first), other) for other in others)


def _type(notation: Sequence[str]) -> str:
    return next((word for word in notation if not word.isdecimal()), "")


def _is_mistyped(said: str, meant: str) -> bool:
    """Cut off, or one letter lost, doubled or swapped."""
    return meant.startswith(said) or is_slip(said, meant)


def day(claim: Claim, known: Features) -> Fit:
    """The day of promulgation."""
    if not claim.days or not known.days:
        return Fit.SILENT
    return min((_one_day(said, meant) for said in claim.days for meant in known.days), key=ORDER.index)


def _one_day(said: Day, meant: Day) -> Fit:
    if said == meant:
        return Fit.SAME
    year, first, second = said
    if (first, second) == meant[1:] and not year:
        return Fit.NO_YEAR
    return Fit.TURNED if (year, second, first) == meant else Fit.OTHER


def sender(claim: Claim, known: Features) -> Fit:
    """Whose document it is, by code or name."""
    if claim.organ:
        if claim.organ in known.organs or not known.organs:
            return Fit.SAME if known.organs else Fit.SILENT
        is_near = is_slip(claim.organ_said, known.sender) or any(is_slip(claim.organ, organ) for organ in known.organs)
        return Fit.NEAR if is_near else Fit.OTHER
    if not claim.name:
        return Fit.SILENT
    return Fit.SAME if normalise(claim.name) == known.sender else _names(claim.name, known.name)


@remembered(4096)
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


def subject(claim: Claim, known: Features) -> Fit:
    """The subject: only equal words tell documents apart, all else is a hint for people."""
    if not claim.subject or not known.subject:
        return Fit.SILENT
    said, meant = _heard(claim.subject), _heard(known.subject)
    if said.exactly == meant.exactly:
        return Fit.SAME
    if claim.subject.isascii() and said.letters in {meant.letters, meant.keys}:
        return Fit.SAME
    if is_like(claim.subject, known.subject):
        return Fit.NEAR
    is_unlike = ratio(said.letters, meant.letters) < _UNLIKE
    return Fit.OTHER if is_unlike and not claim.is_loose else Fit.SILENT


def is_like(said: str, meant: str) -> bool:
    """Whether two subjects come near each other."""
    return ratio(_heard(said).letters, _heard(meant).letters, score_cutoff=_LIKE) > 0


@dataclass(frozen=True, slots=True)
class _Heard:
    """A subject's letters: with their marks, without, and as they are where telex keys are taken out."""

    exactly: str
    letters: str
    keys: str


@remembered(16384)
def _heard(subject: str) -> _Heard:
    folded = plain_subject(fold(subject))
    return _Heard(
        "".join(map(marked, words(folded))),
        "".join(words(bare(folded))),
        "".join(words(without_telex(folded))),
    )
