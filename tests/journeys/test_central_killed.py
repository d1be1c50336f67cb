"""Killed at any step of receiving and sending, the hub loses and doubles nothing, say the central hub's records."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from hub import failpoints
from hub.testing import RunningHub, eventually
from hub.testing.samples import GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document
from tests.forked import arm, forked
from tests.journeys.border import Border, from_office
from tests.journeys.simulated import Simulated, is_over, judge, simulated

_CONTEXT = forked(__name__)
OURS = [a_document(f"{number}/GM-SNV", to=(GOVERNMENT_OFFICE,)) for number in range(1, 4)]
THEIRS = [f"{number}/VPCP" for number in range(1, 4)]
#: those that such a trip passes: each is shown to be passed
STEPS = [
    *(name for name in failpoints.NAMES if name.startswith(("central.", "blobs."))),
    "inbox.before_accept",
    "inbox.accepted",
    "ledger.after_commit",
    "dispatcher.taken",
    "dispatcher.sent",
    "dispatcher.settled",
]

SHORT = ("central.fetched", "central.confirmed", "central.handed")


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Simulated]:
    async with simulated(tmp_path) as running:
        yield running


async def _run(home: Path) -> None:
    async with RunningHub(home):
        await eventually((home / "stop").exists, 60)


def _life(home: Path, armed: str) -> None:
    arm(armed)
    asyncio.run(_run(home))


class Trip:
    """Three documents each way, and an answer to each."""

    def __init__(self, home: Path, there: Simulated) -> None:
        self.border, self.there = Border(home, there.settings), there

    async def begin(self) -> None:
        """What is to go lies ready on both sides."""
        self.border.sends(*OURS)
        await self.there.send(*(from_office(code, HOME_AFFAIRS) for code in THEIRS))

    async def live(self, armed: str = "") -> BaseProcess:
        """A life of the hub, until it dies or all is done."""
        process: BaseProcess = _CONTEXT.Process(target=_life, args=(self.border.home, armed))
        process.start()
        async with asyncio.timeout(60):
            while process.is_alive() and not is_over(self.border, self.there):
                await self.go_on()
        (self.border.home / "stop").touch()
        await asyncio.to_thread(process.join, 30)
        (self.border.home / "stop").unlink()
        return process

    async def go_on(self) -> None:
        """Everybody who has something to answer does."""
        if (self.border.so_nv / "in").exists():
            self.border.answers()
        await self.there.take("03")
        await asyncio.sleep(0.05)

    def check(self) -> None:
        """Once each."""
        judge(self.border, self.there, [each.code for each in OURS], THEIRS)


def _points() -> Iterator[ParameterSet]:
    for step in STEPS:
        for turn in (1, 2):
            quick = turn == 1 and step in SHORT
            yield pytest.param(step, turn, marks=() if quick else pytest.mark.slow, id=f"{step}@{turn}")


@pytest.mark.parametrize(("step", "turn"), list(_points()))
async def test_a_kill_at_any_step_loses_and_doubles_nothing(
    tmp_path: Path, there: Simulated, step: str, turn: int
) -> None:
    trip = Trip(tmp_path, there)
    await trip.begin()
    process = await trip.live(f"{step}=kill@{turn}")
    assert -signal.SIGKILL == process.exitcode, f"{step} was not passed {turn} times"
    second = await trip.live()
    assert 0 == second.exitcode
    trip.check()


async def test_an_undisturbed_trip(tmp_path: Path, there: Simulated) -> None:
    trip = Trip(tmp_path, there)
    await trip.begin()
    assert 0 == (await trip.live()).exitcode
    trip.check()
