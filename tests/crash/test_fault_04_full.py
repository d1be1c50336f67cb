"""Disks that fill up: the ledger's, the bodies', a share's, each alone; and a log that nobody can write."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest

from tests.crash.harness import Bench, Point, at_rest, drive, note
from tests.crash.machine import fill, health, judged, sick, small_disk, took, waited
from tests.crash.oracle import glance
from tests.crash.scenario import KEEPER, TAKER, Trip, all_drafts, documents
from tests.short import short

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]
_COMMAND = Path(sys.executable).with_name("hub")
_DISK, _RESERVE = 32_000_000, 8_000_000
#: Seconds: the alert is there, and all goes on by itself.
_ALERT, _RESUMED = 10.0, 30.0


@contextmanager
def apart(tmp_path: Path, part: str) -> Iterator[tuple[Trip, Path]]:
    """A trip whose ledger ("data"), bodies or share lie on a small disk of their own."""
    with small_disk(tmp_path / "disk", _DISK) as disk:
        trip = Trip(tmp_path / "trip", reserve=_RESERVE)
        trip.set_up()
        place = {"data": "data", "blobs": "data/blobs", "share": f"shares/{KEEPER}"}[part]
        real = disk / "real"
        for inner in ("in", "out") if part == "share" else ():
            (real / inner).mkdir(parents=True)
            (trip.home / place / inner).rmdir()
        if part == "share":
            (trip.home / place).rmdir()
        real.mkdir(exist_ok=True)
        (trip.home / place).parent.mkdir(exist_ok=True)
        (trip.home / place).symlink_to(real)
        yield trip, disk


@pytest.mark.fault(
    4,
    "the disk of the ledger, or of the bodies alone, fills up under load",
    "intake waits and says so within 10 s, deliveries go on, all resumes within 30 s by itself",
)
@pytest.mark.parametrize("part", short(["data", "blobs"], 2))
def test_the_ledger_and_the_bodies_each_fill_their_own_disk(
    benches: list[Bench], tmp_path: Path, part: str, figure: Callable[[str], None]
) -> None:
    with apart(tmp_path, part) as (trip, disk):
        trip.answering = False
        first, *others = documents()
        trip.drop(first)
        hub = benches[0].hub(trip)
        assert drive(trip, hub)
        filler = fill(disk, leave=0)
        for draft in others:
            trip.drop(draft)
        alert = took(lambda: "disk" in sick(hub), _ALERT)
        assert waited(lambda: "storage: " in hub.said(), _ALERT)
        assert drive(trip, hub, bound=1.0) is False
        assert hub.alive(), hub.said()
        trip.evidence.ambiguous += glance(trip.evidence.data).under_way
        filler.unlink()
        trip.answering = True
        resumed = took(lambda: drive(trip, hub, bound=0.1), _RESUMED)
        assert took(lambda: health(hub).get("ok") is True, _RESUMED) < _RESUMED
        assert hub.stop() == 0
        assert judged(benches[0], trip) == []
    figure(f"{part}: alert after {alert:.1f} s, all done {resumed:.1f} s after there was room")


@pytest.mark.fault(
    4, "a share's disk is full", "that unit waits with its reason, the others get theirs, resumes by itself"
)
def test_a_full_share_holds_up_its_unit_alone(
    benches: list[Bench], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    with apart(tmp_path, "share") as (trip, disk):
        trip.answering = False
        hub = benches[0].hub(trip)
        assert drive(trip, hub, until=lambda: hub.ready)
        filler = fill(disk, leave=0)
        trip.drop_all()
        others = took(lambda: not drive(trip, hub, bound=0.05) and _got(trip, TAKER) == 3, 10.0)
        assert waited(lambda: "share's disk is full" in hub.said())
        assert (_got(trip, KEEPER), sick(hub)) == (0, "")
        filler.unlink()
        trip.answering = True
        resumed = took(lambda: drive(trip, hub, bound=0.1), _RESUMED)
        assert hub.stop() == 0
        assert judged(benches[0], trip) == []
    figure(f"the others' all there after {others:.1f} s, the rest {resumed:.1f} s after there was room")


def _got(trip: Trip, unit: str) -> int:
    return sum(each.unit == unit for each in trip.evidence.arrived)


_WAL = "data/ledger.sqlite-wal"
_WHOLE = [("pwrite64", _WAL), ("pwrite64", "data/ledger.sqlite")]


@pytest.mark.fault(
    4,
    "ENOSPC at one write of the ledger or the bodies",
    "a start ends with its reason, a running hub lives on; nothing is lost, all resumes by itself",
)
@pytest.mark.parametrize("turn", [9, 60])
def test_no_space_at_one_write_costs_nothing(benches: list[Bench], turn: int) -> None:
    assert _no_space(benches[0], Point("syscall", "pwrite64", turn, _WAL, "error=ENOSPC")) == (True, [])


@pytest.mark.fault(
    4,
    "ENOSPC at one write of the ledger or the bodies",
    "a start ends with its reason, a running hub lives on; nothing is lost, all resumes by itself",
)
def test_no_space_for_one_batch_of_bodies_costs_nothing(benches: list[Bench]) -> None:
    trip = benches[0].trip()
    trip.drop_all()
    hub = benches[0].hub(trip, environment={"HUB_FAILPOINTS": "blobs.linked=error:ENOSPC@1"})
    assert drive(trip, hub)
    assert "full" in hub.said()
    assert hub.stop() == 0
    assert judged(benches[0], trip) == []


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.fault(
    4,
    "ENOSPC at one write of the ledger or the bodies",
    "a start ends with its reason, a running hub lives on; nothing is lost, all resumes by itself",
)
@pytest.mark.parametrize(("call", "path"), _WHOLE)
def test_no_space_at_each_write_costs_nothing(
    benches: list[Bench], call: str, path: str, figure: Callable[[str], None]
) -> None:
    for turn in count(1):
        met, wrong = _no_space(benches[0], Point("syscall", call, turn, path, "error=ENOSPC"))
        assert wrong == []
        if not met:
            break
    figure(f"{turn - 1} times {call} of {path}")


def _no_space(bench: Bench, point: Point) -> tuple[bool, list[str]]:
    """Whether the point was reached, and what is wrong."""
    trip = bench.trip()
    trip.drop_all()
    hub = bench.hub(trip, point)
    done = drive(trip, hub)
    trip.evidence.ambiguous += len(all_drafts())
    lived, code = hub.alive(), hub.stop()
    note(trip)
    met = "INJECTED" in (trip.home / "trace").read_text(errors="replace")
    refused = (lived, hub.ready, code) == (False, False, 1) and "full" in hub.said()
    fine = (lived and done and code == 0) or refused
    return met, [*([] if fine else [f"{point}: {lived} {done} {code}: {hub.said()}"]), *judged(bench, trip)]


@pytest.mark.fault(4, "the log cannot be written", "the hub works on, and says how many lines are missing")
@pytest.mark.parametrize("log", ["closed", "full pipe"])
def test_a_log_that_nobody_can_write_stops_nothing(benches: list[Bench], log: str) -> None:
    trip = benches[0].trip()
    trip.drop_all()
    with _written_to(log) as (redirected, output):
        command = f"exec {_COMMAND} run --config {trip.home} {redirected}"
        with subprocess.Popen(command, shell=True, stdout=output, stderr=output) as hub:
            try:
                assert waited(lambda: _looked(trip), 60.0)
                hub.terminate()
                assert hub.wait(15) == 0
            finally:
                hub.kill()
    assert judged(benches[0], trip) == []


@contextmanager
def _written_to(log: str) -> Iterator[tuple[str, int]]:
    """What the shell is told, and the descriptor that is standard output and error."""
    if log != "full pipe":
        yield "<&- >&- 2>&-", subprocess.DEVNULL
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b"." * 512)
    os.set_blocking(writer, True)
    try:
        yield "", writer
    finally:
        os.close(reader)
        os.close(writer)


def _looked(trip: Trip) -> bool:
    """One turn of the units' software, and whether all is done."""
    trip.look()
    return trip.complete() and at_rest(trip)
