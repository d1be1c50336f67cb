"""The machine's clock is set, stands still, and comes to the end of 32 bits, under a running hub."""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count, pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.retry import Policy, pause
from tests.crash.harness import Bench, Hub, Result, bench, drive, finish
from tests.crash.scenario import KEEPER, TAKER, Trip, a_draft

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]
_LIBRARY = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
_POLICY = Policy(first=0.3, most=1.2)
_HOLD = 1.2
#: Seconds for a look at the ledger, and for a busy machine.
_LOOK, _BUSY = 0.1, 10.0
_ZONE = ZoneInfo("America/New_York")
#: There clocks are set forward at this moment, 2 o'clock in the night.
_SPRING = datetime.fromisoformat("2027-03-14T07:00:00+00:00")
_LAST_SECOND = datetime.fromisoformat("2038-01-19T03:14:07+00:00")


@dataclass(slots=True)
class Clock:
    """The wall clock of the hubs under test; ours is not touched."""

    file: Path
    offset: float = 0.0

    def environment(self) -> dict[str, str]:
        """What makes a process go by it, in a zone with summer time."""
        assert _LIBRARY.exists(), "apt install libfaketime"
        return {
            "LD_PRELOAD": str(_LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "TZ": _ZONE.key,
        }

    def set_by(self, seconds: float) -> None:
        """Set it so much forwards."""
        self.offset += seconds
        self._say(f"{self.offset:+.3f}")

    def set_to(self, moment: datetime) -> None:
        """Set it to a moment."""
        self.set_by(moment.timestamp() - time.time() - self.offset)

    def stop(self) -> None:
        """Let it stand still until it is set again."""
        self._say(f"{datetime.fromtimestamp(time.time() + self.offset, _ZONE):%Y-%m-%d %H:%M:%S}")

    def _say(self, what: str) -> None:
        draft = self.file.with_suffix(".draft")
        draft.write_text(what + "\n")
        draft.replace(self.file)


@dataclass(slots=True)
class Seen:
    """One event, and by a clock that nobody set: the last look before it, and the one that saw it."""

    before: float
    when: float
    kind: str
    envelope: str
    delivery: str
    at: int


@dataclass(slots=True)
class Watch:
    """Follows the ledger from outside."""

    ledger: Path
    seen: list[Seen] = field(default_factory=list)
    looked: float = field(default_factory=time.monotonic)

    def look(self) -> None:
        """Take up what is new."""
        with closing(sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True)) as connection:
            query = "SELECT kind, envelope_id, delivery_id, at FROM event WHERE seq > ? ORDER BY seq"
            rows = connection.execute(query, [len(self.seen)]).fetchall()
        before, self.looked = self.looked, time.monotonic()
        self.seen += [Seen(before, self.looked, *row) for row in rows]

    def kinds(self) -> list[str]:
        """What happened, in order."""
        return [each.kind for each in self.seen]

    def is_set(self, times: int) -> bool:
        """Whether the hub followed the clock so often."""
        return self.kinds().count("clock-set") >= times

    def falls(self) -> Iterator[str]:
        """The kinds of events that say an earlier time than the one before."""
        return (later.kind for earlier, later in pairwise(self.seen) if later.at < earlier.at)

    def pauses(self) -> list[list[float]]:
        """Of each delivery that was put off the seconds between its attempts; the first is the head of its lane."""
        attempts: dict[str, list[int]] = defaultdict(list)
        for number, each in enumerate(self.seen):
            if each.delivery and each.kind in {"deferred", "uncertain"}:
                attempts[each.delivery].append(number)
        return [[self._between(*two) for two in pairwise(numbers)] for numbers in attempts.values()]

    def holds(self) -> list[float]:
        """How long each document was kept back."""
        came = {each.envelope: number for number, each in enumerate(self.seen) if each.kind == "accepted"}
        went = [(number, each) for number, each in enumerate(self.seen) if each.kind == "dispatched"]
        return [self._between(came[each.envelope], number) for number, each in went]

    def _between(self, earlier: int, later: int) -> float:
        """Seconds by the hub's own clock, or the most that can have passed when it was set meanwhile."""
        one, two = self.seen[earlier], self.seen[later]
        if "clock-set" in self.kinds()[earlier : later + 1]:
            return two.when - one.before
        return (two.at - one.at) / 1_000_000


