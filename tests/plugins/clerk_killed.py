"""Days on which the hub is a process of its own, and gets a kill -9 in the middle of what it does."""

from __future__ import annotations

import json
import os
import signal
from multiprocessing import get_context
from pathlib import Path

from tests.plugins.clerk import Office
from tests.plugins.clerk_child import dying
from tests.plugins.clerk_days import Day, StillClock, desk_at

#: Long enough for every gesture to be meant.
_LATER = 700.0
_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])


def life(home: Path, passed: float, turn: int) -> None:
    """One life of the hub: it sees what lies there, and dies at that step of what it does about it later."""
    office, clock = Office(home), StillClock()
    clock.passed = passed
    desk = desk_at(office, clock)
    assert desk.look().troubles == []
    clock.passed += _LATER
    dying(turn)
    assert desk.look().troubles == []
    for case, said in desk.untold():
        hear(home, case.delivery, said.code, said.staff, said.at)
        desk.told(case, said, "")


def hear(home: Path, *told: str) -> None:
    """What the sender hears, kept in a file of lines."""
    with (home / "journal").open("a", encoding="utf-8") as journal:
        journal.write(json.dumps(told) + "\n")
        journal.flush()
        os.fsync(journal.fileno())


class KilledDay(Day):
    """A day like any other, but a crash is a killed process."""

    def crash(self, turn: int, pause: float) -> None:
        """Let a process live for one round of the hub's, and kill it at that step."""
        self.model.restart()
        self.model.look(self.clock.monotonic())
        began, self.clock.passed = self.clock.passed, self.clock.passed + _LATER
        before = self.model.forked()
        self.model.look(self.clock.monotonic())
        process = _CONTEXT.Process(target=life, args=(self.office.home, began, turn))
        process.start()
        process.join(60)
        assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
        self.deaths += process.exitcode != 0
        self.desk = self._desk()
        self._choose(before)
        self.model.restart()
        self._tell()
        self._stamp()

    def _tell(self) -> None:
        """The same answer told again, after a crash, is one answer."""
        for case, said in self.desk.untold():
            hear(self.office.home, case.delivery, said.code, said.staff, said.at)
            self.desk.told(case, said, "")
        lines = (self.office.home / "journal").read_text("utf-8").splitlines()
        self.told = {}
        for delivery, code, staff, _at in dict.fromkeys(tuple(json.loads(line)) for line in lines):
            self.told.setdefault(delivery, []).append((code, staff))
