"""Finds the documents of answers that wait: ranks off the writer, has what is certain matched, keeps the rest."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from hub.clock import Clock
from hub.duties import Book
from hub.errors import StorageError
from hub.failpoints import failpoint
from hub.ledger import Ledger, NotAllowed, NotFound
from hub.log import logger
from hub.orphanage.ranks import SHOWN, Finding, Ranks
from hub.threads import in_thread

__all__ = ["PATIENCE", "SHOWN", "Orphanage"]

#: Seconds between looks, and of ranking in one of them: so much of a processor a flood of answers takes.
_TICK, _SHARE = 0.5, 0.05
#: An answer that waits so long is an alarm.
PATIENCE = timedelta(hours=24)


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
        """Rank a bounded part of what is due, and act on it. Raises StorageError: what was found is then due again."""
        left, unsure = deque(await in_thread(self._ranks.look, _SHARE)), list[Finding]()
        try:
            while left:
                if not await self._matched(left[0]):
                    unsure.append(left[0])
                left.popleft()
            if news := [(one.orphan.id, one.near) for one in unsure if one.is_news]:
                await self.ledger.note_near(news)
        except StorageError:
            # The one that failed behind all others, whom it must not hold up for ever.
            left.rotate(-1)
            self._ranks.again([*unsure, *left])
            raise
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
