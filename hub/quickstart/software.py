"""A unit's own software, as small as it can be: drops packets into out/, reads in/, answers as its role says."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from hub.clock import VIETNAM
from hub.config import Config
from hub.errors import Refused
from hub.quickstart import packets
from hub.quickstart.cast import Awaited, Cue, Letter, Recall, answers, letter_of
from hub.standards import edxml
from hub.vocabulary import Acknowledgement, Document

_FIRST_NUMBER = 1250


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing a unit's software did or saw."""

    at: datetime
    unit: str
    #: "send", "again", "recall", "arrive", "hear"
    what: str
    document: str
    status: str = ""
    #: with whom, as a name
    other: str = ""
    note: str = ""


class Notes:
    """What a unit's software remembers from one run to the next: one line a thing done."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines = set(file.read_text(encoding="utf-8").splitlines()) if file.exists() else set()

    def __contains__(self, line: str) -> bool:
        return line in self._lines

    def add(self, line: str) -> None:
        """Remember, if it is new."""
        if line in self._lines:
            return
        self._lines.add(line)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def count(self, beginning: str, ending: str) -> int:
        """How many lines begin and end so."""
        return sum(line.startswith(beginning) and line.endswith(ending) for line in self._lines)

    def rest(self, beginning: str) -> list[str]:
        """What follows in the lines that begin so."""
        return [line.removeprefix(beginning) for line in self._lines if line.startswith(beginning)]


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
        acts: Sequence[Letter | Recall],
        tell: Callable[[Happening], None],
    ) -> None:
        self.unit, self._config, self._folder, self._notes, self._tell = unit, config, folder, notes, tell
        self._read: set[str] = set()
        self._planned: list[_Planned] = []
        self._to_do = [each for each in acts if each.unit == unit]
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
        if cue is None:
            return True
        if not cue.status:
            return cue.document in self.received
        return any((heard.document, heard.status) == (cue.document, cue.status) for heard in self.heard)

    def _look(self, name: str, now: float, beat: float) -> None:
        body = _body(self._folder / "in" / name)
        if body is None:
            return
        if isinstance(body, Document):
            self.received.add(body.code)
            self._notes.add(f"received {_one_line(body.code)}")
            happening = Happening(_now(), self.unit, "arrive", body.code, other=body.sender.name)
            self._planned += self._answers(name, body, now, beat)
        else:
            happening = self._hear(body)
            if body.status == "13":
                self._planned += self._agreement(name, body, now + beat)
        if f"read {name}" not in self._notes:
            self._notes.add(f"read {name}")
            self._tell(happening)

    def _hear(self, body: Acknowledgement) -> Happening:
        by = self._config.directory.find(body.sender.id) or body.sender.id
        document, other = body.response_for.code, body.sender.name
        self.heard.add(Awaited(self.unit, document, by, body.status))
        self._notes.add(f"heard {body.status} {by} {_one_line(document)}")
        return Happening(_now(), self.unit, "hear", document, body.status, other, body.description)

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
        return packets.answer_packet(self._config, self.unit, document, code, _now(), self._words(document, code))

    def _words(self, document: Document, code: str) -> str:
        letter = letter_of(document.code)
        if code == "02" and letter:
            return dict(letter.refused)[self.unit]
        if code == "03":
            number = _FIRST_NUMBER + self._notes.count("answered ", " 03")
            return f"Số đến {number} ngày {_now().astimezone(VIETNAM):%d/%m/%Y}."
        return ""

    def _agreement(self, name: str, asked: Acknowledgement, due: float) -> Iterator[_Planned]:
        line, document = f"answered {name} 15", asked.response_for.code
        if line not in self._notes:
            packet = partial(packets.agreement_packet, self._config, self.unit, asked, _now())
            yield _Planned(due, line, _file_name(document, "15"), packet)

    def _begin(self, act: Letter | Recall) -> None:
        """Send a document, in a later run again: the hub knows it and delivers it nowhere twice. A recall only once."""
        if isinstance(act, Letter):
            line, what = f"sent {act.code}", "send"
            packet = partial(packets.letter_packet, self._config, act)
        else:
            line, what = f"recalled {act.code}", "recall"
            packet = partial(packets.recall_packet, self._config, act, _now())
        if line not in self._notes:
            note = act.subject if isinstance(act, Letter) else act.reason
            told = partial(self._done, what, act.code, note)
        elif isinstance(act, Letter):
            told = partial(self._done, "again", act.code)
        else:
            return
        self._do(_Planned(0.0, line, _file_name(act.code, what), packet, told))

    def _done(self, what: str, document: str, note: str = "") -> Happening:
        return Happening(_now(), self.unit, what, document, note=note)

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


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _packets(folder: Path) -> list[str]:
    """The packets in a folder, by name; none while it is not there."""
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(".edxml") and not name.startswith("."))
    except OSError:
        return []


def _file_name(document: str, what: str) -> str:
    return f"{document.replace('/', '-')}_{what}.edxml"


def _now() -> datetime:
    return datetime.now(UTC)
