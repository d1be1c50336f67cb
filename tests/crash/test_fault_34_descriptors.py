"""A hub that may open no further file, from the start and all of a sudden."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.harness import Bench, Hub, drive
from tests.crash.machine import cpu_share, judged, took
from tests.crash.oracle import glance
from tests.crash.scenario import bulk, documents
from tests.short import short

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]


def _limit(hub: Hub, files: int) -> None:
    resource.prlimit(hub.pid, resource.RLIMIT_NOFILE, (files, 4096))


def _crashed(said: str) -> bool:
    """Whether Python said how it ended; what the log tells of a connector is one line, within JSON."""
    return any(line.startswith("Traceback") for line in said.splitlines())


def _open(hub: Hub) -> int:
    return max(int(each.name) for each in Path(f"/proc/{hub.pid}/fd").iterdir()) + 1


@pytest.mark.fault(
    34,
    "no further file can be opened, under load, for some seconds",
    "back-pressure with its reason, nothing lost or quarantined, under 25 % of a processor, goes on by itself",
)
@pytest.mark.parametrize("spare", short([0, 3, 9], 3))
def test_descriptors_run_out(benches: list[Bench], spare: int, figure: Callable[[str], None]) -> None:
    trip = benches[0].trip()
    trip.answering = False
    hub = benches[0].hub(trip)
    trip.drop(documents()[0])
    assert drive(trip, hub), hub.said()
    _limit(hub, _open(hub) + spare)
    for draft in (*documents()[1:], *bulk(20)):
        trip.drop(draft)
    drive(trip, hub, bound=3.0)
    used = cpu_share(hub.pid, 3.0)
    assert hub.alive(), hub.said()
    trip.evidence.ambiguous += glance(trip.evidence.data).under_way
    said = hub.said()
    _limit(hub, 4096)
    resumed = took(lambda: drive(trip, hub, bound=0.1), 30.0)
    trip.answering = True
    assert drive(trip, hub), hub.said()
    assert hub.stop() == 0
    assert judged(benches[0], trip) == []
    assert spare == 9 or "Too many open files" in said
    assert used < 25.0, used
    figure(f"{spare} to spare: {used:.1f} % of a processor meanwhile, all done {resumed:.1f} s after")


@pytest.mark.fault(
    34,
    "`ulimit -n 64` from the start",
    "a start that cannot open what it needs ends with 1 and says so, or everything flows",
)
@pytest.mark.parametrize("files", short([64, 32, 16], 3))
def test_few_descriptors_from_the_start(benches: list[Bench], files: int, figure: Callable[[str], None]) -> None:
    trip = benches[0].trip()
    trip.drop_all()
    hub = benches[0].hub(trip, environment={"FILES": str(files)})
    done = drive(trip, hub, bound=8.0)
    alive, said = hub.alive(), hub.said()
    code = hub.stop()
    trip.evidence.ambiguous += glance(trip.evidence.data).under_way
    assert (alive and code == 0) or (code == 1 and not _crashed(said)), said
    assert done or "Too many open files" in said or "unable to open" in said, said
    assert judged(benches[0], trip) == []
    figure(f"{files}: {'everything flowed' if done and alive else 'ended with 1' if code else 'waited'}")
