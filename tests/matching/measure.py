"""The hub's matching on the corpus."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from hub.matching import Candidate, Verdict, rank
from hub.vocabulary import Acknowledgement, Organization, Reference
from tests.matching.corpus import Case, Corpus
from tests.matching.papers import Box

PRECISION, RECALL = 1.0, 0.98


@dataclass
class Tally:
    """What became of one kind."""

    kind: str
    tried: int = 0
    right: int = 0
    wrong: list[tuple[Case, Verdict]] = field(default_factory=list)
    #: left for a person
    left: int = 0
    #: those that a careful clerk could tell, and how many of them were matched right
    tellable: int = 0
    told: int = 0
    #: about documents that the hub never carried
    absent: int = 0
    unseeable: int = 0
    missed: list[tuple[Case, Verdict]] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Matched right, of what was matched."""
        matched = self.right + len(self.wrong)
        return self.right / matched if matched else 1.0

    @property
    def recall(self) -> float | None:
        """Matched right, of what could be told; None where nothing could."""
        return self.told / self.tellable if self.tellable else None


def measured(corpus: Corpus, kind: str, count: int) -> Tally:
    """Match every case of a kind."""
    tally = Tally(kind)
    for case in corpus.cases(kind, count):
        verdict = rank(answer(case), candidates(case.box))
        _count(tally, case, verdict)
    tally.unseeable = corpus.unseeable[kind]
    return tally


def _count(tally: Tally, case: Case, verdict: Verdict) -> None:
    right = (
        verdict.match is not None and case.is_here and verdict.match.envelope.partition("#")[0] == str(case.paper.key)
    )
    tally.tried += 1
    tally.absent += not case.is_here
    tally.tellable += case.is_tellable
    tally.right += right
    tally.told += right and case.is_tellable
    tally.left += verdict.match is None
    if verdict.match is not None and not right:
        tally.wrong.append((case, verdict))
    if case.is_tellable and not right:
        tally.missed.append((case, verdict))


def answer(case: Case) -> Acknowledgement:
    """The answer as it comes."""
    written = case.written
    named = Reference(written.organ_id, written.code, written.document_id, written.promulgation_date)
    return Acknowledgement(Organization("000.00.77.H48"), named, "03", None)


@cache
def candidates(box: Box) -> tuple[Candidate, ...]:
    """The documents that the unit got, as the ledger has them."""
    return tuple(_candidates(box))


def _candidates(box: Box) -> Iterator[Candidate]:
    for place, paper in enumerate(box.came):
        yield Candidate(
            envelope=f"{paper.key}#{place}",
            document_id=paper.identifier,
            code=paper.code,
            date=paper.day,
            sender=paper.agency.code,
            sender_name=paper.agency.name,
            subject=paper.subject,
            received_at=datetime(paper.day.year, paper.day.month, paper.day.day, 2, tzinfo=UTC)
            + timedelta(minutes=place),
        )


def speed(corpus: Corpus, most: int = 2_000, rounds: int = 40) -> tuple[float, float]:
    """Milliseconds of a processor for one `rank` over so many candidates: the first time, and when it knows them."""
    many = [one for box in corpus.boxes for one in candidates(box)]
    many = (many * (most // len(many) + 1))[:most]
    renamed = [replace(one, subject=f"{one.subject} {place}") for place, one in enumerate(many)]
    cases = [answer(case) for case in corpus.cases("typed_separators", rounds)]
    began = time.process_time()
    rank(cases[0], renamed)
    first = time.process_time() - began
    began = time.process_time()
    for case in cases:
        rank(case, renamed)
    return first * 1000, (time.process_time() - began) * 1000 / len(cases)
