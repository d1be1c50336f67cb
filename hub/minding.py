"""Minds what is owed: takes the step of every duty whose time has come, and lets deadlines follow changed rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hub.calendar.guessed import guessed
from hub.clock import Clock
from hub.containment import attempted
from hub.directory import Directory
from hub.duties import Book, Duty, Step
from hub.errors import StorageError
from hub.ledger import Ledger
from hub.ledger.minded import Move, Watched
from hub.log import logger
from hub.reminding import Herald
from hub.threads import in_thread

#: Seconds between looks, and between two of them while there is more to do.
_TICK, _SOON = 1.0, 0.02
#: Duties that one transaction steps, at most: what people send in meanwhile waits for it.
MOST = 200
#: When a duty that could not be judged is looked at again, and the least pause between looks at one.
_LATER, _LEAST = timedelta(hours=1), timedelta(seconds=1)


@dataclass(slots=True, eq=False)
class Minder:
    """The tick over all that is owed."""

    ledger: Ledger
    clock: Clock
    book: Callable[[], Book]
    directory: Callable[[], Directory]
    herald: Herald
    #: the last duty that was counted anew; None: all were
    _counted: str | None = field(default="")
    _rounds: int = field(default=0)

    def recount(self) -> None:
        """Rules, calendar or units changed: every open duty is counted anew."""
        self._counted, self._rounds = "", self._rounds + 1

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        await in_thread(attempted, self._warm)
        try:
            while True:
                await self.clock.sleep(_SOON if await self._looked() else _TICK)
        finally:
            self.herald.close()

    def _warm(self) -> None:
        """The library is slow the first time it is asked: not on the loop, in the first document of a new year.

        What goes wrong with it is said by whoever needs it.
        """
        guessed(self.clock.now().year + 1)

    async def _looked(self) -> bool:
        try:
            return await self.tick()
        except StorageError as error:
            logger.error("the ledger does not answer: {}", error)
            return False

    async def tick(self) -> bool:
        """Take the steps whose time has come, a bounded part of them. Returns whether there is more to do now.

        Raises StorageError.
        """
        now = self.clock.now()
        due = await self.ledger.duties.due(now, MOST)
        await self._take(await in_thread(judged, self.book(), self.directory(), due, now))
        if self._counted is not None:
            await self._count(self._counted, now)
        await self.herald.tell()
        return len(due) == MOST or self._counted is not None

    async def _count(self, last: str, now: datetime) -> None:
        round_ = self._rounds
        watched = await self.ledger.duties.after(last, MOST)
        moves = await in_thread(judged, self.book(), self.directory(), watched, now)
        await self._take([move for move in moves if _changes(move)])
        if self._rounds == round_:
            self._counted = watched[-1].id if len(watched) == MOST else None

    async def _take(self, moves: Sequence[Move]) -> None:
        taken = await self.ledger.duties.take(moves)
        self.herald.hear(taken)
        for move in taken:
            if "duty-escalated" in move.step.events:
                _escalated(move)


def judged(book: Book, directory: Directory, watched: Sequence[Watched], now: datetime) -> list[Move]:
    """The step of each duty. What a unit that is no more owes is judged as its heir's."""
    return [Move(each, _step(book, each, _heirs(directory, each.duty), now)) for each in watched]


def _step(book: Book, watched: Watched, duty: Duty, now: datetime) -> Step:
    found = attempted(lambda: book.step(duty, now, watched.delivered_at))
    if isinstance(found, Exception):
        logger.opt(exception=found).error("what {} owes about {} cannot be judged", duty.unit, watched.envelope)
        return Step(duty.state, duty.due_at, now + _LATER)
    return replace(found, next_at=max(found.next_at, now + _LEAST))


def _heirs(directory: Directory, duty: Duty) -> Duty:
    heir = directory.find(duty.unit)
    return replace(duty, unit=heir) if heir else duty


def _changes(move: Move) -> bool:
    return bool(move.step.events) or move.changes or move.step.next_at != move.watched.duty.next_at


def _escalated(move: Move) -> None:
    """Nobody is reached yet but those who read the log and `hub status`."""
    duty, whom = move.watched.duty, ", ".join(move.step.escalate) or "nobody, it names no leader"
    said = "{} has not answered {} about {}, due {}: to be told: {}"
    logger.warning(said, duty.unit, duty.code, move.watched.envelope, duty.due_at, whom)
