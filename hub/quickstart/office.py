"""The Government Office at the central hub: sends documents to the province, and takes what the province says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO

from hub.config import Config
from hub.errors import HubError
from hub.quickstart import packets
from hub.quickstart.actor import Actor
from hub.quickstart.cast import GOVERNMENT, OUTSIDE, Letter, letter_of
from hub.quickstart.notes import Happening, Notes, wall
from hub.quickstart.processes import Stopped
from hub.quickstart.scripts import by_software
from hub.simulating.central.actor import Actor as System
from hub.simulating.central.actor import Taken
from hub.vocabulary import Acknowledgement, Document, Reference

#: Seconds between looks at what waits there.
_LOOK = 0.4


@dataclass(frozen=True, slots=True)
class _Planned:
    """An answer to give when its time comes."""

    due: float
    about: Reference
    status: str


class Office(Actor):
    """Plays it. `turn` raises Stopped where the central hub does not do what it is told."""

    def __init__(
        self,
        config: Config,
        system: System,
        notes: Notes,
        letters: Sequence[Letter],
        tell: Callable[[Happening], None],
    ) -> None:
        super().__init__(OUTSIDE, notes, tell)
        self._config, self._system = config, system
        self._to_do = [each for each in letters if each.unit == OUTSIDE]
        self._planned: list[_Planned] = []
        self._looks_at = 0.0
        #: what was said -> the central hub's id of the packet that said it
        self._said: dict[tuple[str, str, str], str] = {}
        self._twice: list[str] = []

    @property
    def twice(self) -> list[str]:
        """Documents and answers that came in a second packet."""
        return self._twice

    @property
    def idle(self) -> bool:
        """Everything is sent and answered."""
        return not self._to_do and not self._planned

    def turn(self, now: float, beat: float) -> None:
        """Send what is to be sent, answer what is due, and every now and then take what waits."""
        try:
            while self._to_do:
                self._send(self._to_do.pop(0))
            for planned in [planned for planned in self._planned if planned.due <= now]:
                self._planned.remove(planned)
                self._answer(planned)
            if now >= self._looks_at:
                self._looks_at = now + _LOOK
                self._take(now, beat)
        except (HubError, OSError) as error:
            raise Stopped(f"Trục trung ương giả lập không trả lời (the simulated central hub): {error}") from error

    def _send(self, letter: Letter) -> None:
        """In a later run again: the hub knows it and delivers it nowhere twice."""
        self._system.send(BytesIO(packets.letter_packet(self._config, letter)), GOVERNMENT.id)
        line = f"sent {letter.code}"
        what, note = ("again", "") if line in self._notes else ("send", letter.subject)
        self._notes.add(line)
        self._tell(Happening(wall(), self.unit, what, letter.code, note=note))

    def _take(self, now: float, beat: float) -> None:
        for kind in ("edoc", "status"):
            for taken in self._system.take(kind):
                self._look(taken, now, beat)

    def _look(self, taken: Taken, now: float, beat: float) -> None:
        body = taken.packet.body
        if isinstance(body, Document):
            self._count((body.sender.id, body.code, ""), taken.doc_id)
            self._receive(body.code, body.sender.name)
            codes, about = by_software(letter_of(body.code), self.unit), packets.reference(body)
            self._planned += [_Planned(now + turn * beat, about, code) for turn, code in enumerate(codes, 1)]
        elif isinstance(body, Acknowledgement):
            self._count((body.sender.id, body.response_for.code, body.status), taken.doc_id)
            by = packets.unit_of(self._config, body.sender.id)
            self._hear(body.response_for.code, by, body.status, body.sender.name, body.description)

    def _count(self, said: tuple[str, str, str], doc_id: str) -> None:
        if self._said.setdefault(said, doc_id) != doc_id:
            self._twice.append(f"{said[1]} {said[2]}".strip())

    def _answer(self, planned: _Planned) -> None:
        packet = packets.answer_packet(self._config, self.unit, planned.about, planned.status, wall(), "")
        self._system.send(BytesIO(packet), GOVERNMENT.id)
