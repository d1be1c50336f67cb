"""A clerk: makes the gestures of a script in the unit's share, drops documents there, reads the receipts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from hub.clock import VIETNAM
from hub.config import Config
from hub.quickstart.actor import Actor
from hub.quickstart.cast import ROLES, Letter, letter_of
from hub.quickstart.desk import Desk
from hub.quickstart.gestures import Gesture
from hub.quickstart.mailing import Mailing
from hub.quickstart.notes import Happening, Notes, wall
from hub.quickstart.scripts import SCRIPTS

_ROW = re.compile(r"^\d+\. (.+?): (.+)\.$")
#: How a line of a receipt says each answer; a time follows.
_SAID = {
    "đã đến ": "01",
    "từ chối ": "02",
    "đã tiếp nhận ": "03",
    "Hoàn thành ": "06",
    "Đồng ý thu hồi/cập nhật ": "15",
}


class Clerk(Actor):
    """One unit's clerk."""

    def __init__(
        self,
        unit: str,
        config: Config,
        folder: Path,
        notes: Notes,
        letters: Sequence[Letter],
        tell: Callable[[Happening], None],
        is_heard: Callable[[str, str, str], bool],
    ) -> None:
        super().__init__(unit, notes, tell)
        self._desk, self._is_heard = Desk(folder), is_heard
        self._ids = {each.name: each.id for each in config.units}
        today, names = wall().astimezone(VIETNAM).date(), {each.id: each.name for each in config.units}
        self._mailings = [Mailing(each, names, today) for each in letters if each.unit == unit]
        self._identities: dict[str, set[str]] = defaultdict(set)
        self._not_before: dict[str, float] = {}

    @property
    def twice(self) -> list[str]:
        """Documents that came in a second folder."""
        return [document for document, found in self._identities.items() if len(found) > 1]

    @property
    def idle(self) -> bool:
        """Everything that came is dealt with, everything of its own sent."""
        return not any(map(self._next, self.received)) and not any(map(self._step, self._mailings))

    def turn(self, now: float, beat: float) -> None:
        """Look at what came, make a gesture where one is due. What moves meanwhile is looked at in the next turn."""
        if not self._desk.is_there:
            return
        try:
            folders = self._look()
            for document in sorted(folders):
                if self._not_before.setdefault(document, now + beat) <= now:
                    self._act(document, folders[document], now + beat)
            self._post(now, beat)
            self._read_receipts()
        except OSError:
            return

    def _look(self) -> dict[str, list[Path]]:
        folders = defaultdict(list)
        for document, sender, folder in self._desk.received():
            folders[document].append(folder)
            self._identities[document].add(self._desk.identity(folder))
            self._receive(document, sender)
        return folders

    # What came

    def _script(self, document: str) -> Sequence[Gesture]:
        return SCRIPTS[self.unit].get(document, ())

    def _next(self, document: str) -> int | None:
        """The gesture that comes next, counted from 1; None after the last."""
        numbers = range(1, len(self._script(document)) + 1)
        return next((each for each in numbers if f"did {each} {document}" not in self._notes), None)

    def _act(self, document: str, folders: Sequence[Path], later: float) -> None:
        turn = self._next(document)
        if turn is None or len(folders) > 1 or not self._is_told(document, self._script(document)[: turn - 1]):
            return
        done = self._script(document)[turn - 1].make(self._desk, folders[0])
        if done:
            self._notes.add(f"did {turn} {document}")
            self._not_before[document] = later
            self._say(document, done)

    def _is_told(self, document: str, before: Iterable[Gesture]) -> bool:
        """Whether the sender has heard of what was done so far."""
        letter = letter_of(document)
        codes = [code for gesture in before for code in gesture.codes]
        return letter is None or all(self._is_heard(document, self.unit, code) for code in codes)

    # What it sends

    def _step(self, mailing: Mailing) -> int | None:
        """What comes next with a document of its own, counted from 1; None after the last."""
        numbers = range(1, len(mailing.steps) + 1)
        return next((each for each in numbers if f"mailed {each} {mailing.letter.code}" not in self._notes), None)

    def _post(self, now: float, beat: float) -> None:
        """One document after the other, one step a beat."""
        mailing = next(filter(self._step, self._mailings), None)
        if mailing is None or self._not_before.setdefault("", now + beat) > now:
            return
        turn = self._step(mailing) or 1
        if done := mailing.steps[turn - 1](self._desk):
            self._notes.add(f"mailed {turn} {mailing.letter.code}")
            self._not_before[""] = now + beat
            self._say(mailing.letter.code, done)

    def _read_receipts(self) -> None:
        for code in (each.letter.code for each in self._mailings):
            for name, said in _rows(self._desk.receipt(code)):
                by = self._ids.get(name, name)
                for status in (status for word, status in _SAID.items() if _says(said, word)):
                    self._hear(code, by, status, name, said.partition("; Lý do: ")[2] if status == "02" else "")

    def _say(self, document: str, done: str) -> None:
        self._tell(Happening(wall(), self.unit, "gesture", document, other=ROLES[self.unit].clerk, note=done))


def _rows(receipt: str) -> Iterable[tuple[str, str]]:
    """Each recipient, and what its line says."""
    return [(row[1], row[2]) for row in filter(None, map(_ROW.match, receipt.splitlines()))]


def _says(said: str, word: str) -> bool:
    return any(part.startswith(word) and part[len(word)].isdigit() for part in said.split("; ") if part > word)
