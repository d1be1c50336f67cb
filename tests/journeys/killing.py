"""A day of clerks lived in a process of its own, which may be killed at its Nth durable step."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from plugins.folderdrop import system
from tests.forked import forked, killed

_CONTEXT = forked("tests.journeys.recall_day", "tests.journeys.sending_day")
_STEPS = (
    *((os, name) for name in ("fsync", "rename", "mkdir", "unlink", "rmdir")),
    (system, "rename_new"),
)


class Day(Protocol):
    """What lies there before the hub starts, what people do, and what must have come of it."""

    def __init__(self, home: Path) -> None: ...

    def fill(self) -> None:
        """Drop everything."""

    async def live(self) -> None:
        """Run the hub until nothing moves any more."""

    def check(self) -> None:
        """Nothing is lost, doubled or half done. AssertionError tells what is."""


def swept(day: type[Day], home: Path, turn: int) -> bool:
    """A day in which the hub dies at that step, then one in which it lives. False: it did not come to that."""
    home.mkdir(exist_ok=True)
    lived = day(home)
    lived.fill()
    died = killed(_CONTEXT, _life, day, home, turn)
    if died:
        assert not killed(_CONTEXT, _life, day, home, 0), "the second life must end well"
    lived.check()
    return died


def sweep(day: type[Day], home: Path, turn: int, stride: int) -> int:
    """Sweep every so many steps from one on (`HUB_KILL_STRIDE`). Returns the first that no life came to."""
    while swept(day, home / str(turn), turn):
        shutil.rmtree(home / str(turn))
        turn += int(os.environ.get("HUB_KILL_STRIDE", stride))
    return turn


def _life(day: type[Day], home: Path, turn: int) -> None:
    left = _dying(turn)
    asyncio.run(day(home).live())
    (home / "steps").write_text(str(turn - left[0]))


def _dying(turn: int) -> Sequence[int]:
    """Kill this process at that turn of what the clerk's connector makes durable or visible. Returns what is left."""
    left = [turn]

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **named: Any) -> Any:
            if threading.current_thread().name.startswith("clerk-"):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **named)

        return step

    for module, name in _STEPS:
        setattr(module, name, counted(getattr(module, name)))
    return left
