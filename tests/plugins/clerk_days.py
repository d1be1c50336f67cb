"""Days of a clerk on a real folder, with a clock of the test's own; every step is made on the disk and in the model."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plugins.folderdrop import system
from plugins.folderdrop.clerk.cases import Case, Said
from tests.plugins.clerk import PDF
from tests.plugins.clerk_desk import Hours
from tests.plugins.clerk_model import Model, Paper, Spot

#: Memory where there is some: thousands of days are many, and what an fsync does is tested elsewhere.
ROOM = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
#: 10:00 on a Friday, the last of its month: what begins then lasts over a week end and into another month.
_FRIDAY = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
_DURABLE = ((os, "fsync"), (os, "rename"), (os, "mkdir"), (os, "unlink"), (system, "rename_new"))


class Died(BaseException):
    """The hub's process is gone. No `except Exception` may go on after it."""


@contextmanager
def dying(turn: int) -> Iterator[None]:
    """The hub dies at that turn of the calls that make something durable or visible."""
    left, before = [turn], [(module, name, getattr(module, name)) for module, name in _DURABLE]

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] <= 0:
                raise Died
            return call(*arguments, **named)

        return step

    for module, name, call in before:
        setattr(module, name, counted(call))
    try:
        yield
    finally:
        for module, name, call in before:
            setattr(module, name, call)


class ModelledDay(Hours):
    """Some documents in one folder, what a clerk does with them, and what must come of it."""

    def __init__(self, home: Path, documents: int = 1, crowd: int = 20) -> None:
        super().__init__(home, _FRIDAY)
        self.share = self.office.share
        #: how often the hub died in the middle of something
        self.deaths = 0
        self._inside: dict[Path, tuple[str, ...]] = {}
        self._notes = 0
        self._answers = set[tuple[str, str, str, str]]()
        self.deliveries = [self.office.delivery(place + 1, files=_files(place)) for place in range(documents)]
        for delivery in self.deliveries:
            self.place(delivery)
        for folder in ("van-ban-den/4-phan-cong/An", "van-ban-den/4-phan-cong/Bình", "Cá nhân"):
            (self.share / folder).mkdir()
        known = self.known()
        self.model = Model([known[delivery.id]["folder"] for delivery in self.deliveries], crowd)
        self.look()

    def told(self, place: int) -> list[tuple[str, str]]:
        """What the sender heard of one document: code and person."""
        return [(code, staff) for delivery, code, staff in self.heard if delivery == self.deliveries[place].id]

    # The hub

    def look(self) -> None:
        """One round of the hub's, and the same in the model."""
        self.model.look(self.clock.now())
        self.round()
        self.check()

    def round(self) -> None:
        """One round of the hub's, the model left aside."""
        super().round()
        self._stamp()

    def hear(self, case: Case, said: Said) -> None:
        """The same answer told again, after a crash, is one answer."""
        answer = case.delivery, said.code, said.staff, said.at
        if answer not in self._answers:
            self._answers.add(answer)
            super().hear(case, said)

    def wait(self, seconds: float) -> None:
        """Time passes, the hub looks now and then."""
        for _look in range(2 if seconds else 1):
            self.clock.passed += seconds / 2
            self.look()

    def restart(self) -> None:
        """The hub is stopped, and started again."""
        super().restart()
        self.model.restart()

    def crash(self, turn: int) -> None:
        """The hub dies in the middle of a look, or right after it; each document stands before or after that look."""
        before = self.model.forked()
        self.model.look(self.clock.now())
        try:
            with dying(turn):
                self.round()
        except Died:
            self.deaths += 1
        self.begin_again(before)

    def begin_again(self, before: Model) -> None:
        """The hub starts after a crash; the model is put where each document stands."""
        super().restart()
        self._choose(before)
        self.model.restart()
        self.tell()
        self._stamp()

    def _choose(self, before: Model) -> None:
        """Each document is as before the look or as after it; nothing between."""
        lie, known = self.folders(), self.known()
        for place, delivery in enumerate(self.deliveries):
            old, new = before.papers[place], self.model.papers[place]
            there = lie[delivery.id]
            moved = there == {copy.path for copy in new.copies}
            assert moved or there == {copy.path for copy in old.copies}, (there, old, new)
            lies = new if moved else old
            _stands(lies, old, new, known[delivery.id])
            lies.loose = old.loose if old.loose and self._has_loose(place, old.loose) else None
            for copy in lies.copies:
                copy.whole = (self.share / copy.path / file_name(place)).exists()
            self.model.papers[place] = lies

    def _has_loose(self, place: int, spot: Spot) -> bool:
        return (self.share / spot.path / file_name(place)).exists()

    def _stamp(self) -> None:
        """Give a changed folder of finished documents a time of its own: the real clock hardly moves in a test."""
        for month in (self.share / "van-ban-den/6-hoan-thanh").glob("????-??/"):
            inside = tuple(sorted(os.listdir(month)))
            if self._inside.get(month) != inside:
                self._inside[month] = inside
                self._notes += 1
                os.utime(month, ns=(self._notes, self._notes))

    # What is true at any time

    def folders(self) -> dict[str, set[str]]:
        """Where each delivery's folders lie, by their marks."""
        found: dict[str, set[str]] = {delivery.id: set() for delivery in self.deliveries}
        for top in ("van-ban-den", "Cá nhân"):
            for above, _folders, files in os.walk(self.share / top):
                if ".lt-id" in files:
                    mark = Path(above, ".lt-id").read_text("ascii").strip()
                    found[mark].add(above[len(str(self.share)) + 1 :])
        return found

    def check(self) -> None:
        """The disk, the sender and what is kept for the next start say what the model says."""
        lie, known = self.folders(), self.known()
        for place, paper in enumerate(self.model.papers):
            delivery = self.deliveries[place].id
            assert self.told(place) == paper.heard
            assert lie[delivery] == {copy.path for copy in paper.copies}
            assert _waits(known[delivery]) == paper.kept_since
            for copy in paper.copies:
                here = self.share / copy.path
                assert copy.whole == (here / file_name(place)).exists()
                assert not copy.whole or _files(place) == {file_name(place): (here / file_name(place)).read_bytes()}
                assert all((here / name).read_text("utf-8") == text for name, text in copy.extras.items())
            assert paper.loose is None or self._has_loose(place, paper.loose)


def _stands(lies: Paper, old: Paper, new: Paper, known: dict[str, Any]) -> None:
    """A document's answers, and what is kept of its waiting, each as before or as after."""
    stands, waits = (known["stage"], known["person"]), _waits(known)
    assert stands in ((old.stage, old.person), (new.stage, new.person))
    assert waits in (old.kept_since, new.kept_since), (waits, old, new)
    told = new if stands == (new.stage, new.person) else old
    kept = new.kept if waits == new.kept_since else old.kept
    lies.stage, lies.person, lies.heard, lies.kept = told.stage, told.person, told.heard, kept
    lies.restored, lies.gone = known["restored"], known["gone"]


def _waits(known: dict[str, Any]) -> tuple[datetime, datetime, bool] | None:
    """Since when a gesture waits and is unchanged, and whether it is one of many, as it is kept."""
    kept = known["awaited"]
    return kept and (datetime.fromisoformat(kept["at"]), datetime.fromisoformat(kept["changed"]), kept["crowd"])


def file_name(place: int) -> str:
    """The one file of a document."""
    return f"{place + 1}.pdf"


def _files(place: int) -> dict[str, bytes]:
    return {file_name(place): PDF[: 1000 + place]}
