"""How well a document fits what an answer says: its parts weighed together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hub.matching import parts
from hub.matching.features import Features
from hub.matching.parts import ORDER, Fit
from hub.matching.reading import Claim, Said


@dataclass(frozen=True, slots=True)
class Evidence:
    """How each part of a candidate fits."""

    id: Fit
    number: Fit
    notation: Fit
    day: Fit
    sender: Fit
    subject: Fit
    #: whether the id that is said is not made of the other parts
    is_opaque: bool

    @property
    def score(self) -> int:
        """The sum of the weights."""
        return sum(_WEIGHTS[part].get(getattr(self, part), 0) for part in _WEIGHTS)

    @property
    def contradicts(self) -> bool:
        """Whether a part is another document's; beside an id that is not made of the parts, a slip is forgiven."""
        if Fit.OTHER in {self.id, self.number, self.day, self.sender}:
            return True
        return not self.is_named and (self.number is Fit.CLOSE or self.notation is Fit.OTHER)

    @property
    def is_named(self) -> bool:
        """Whether its id is said, and is not made of the other parts."""
        return self.is_opaque and self.id is Fit.SAME

    @property
    def has_code(self) -> bool:
        """Whether number and notation are said, and are this document's."""
        return self.number is Fit.SAME and self.notation is Fit.SAME


#: About how many times likelier each is where the answer is about the document, as powers of two.
_WEIGHTS = {
    "id": {Fit.SAME: 20, Fit.NEAR: 8, Fit.OTHER: -8},
    "number": {Fit.SAME: 6, Fit.NEAR: 2, Fit.CLOSE: -8, Fit.OTHER: -8},
    "notation": {Fit.SAME: 4, Fit.NEAR: 2, Fit.OTHER: -8},
    "day": {Fit.SAME: 6, Fit.NO_YEAR: 5, Fit.TURNED: 4, Fit.OTHER: -8},
    "sender": {Fit.SAME: 4, Fit.NEAR: -2, Fit.OTHER: -8},
    "subject": {Fit.SAME: 8, Fit.NEAR: 3, Fit.OTHER: -5},
}


def may_fit(said: Said, known: Features) -> bool:
    """Whether it shares more with the answer than its sender: a look that costs little."""
    if known.number in said.near_numbers or not said.days.isdisjoint(known.near_days):
        return True
    if said.id and parts.identifier(said, known) in _NAMED:
        return True
    return bool(said.subjects) and any(parts.is_like(subject, known.subject) for subject in said.subjects)


_NAMED = frozenset({Fit.SAME, Fit.NEAR})


def weigh(said: Said, known: Features) -> Evidence:
    """What is said against one document: each text in its best reading; what one denies, no other makes good."""
    named = parts.identifier(said, known)
    # An id that is this document's and not made of its parts says nothing of them: "4711" is no number then.
    claims = said.beside if said.is_opaque and named is Fit.SAME else said.claims
    judged = [max((_judge(reading, known) for reading in claim), key=_sum) for claim in claims]
    fits = {part: _together([fits[part] for fits in judged]) for part in _PARTS}
    return Evidence(id=named, is_opaque=said.is_opaque, **fits)


_Fits = Mapping[str, Fit]
_PARTS: Mapping[str, Callable[[Claim, Features], Fit]] = {
    "number": parts.number,
    "notation": parts.notation,
    "day": parts.day,
    "sender": parts.sender,
    "subject": parts.subject,
}


def _judge(claim: Claim, known: Features) -> _Fits:
    return {part: compare(claim, known) for part, compare in _PARTS.items()}


def _sum(fits: _Fits) -> int:
    return sum(_WEIGHTS[part].get(fit, 0) for part, fit in fits.items())


def _together(fits: Sequence[Fit]) -> Fit:
    if Fit.OTHER in fits or (Fit.CLOSE in fits and not {Fit.SAME, Fit.NEAR}.isdisjoint(fits)):
        return Fit.OTHER
    return min(fits, key=ORDER.index, default=Fit.SILENT)
