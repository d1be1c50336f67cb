"""A whole hub in a process of its own: what it holds in memory is its own, and its machine may look different."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Apart:
    """A hub that is ready."""

    pid: int

    def memory(self, line: str = "VmHWM") -> int:
        """The most that it held in memory so far, in kB."""
        told = Path(f"/proc/{self.pid}/status").read_text()
        return int(told.split(f"{line}:")[1].split()[0])

    def processor(self) -> float:
        """Seconds of a processor that it used so far."""
        told = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def apart(home: Path, before: Sequence[str] = ()) -> AsyncIterator[Apart]:
    """It runs until the block ends; `before` are the words of a program that turns itself into the hub."""
    command = [*before, sys.executable, "-m", "hub.cli", "run", "--config", str(home)]
    with (home / "hub.log").open("ab") as log:
        running = await asyncio.create_subprocess_exec(
            *command, cwd=_ROOT, env=os.environ, stdout=asyncio.subprocess.PIPE, stderr=log
        )
    try:
        assert running.stdout
        said = (await asyncio.wait_for(running.stdout.readline(), 60)).decode().split()
        assert said[:1] == ["ready"], (home / "hub.log").read_text()
        yield Apart(running.pid)
    finally:
        if running.returncode is None:
            running.terminate()
        await running.communicate()
