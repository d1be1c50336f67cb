"""Which answers wait, what comes near each, and which of them is to be looked at next. Blocking: for a thread."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from hub.errors import StorageError
from hub.ledger import Views
from hub.ledger.pen import Orphan, Waiting
from hub.matching import Candidate, Verdict, rank
from hub.orphanage.boxes import Boxes
from hub.vocabulary import StatusCode

#: Looks after which everything is read anew.
_ROUND = 60
#: How many of those that come near are kept for people.
SHOWN = 5
#: Seconds of ranking at a stretch, and of the pause behind it, so that the event loop never waits for longer.
_STRETCH, _PAUSE = 0.001, 0.001

#: What people are shown of one answer, as the ledger keeps it.
Near = list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What ranking said of one waiting answer."""

    orphan: Orphan
    verdict: Verdict

    @property
    def near(self) -> Near:
        """The best of what comes near it."""
        return [
            {"document": one.candidate.envelope, "score": one.score, "reasons": list(one.reasons)}
            for one in self.verdict.ranked[:SHOWN]
        ]

    @property
    def is_news(self) -> bool:
        """Whether that is not what people are shown already."""
        shown = [(one.document, one.score, list(one.reasons)) for one in self.orphan.near]
        return shown != [(one["document"], one["score"], one["reasons"]) for one in self.near]


@dataclass(slots=True, eq=False)
class Ranks:
    """Which answers wait and are to be ranked, each unit's in turn."""

    views: Views
    #: the unit itself, and those in whose place it works
    stands_for: Callable[[str], Collection[str]]
    #: what waits, by its id
    waiting: dict[str, Waiting] = field(default_factory=dict)
    #: by unit, the answers to be ranked
    _due: dict[str, deque[str]] = field(default_factory=dict)
    #: by answer, how many documents had come when it was ranked
    _ranked: dict[str, int] = field(default_factory=dict)
    _boxes: Boxes = field(init=False)
    #: what was sent by those who ask something back, as far as this look read it
    _sent: dict[str, list[Candidate]] = field(default_factory=dict)
    _tally: tuple[object, ...] = ()
    _looks: int = 0
    _rest_at: float = 0.0

    def __post_init__(self) -> None:
        self._boxes = Boxes(self.views, self.stands_for)

    def look(self, seconds: float) -> list[Finding]:
        """Rank for about so long what came, or what new documents may be the ones of. Raises StorageError."""
        try:
            return self._look(seconds)
        except StorageError:
            # What was found so far is lost: everything is to be found again.
            self.waiting, self._due, self._ranked, self._tally = {}, {}, {}, ()
            self._boxes = Boxes(self.views, self.stands_for)
            raise

    def again(self, found: Iterable[Finding]) -> None:
        """Nothing could be made of these: they are due again, behind the others."""
        for one in found:
            self._ranked.pop(one.orphan.id, None)
            self._due.setdefault(one.orphan.unit, deque()).append(one.orphan.id)

    def forget(self, name: str) -> None:
        """It waits no longer."""
        self.waiting.pop(name, None)
        self._ranked.pop(name, None)

    def _look(self, seconds: float) -> list[Finding]:
        tally = self.views.pen()
        if tally != self._tally or not self._looks % _ROUND:
            self._tally = tally
            self._read()
        self._looks += 1
        self._sent = {}
        self._notice_documents()
        # The thread's own time: on a busy machine it gets on all the same.
        end, found = time.thread_time() + seconds, list[Finding]()
        for name in self._in_turn():
            found += self._ranked_anew(name)
            if time.thread_time() > end:
                break
        return found

    def _read(self) -> None:
        self.waiting = {one.id: one for one in self.views.waiting()}
        self._ranked = {name: mark for name, mark in self._ranked.items() if name in self.waiting}
        queued = {name for names in self._due.values() for name in names}
        for one in self.waiting.values():
            if one.id not in self._ranked and one.id not in queued:
                self._due.setdefault(one.unit, deque()).append(one.id)

    def _notice_documents(self) -> None:
        """Queue the answers of units that got documents since; first those which name one of them."""
        waiting: dict[str, list[str]] = {}
        for one in self.waiting.values():
            waiting.setdefault(one.unit, []).append(one.id)
        new, came = self._boxes.refresh(waiting)
        for unit in new:
            self._ranked = {name: mark for name, mark in self._ranked.items() if self.waiting[name].unit != unit}
        named = set(self.views.naming([one for documents in came.values() for one in documents]) if came else ())
        for unit in new | came.keys():
            due = list(dict.fromkeys([*self._due.get(unit, ()), *waiting[unit]]))
            self._due[unit] = deque(sorted(due, key=lambda name: name not in named))

    def _in_turn(self) -> Iterator[str]:
        """What is due, of each unit one after the other, until nothing is."""
        while self._due:
            unit = next(iter(self._due))
            names = self._due.pop(unit)
            name = names.popleft() if names else ""
            if names:
                # Behind the others, in the next look too.
                self._due[unit] = names
            if name in self.waiting:
                yield name

    def _ranked_anew(self, name: str) -> list[Finding]:
        unit = self.waiting[name].unit
        found = [one for one in self.views.orphans([name]) if one.state == "waiting"]
        if not found:
            self.forget(name)
            return []
        [orphan] = found
        if orphan.body.status == StatusCode.RECALL:
            # Of what its unit sends nothing tells here: looked at again in the next round.
            return [self._compared(orphan, self._sent_by(unit))]
        box = self._boxes[unit]
        before, self._ranked[name] = self._ranked.get(name), box.came
        if before is not None and not self._compared(orphan, box.since(before)).verdict.ranked:
            return []
        return [self._compared(orphan, box.known)]

    def _sent_by(self, unit: str) -> list[Candidate]:
        if unit not in self._sent:
            self._sent[unit] = [one for each in self.stands_for(unit) for one in self.views.sent_by(each)]
        return self._sent[unit]

    def _compared(self, orphan: Orphan, documents: Iterable[Candidate]) -> Finding:
        return Finding(orphan, rank(orphan.body, self._unhurried(documents)))

    def _unhurried(self, documents: Iterable[Candidate]) -> Iterator[Candidate]:
        """These, with pauses: a thread that computes without one keeps the loop from its next step for many."""
        for one in documents:
            if time.thread_time() > self._rest_at:
                time.sleep(_PAUSE)
                self._rest_at = time.thread_time() + _STRETCH
            yield one
