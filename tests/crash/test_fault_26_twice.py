"""Two hubs on one data folder, by another name of it too, and the lock of a hub that was killed."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

import pytest

from tests.crash.harness import Bench, drive
from tests.crash.machine import judged, took

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]


@pytest.mark.fault(
    26,
    "a second hub on the same data folder, and on a bind mount of it",
    "it ends with 1 within 2 s and names the first; the first works on",
)
@pytest.mark.parametrize("by", ["its name", "a bind mount"])
def test_a_second_hub_is_refused(benches: list[Bench], by: str, figure: Callable[[str], None]) -> None:
    trip, other = benches[0].trip(), benches[0].trip()
    trip.drop_all()
    first = benches[0].hub(trip)
    assert drive(trip, first, until=lambda: first.ready)
    bind = by == "a bind mount"
    if bind:
        (other.home / "data").mkdir()
        subprocess.run(["mount", "--bind", trip.home / "data", other.home / "data"], check=True)
    try:
        begun = time.monotonic()
        second = benches[0].hub(other if bind else trip)
        assert second.end() == 1
        took_seconds = time.monotonic() - begun
        assert f"process {first.pid} holds" in second.said()
        assert took_seconds < 2.0
    finally:
        if bind:
            subprocess.run(["umount", "-l", other.home / "data"], check=True)
    assert drive(trip, first), first.said()
    assert first.stop() == 0
    assert judged(benches[0], trip) == []
    figure(f"by {by}: {took_seconds:.2f} s")


@pytest.mark.fault(26, "the lock of a hub that was killed", "the next start is not held up by it")
def test_the_lock_of_a_killed_hub_holds_up_nobody(benches: list[Bench], figure: Callable[[str], None]) -> None:
    trip = benches[0].trip()
    hub = benches[0].hub(trip)
    assert drive(trip, hub, until=lambda: hub.ready)
    hub.kill()
    assert (trip.evidence.data / "hub.lock").read_text() == f"{hub.pid}\n"
    again = benches[0].hub(trip)
    seconds = took(lambda: again.ready, 10.0)
    assert again.stop() == 0
    figure(f"ready again after {seconds:.1f} s")
