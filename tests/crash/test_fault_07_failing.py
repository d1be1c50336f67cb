"""Writes and syncs of the hub's own disk that fail, one by one: by the tracer, and by the disk itself."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.crash.fuse_disk import fuse_disk
from tests.crash.harness import Bench, Hub, Point, drive, note
from tests.crash.machine import judged
from tests.crash.oracle import glance
from tests.crash.scenario import Trip
from tests.short import short

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]
_LEDGER, _WAL = "data/ledger.sqlite", "data/ledger.sqlite-wal"
#: Calls whose failure may not pass unnoticed, and the file they are about.
_SERIES = [
    ("pwrite64", _WAL),
    ("fdatasync", _WAL),
    ("pwrite64", _LEDGER),
    ("fdatasync", _LEDGER),
    ("fsync", "data/blobs"),
]


@pytest.mark.fault(
    7,
    "EIO at a write or sync of ledger or bodies, the start's too",
    "nothing is acknowledged, the hub ends with 1, the next start is clean",
)
@pytest.mark.parametrize(
    ("call", "turn", "path"),
    [("fdatasync", 1, _WAL), ("pwrite64", 1, _LEDGER), ("pwrite64", 70, _WAL)],
)
def test_an_error_at_one_call_ends_the_hub(
    benches: list[Bench], call: str, turn: int, path: str, figure: Callable[[str], None]
) -> None:
    point = Point("syscall", call, turn, path, "error=EIO")
    assert _broken(benches[0], point) == (True, [])
    figure(str(point))


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.fault(
    7,
    "EIO at a write or sync of ledger or bodies, the start's too",
    "nothing is acknowledged, the hub ends with 1, the next start is clean",
)
@pytest.mark.parametrize(("call", "path"), _SERIES)
def test_an_error_at_each_call_ends_the_hub(
    benches: list[Bench], call: str, path: str, figure: Callable[[str], None]
) -> None:
    met, turn = True, 0
    for turn in count(1):
        met, wrong = _broken(benches[0], Point("syscall", call, turn, path, "error=EIO"))
        assert wrong == []
        if not met:
            break
    figure(f"{turn - 1} times {call} of {path}")


@pytest.mark.fault(
    7, "the data folder cannot be synced at the start", "the start ends with 1 and says so; SQLite alone would go on"
)
def test_a_folder_that_cannot_be_synced_is_not_used(benches: list[Bench]) -> None:
    trip = benches[0].trip()
    trip.drop_all()
    (trip.home / "data").mkdir()
    hub = benches[0].hub(trip, Point("syscall", "fsync", 1, "data", "error=EIO", on=True))
    assert _ended(trip, hub) == 1
    assert "cannot be synced" in hub.said()
    assert judged(benches[0], trip) == []


@pytest.mark.fault(
    7,
    "the disk itself fails: EIO at write, fsync, link",
    "nothing is acknowledged, the hub ends with 1, the next start is clean",
)
@pytest.mark.parametrize(
    ("call", "path"),
    short([("write", "ledger.sqlite-wal"), ("fsync", "ledger.sqlite-wal"), ("write", "blobs/tmp/*")], 2),
)
def test_a_disk_that_fails_under_load_ends_the_hub(benches: list[Bench], tmp_path: Path, call: str, path: str) -> None:
    with fuse_disk(tmp_path / "fuse") as disk:
        trip = Trip(tmp_path / "trip")
        trip.set_up()
        (trip.home / "data").symlink_to(disk.mount)
        hub = benches[0].hub(trip)
        assert drive(trip, hub, until=lambda: hub.ready)
        disk.fail({"call": call, "path": path, "error": "EIO", "turn": 3})
        trip.drop_all()
        assert _ended(trip, hub) == 1
        assert disk.met()
        disk.heal()
        trip.evidence.ambiguous += glance(trip.evidence.data).under_way
        assert judged(benches[0], trip) == []


def _ended(trip: Trip, hub: Hub) -> int:
    drive(trip, hub, until=lambda: not hub.alive())
    return hub.stop()


def _broken(bench: Bench, point: Point) -> tuple[bool, list[str]]:
    """Whether the point was reached, and what is wrong."""
    trip = bench.trip()
    trip.drop_all()
    hub = bench.hub(trip, point)
    drive(trip, hub)
    early, alive, code = _met(trip), hub.alive(), hub.stop()
    note(trip)
    fine = not alive and code == 1 if early else code in _at_the_stop(point)
    wrong = [f"{point}: alive {alive}, ended {code}: {hub.said()}"] if _met(trip) and not fine else []
    return _met(trip), [*wrong, *judged(bench, trip)]


def _met(trip: Trip) -> bool:
    return "INJECTED" in (trip.home / "trace").read_text(errors="replace")


def _at_the_stop(point: Point) -> set[int]:
    """How a hub may end that meets it when all is done and it was told to stop.

    Of a copy from its log that fails when SQLite closes the ledger nobody is told: the log stays for the next start.
    """
    return {0, 1} if point.path == _LEDGER else {1}
