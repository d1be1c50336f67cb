"""Another program locks the ledger: everything waits, says why, and goes on."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.crash.harness import Bench, drive
from tests.crash.machine import cpu_share, health, judged, sick, took
from tests.crash.oracle import glance
from tests.crash.scenario import bulk, documents

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Hold the ledger as a careless program would."""
    with closing(sqlite3.connect(data / "ledger.sqlite", timeout=10, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.fault(
    24,
    "the ledger is locked by another process for 60 s under load",
    "back-pressure, /healthz names the lock within 10 s, nothing lost, goes on by itself",
)
@pytest.mark.parametrize("seconds", [8, pytest.param(70, marks=pytest.mark.long)])
def test_a_locked_ledger_is_waited_for(benches: list[Bench], seconds: int, figure: Callable[[str], None]) -> None:
    trip = benches[0].trip()
    trip.answering = False
    hub = benches[0].hub(trip)
    trip.drop(documents()[0])
    assert drive(trip, hub), hub.said()
    with locked(trip.evidence.data):
        begun = time.monotonic()
        for draft in (*documents()[1:], *bulk(50)):
            trip.drop(draft)
        alert = took(lambda: "another program locks it" in sick(hub), 10.0)
        before = glance(trip.evidence.data).events
        used = cpu_share(hub.pid, max(1.0, begun + seconds - time.monotonic()))
        assert hub.alive(), hub.said()
        assert glance(trip.evidence.data).events == before
        trip.evidence.ambiguous += glance(trip.evidence.data).under_way
    resumed = took(lambda: drive(trip, hub, bound=0.1), 30.0)
    assert took(lambda: health(hub).get("ok") is True, 10.0) < 10.0
    trip.answering = True
    assert drive(trip, hub), hub.said()
    assert hub.stop() == 0
    assert judged(benches[0], trip) == []
    assert used < 5.0
    figure(
        f"locked {seconds} s: named after {alert:.1f} s, {used:.1f} % of a processor, all done {resumed:.1f} s after"
    )
