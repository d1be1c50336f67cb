"""Bodies that cannot be read, or are not what they were: that document alone is held back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.ledger import leave_request
from tests.crash.fuse_disk import fuse_disk
from tests.crash.harness import Bench, Hub, Point, drive, note
from tests.crash.machine import judged, took, waited
from tests.crash.scenario import Trip, documents

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]


@pytest.mark.fault(
    6,
    "a stored body has one bit turned, or reading it gives EIO",
    "that document alone is a dead letter `damaged`, the others flow; whole again and requeued, it arrives",
)
@pytest.mark.parametrize("harm", ["bit", "EIO", "EIO at open"])
def test_a_damaged_body_holds_up_nobody_else(
    benches: list[Bench], tmp_path: Path, harm: str, figure: Callable[[str], None]
) -> None:
    with fuse_disk(tmp_path / "fuse") as disk:
        trip = Trip(tmp_path / "trip")
        trip.set_up()
        trip.answering = False
        (trip.home / "data").mkdir()
        (trip.home / "data" / "blobs").symlink_to(disk.mount)
        _stored(benches[0], trip)
        # The first in both lanes: all others wait behind it.
        harmed = documents()[0].drop.digest
        call = "open" if harm.endswith("open") else "read"
        disk.fail({"call": call, "path": harmed, **({"flip": True} if harm == "bit" else {"error": "EIO"})})
        hub = benches[0].hub(trip)
        flowed = took(lambda: _others(trip, hub) == 2, 10.0)
        assert waited(lambda: [reason[:7] for reason in _dead(trip)] == ["damaged"] * 2), _dead(trip)
        assert f"{call} {harmed}" in disk.met()
        assert not any(each.document_id == documents()[0].drop.document_id for each in trip.evidence.arrived)
        disk.heal()
        trip.answering = True
        for unit in documents()[0].drop.to:
            leave_request("sqlite", trip.evidence.data, "requeue", unit, datetime.now(UTC))
        assert drive(trip, hub), hub.said()
        assert hub.stop() == 0
        assert judged(benches[0], trip) == []
    figure(f"{harm}: the others all there after {flowed:.1f} s")


def _stored(bench: Bench, trip: Trip) -> None:
    """Everything is accepted, nothing delivered."""
    trip.drop_all()
    broken = bench.hub(trip, Point("failpoint", "dispatcher.taken", 1))
    drive(trip, broken)
    broken.end()
    note(trip)


def _others(trip: Trip, hub: Hub) -> int:
    drive(trip, hub, bound=0.05)
    return len(trip.evidence.arrived)


def _dead(trip: Trip) -> list[str]:
    ledger = trip.evidence.data / "ledger.sqlite"
    query = "SELECT reason FROM delivery WHERE state = 'dead' AND recipient IN ('xa-binh-son', 'so-khcn')"
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
        return [row[0] for row in connection.execute(query)]
