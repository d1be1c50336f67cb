"""Stopping: under load, twice, and with a share that hangs."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.fuse_disk import FuseDisk, fuse_disk
from tests.crash.harness import Bench, Hub, drive, note
from tests.crash.machine import judged, took, waited
from tests.crash.oracle import glance
from tests.crash.scenario import KEEPER, Trip, bulk
from tests.short import short

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]
#: Seconds: what trips say in hub.yaml, and what ending takes besides.
_DRAIN, _REST = 5.0, 8.0


@pytest.mark.fault(29, "SIGTERM under load", "ends with 0 within `drain`, the rest goes on after the next start")
def test_sigterm_under_load(benches: list[Bench], figure: Callable[[str], None]) -> None:
    trip = benches[0].trip()
    trip.answering = False
    for draft in bulk(300):
        trip.drop(draft)
    hub = benches[0].hub(trip)
    assert drive(trip, hub, until=lambda: glance(trip.evidence.data).open > 10)
    begun = time.monotonic()
    assert hub.stop(_DRAIN + _REST) == 0
    seconds = time.monotonic() - begun
    left = len(list((trip.home / "shares" / "so-nv" / "out").iterdir())) + glance(trip.evidence.data).open
    note(trip)
    assert left > 0, "everything was done before it was told to stop"
    assert judged(benches[0], trip) == []
    figure(f"ended after {seconds:.1f} s with {left} left to do")


@pytest.mark.fault(
    29,
    "SIGTERM, then a second one, with a share that hangs",
    "ends with 0 within `drain` and 2 s; the second ends it at once; nothing lost",
)
@pytest.mark.parametrize("signals", short([1, 2], 2))
def test_sigterm_with_a_share_that_hangs(
    benches: list[Bench], tmp_path: Path, signals: int, figure: Callable[[str], None]
) -> None:
    with fuse_disk(tmp_path / "fuse") as disk:
        # A share that is looked at seldom: a call that its server had begun to answer could not be broken off.
        trip = Trip(tmp_path / "trip", takes=False, poll="30s")
        (trip.home / "shares").mkdir(parents=True)
        (trip.home / "shares" / KEEPER).symlink_to(disk.mount)
        trip.set_up()
        trip.answering = False
        hub = benches[0].hub(trip)
        assert drive(trip, hub, until=lambda: hub.ready)
        _quiet(disk)
        disk.hang()
        for draft in bulk(20):
            trip.drop(draft)
        assert waited(lambda: glance(trip.evidence.data).under_way > 0)
        seconds, code = _stopped(hub, signals)
        disk.go_on()
        note(trip)
        assert judged(benches[0], trip) == []
    assert (code, seconds < (1.0 if signals == 2 else _DRAIN + _REST)) == (signals - 1, True)
    figure(f"{'at once' if signals == 2 else 'drain 5 s'}: ended after {seconds:.1f} s")


def _stopped(hub: Hub, signals: int) -> tuple[float, int]:
    """Seconds from the last signal on, and the exit code."""
    hub.signal(signal.SIGTERM)
    if signals == 2:
        time.sleep(0.5)
        hub.signal(signal.SIGTERM)
    begun = time.monotonic()
    took(lambda: not hub.alive(), 60.0)
    return time.monotonic() - begun, hub.end()


def _quiet(disk: FuseDisk) -> None:
    """Wait until nobody has asked the share anything for half a second."""
    disk.fail({"call": "*"})
    before = -1
    while before != (before := len(disk.met())):
        time.sleep(0.5)
