"""Which document an answer is about: a match where that is certain, else an order for the person who decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hub.matching.evidence import Evidence, may_fit, weigh
from hub.matching.features import Features, of
from hub.matching.parts import Fit
from hub.matching.reading import Said, said
from hub.matching.reasons import reasons
from hub.matching.records import Candidate, How, Ranked, Verdict
from hub.vocabulary import Acknowledgement

#: What the parts must weigh together, and by how much more than those of the next document.
THRESHOLD, MARGIN = 16, 4
#: What all parts weigh where each fits: the score 1.0.
_FULL = 20
_MOST_SHOWN = 10
_LEAST_SHOWN = 4

_Weighed = tuple[Candidate, Evidence]


def rank(answer: Acknowledgement, candidates: Iterable[Candidate]) -> Verdict:
    """The document where it is certain, how it is known, and those that come near, best first. Raises nothing."""
    read = said(answer)
    weighed = sorted(_newest(_plausible(read, candidates)), key=_order, reverse=True)
    how = _how(weighed)
    match = weighed[0][0] if how in _CERTAIN else None
    shown = [(one, evidence) for one, evidence in weighed if evidence.score >= _LEAST_SHOWN][:_MOST_SHOWN]
    return Verdict(match, how, tuple(_ranked(*each) for each in shown))


_CERTAIN = frozenset({How.DOCUMENT_ID, How.CODE_DATE_SENDER, How.EVIDENCE})


def _plausible(read: Said, candidates: Iterable[Candidate]) -> Iterator[tuple[Features, Candidate, Evidence]]:
    """Those that share more with the answer than their sender."""
    for candidate in candidates:
        known = of(candidate)
        if may_fit(read, known):
            yield known, candidate, weigh(read, known)


def _newest(found: Iterable[tuple[Features, Candidate, Evidence]]) -> Iterable[_Weighed]:
    """Of the packets about one document (new, updated, recalled) the last."""
    newest: dict[object, _Weighed] = {}
    for known, candidate, evidence in found:
        before = newest.get(known.key)
        if not before or _age(before[0]) < _age(candidate):
            newest[known.key] = candidate, evidence
    return newest.values()


def _age(candidate: Candidate) -> tuple[object, ...]:
    return candidate.received_at, candidate.envelope


def _order(weighed: _Weighed) -> tuple[object, ...]:
    candidate, evidence = weighed
    return not evidence.contradicts, evidence.score, *_age(candidate)


def _how(weighed: Sequence[_Weighed]) -> How:
    if not weighed or weighed[0][1].score < _LEAST_SHOWN:
        return How.NOTHING
    best, others = weighed[0][1], [evidence for _, evidence in weighed[1:]]
    if best.contradicts:
        return How.CONFLICT
    if best.score < THRESHOLD or not _knows_sender(best):
        return How.TOO_LITTLE
    if any(_rivals(best, other) for other in others):
        return How.CONFLICT
    if any(other.score > best.score - MARGIN for other in others):
        return How.AMBIGUOUS
    return _certain(best)


def _knows_sender(evidence: Evidence) -> bool:
    """Any of many agencies may have given out the same number on the same day."""
    return Fit.SAME in {evidence.sender, evidence.id}


def _rivals(best: Evidence, other: Evidence) -> bool:
    """Whether a part of the answer names the other document outright, which names the best one less well."""
    may_be = other.sender in _MAY_BE
    if may_be and other.has_code and not best.has_code:
        return True
    if best.is_named:
        # An id that is a number may be meant as the other's.
        return may_be and other.number is Fit.SAME and best.number is Fit.SILENT
    return other.subject is Fit.SAME and best.subject is not Fit.SAME


_MAY_BE = frozenset({Fit.SAME, Fit.SILENT})


def _certain(best: Evidence) -> How:
    if best.id is Fit.SAME:
        return How.DOCUMENT_ID
    if best.has_code and best.day is best.sender is Fit.SAME:
        return How.CODE_DATE_SENDER
    return How.EVIDENCE


def _ranked(candidate: Candidate, evidence: Evidence) -> Ranked:
    score = min(1.0, max(0.0, evidence.score / _FULL))
    return Ranked(candidate, round(score, 2), reasons(candidate, evidence))
