"""Days on which the hub is a process of its own, and gets a kill -9 in the middle of what it does."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

from plugins.folderdrop.clerk.cases import Case, Said
from tests.forked import forked, killed
from tests.plugins.clerk import Office
from tests.plugins.clerk_child import dying
from tests.plugins.clerk_days import ModelledDay
from tests.plugins.clerk_desk import StillClock, desk_at

#: Long enough for every gesture to be meant.
_LATER = 700.0
_CONTEXT = forked(__name__)


def life(home: Path, began: datetime, passed: float, turn: int) -> None:
    """One life of the hub: it sees what lies there, and dies at that step of what it does about it later."""
    office, clock = Office(home), StillClock(began)
    clock.passed = passed
    desk = desk_at(office, clock)
    assert desk.look().troubles == []
    clock.passed += _LATER
    dying(turn)
    assert desk.look().troubles == []
    for case, said in desk.untold():
        hear(home, case.delivery, said.code, said.staff, said.at)
        desk.told(case, said, "")
    desk.show()


def hear(home: Path, *told: str) -> None:
    """What the sender hears, kept in a file of lines."""
    with (home / "journal").open("a", encoding="utf-8") as journal:
        journal.write(json.dumps(told) + "\n")
        journal.flush()
        os.fsync(journal.fileno())


class KilledDay(ModelledDay):
    """A day like any other, but a crash is a killed process."""

    def crash(self, turn: int) -> None:
        """Let a process live for one round of the hub's, and kill it at that step."""
        self.model.restart()
        self.model.look(self.clock.now())
        clock, passed = self.clock, self.clock.passed
        clock.passed += _LATER
        before = self.model.forked()
        self.model.look(clock.now())
        self.deaths += killed(_CONTEXT, life, self.office.home, clock.began, passed, turn)
        self.begin_again(before)

    def hear(self, case: Case, said: Said) -> None:
        """Into the same file."""
        hear(self.office.home, case.delivery, said.code, said.staff, said.at)

    def tell(self) -> None:
        """The same answer told again, after a crash, is one answer."""
        super().tell()
        lines = (self.office.home / "journal").read_text("utf-8").splitlines()
        told = dict.fromkeys(tuple(json.loads(line)) for line in lines)
        self.heard = [(delivery, code, staff) for delivery, code, staff, _at in told]
