"""Shares that fail for a moment, a data folder with two names, and the real command."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.crash.harness import Bench, Point, drive, note
from tests.crash.machine import judged
from tests.crash.scenario import CODES, KEEPER, ORIGIN, TAKER, Trip, documents
from tests.short import short

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]
_COMMAND = Path(sys.executable).with_name("hub")


@contextmanager
def bound(folder: Path, again: Path) -> Iterator[None]:
    """The same folder under a second name."""
    again.mkdir()
    subprocess.run(["mount", "--bind", folder, again], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", again], check=True)


@pytest.mark.parametrize(
    ("call", "path"),
    short(
        [
            ("fdatasync", f"shares/{ORIGIN}/.hub/claims/mot.edxml"),
            ("renameat2", f"shares/{ORIGIN}/.hub/claims"),
            ("unlinkat", f"shares/{ORIGIN}/.hub/claims"),
            ("renameat2", f"shares/{KEEPER}/in"),
            ("fsync", f"shares/{TAKER}/in"),
        ],
        3,
    ),
)
def test_a_share_that_fails_once_costs_nothing(benches: list[Bench], call: str, path: str) -> None:
    """The hub's own disk is well: it goes on, and by itself looks again at what it could not do."""
    trip = benches[0].trip()
    first, *others = documents()
    trip.drop(first)
    hub = benches[0].hub(trip, Point("syscall", call, 1, path, "error=EIO"))
    assert drive(trip, hub, lambda: _answered(trip), bound=10.0), hub.said()
    for draft in others:
        trip.drop(draft)
    assert drive(trip, hub), hub.said()
    assert hub.alive(), hub.said()
    assert "INJECTED" in (trip.home / "trace").read_text(errors="replace")
    # What was on its way when the fault met it may come again.
    trip.evidence.ambiguous += len(documents())
    assert hub.stop() == 0
    assert judged(benches[0], trip) == []


def _answered(trip: Trip) -> bool:
    """Whether the one document has gone its whole way, and nothing of it is left where it was dropped."""
    answered = {CODES[KEEPER], CODES[TAKER]} <= {each.sender for each in trip.evidence.arrived}
    return answered and not any((trip.evidence.shares[ORIGIN] / ".hub" / "claims").iterdir())


def test_a_second_hub_by_another_name_of_the_folder_is_refused(benches: list[Bench]) -> None:
    trip, other = benches[0].trip(), benches[0].trip()
    hub = benches[0].hub(trip)
    assert drive(trip, hub, lambda: hub.ready)
    with bound(trip.home / "data", other.home / "data"):
        second = benches[0].hub(other)
        assert second.end() == 1
    assert str(hub.pid) in second.said()
    assert hub.stop() == 0


def test_a_second_command_is_refused_and_names_the_first(benches: list[Bench]) -> None:
    trip = benches[0].trip()
    hub = benches[0].hub(trip)
    assert drive(trip, hub, lambda: hub.ready)
    before = os.times()
    command = [str(_COMMAND), "run", "--config", str(trip.home)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    after = os.times()
    assert second.returncode == 1
    assert str(hub.pid) in second.stderr
    assert second.stdout == ""
    # What the machine's other work costs in time does not count.
    assert after.children_user + after.children_system - before.children_user - before.children_system < 2.0
    assert hub.stop() == 0


def test_the_real_command_survives_a_kill(benches: list[Bench]) -> None:
    """The sweeps fork their hubs from a process that has imported everything; here the command itself is run."""
    trip = benches[0].trip()
    trip.drop_all()
    environment = os.environ | {"HUB_FAILPOINTS": "dispatcher.sent=kill"}
    with (trip.home / "hub.log").open("wb") as log:
        command = [str(_COMMAND), "run", "--config", str(trip.home)]
        with subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process:
            while process.poll() is None:
                trip.look()
                time.sleep(0.005)
    assert process.returncode == -9
    note(trip)
    assert judged(benches[0], trip) == []
