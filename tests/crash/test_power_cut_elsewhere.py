"""The power fails where no failpoint is: at system calls, on the answers' way, and on two disks at once."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.crash.conftest import Show
from tests.crash.harness import Bench, Point, Result, drive, finish
from tests.crash.power import Disk, disk, lose_power
from tests.crash.scenario import Trip, documents
from tests.crash.sweep import Clean, Crew, complaints, syscall_points

pytestmark = [pytest.mark.root, pytest.mark.timeout(1800)]
#: Calls that promise, show or withdraw something.
_PROMISING = {"fsync", "fdatasync", "rename", "renameat", "renameat2", "linkat", "unlinkat", "pwrite64"}
#: Steps after which the outside world sees something done that must never be undone.
_TELLING = ("inbox.accepted", "folderdrop.released", "folderdrop.refused", "folderdrop.placed", "dispatcher.settled")


@pytest.mark.slow
def test_every_accepted_document_survives_a_power_cut_at_a_system_call(crew: Crew, clean: Clean, show: Show) -> None:
    points = [point for point in syscall_points(clean, 1) if point.name in _PROMISING]
    results = crew.trials([[point] for point in points], _cut_documents)
    show("Power cuts at system calls", results)
    assert not (found := complaints(results)), "\n".join(found)
    assert sum(bool(result.hit[0]) for result in results) > len(results) // 2


def _cut_documents(bench: Bench, points: Sequence[Point]) -> Result:
    """A trip whose power fails before a call.

    What the ledger shows then is no promise: before its sync a commit can be seen that nobody was told of.
    """
    begun, result = time.monotonic(), Result(points)
    bench.turn += 1
    with disk(bench.folder / f"disk-{bench.turn}") as own:
        trip = _durable_trip(own)
        trip.drop_all()
        hub = bench.hub(trip, points[0])
        drive(trip, hub)
        hub.kill()
        result.hit.append(hub.died_at())
        own.cut()
        own.detach()
        own.attach()
        trip.forget_lost()
        finish(bench, trip, result)
    result.seconds = time.monotonic() - begun
    return result


def test_every_accepted_answer_survives_a_power_cut(crew: Crew, show: Show) -> None:
    results = crew.trials([[Point("failpoint", name, 1)] for name in _TELLING], _cut_answers)
    show("Power cuts on the answers' way", results)
    assert not (found := complaints(results)), "\n".join(found)
    assert all(result.hit[0] for result in results)


def _cut_answers(bench: Bench, points: Sequence[Point]) -> Result:
    """The documents have arrived, and their answers lie in `out/`, when the hub starts that loses its power."""
    begun, result = time.monotonic(), Result(points)
    bench.turn += 1
    with disk(bench.folder / f"disk-{bench.turn}") as own:
        trip = _durable_trip(own)
        trip.answering = False
        trip.drop_all()
        hub = bench.hub(trip)
        assert drive(trip, hub)
        assert hub.stop() == 0
        trip.answering = True
        trip.look()
        hub = bench.hub(trip, points[0])
        drive(trip, hub)
        hub.kill()
        result.hit.append(hub.died_at())
        result.violations += lose_power(own, trip)
        finish(bench, trip, result)
    result.seconds = time.monotonic() - begun
    return result


def _durable_trip(own: Disk) -> Trip:
    trip = Trip(own.mount / "trip", takes=False, durable=True)
    trip.set_up()
    os.sync()
    return trip


def test_bodies_on_a_disk_of_their_own(benches: list[Bench], tmp_path: Path) -> None:
    """Two journals: what one disk has done helps the other nothing, so a folder that is not synced is found out."""
    with disk(tmp_path / "one") as one, disk(tmp_path / "two") as two:
        trip = _durable_trip(one)
        bodies = trip.evidence.data / "blobs"
        bodies.parent.mkdir()
        bodies.symlink_to(two.mount / "blobs")
        (two.mount / "blobs").mkdir()
        os.sync()
        result = _cut_both(benches[0], trip, (one, two))
    assert result.violations == []


def _cut_both(bench: Bench, trip: Trip, disks: tuple[Disk, Disk]) -> Result:
    """One document is delivered; then both disks lose their power, the bodies' first."""
    first, *others = documents()
    one, two = disks
    trip.answering = False
    trip.drop(first)
    hub = bench.hub(trip, Point("failpoint", "dispatcher.settled", 2))
    drive(trip, hub)
    hub.kill()
    result = Result((), [hub.died_at()])
    two.cut()
    two.detach()
    two.attach()
    result.violations += lose_power(one, trip)
    trip.answering = True
    for draft in others:
        trip.drop(draft)
    finish(bench, trip, result)
    return result
