"""Finds the documents of answers that wait: ranks off the writer, has what is certain matched, keeps the rest."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from hub.clock import Clock
from hub.duties import Book
from hub.errors import StorageError
from hub.failpoints import failpoint
from hub.ledger import Ledger, NotAllowed, NotFound, Views
from hub.ledger.pen import MOST_CANDIDATES, Orphan, Waiting
from hub.log import logger
from hub.matching import Candidate, Verdict, rank
from hub.threads import in_thread
from hub.vocabulary import StatusCode

#: Seconds between looks, and of ranking in one of them: so much of a processor a flood of answers takes.
_TICK, _SHARE = 0.5, 0.05
#: Looks after which everything is read anew.
_ROUND = 60
#: How many of those that come near are kept for people.
SHOWN = 5
#: An answer that waits so long is an alarm.
PATIENCE = timedelta(hours=24)

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
    """Which answers wait and are to be ranked, each unit's in turn. Blocking: for a thread."""

    views: Views
    #: the unit itself, and those in whose place it works
    stands_for: Callable[[str], Collection[str]]
    #: what waits, by its id
    waiting: dict[str, Waiting] = field(default_factory=dict)
    #: by unit, the answers to be ranked
    _due: dict[str, deque[str]] = field(default_factory=dict)
    #: by answer, the newest delivery to its unit that it was ranked with
    _ranked: dict[str, str] = field(default_factory=dict)
    #: by unit, the newest delivery seen and the documents up to it
    _newest: dict[str, str] = field(default_factory=dict)
    _known: dict[str, list[Candidate]] = field(default_factory=dict)
    _tally: tuple[object, ...] = ()
    _looks: int = 0

    def look(self, seconds: float) -> list[Finding]:
        """Rank for about so long what came, or what new documents may be the ones of."""
        tally = self.views.pen()
        if tally != self._tally or not self._looks % _ROUND:
            self._tally = tally
            self._read()
        self._looks += 1
        self._notice_documents()
        # The thread's own time: on a busy machine it gets on all the same.
        end, found = time.thread_time() + seconds, list[Finding]()
        for name in self._in_turn():
            found += self._ranked_anew(name)
            if time.thread_time() > end:
                break
        return found

    def forget(self, name: str) -> None:
        """It waits no longer."""
        self.waiting.pop(name, None)
        self._ranked.pop(name, None)

    def _read(self) -> None:
        self.waiting = {one.id: one for one in self.views.waiting()}
        self._ranked = {name: mark for name, mark in self._ranked.items() if name in self.waiting}
        queued = {name for names in self._due.values() for name in names}
        for one in self.waiting.values():
            if one.id not in self._ranked and one.id not in queued:
                self._due.setdefault(one.unit, deque()).append(one.id)
        units = {one.unit for one in self.waiting.values()}
        for kept in (self._newest, self._known):
            for unit in kept.keys() - units:
                del kept[unit]

    def _notice_documents(self) -> None:
        """Queue the answers of units that got documents since; first those which name one of them."""
        for unit in {one.unit for one in self.waiting.values()}:
            newest, seen = max(map(self.views.newest, self.stands_for(unit))), self._newest.get(unit, "")
            if newest == seen:
                continue
            self._newest[unit] = newest
            came = self._received(unit, seen)
            self._known[unit] = [*came, *self._known.get(unit, ())][:MOST_CANDIDATES]
            named = set(self.views.naming(came)) if seen else set()
            due = self._due.setdefault(unit, deque())
            queued = set(due)
            due.extend(one.id for one in self.waiting.values() if one.unit == unit and one.id not in queued)
            self._due[unit] = deque(sorted(due, key=lambda name: name not in named))

    def _received(self, unit: str, after: str) -> list[Candidate]:
        return [one for each in self.stands_for(unit) for one in self.views.received(each, after)]

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
        before, self._ranked[name] = self._ranked.get(name), self._newest.get(unit, "")
        if not found:
            self.forget(name)
            return []
        [orphan] = found
        if orphan.body.status == StatusCode.RECALL:
            # Of what its unit sends nothing tells here: looked at again in the next round.
            del self._ranked[name]
            return [Finding(orphan, rank(orphan.body, self.views.sent_by(unit)))]
        if before is not None and not rank(orphan.body, self._received(unit, before)).ranked:
            return []
        return [Finding(orphan, rank(orphan.body, self._known.get(unit, [])))]


@dataclass(slots=True, eq=False)
class Orphanage:
    """The tick over the answers that wait for their document."""

    ledger: Ledger
    clock: Clock
    #: told of every recipient that got something, with its urgency
    nudge: Callable[[str, int], None]
    #: unit -> those that are no more and whose work it took over, today
    took_over: Callable[[], Mapping[str, Collection[str]]] = dict
    #: the rules of what is owed, today
    book: Callable[[], Book | None] = lambda: None
    #: without rules nothing is sent on
    asleep: bool = False
    _ranks: Ranks = field(init=False)
    _alarmed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._ranks = Ranks(self.ledger.views, lambda unit: {unit, *self.took_over().get(unit, ())})

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                if not self.asleep:
                    await self.tick()
            except StorageError as error:
                logger.error("the ledger does not answer: {}", error)
            await self.clock.sleep(_TICK)

    async def tick(self) -> None:
        """Rank a bounded part of what is due, and act on what was found. Raises StorageError."""
        found = await in_thread(self._ranks.look, _SHARE)
        unsure = [one for one in found if not await self._matched(one)]
        if news := [(one.orphan.id, one.near) for one in unsure if one.is_news]:
            await self.ledger.note_near(news)
        self._alarm()

    async def _matched(self, found: Finding) -> bool:
        match, name = found.verdict.match, found.orphan.id
        if match is None:
            return False
        failpoint("orphanage.ranked")
        try:
            sent = await self.ledger.match(name, match.envelope, found.verdict.how, self.book())
        except (NotFound, NotAllowed) as error:
            # A person was first, or the document was stopped meanwhile.
            logger.info("the answer {} of {} is not matched: {}", name, found.orphan.unit, error)
            return False
        logger.info("the answer {} of {} is about {} ({})", name, found.orphan.unit, match.envelope, found.verdict.how)
        self._ranks.forget(name)
        for recipient in sent.recipients:
            self.nudge(recipient, sent.urgency)
        return True

    def _alarm(self) -> None:
        """Say once of each that it waits too long."""
        begin = self.clock.now() - PATIENCE
        late = [one for one in self._ranks.waiting.values() if one.at <= begin and one.id not in self._alarmed]
        if late:
            self._alarmed = {one.id for one in self._ranks.waiting.values() if one.at <= begin}
            oldest = min(late, key=lambda one: one.at)
            logger.error(
                "{} answers wait for their document for more than a day, the oldest of {}: hub orphans",
                len(late),
                oldest.unit,
            )
