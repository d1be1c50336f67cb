"""The newest documents that came to each of those whose answers wait, kept current. Blocking: for a thread."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from hub.ledger import Views
from hub.ledger.pen import MOST_CANDIDATES
from hub.matching import Candidate


@dataclass(slots=True)
class Box:
    """The documents that came to one who answers, and to those in whose place it works: what came last, first."""

    whose: frozenset[str]
    known: list[Candidate]
    #: how many were put in so far
    came: int = 0

    def put(self, fresh: Iterable[Candidate]) -> list[Candidate]:
        """Take in those that are not known, of which the oldest go. Returns them."""
        had = {one.envelope for one in self.known}
        new = [one for one in _newest_first(fresh) if one.envelope not in had]
        self.known = [*new, *self.known][:MOST_CANDIDATES]
        self.came += len(new)
        return new

    def since(self, came: int) -> list[Candidate]:
        """What came after that many."""
        return self.known[: self.came - came]


@dataclass(slots=True, eq=False)
class Boxes:
    """A box for each unit whose answers wait."""

    views: Views
    #: the unit itself, and those in whose place it works
    stands_for: Callable[[str], Collection[str]]
    _boxes: dict[str, Box] = field(default_factory=dict)
    #: by writer, the last event up to which it is known what came
    _seen: dict[str, int] = field(default_factory=dict)

    def __getitem__(self, unit: str) -> Box:
        return self._boxes[unit]

    def refresh(self, units: Collection[str]) -> tuple[set[str], dict[str, list[Candidate]]]:
        """Read what came since the last time. Returns whose box is a new one, and by unit what came into the others.

        By the ledger's events and never by ids: a clock that was set back, or another node's, makes ids that are
        less than earlier ones.
        """
        if not units:
            self._boxes = {}
            return set(), {}
        whose = {unit: frozenset(self.stands_for(unit)) for unit in units}
        kept = {unit: box for unit, box in self._boxes.items() if whose.get(unit) == box.whose}
        wanted = {name for box in kept.values() for name in box.whose}
        # First, so that what comes while the new ones are read comes again and is not missed.
        self._seen, came = self.views.arrivals(self._seen, wanted)
        fresh = {unit: box.put(one for name in box.whose for one in came.get(name, ())) for unit, box in kept.items()}
        new = {unit: self._read(whose[unit]) for unit in whose.keys() - kept.keys()}
        self._boxes = kept | new
        return set(new), {unit: documents for unit, documents in fresh.items() if documents}

    def _read(self, whose: frozenset[str]) -> Box:
        documents = _newest_first(one for name in whose for one in self.views.received(name))
        return Box(whose, documents[:MOST_CANDIDATES])


def _newest_first(documents: Iterable[Candidate]) -> list[Candidate]:
    return sorted({one.envelope: one for one in documents}.values(), key=_age, reverse=True)


def _age(one: Candidate) -> tuple[object, ...]:
    return one.received_at, one.envelope
