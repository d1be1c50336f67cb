"""A unit's own software, as small as it can be: drops packets into out/, reads in/, answers as its role says."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hub.clock import VIETNAM
from hub.config import Config
from hub.errors import Refused
from hub.quickstart import packets
from hub.quickstart.cast import Cue, Letter, letter_of
from hub.quickstart.notes import Happening, Notes, one_line, wall
from hub.quickstart.scripts import Awaited, answers
from hub.standards import edxml
from hub.vocabulary import Acknowledgement, Document

_FIRST_NUMBER = 1250


@dataclass(frozen=True, slots=True)
class _Planned:
    """Something to drop when its time comes."""

    due: float
    line: str
    name: str
    packet: Callable[[], bytes]
    #: what to tell of it, if anything
    happening: Callable[[], Happening] | None = None


class Software:
    """One unit's software. Every `turn` it looks and acts once; nothing blocks."""

    def __init__(
        self,
        unit: str,
        config: Config,
        folder: Path,
        notes: Notes,
        letters: Sequence[Letter],
        tell: Callable[[Happening], None],
    ) -> None:
        self.unit, self._config, self._folder, self._notes, self._tell = unit, config, folder, notes, tell
        self._read: set[str] = set()
        #: what was said -> the packet in in/ that says it
        self._said: dict[tuple[str, str, str], str] = {}
        #: documents and answers that came in a second packet
        self.twice: list[str] = []
        self._planned: list[_Planned] = []
        self._to_do = [each for each in letters if each.unit == unit]
        #: number/notation of every document that ever lay in in/: people may clear it away
        self.received = set(notes.rest("received "))
        #: every answer that ever lay in in/
        self.heard = {self._remembered(*said.split(" ", 2)) for said in notes.rest("heard ")}

    @property
    def idle(self) -> bool:
        """Nothing of its own to do, and nothing in out/ that the hub has not taken."""
        return not self._to_do and not self._planned and not _packets(self._folder / "out")

    def turn(self, now: float, beat: float) -> None:
        """Read what came in, then do what is due. While the folder is not there: nothing."""
        if not (self._folder / "in").is_dir():
            return
        for name in _packets(self._folder / "in"):
            if name not in self._read:
                self._read.add(name)
                self._look(name, now, beat)
        for each in [each for each in self._to_do if self._has_seen(each.after)]:
            self._to_do.remove(each)
            self._begin(each)
        for planned in [planned for planned in self._planned if planned.due <= now]:
            self._planned.remove(planned)
            self._do(planned)

    def _has_seen(self, cue: Cue | None) -> bool:
        return cue is None or cue.document in self.received

    def _look(self, name: str, now: float, beat: float) -> None:
        body = _body(self._folder / "in" / name)
        if body is None:
            return
        self._count(name, body)
        if isinstance(body, Document):
            self.received.add(body.code)
            self._notes.add(f"received {one_line(body.code)}")
            happening = Happening(wall(), self.unit, "arrive", body.code, other=body.sender.name)
            self._planned += self._answers(name, body, now, beat)
        else:
            happening = self._hear(body)
        if f"read {name}" not in self._notes:
            self._notes.add(f"read {name}")
            self._tell(happening)

    def _count(self, name: str, body: Document | Acknowledgement) -> None:
        said = (
            (body.sender.id, body.code, "")
            if isinstance(body, Document)
            else (body.sender.id, body.response_for.code, body.status)
        )
        if self._said.setdefault(said, name) != name:
            self.twice.append(f"{said[1]} {said[2]}".strip())

    def _hear(self, body: Acknowledgement) -> Happening:
        by = self._config.directory.find(body.sender.id) or body.sender.id
        document, other = body.response_for.code, body.sender.name
        self.heard.add(Awaited(self.unit, document, by, body.status))
        self._notes.add(f"heard {body.status} {by} {one_line(document)}")
        return Happening(wall(), self.unit, "hear", document, body.status, other, body.description)

    def _remembered(self, status: str, by: str, document: str) -> Awaited:
        return Awaited(self.unit, document, by, status)

    def _answers(self, name: str, document: Document, now: float, beat: float) -> Iterator[_Planned]:
        """One answer a beat, those not given yet."""
        codes = answers(letter_of(document.code), self.unit)
        for turn, code in enumerate(codes, 1):
            line = f"answered {name} {code}"
            if line not in self._notes:
                packet = partial(self._answer, document, code)
                yield _Planned(now + turn * beat, line, _file_name(document.code, code), packet)

    def _answer(self, document: Document, code: str) -> bytes:
        return packets.answer_packet(self._config, self.unit, document, code, wall(), self._words(code))

    def _words(self, code: str) -> str:
        if code != "03":
            return ""
        number = _FIRST_NUMBER + self._notes.count("answered ", " 03")
        return f"Số đến {number} ngày {wall().astimezone(VIETNAM):%d/%m/%Y}."

    def _begin(self, letter: Letter) -> None:
        """Send a document, in a later run again: the hub knows it and delivers it nowhere twice."""
        line, packet = f"sent {letter.code}", partial(packets.letter_packet, self._config, letter)
        if line not in self._notes:
            told = partial(self._done, "send", letter.code, letter.subject)
        else:
            told = partial(self._done, "again", letter.code)
        self._do(_Planned(0.0, line, _file_name(letter.code, "send"), packet, told))

    def _done(self, what: str, document: str, note: str = "") -> Happening:
        return Happening(wall(), self.unit, what, document, note=note)

    def _do(self, planned: _Planned) -> None:
        """Drop a packet as software should: written under a temporary name, then renamed into place."""
        draft = self._folder / "out" / f".{planned.name}"
        draft.write_bytes(planned.packet())
        draft.rename(draft.with_name(planned.name))
        self._notes.add(planned.line)
        if planned.happening:
            self._tell(planned.happening())


def _body(path: Path) -> Document | Acknowledgement | None:
    """What a packet says; None where somebody took it away, or put something else there."""
    try:
        with path.open("rb") as file:
            return edxml.read(file).body
    except (OSError, Refused):
        return None


def _packets(folder: Path) -> list[str]:
    """The packets in a folder, by name; none while it is not there."""
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(".edxml") and not name.startswith("."))
    except OSError:
        return []


def _file_name(document: str, what: str) -> str:
    return f"{document.replace('/', '-')}_{what}.edxml"
