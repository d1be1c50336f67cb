"""Checks what is stored: the database, the chain of events, the rows, every body."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pydantic import TypeAdapter

from hub import states
from hub.blobs import Blobs
from hub.errors import Damaged, StorageError
from hub.ledger import Views

#: Told how far a long work is: its stage, how many are done, of how many.
Progress = Callable[[str, int, int], None]

EVENTS, BLOBS = "nhật ký (events)", "tệp lưu (blobs)"
_STEP = 500


@dataclass(frozen=True, slots=True)
class Mark:
    """A writer's newest event. Kept elsewhere it shows that a ledger lost its tail, or is an old copy."""

    writer: str
    seq: int
    hash: str


_MARKS = TypeAdapter(list[Mark])


def marks(saved: bytes) -> list[Mark]:
    """A checkpoint as it was saved, a JSON list. Raises ValueError."""
    return _MARKS.validate_json(saved)


@dataclass(slots=True)
class Findings:
    """What a verification looked at, and what is wrong, the first first."""

    events: int = 0
    blobs: int = 0
    bad: list[str] = field(default_factory=list)
    checkpoint: list[Mark] = field(default_factory=list)
    #: events after the newest signed checkpoint; None: it was not asked
    unsealed: int | None = None


def verify(views: Views, data: Path, progress: Progress, earlier: Sequence[Mark] = ()) -> Findings:
    """Check the database, the chain of events, every blob and row, what connectors keep, and an earlier checkpoint."""
    found = Findings()
    look = _Look(views, Blobs(data / "blobs"), progress, found)
    stages = (look.pages, look.chain, partial(look.reached, earlier), look.bodies, look.rows)
    for stage in (*stages, partial(states.unreadable, data)):
        try:
            found.bad.extend(stage())
        except (StorageError, OSError, TypeError, ValueError, ArithmeticError) as error:
            # A record that nobody of ours wrote can hold anything at all.
            found.bad.append(f"after {found.events} events, {found.blobs} blobs: {error}")
    return found


@dataclass(frozen=True, slots=True)
class _Look:
    views: Views
    blobs: Blobs
    progress: Progress
    found: Findings

    def pages(self) -> Iterator[str]:
        """What the database itself says of its pages."""
        yield from self.views.unsound()

    def chain(self) -> Iterator[str]:
        """Every event against the one before it."""
        total = self.views.count_events()
        for line, why in self.views.broken(partial(self._count_event, total)):
            yield f"event {line.writer} {line.seq} ({line.kind}, {line.at.isoformat()}): {why}"
        self.progress(EVENTS, self.found.events, self.found.events)

    def _count_event(self, total: int) -> None:
        self.found.events += 1
        if self.found.events % _STEP == 0:
            self.progress(EVENTS, self.found.events, max(total, self.found.events))

    def reached(self, earlier: Sequence[Mark]) -> Iterator[str]:
        """Every event of an earlier checkpoint must still be there."""
        self.found.checkpoint += checkpoint(self.views)
        for mark in earlier:
            if not has(self.views, mark):
                yield f"checkpoint {mark.writer} {mark.seq}: this event is gone, with all after it"

    def bodies(self) -> Iterator[str]:
        """Every blob against its own name."""
        total = self.views.count_blobs()
        for owner, blob in self.views.blobs():
            self.found.blobs += 1
            self.progress(BLOBS, self.found.blobs, max(total, self.found.blobs))
            try:
                self.blobs.check(blob)
            except Damaged as error:
                yield f"{owner}: {error}"

    def rows(self) -> Iterator[str]:
        """Every row that is evidence against the events."""
        yield from self.views.strange()


def checkpoint(views: Views) -> list[Mark]:
    """Every writer's newest event."""
    return [Mark(*newest) for newest in views.writers()]


def has(views: Views, mark: Mark) -> bool:
    """Whether the ledger still holds this event."""
    return views.has(mark.writer, mark.seq, mark.hash)
