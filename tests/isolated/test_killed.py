"""kill -9 of a worker at every durable step that it takes; the hub goes on, and the oracle finds 0 violations."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hub.app import Hub
from hub.failpoints import NAMES
from hub.testing import RunningHub, eventually
from hub.vocabulary import Health
from tests.crash.harness import at_rest, note
from tests.crash.oracle import violations
from tests.crash.scenario import CODES, ORIGIN, Trip

pytestmark = [pytest.mark.root, pytest.mark.timeout(600)]
#: the steps that a folder's connector takes itself
STEPS = [name for name in NAMES if name.startswith(("folderdrop.", "blobs."))]
SHORT = ("blobs.linked", "folderdrop.released", "folderdrop.placed")
_BOUND = 60.0
_NOTHING = Health(False)


async def _trip(trip: Trip, disturb: Callable[[Hub], Coroutine[Any, Any, None]]) -> None:
    """The whole trip, disturbed, with one hub from its start to its end; then the judgement."""
    trip.set_up()
    trip.drop_all()
    async with RunningHub(trip.home) as hub:
        disturbing = asyncio.create_task(disturb(hub))
        deadline = time.monotonic() + _BOUND
        while not (trip.complete() and at_rest(trip) and disturbing.done()):
            assert time.monotonic() < deadline, hub.supervisor.health
            trip.look()
            await asyncio.sleep(0.02)
        disturbing.result()
    trip.look()
    trip.evidence.settled = True
    assert [] == violations(trip.evidence)


@pytest.mark.parametrize(
    "step", [pytest.param(step, marks=() if step in SHORT else pytest.mark.slow) for step in STEPS]
)
async def test_a_worker_killed_at_a_step_loses_and_doubles_nothing(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trip = Trip(tmp_path / "trip", isolated=[ORIGIN])

    async def disturb(hub: Hub) -> None:
        await eventually(lambda: "SIGKILL" in hub.supervisor.health.get(ORIGIN, _NOTHING).detail, _BOUND)
        note(trip)
        monkeypatch.delenv("HUB_FAILPOINTS")

    # Read by each worker when it begins; this process was armed with nothing when it began.
    monkeypatch.setenv("HUB_FAILPOINTS", f"{step}=kill@2" if step == "folderdrop.refused" else f"{step}=kill")
    await _trip(trip, disturb)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 21))])
async def test_workers_killed_at_any_time_lose_and_double_nothing(seed: int, tmp_path: Path) -> None:
    trip, dice = Trip(tmp_path / "trip", isolated=list(CODES)), random.Random(seed)
    killed: list[int] = []

    async def disturb(hub: Hub) -> None:
        for _each in range(6):
            await asyncio.sleep(dice.uniform(0.0, 1.0))
            if workers := _workers():
                note(trip)
                with suppress(ProcessLookupError):  # it may have ended since
                    os.kill(worker := dice.choice(workers), signal.SIGKILL)
                    killed.append(worker)

    await _trip(trip, disturb)
    assert len(killed) >= 3


def _workers() -> list[int]:
    """The workers of this process, by the wardens between."""
    return [worker for warden in _children(os.getpid()) for worker in _children(warden)]


def _children(pid: int) -> list[int]:
    found = []
    with suppress(FileNotFoundError, ProcessLookupError):  # a warden ends with its worker
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += list(map(int, (task / "children").read_text().split()))
    return found
