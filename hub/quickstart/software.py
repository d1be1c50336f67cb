"""A unit's own software, as small as it can be: drops packets into out/, reads in/, answers as its role says."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from hub.clock import VIETNAM
from hub.config import Config
from hub.errors import Refused
from hub.quickstart import packets
from hub.quickstart.actor import Actor
from hub.quickstart.cast import Cue, Letter, letter_of
from hub.quickstart.notes import Happening, Notes, wall
from hub.quickstart.scripts import GIVEN_BACK, by_software
from hub.standards import edxml
from hub.vocabulary import Acknowledgement, Document, Reference

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


class Software(Actor):
    """One unit's software."""

    def __init__(
        self,
        unit: str,
        config: Config,
        folder: Path,
        notes: Notes,
        letters: Sequence[Letter],
        tell: Callable[[Happening], None],
    ) -> None:
        super().__init__(unit, notes, tell)
        self._config, self._folder = config, folder
        self._read: set[str] = set()
        #: what was said -> the packet in in/ that says it
        self._said: dict[tuple[str, str, str], str] = {}
        self._twice: list[str] = []
        self._planned: list[_Planned] = []
        self._to_do = [each for each in letters if each.unit == unit]

    @property
    def twice(self) -> list[str]:
        """Documents and answers that came in a second packet."""
        return self._twice

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
            self._receive(body.code, body.sender.name)
            codes, about = by_software(letter_of(body.code), self.unit), packets.reference(body)
        else:
            by = packets.unit_of(self._config, body.sender.id)
            self._hear(body.response_for.code, by, body.status, body.sender.name, body.description)
            codes = GIVEN_BACK if body.status == "13" else ()
            about = replace(body.response_for, organ_id=body.sender.id)
        self._planned += self._answers(name, about, codes, now, beat)

    def _count(self, name: str, body: Document | Acknowledgement) -> None:
        said = (
            (body.sender.id, body.code, "")
            if isinstance(body, Document)
            else (body.sender.id, body.response_for.code, body.status)
        )
        if self._said.setdefault(said, name) != name:
            self._twice.append(f"{said[1]} {said[2]}".strip())

    def _answers(
        self, name: str, about: Reference, codes: Sequence[str], now: float, beat: float
    ) -> Iterator[_Planned]:
        """One answer a beat, those not given yet, to what came as the packet of that name."""
        for turn, code in enumerate(codes, 1):
            line = f"answered {name} {code}"
            if line not in self._notes:
                packet = partial(self._answer, about, code)
                yield _Planned(now + turn * beat, line, _file_name(about.code, code), packet)

    def _answer(self, about: Reference, code: str) -> bytes:
        return packets.answer_packet(self._config, self.unit, about, code, wall(), self._words(code))

    def _words(self, code: str) -> str:
        if code == "15":
            return "Đã hủy văn bản trên phần mềm."
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
