"""Days of a clerk on a real folder, with a clock of the test's own; every step is made on the disk and in the model."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hub import Context
from hub.vocabulary import Document, Organization, Unit
from plugins.folderdrop import system
from plugins.folderdrop.clerk.cases import Case
from plugins.folderdrop.clerk.decisions import Spans
from plugins.folderdrop.clerk.rounds import Desk
from plugins.folderdrop.share import Share
from tests.plugins.clerk import PDF, Office
from tests.plugins.clerk_model import GRACE, GRACE_REFUSAL, SETTLE, Model, Spot

#: Memory where there is some: ten thousand days are many, and what an fsync does is tested elsewhere.
ROOM = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
_DURABLE = ((os, "fsync"), (os, "rename"), (os, "mkdir"), (os, "unlink"), (system, "rename_new"))


class StillClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 2, 1, 0, tzinfo=UTC) + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return 1000.0 + self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds


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


def desk_at(office: Office, clock: StillClock) -> Desk:
    """The hub's half of an office, as a new process begins it."""
    unit = Unit("xa-binh-son", "UBND xã Bình Sơn", "000.00.31.H48")
    context = Context(unit, Organization("000.00.00.H48"), office.home, office.blobs, clock, {}, office.home / "state")
    share = Share(office.share, unit.id, context.state, public=())
    desk = Desk(share, context, Spans(GRACE, GRACE_REFUSAL, SETTLE))
    desk.open()
    desk.clear()
    return desk


class Day:
    """Some documents in one folder, and what a clerk does with them."""

    def __init__(self, home: Path, documents: int = 1, crowd: int = 20) -> None:
        self.office, self.clock = Office(home), StillClock()
        self.share, self.told = self.office.share, dict[str, list[tuple[str, str]]]()
        self._heard: set[tuple[str, ...]] = set()
        #: how often the hub died in the middle of something
        self.deaths = 0
        self._inside: tuple[str, ...] = ()
        self._notes = 0
        self.desk = self._desk()
        self.deliveries = [self.office.delivery(place + 1, files=_files(place)) for place in range(documents)]
        for delivery in self.deliveries:
            assert isinstance(delivery.envelope.body, Document)
            self.desk.place(delivery, delivery.envelope.body)
        for folder in ("van-ban-den/4-phan-cong/An", "van-ban-den/4-phan-cong/Bình", "Cá nhân"):
            (self.share / folder).mkdir()
        folders = [case.folder for case in self.known()]
        self.model = Model(folders, crowd, "2026-11")
        self.look()

    def _desk(self) -> Desk:
        return desk_at(self.office, self.clock)

    def known(self) -> list[Case]:
        """What the hub knows of each document, read from the disk when it last began."""
        return [self.desk._store[delivery.id] for delivery in self.deliveries]

    # The hub

    def look(self) -> None:
        """One round of the hub's, and the same in the model."""
        self.model.look(self.clock.monotonic())
        self._look()
        self.check()

    def _look(self) -> None:
        assert self.desk.look().troubles == []
        self._tell()
        self._stamp()

    def wait(self, seconds: float) -> None:
        """Time passes, the hub looks now and then."""
        for _look in range(2 if seconds else 1):
            self.clock.passed += seconds / 2
            self.look()

    def restart(self) -> None:
        """The hub is stopped, and started again."""
        self.desk = self._desk()
        self.model.restart()

    def crash(self, turn: int, pause: float) -> None:
        """The hub dies in the middle of a later look, or right after it; each document stands before or after that."""
        self.clock.passed += pause
        before = self.model.forked()
        self.model.look(self.clock.monotonic())
        try:
            with dying(turn):
                self._look()
        except Died:
            self.deaths += 1
        self.desk = self._desk()
        self._choose(before)
        self.model.restart()
        self._tell()
        self._stamp()

    def _choose(self, before: Model) -> None:
        """Each document is as before the look or as after it; nothing between."""
        lie = self.folders()
        for place, (old, new, known) in enumerate(zip(before.papers, self.model.papers, self.known(), strict=True)):
            stands = (known.stage, known.person)
            assert stands in ((old.stage, old.person), (new.stage, new.person))
            there = lie[self.deliveries[place].id]
            moved = there == {copy.path for copy in new.copies}
            assert moved or there == {copy.path for copy in old.copies}, (there, old, new)
            told = new if stands == (new.stage, new.person) else old
            lies = new if moved else old
            lies.stage, lies.person, lies.heard = told.stage, told.person, told.heard
            lies.restored, lies.gone = known.restored, known.gone
            lies.loose = old.loose if old.loose and self._has_loose(place, old.loose) else None
            for copy in lies.copies:
                copy.whole = (self.share / copy.path / file_name(place)).exists()
            self.model.papers[place] = lies

    def _has_loose(self, place: int, spot: Spot) -> bool:
        return (self.share / spot.path / file_name(place)).exists()

    def _tell(self) -> None:
        """The same answer told again, after a death, is one answer."""
        for case, said in self.desk.untold():
            if (case.delivery, said.code, said.staff, said.at) not in self._heard:
                self._heard.add((case.delivery, said.code, said.staff, said.at))
                self.told.setdefault(case.delivery, []).append((said.code, said.staff))
            self.desk.told(case, said, "")

    def _stamp(self) -> None:
        """Give a changed folder of finished documents a time of its own: the real clock hardly moves in a test."""
        month = self.share / "van-ban-den/6-hoan-thanh/2026-11"
        if month.is_dir():
            inside = tuple(sorted(os.listdir(month)))
            if self._inside != inside:
                self._inside = inside
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
        """The disk and the sender say what the model says."""
        lie = self.folders()
        for place, paper in enumerate(self.model.papers):
            assert self.told.get(self.deliveries[place].id) == paper.heard
            assert lie[self.deliveries[place].id] == {copy.path for copy in paper.copies}
            for copy in paper.copies:
                here = self.share / copy.path
                assert copy.whole == (here / file_name(place)).exists()
                assert not copy.whole or _files(place) == {file_name(place): (here / file_name(place)).read_bytes()}
                assert all((here / name).read_text("utf-8") == text for name, text in copy.extras.items())
            assert paper.loose is None or self._has_loose(place, paper.loose)


def file_name(place: int) -> str:
    """The one file of a document."""
    return f"{place + 1}.pdf"


def _files(place: int) -> dict[str, bytes]:
    return {file_name(place): PDF[: 1000 + place]}
