"""Disks that fill up and disks that fail, and a second hub on the same data folder."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.crash.harness import Bench, Hub, Point, drive, note
from tests.crash.machine import fill, judged, small_disk, waited
from tests.crash.oracle import glance
from tests.crash.scenario import ORIGIN, Trip, documents

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]
_DISK = 48_000_000
_RESERVE = 16_000_000


@pytest.mark.fault(
    4, "disk full down to the reserve", "new input stays where it lies, what is stored goes out, all resumes by itself"
)
def test_on_a_full_disk_intake_stops_and_deliveries_go_on(benches: list[Bench], tmp_path: Path) -> None:
    first, *later = documents()
    with small_disk(tmp_path / "disk", _DISK) as disk:
        trip = Trip(disk / "trip", reserve=_RESERVE)
        trip.set_up()
        trip.drop(first)
        broken = benches[0].hub(trip, Point("failpoint", "dispatcher.taken", 1))
        drive(trip, broken)
        broken.end()
        note(trip)
        assert ("dispatcher.taken", []) == (broken.died_at(), trip.evidence.arrived)
        filler = fill(disk, leave=_RESERVE // 4)
        for draft in later:
            trip.drop(draft)
        out = trip.evidence.shares[ORIGIN] / "out"
        left = {path.name for path in out.iterdir()}

        hub = benches[0].hub(trip)
        drive(trip, hub, until=lambda: len(trip.evidence.arrived) >= len(first.drop.to))
        assert {first.drop.document_id} == {each.document_id for each in trip.evidence.arrived}
        assert waited(lambda: "disk is full" in hub.said())
        assert {path.name for path in out.iterdir()} == left
        assert hub.alive()
        filler.unlink()
        assert drive(trip, hub)
        assert trip.complete()
        assert hub.stop() == 0
        assert judged(benches[0], trip) == []


@pytest.mark.fault(4, "disk full to the last byte", "the hub lives, nothing is lost, all resumes by itself")
def test_a_disk_without_one_byte_left_loses_nothing(benches: list[Bench], tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", _DISK) as disk:
        trip = Trip(disk / "trip", reserve=0)
        trip.set_up()
        trip.drop_all()
        hub = benches[0].hub(trip)
        assert waited(lambda: glance(trip.evidence.data).events >= 2), hub.said()
        filler = fill(disk, leave=0)
        trip.answering = False
        drive(trip, hub, bound=1.5)
        assert hub.alive(), hub.said()
        # What was placed and could not be recorded may come again.
        trip.evidence.ambiguous += glance(trip.evidence.data).under_way
        filler.unlink()
        trip.answering = True
        assert drive(trip, hub)
        assert trip.complete()
        assert hub.stop() == 0
        assert judged(benches[0], trip) == []


@pytest.mark.fault(
    7,
    "EIO when ledger or blobs are written or synced",
    "nothing is acknowledged, the hub ends, the next start is clean",
)
@pytest.mark.parametrize(
    ("call", "turn", "path"),
    [
        ("fdatasync", 3, "data/ledger.sqlite-wal"),
        ("fdatasync", 9, "data/ledger.sqlite-wal"),
        ("pwrite64", 8, "data/ledger.sqlite-wal"),
        ("fsync", 1, "data/blobs"),
    ],
)
def test_a_disk_that_fails_ends_the_hub_and_the_next_start_is_clean(
    benches: list[Bench], call: str, turn: int, path: str
) -> None:
    trip = benches[0].trip()
    trip.drop_all()
    _ends_badly(benches[0], trip, benches[0].hub(trip, Point("syscall", call, turn, path, what="error=EIO")))


def test_bodies_that_cannot_be_kept_end_the_hub_and_the_next_start_is_clean(benches: list[Bench]) -> None:
    trip = benches[0].trip()
    trip.drop_all()
    _ends_badly(benches[0], trip, benches[0].hub(trip, environment={"HUB_FAILPOINTS": "blobs.linked=error:EIO@2"}))


def _ends_badly(bench: Bench, trip: Trip, hub: Hub) -> None:
    drive(trip, hub, until=lambda: not hub.alive())
    assert not hub.alive(), hub.said()
    assert hub.end() not in {0, -9}
    note(trip)
    assert judged(bench, trip) == []


@pytest.mark.fault(26, "a second hub on the same data", "it ends within 2 s and names the first")
def test_a_second_hub_on_the_same_data_ends_at_once_and_names_the_first(benches: list[Bench]) -> None:
    trip = benches[0].trip()
    first = benches[0].hub(trip)
    assert waited(lambda: first.ready)
    begun = time.monotonic()
    second = benches[0].hub(trip)
    assert _code(second) not in {0, -9}
    assert time.monotonic() - begun < 2.0
    assert str(first.pid) in second.said()
    assert first.alive()
    assert first.stop() == 0


def _code(hub: Hub) -> int:
    waited(lambda: not hub.alive())
    return hub.end()
