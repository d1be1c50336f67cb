"""One unit's share goes: unmounted, its server dead, hanging, slow. The others must not feel it."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from tests.crash import machine
from tests.crash.fuse_disk import FuseDisk, fuse_disk
from tests.crash.harness import Bench, Hub, drive
from tests.crash.machine import waited
from tests.crash.scenario import KEEPER, ORIGIN, TAKER, Trip, a_draft
from tests.short import short

pytestmark = [pytest.mark.root, pytest.mark.timeout(3600)]
#: Seconds between two listings of the share that fails.
_POLL = 1.0

_BREAK: dict[str, Callable[[FuseDisk], None]] = {
    "unmounted": FuseDisk.vanish,
    "its server dead": FuseDisk.die,
    "hanging": FuseDisk.hang,
    "slow": lambda disk: disk.fail({"call": "*", "seconds": 0.3}),
}
_MEND: dict[str, Callable[[FuseDisk], None]] = {
    "unmounted": FuseDisk.come_back,
    "its server dead": FuseDisk.come_back,
    "hanging": FuseDisk.go_on,
    "slow": FuseDisk.heal,
}


@contextmanager
def remote_trip(bench: Bench) -> Iterator[tuple[Trip, FuseDisk]]:
    """A trip with one share that is a mount. The unit's own software sees the folder behind it, as on a server."""
    trip = bench.trip()
    trip.answering = False
    with fuse_disk(trip.home / "fuse") as disk:
        trip.evidence.shares[KEEPER] = disk.source
        for name in ("out", "in"):
            (disk.source / name).mkdir()
        units = trip.home / "units.yaml"
        ours = f"shares/{KEEPER}, settle: 50ms, poll: 200ms"
        assert ours in units.read_text()
        units.write_text(units.read_text().replace(ours, f"{disk.mount}, settle: 50ms, poll: {_POLL:.0f}s"))
        yield trip, disk


def judged(bench: Bench, trip: Trip) -> list[str]:
    """What the oracle says after one more start. What was under way when the share went may come again."""
    trip.evidence.ambiguous += 100
    return machine.judged(bench, trip)


def arrived(trip: Trip, unit: str) -> int:
    """How many files that unit's software has seen."""
    trip.look()
    return sum(each.unit == unit for each in trip.evidence.arrived)


@pytest.mark.fault(
    11,
    "a share unmounted, its server dead, hanging, slow",
    "the others go on, nothing is made or believed at the bare mount point, back within 2 polls by itself",
)
@pytest.mark.parametrize("fault", short(_BREAK, 2))
def test_a_share_that_goes_comes_back_by_itself(
    benches: list[Bench], fault: str, figure: Callable[[str], None]
) -> None:
    with remote_trip(benches[0]) as (trip, disk):
        hub = benches[0].hub(trip)
        trip.drop(a_draft(1, TAKER, KEEPER))
        assert drive(trip, hub, lambda: arrived(trip, KEEPER) == 1), hub.said()
        _BREAK[fault](disk)
        for number in (2, 3, 4):
            trip.drop(a_draft(number, TAKER, KEEPER))
        assert drive(trip, hub, lambda: arrived(trip, TAKER) == 4), hub.said()
        if fault == "unmounted":
            time.sleep(2 * _POLL)
            assert os.listdir(disk.mount) == []
            assert "share marker unreadable" in hub.said()
        assert arrived(trip, KEEPER) == 1 or fault == "slow"
        _MEND[fault](disk)
        begun = time.monotonic()
        trip.drop(a_draft(9, ORIGIN, unit=KEEPER))
        claimed = disk.source / "out" / "9.edxml"
        assert waited(lambda: not claimed.exists(), 30.0), hub.said()
        seen = time.monotonic() - begun
        assert drive(trip, hub, bound=40.0), hub.said()
        whole = time.monotonic() - begun
        assert hub.stop(20.0) == 0
        assert judged(benches[0], trip) == []
    assert seen < 2 * _POLL
    figure(f"{fault}: seen again after {seen:.1f} s (poll {_POLL:.0f} s), all that waited there after {whole:.1f} s")


@pytest.mark.fault(11, "SIGTERM while a share hangs", "the hub ends within `drain` and 10 s, with 0")
def test_a_share_that_hangs_does_not_hold_up_the_end(benches: list[Bench], figure: Callable[[str], None]) -> None:
    with remote_trip(benches[0]) as (trip, disk):
        hub = benches[0].hub(trip)
        trip.drop(a_draft(1, TAKER, KEEPER))
        assert drive(trip, hub, lambda: arrived(trip, KEEPER) == 1), hub.said()
        disk.hang()
        trip.drop(a_draft(2, TAKER, KEEPER))
        assert drive(trip, hub, lambda: arrived(trip, TAKER) == 2), hub.said()
        begun = time.monotonic()
        code, seconds = hub.stop(30.0), time.monotonic() - begun
        disk.go_on()
        assert code == 0, hub.said()
        assert seconds < 15.0
        assert judged(benches[0], trip) == []
    figure(f"ended after {seconds:.1f} s with drain 5 s")


def _latency(trip: Trip, hub: Hub, number: int) -> float:
    """Seconds from the drop of one document to its arrival at the unit that is well."""
    inside = trip.evidence.shares[TAKER] / "in"
    before = len(os.listdir(inside))
    begun = time.monotonic()
    trip.drop(a_draft(number, TAKER, size=500))
    while len(os.listdir(inside)) == before:
        assert time.monotonic() - begun < 20.0, hub.said()
        time.sleep(0.0005)
    return time.monotonic() - begun


def _p99(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)]


@pytest.mark.fault(
    11,
    "one share hangs, the others' latency",
    "p99 against the worse of two healthy phases, interleaved: less than 10 % more (of 600 each; of 80: not twice)",
)
@pytest.mark.parametrize(
    ("rounds", "rise"), [pytest.param(8, 2.0, id="short"), pytest.param(60, 1.1, marks=pytest.mark.long, id="long")]
)
def test_a_hanging_share_costs_the_others_nothing(
    benches: list[Bench], rounds: int, rise: float, figure: Callable[[str], None]
) -> None:
    took: dict[str, list[float]] = defaultdict(list)
    numbers = count(1)
    with remote_trip(benches[0]) as (trip, disk):
        hub = benches[0].hub(trip)
        assert waited(lambda: hub.ready, 30.0)
        for _round in range(rounds):
            for phase in ("healthy", "hanging", "healthy again"):
                if phase == "hanging":
                    disk.hang()
                trip.drop(a_draft(next(numbers), KEEPER, size=500))
                took[phase] += [_latency(trip, hub, next(numbers)) for _ in range(10)]
                disk.go_on()
        assert drive(trip, hub, bound=60.0), hub.said()
        assert hub.stop(20.0) == 0
        assert judged(benches[0], trip) == []
    worst = {phase: _p99(seconds) for phase, seconds in took.items()}
    usual = max(worst["healthy"], worst["healthy again"])
    figure(
        f"p99 of {rounds * 10} each: healthy {worst['healthy'] * 1000:.0f} and {worst['healthy again'] * 1000:.0f} ms, "
        f"while it hangs {worst['hanging'] * 1000:.0f} ms"
    )
    assert worst["hanging"] < usual * rise
