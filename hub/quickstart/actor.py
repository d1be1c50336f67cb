"""What a clerk and a unit's software have in common: what ever came, what was ever heard, and telling each once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from hub.quickstart.notes import Happening, Notes, one_line, wall
from hub.quickstart.scripts import Awaited


class Actor(ABC):
    """Plays one unit. Every `turn` it looks and acts once; nothing blocks."""

    def __init__(self, unit: str, notes: Notes, tell: Callable[[Happening], None]) -> None:
        self.unit, self._notes, self._tell = unit, notes, tell
        #: number/notation of every document that ever came: people may clear it away
        self.received = set(notes.rest("received "))
        #: every answer that ever came
        self.heard = {_remembered(unit, said) for said in notes.rest("heard ")}

    @property
    @abstractmethod
    def twice(self) -> Sequence[str]:
        """Documents and answers that came a second time."""

    @property
    @abstractmethod
    def idle(self) -> bool:
        """Nothing is left to do."""

    @abstractmethod
    def turn(self, now: float, beat: float) -> None:
        """Look at what came, then do what is due; while its folder is not there: nothing."""

    def _receive(self, document: str, sender: str) -> None:
        """A document is there, for the first time or still."""
        document = one_line(document)
        if document not in self.received:
            self.received.add(document)
            self._notes.add(f"received {document}")
            self._tell(Happening(wall(), self.unit, "arrive", document, other=sender))

    def _hear(self, document: str, by: str, status: str, name: str, note: str) -> None:
        """What a unit says about a document is there, for the first time or still; `name` is that unit's."""
        answer = Awaited(self.unit, one_line(document), by, status)
        if answer not in self.heard:
            self.heard.add(answer)
            self._notes.add(f"heard {status} {by} {answer.document}")
            self._tell(Happening(wall(), self.unit, "hear", answer.document, status, name, note))


def _remembered(unit: str, said: str) -> Awaited:
    status, by, document = said.split(" ", 2)
    return Awaited(unit, document, by, status)