@dataclass(slots=True)
class Scene:
    """A hub with one unit that is away, so that deliveries are put off."""

    trip: Trip
    hub: Hub
    watch: Watch
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def passes(self, seconds: float, fact: Callable[[], bool] = lambda: False) -> None:
        """Let time pass, or until the fact."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not fact():
            self.trip.look()
            self.watch.look()
            time.sleep(0.01)
        assert self.hub.alive(), self.hub.said()

    def drop(self) -> None:
        """One more document to both others."""
        self.trip.drop(a_draft(next(self.numbers), TAKER, KEEPER))


def _trip(folder: Path) -> Trip:
    trip = Trip(folder / "trip")
    trip.set_up()
    trip.answering = False
    told = trip.home / "hub.yaml"
    told.write_text(told.read_text().replace("first: 100ms, most: 1s", "first: 300ms, most: 1200ms, for: 1h"))
    return trip


def _judged(mine: Bench, trip: Trip) -> list[str]:
    result = Result(())
    finish(mine, trip, result)
    return result.violations


@pytest.mark.fault(
    8,
    "clock set by +1 day, by -1 day and 1 hour, to summer time, over the end of 32 bits (2038), standing still",
    "pauses and holds last as long as without it, nothing is given up, times of events fall only at a clock-set",
)
def test_a_clock_that_is_set_moves_nothing_that_waits(tmp_path: Path, figure: Callable[[str], None]) -> None:
    clock = Clock(tmp_path / "clock")
    clock.set_by(0.0)
    with bench(tmp_path, clock.environment()) as mine:
        trip = _trip(tmp_path)
        scene = Scene(
            trip, mine.hub(trip, environment={"HOLD": str(_HOLD)}), Watch(trip.evidence.data / "ledger.sqlite")
        )
        assert drive(trip, scene.hub, until=lambda: scene.hub.ready)
        keeper = trip.evidence.shares[KEEPER]
        away = keeper.rename(keeper.with_name("away"))
        keeper.mkdir()
        (keeper / "in").mkdir()
        scene.drop()
        scene.passes(15.0, lambda: sum(map(len, scene.watch.pauses())) >= 2)
        jumps: list[Callable[[], None]] = [
            lambda: clock.set_by(86_400),
            lambda: clock.set_by(-90_000),
            lambda: clock.set_to(_SPRING - timedelta(seconds=1)),
            lambda: clock.set_to(_LAST_SECOND - timedelta(seconds=1)),
            clock.stop,
            lambda: clock.set_by(-2.0),
        ]
        for jump in jumps:
            scene.drop()
            scene.passes(0.4)
            before = scene.watch.kinds().count("clock-set")
            jump()
            scene.passes(1.6 if jump == clock.stop else 10.0, partial(scene.watch.is_set, before + 1))
        (keeper / "in").rmdir()
        keeper.rmdir()
        away.rename(keeper)
        assert drive(trip, scene.hub), scene.hub.said()
        scene.watch.look()
        assert scene.hub.stop() == 0
        assert _judged(mine, trip) == []

    pauses, holds = scene.watch.pauses(), scene.watch.holds()
    kinds = scene.watch.kinds()
    assert kinds.count("clock-set") == 5
    assert set(scene.watch.falls()) == {"clock-set"}
    for each in pauses:
        assert all(seconds > pause(_POLICY, number, 0.0) - _LOOK for number, seconds in enumerate(each, 1))
    # Behind the head of its lane a delivery also waits for others.
    assert max(pauses[0]) < _POLICY.most * 1.25 + _BUSY
    assert len(holds) == len(jumps) + 1
    assert min(holds) > _HOLD - _LOOK
    assert max(holds) < _HOLD + _BUSY
    assert "dead" not in kinds
    figure(
        f"5 jumps: {sum(map(len, pauses))} pauses, those of the head {min(pauses[0]):.2f} to {max(pauses[0]):.2f} s "
        f"(policy {_POLICY.first} to {_POLICY.most * 1.25} s); "
        f"holds of {_HOLD} s {min(holds):.2f} to {max(holds):.2f} s"
    )
