"""The labelled corpus: answers with one kind of damage each, and what is true of them. Knows no hub."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.matching.clerk import is_faultless_for_another, is_tellable
from tests.matching.draft import SHAPES, Draft, Written
from tests.matching.kinds import KINDS, Kind
from tests.matching.papers import Box, Paper, Province

_BOXES = 6
#: Documents of a box, before their near twins.
SIZE = 330
#: Of so many answers one is about a document that the hub never carried.
_ABSENT = 5


@dataclass(frozen=True)
class Case:
    """One answer."""

    kind: str
    box: Box
    #: what it is about
    paper: Paper
    written: Written
    #: whether the document came through the hub
    is_here: bool
    #: whether a careful clerk could tell
    is_tellable: bool


class Corpus:
    """Cases by kind, the same ones for the same seed. What nobody could see to be wrong is counted and left out."""

    def __init__(self, seed: str, size: int = SIZE) -> None:
        self.seed = seed
        province = Province(seed)
        self.boxes = tuple(province.box(size) for _ in range(_BOXES))
        self.unseeable: dict[str, int] = dict.fromkeys(KINDS, 0)

    def cases(self, kind: str, count: int) -> Iterator[Case]:
        """So many about documents that are here, and one more for each five about one that is not."""
        chance = random.Random(f"{self.seed}:{kind}")
        for number in range(count):
            yield self._case(chance, kind, is_here=True)
            if number % _ABSENT == 0:
                yield self._case(chance, kind, is_here=False)

    def _case(self, chance: random.Random, kind: str, *, is_here: bool) -> Case:
        while True:
            box = chance.choice(self.boxes)
            paper = chance.choice(box.papers if is_here else box.elsewhere)
            draft = drafted(chance, paper, KINDS[kind])
            if not is_faultless_for_another(draft, box.papers):
                tellable = is_here and is_tellable(draft, box)
                return Case(kind, box, paper, draft.written(), is_here, tellable)
            self.unseeable[kind] += 1


def drafted(chance: random.Random, paper: Paper, kind: Kind) -> Draft:
    """One answer about a document, damaged."""
    draft = Draft(paper, chance, chance.choice(SHAPES))
    kind(draft)
    return draft
