"""Little memory: large attachments under a bound, and a hub that the kernel kills."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.crash.cgroups import Bound, bound
from tests.crash.harness import Bench
from tests.crash.machine import judged, memory, waited
from tests.crash.oracle import glance
from tests.crash.scenario import Trip, bulk

pytestmark = [pytest.mark.root, pytest.mark.timeout(900)]
_COMMAND = Path(sys.executable).with_name("hub")
_MB = 1_000_000


@contextmanager
def started(trip: Trip, group: Bound, score: int = 0) -> Iterator[subprocess.Popen[bytes]]:
    """The real command inside the group."""
    inside = f"echo $$ >{group.procs}; echo {score} >/proc/self/oom_score_adj"
    with (trip.home / "hub.log").open("ab") as log:
        command = f"{inside}; exec {_COMMAND} run --config {trip.home}"
        with subprocess.Popen(command, shell=True, stdout=log, stderr=log) as hub:
            try:
                assert waited(lambda: "ready http" in (trip.home / "hub.log").read_text(), 60.0)
                yield hub
            finally:
                hub.kill()


def _done(trip: Trip) -> bool:
    trip.look()
    return trip.complete() and not glance(trip.evidence.data).open


@pytest.mark.fault(
    33,
    "attachments of 200 MB under a memory bound of 256 MB (the short form: 60 MB under 160 MB)",
    "they arrive whole, the hub stays within the bound",
)
@pytest.mark.parametrize(("size", "most"), [(60, 160), pytest.param(200, 256, marks=pytest.mark.long)])
def test_large_attachments_in_little_memory(
    benches: list[Bench], size: int, most: int, figure: Callable[[str], None]
) -> None:
    trip = benches[0].trip()
    trip.answering = False
    with bound(most * _MB) as group, started(trip, group) as hub:
        at_ready = memory(hub.pid)
        for draft in bulk(2 if size < 100 else 3, size * _MB):
            trip.drop(draft)
        assert waited(lambda: hub.poll() is not None or _done(trip), 400.0)
        assert hub.poll() is None, "killed"
        highest, own = memory(hub.pid, "VmHWM"), memory(hub.pid, "RssAnon")
        hub.terminate()
        assert hub.wait(15) == 0
    assert highest < most * _MB
    assert judged(benches[0], trip) == []
    figure(
        f"{size} MB under {most} MB: resident {at_ready // _MB} MB at ready, {highest // _MB} MB at most, "
        f"{own // _MB} MB of its own at the end"
    )


@pytest.mark.fault(33, "the kernel kills the hub for want of memory, under load", "as kill -9: nothing lost")
def test_a_hub_that_the_kernel_kills(benches: list[Bench], figure: Callable[[str], None]) -> None:
    trip = benches[0].trip()
    trip.answering = False
    with bound(300 * _MB) as group, started(trip, group, score=1000) as hub:
        for draft in bulk(200):
            trip.drop(draft)
        assert waited(lambda: glance(trip.evidence.data).open > 5, 30.0)
        # It stands still until the kernel comes for it, in the middle of its work.
        hub.send_signal(signal.SIGSTOP)
        hog = (
            f"echo $$ >{group.procs}; echo -1000 >/proc/self/oom_score_adj; exec {sys.executable} -c 'bytearray(10**9)'"
        )
        with subprocess.Popen(hog, shell=True, stderr=subprocess.DEVNULL) as greedy:
            assert waited(lambda: hub.poll() is not None, 30.0)
            greedy.kill()
        assert hub.wait() == -9
    trip.look()
    left = glance(trip.evidence.data)
    trip.evidence.ambiguous += left.under_way
    assert judged(benches[0], trip) == []
    figure(f"killed with {left.open} open, {left.under_way} of them under way")
