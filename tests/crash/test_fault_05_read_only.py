"""Disks that turn read-only: the shares', the hub's own, and one that is so at the start."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.crash.fuse_disk import fuse_disk
from tests.crash.fuse_passthrough import Fault
from tests.crash.harness import Bench, drive
from tests.crash.machine import cpu_share, health, judged, remount, sick, small_disk, took, waited
from tests.crash.oracle import glance
from tests.crash.scenario import CODES, Trip, documents
from tests.short import short

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]
#: Percent of a processor that a hub which waits may use.
_IDLE = 5.0
_CHANGES = ("write", "create", "truncate", "mkdir", "unlink", "rename", "link", "chmod", "chown", "utimens")
_READ_ONLY: tuple[Fault, ...] = tuple({"call": name, "error": "EROFS"} for name in _CHANGES)


@pytest.mark.fault(
    5,
    "remount,ro of all shares under load",
    "the log says why, under 5 % of a processor, goes on after rw",
)
def test_shares_that_turn_read_only(benches: list[Bench], tmp_path: Path, figure: Callable[[str], None]) -> None:
    with small_disk(tmp_path / "disk", 64_000_000) as disk, ExitStack() as stack:
        trip = Trip(tmp_path / "trip", takes=False, poll="2s")
        (disk / "shares").mkdir()
        trip.home.mkdir()
        (trip.home / "shares").symlink_to(disk / "shares")
        trip.set_up()
        hub = benches[0].hub(trip)
        assert drive(trip, hub, until=lambda: hub.ready)
        hub.signal(signal.SIGSTOP)
        stack.callback(hub.signal, signal.SIGCONT)
        trip.drop_all()
        remount(disk, "ro")
        hub.signal(signal.SIGCONT)
        assert waited(lambda: "Read-only file system" in hub.said())
        used = cpu_share(hub.pid, 3.0)
        assert (hub.alive(), trip.evidence.arrived) == (True, [])
        remount(disk, "rw")
        resumed = took(lambda: drive(trip, hub, bound=0.1), 30.0)
        assert hub.stop() == 0
        assert judged(benches[0], trip) == []
    assert used < _IDLE
    figure(f"{used:.1f} % of a processor while read-only, all done {resumed:.1f} s after rw")


@pytest.mark.fault(
    5,
    "the hub's own disk turns read-only under load",
    "health failing within 10 s, under 5 % of a processor, nothing lost, goes on after rw",
)
@pytest.mark.parametrize("part", short(["data", "data/blobs"], 2))
def test_the_hubs_own_disk_turns_read_only(
    benches: list[Bench], tmp_path: Path, part: str, figure: Callable[[str], None]
) -> None:
    with fuse_disk(tmp_path / "fuse") as disk:
        trip = Trip(tmp_path / "trip", poll="2s")
        trip.set_up()
        (trip.home / part).parent.mkdir(exist_ok=True)
        (trip.home / part).symlink_to(disk.mount)
        trip.answering = False
        first, *others = documents()
        trip.drop(first)
        hub = benches[0].hub(trip)
        assert drive(trip, hub), hub.said()
        disk.fail(*_READ_ONLY)
        for draft in others:
            trip.drop(draft)
        alert = took(lambda: "ead-only" in sick(hub), 10.0)
        used = cpu_share(hub.pid, 3.0)
        assert hub.alive(), hub.said()
        trip.evidence.ambiguous += glance(trip.evidence.data).under_way
        disk.heal()
        trip.answering = True
        resumed = took(lambda: drive(trip, hub, bound=0.1), 30.0)
        assert took(lambda: health(hub).get("ok") is True, 30.0) < 30.0
        assert hub.alive(), hub.said()
        assert hub.stop() == 0
        assert judged(benches[0], trip) == []
    assert used < _IDLE
    figure(
        f"{part}: health failing after {alert:.1f} s, {used:.1f} % of a processor, all done {resumed:.1f} s after rw"
    )


@pytest.mark.fault(
    5, "the data folder is read-only at the start", "the start ends with 1 and says so; after rw it is clean"
)
def test_a_data_folder_that_is_read_only_at_the_start(benches: list[Bench], tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 64_000_000) as disk:
        trip = Trip(tmp_path / "trip")
        trip.set_up()
        (trip.home / "data").symlink_to(disk)
        trip.drop_all()
        hub = benches[0].hub(trip)
        assert drive(trip, hub, until=lambda: glance(trip.evidence.data).events > 3)
        trip.evidence.ambiguous += len(CODES) * 2
        hub.kill()
        remount(disk, "ro")
        again = benches[0].hub(trip)
        assert again.end() == 1
        assert "Read-only file system" in again.said()
        assert "Traceback" not in again.said()
        remount(disk, "rw")
        assert judged(benches[0], trip) == []
