"""Lives of a hub in processes of its own: one dies at an armed failpoint, or is stopped once all is done."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Collection, Iterable
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from hub.testing import RunningHub, eventually
from tests.forked import arm, forked

_CONTEXT = forked(__name__)
#: What people do in one turn; False: all is where it belongs.
GoOn = Callable[[], Awaitable[bool]]


def kills(steps: Iterable[str], turns: Collection[int], short: Collection[str]) -> list[ParameterSet]:
    """A test's cases, step and turn: of those in `short` the first turn runs without HUB_TESTS."""
    return [
        pytest.param(step, turn, marks=() if turn == 1 and step in short else pytest.mark.slow, id=f"{step}@{turn}")
        for step in steps
        for turn in turns
    ]


async def stay(home: Path) -> None:
    """Run the hub until there is a file `stop` in its folder."""
    async with RunningHub(home):
        await eventually((home / "stop").exists, 60)


def _life(home: Path, armed: str) -> None:
    arm(armed)
    asyncio.run(stay(home))


async def lived(home: Path, go_on: GoOn, armed: str = "") -> int | None:
    """A life of the hub, until it dies or all is done; how its process ended."""
    process: BaseProcess = _CONTEXT.Process(target=_life, args=(home, armed))
    process.start()
    async with asyncio.timeout(60):
        while process.is_alive() and await go_on():
            pass
    await ended(home, process)
    return process.exitcode


async def ended(home: Path, process: BaseProcess) -> None:
    """Have it stop, and wait for that."""
    (home / "stop").touch()
    await asyncio.to_thread(process.join, 30)
    (home / "stop").unlink()


async def killed_and_lived(home: Path, go_on: GoOn, step: str, turn: int = 1) -> None:
    """A life that is killed when it passes that step the so-manyth time, and one that ends well. AssertionError."""
    assert -signal.SIGKILL == await lived(home, go_on, f"{step}=kill@{turn}"), f"{step} was not passed {turn} times"
    assert 0 == await lived(home, go_on)
