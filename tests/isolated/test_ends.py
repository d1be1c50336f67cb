"""How workers end with their hub: when it stops, when it is killed, when a body cannot be kept."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.isolation.inside import Line
from hub.isolation.process import Bounds, Process
from hub.testing import eventually
from tests.isolated.stage import GOOD_CODE, ROGUE_CODE, Stage, alive
from tests.short import short

pytestmark = pytest.mark.root
ROOT = Path(__file__).parents[2]


@contextmanager
def hub_process(stage: Stage, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """`hub run`, in a process of its own."""
    told = {**os.environ, "PYTHONPATH": os.pathsep.join([str(stage.home / "site"), str(ROOT)]), **environment}
    with (stage.home / "hub.log").open("wb") as log:
        command = [sys.executable, "-m", "hub.cli", "run", "--config", str(stage.home)]
        hub = subprocess.Popen(command, env=told, stdout=subprocess.PIPE, stderr=log)
    try:
        assert hub.stdout
        assert hub.stdout.readline().startswith(b"ready"), (stage.home / "hub.log").read_text()
        yield hub
        assert hub.stdout.read() == b""
    finally:
        hub.kill()
        hub.communicate()


def _family(stage: Stage) -> list[str]:
    """The worker, its warden, and what it forked."""
    [worker] = stage.lines("lives")
    told = Path(f"/proc/{worker}/status").read_text().splitlines()
    warden = next(line.split()[1] for line in told if line.startswith("PPid"))
    return [worker, warden, *stage.lines("children")]


@pytest.mark.parametrize("deed", ["''", "hold_the_interpreter", "breed"])
@pytest.mark.slow
async def test_a_hub_that_is_killed_leaves_no_worker(stage: Stage, deed: str) -> None:
    stage.plan(deed, "listen", processes="500", stall="30s")
    with hub_process(stage) as hub:
        await eventually(lambda: stage.lines("lives"))
        if deed == "breed":
            await eventually(lambda: len(stage.lines("children")) > 20)
        family = _family(stage)
        hub.kill()
        # Hundreds of processes take a busy machine a while to bury.
        await eventually(lambda: not any(map(alive, (*family, *stage.lines("children")))), 40)


async def test_a_second_signal_ends_hub_and_worker_at_once(stage: Stage) -> None:
    stage.plan("block", "send", timeout="60s")
    with hub_process(stage) as hub:
        stage.drop(ROGUE_CODE)
        await eventually(lambda: stage.lines("deeds"))
        family = _family(stage)
        hub.terminate()
        await asyncio.sleep(0.2)
        hub.terminate()
        assert 1 == await asyncio.to_thread(hub.wait)
        await eventually(lambda: not any(map(alive, family)))


async def test_a_signal_to_every_process_stops_the_hub_in_its_order(stage: Stage) -> None:
    stage.plan()
    with hub_process(stage) as hub:
        worker, warden = _family(stage)
        stage.drop(ROGUE_CODE)
        for pid in (int(worker), int(warden), hub.pid):
            os.kill(pid, signal.SIGTERM)
        assert 0 == await asyncio.to_thread(hub.wait)
        await eventually(lambda: not any(map(alive, (worker, warden))))
    assert [worker] == stage.lines("closed")
    assert "SIGTERM" not in (stage.home / "hub.log").read_text()


async def test_where_a_worker_cannot_keep_a_body_the_hub_ends(stage: Stage) -> None:
    stage.plan()
    units = stage.home / "units.yaml"
    units.write_text(units.read_text().replace("folder: shares/so-nv", "isolate: true, folder: shares/so-nv"))
    with hub_process(stage, HUB_FAILPOINTS="blobs.linked=error:EIO") as hub:
        stage.drop(GOOD_CODE)
        assert 1 == await asyncio.to_thread(hub.wait, 60)
    assert not stage.arrived()
    assert "the blobs cannot be written: [Errno 5] Input/output error" in (stage.home / "hub.log").read_text()


async def test_an_end_that_is_given_up_leaves_neither_a_descriptor_nor_a_process() -> None:
    before = set(os.listdir("/proc/self/fd"))
    process = Process("xa-tinh-khe", Bounds(10**9, 10))
    await process.attach()
    ending = asyncio.create_task(process.end())
    await asyncio.sleep(0)
    ending.cancel()
    await asyncio.wait({ending})
    assert ending.cancelled()
    await eventually(lambda: set(os.listdir("/proc/self/fd")) <= before)
    await eventually(lambda: not alive(process._warden.pid), 15)
    # The thread that waited for it says so a moment after the system does.
    await eventually(lambda: process._warden.returncode is not None)


@pytest.mark.parametrize("lives", short([30, 100], 2))
async def test_many_lives_leave_nothing_behind(stage: Stage, lives: int) -> None:
    """The worker is killed while it begins; the stage counts what is left."""
    for _each in range(lives):
        process = Process("xa-tinh-khe", Bounds(10**9, 10))
        await process.attach()
        process.condemn("enough")
        await process.end()
        assert "enough" == process.over.result()


@pytest.mark.parametrize(("whose", "code"), [("the hub ended", 0), ("the connector closed it", 1)])
def test_a_line_that_breaks_ends_the_worker(whose: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    line = Line(ours)
    theirs.close()
    if code:
        os.close(ours.detach())
    monkeypatch.setattr(os, "_exit", sys.exit)
    with pytest.raises(SystemExit) as ended:
        line.say(b"x")
    assert ended.value.code == code
    line._file.close()
    ours.close()
