"""The power fails at the durable steps: every accepted document is there, and the trip goes on to its end.

The disk is an ext4 that forgets whatever was not flushed. What kills the hub at the step is as in the kill sweep;
between its death and the cut nothing is written out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.crash.disks import Disk, ext4
from tests.crash.harness import Bench, Point, Result, bench, drive, finish, note
from tests.crash.scenario import Trip, documents
from tests.crash.sweep import WORKERS, Clean, Crew, complaints, failpoint_points, syscall_points, table

pytestmark = [pytest.mark.root, pytest.mark.timeout(3600)]
LENGTHS = pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["short", "long"])
Power = Callable[[Bench, Sequence[Point]], Result]
#: Steps after which the outside world sees something done that must never be undone.
_TELLING = ("inbox.accepted", "folderdrop.released", "folderdrop.refused", "folderdrop.placed", "dispatcher.settled")


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Path, Disk]]:
    """A disk for each bench."""
    with ExitStack() as stack:
        folders = [tmp_path_factory.mktemp("disk") / "at" for _ in range(WORKERS)]
        yield {folder: stack.enter_context(ext4(folder)) for folder in folders}


@pytest.fixture(scope="module")
def powered(disks: dict[Path, Disk]) -> Iterator[Crew]:
    """Benches on disks of their own."""
    with ExitStack() as stack:
        crew = Crew()
        for folder in disks:
            crew.add(stack.enter_context(bench(folder)))
        yield crew


def cut(disks: dict[Path, Disk], bench: Bench, points: Sequence[Point], *, answers: bool, **environment: str) -> Result:
    """A trip that loses its power at a point; then a start without faults, and the judgement.

    With `answers` the documents have arrived before, and the point lies on the answers' way.
    """
    begun, disk, result = time.monotonic(), disks[bench.folder], Result(points)
    trip = bench.trip(takes=False, durable=True)
    trip.answering = False
    for draft in documents():
        trip.drop(draft)
    if answers:
        hub = bench.hub(trip)
        assert drive(trip, hub)
        assert hub.stop() == 0
        trip.answering = True
        trip.look()
    disk.sync()
    hub = bench.hub(trip, points[0], **environment)
    drive(trip, hub)
    hub.kill()
    result.hit.append(hub.died_at())
    disk.restart()
    trip.forget_lost()
    note(trip)
    trip.answering = True
    finish(bench, trip, result, **environment)
    result.seconds = time.monotonic() - begun
    return result


def _points(clean: Clean, *, every: bool) -> list[Point]:
    """Failpoints, and the calls that promise or withdraw something."""
    calls = [point for point in syscall_points(clean, every=every) if point.name in _PROMISING]
    return [*failpoint_points(clean, every=every), *calls]


_PROMISING = {"fsync", "fdatasync", "rename", "renameat", "renameat2", "unlinkat", "linkat", "pwrite64"}


@LENGTHS
def test_every_accepted_document_survives(
    disks: dict[Path, Disk], powered: Crew, clean: Clean, shown: list[str], every: bool
) -> None:
    results = powered.trials(([point] for point in _points(clean, every=every)), partial(cut, disks, answers=False))
    late = ([Point("failpoint", name, 1)] for name in _TELLING)
    results += powered.trials(late, partial(cut, disks, answers=True))
    shown += table("Power cut at", results)
    assert not (found := complaints(results)), "\n".join(found)
    assert sum(bool(result.hit[0]) for result in results) >= len(results) // 2


def test_a_ledger_that_does_not_sync_its_commits_is_found(
    disks: dict[Path, Disk], powered: Crew, shown: list[str]
) -> None:
    """Without synchronous=FULL the same check must go red, or it would prove nothing."""
    points = [[Point("failpoint", name, 1)] for name in _TELLING]
    results = powered.trials(points, partial(cut, disks, answers=False, SABOTAGE="synchronous_normal"))
    red = [result for result in results if any(what.startswith(("I1", "I3", "I5")) for what in result.violations)]
    shown.append(f"synchronous=NORMAL: {len(red)} of {len(results)} power cuts found it out")
    assert len(red) > len(results) // 2


@pytest.mark.parametrize("sabotage", ["", "unsynced_blobs"])
def test_bodies_on_a_disk_of_their_own(tmp_path: Path, sabotage: str) -> None:
    """Both disks lose their power. What was let go is in the bodies; without their folder's sync it would not be."""
    with ext4(tmp_path / "one") as one, bench(tmp_path / "one") as mine:
        trip = mine.trip(takes=False, durable=True)
        with ext4(trip.evidence.data / "blobs") as two:
            _cut_both(mine, trip, (one, two), sabotage)
            result = Result([])
            finish(mine, trip, result)
    assert bool(result.violations) == bool(sabotage), result.violations
    assert all(what.startswith(("I1", "I7")) for what in result.violations if what[0] == "I")


def _cut_both(bench: Bench, trip: Trip, disks: tuple[Disk, Disk], sabotage: str) -> None:
    trip.answering = False
    for draft in documents():
        trip.drop(draft)
    for disk in disks:
        disk.sync()
    hub = bench.hub(trip, Point("failpoint", "folderdrop.released", 5), SABOTAGE=sabotage)
    drive(trip, hub)
    hub.kill()
    assert hub.died_at()
    for disk in disks:
        disk.cut()
    disks[1].unmount()
    disks[0].unmount()
    disks[0].mount()
    disks[1].mount()
    trip.forget_lost()
    trip.answering = True
