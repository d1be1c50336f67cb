"""A loop that does not turn is seen, and nobody is blamed who did not do it."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub import answered, strikes
from hub.containment import Actor, Misbehaved, acting, contained
from hub.errors import Deferred
from hub.gate import Gate
from hub.leftovers import Leftovers
from hub.pace import CountingLoop, Paces
from hub.strikes import Strikes
from hub.testing import ManualClock, eventually
from hub.theft import Stall, Thefts
from hub.vocabulary import Health, Receipt
from hub.watchdog import Watchdog

_ME = Actor("u", "kind", __file__)
_NOW = datetime(2026, 11, 26, tzinfo=UTC)


@asynccontextmanager
async def watched(monkeypatch: pytest.MonkeyPatch, **named: Any) -> AsyncIterator[list[Stall]]:
    monkeypatch.setattr("hub.watchdog.PATIENCE", 0.5)
    monkeypatch.setattr("hub.watchdog.LIMIT", 1.0)
    stalls: list[Stall] = []
    dog = Watchdog(stalls.append, **named)
    dog.start()
    try:
        yield stalls
    finally:
        dog.stop()


async def _blocks() -> None:
    _slow(60)


async def test_a_block_is_named_and_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(monkeypatch) as stalls:
        with pytest.raises(Misbehaved, match=r"test_watchdog\.py:\d+ in _slow"):
            await contained(_blocks(), actor=_ME)
        await eventually(lambda: stalls)
    assert stalls[0].actor == _ME
    assert "in _slow" in stalls[0].place


async def test_a_callback_that_nobody_is_named_for_is_known_by_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(monkeypatch, known=[Actor("", "plugin", __file__)]) as stalls:
        asyncio.get_running_loop().call_soon(time.sleep, 0.1)
        await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.2)
        asyncio.get_running_loop().call_soon(lambda: _slow(0.9))
        await eventually(lambda: stalls)
    assert str(stalls[0].actor) == "the plugin plugin"


def _slow(seconds: float) -> None:
    time.sleep(seconds)


def test_a_stopped_process_blames_nobody(tmp_path: Path) -> None:
    """SIGSTOP for longer than a stall takes, while a connector works on."""
    script = tmp_path / "stopped.py"
    script.write_text(
        "import asyncio, sys\n"
        "from hub.watchdog import Watchdog\n"
        "from hub.containment import ACTOR, Actor\n"
        "async def main():\n"
        "    stalls = []; dog = Watchdog(stalls.append); dog.start(); ACTOR.set(Actor('u', 'k', __file__))\n"
        "    print('up', flush=True)\n"
        "    end = asyncio.get_running_loop().time() + 7\n"
        "    while asyncio.get_running_loop().time() < end: await asyncio.sleep(0.01)\n"
        "    dog.stop(); print(len(stalls), flush=True)\n"
        "asyncio.run(main())\n"
    )
    root = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        process.send_signal(19)
        time.sleep(5)
        process.send_signal(18)
        assert process.stdout.readline() == "0\n"


def test_the_third_stall_of_a_week_isolates() -> None:
    one = Strikes()
    for days in (0, 8, 9, 10):
        assert not one.isolated
        one = strikes.struck(one, "a.py:1 in f", _NOW + timedelta(days=days))
    assert one.isolated
    assert strikes.from_json(strikes.to_json(one)) == one
    assert "a.py:1" in str(one)


def test_small_thefts_add_up() -> None:
    thefts = Thefts()
    told = [thefts.add(float(second), 1.0, _ME) for second in range(5)]
    assert [second for second, whole in enumerate(told) if whole] == [2, 3, 4]
    thefts.forgive(_ME)
    assert thefts.add(11.0, 1.0, _ME) == 0
    assert thefts.add(12.0, 99.0, None) == 0


def test_where_all_are_slow_nobody_is_to_blame_before_he_takes_a_quarter() -> None:
    thefts, another = Thefts(), Actor("v", "kind")
    told = [(thefts.add(float(second), 0.9, another), thefts.add(float(second), 0.9, _ME)) for second in range(9)]
    assert [second for second, each in enumerate(told) if any(each)] == [8]


async def _nibble() -> None:
    _slow(0.1)


@pytest.mark.parametrize("sends", [False, True], ids=["one task", "a task each"])
def test_steps_too_short_to_be_seen_add_up_and_the_line_is_named(sends: bool) -> None:
    stalls: list[Stall] = []

    async def nibbles() -> None:
        while not stalls:
            await (contained(_nibble(), actor=_ME) if sends else _nibble())
            await asyncio.sleep(0.01)

    async def main() -> None:
        dog = Watchdog(stalls.append)
        dog.start()
        try:
            await asyncio.wait_for(contained(nibbles(), actor=None if sends else _ME), 60)
        finally:
            dog.stop()

    with asyncio.Runner(loop_factory=CountingLoop) as runner:
        runner.run(main())
    assert (stalls[0].actor, stalls[0].spins) == (_ME, False)
    assert "in _slow" in stalls[0].place
    assert 3.0 <= stalls[0].seconds < 4.0


@pytest.mark.parametrize("answer", [None, "x", [], [None], [Receipt(3)], 5, iter([])])  # type: ignore[arg-type]  # wrong on purpose
def test_what_is_no_outcome_is_a_failure_of_the_connector(answer: object) -> None:
    [end] = answered.outcomes(answer, 1)
    assert isinstance(end, Misbehaved)


def test_answers_are_taken_as_far_as_they_are_some() -> None:
    assert answered.outcomes([Receipt("a")] * 9, 2) == [Receipt("a")] * 2
    assert answered.health(None) == Health(False, "check() answered with NoneType, not with Health(ok, detail)")
    assert answered.health(Health(True, "\udc80")) == Health(True, "?")
    [end] = answered.outcomes([Deferred("later", float("nan"))], 1)
    assert isinstance(end, Deferred)
    assert end.retry_after == 0.0


async def test_what_brings_nothing_new_waits_when_it_is_too_much(clock: ManualClock) -> None:
    gate = Gate(clock)
    await gate.charge(1000)
    waits = asyncio.create_task(gate.charge(100))
    await clock.asleep()
    await clock.advance(1.9)
    assert not waits.done()
    await clock.advance(0.2)
    assert waits.done()


async def test_tasks_left_behind_are_cancelled_and_others_are_not() -> None:
    left, loop = Leftovers(), asyncio.get_running_loop()
    left.watch(loop)
    try:
        ours = asyncio.create_task(asyncio.sleep(60))
        with acting(_ME):
            theirs = asyncio.create_task(asyncio.sleep(60))
        await left.end(_ME)
        assert theirs.cancelled()
        assert not ours.done()
        ours.cancel()
    finally:
        loop.set_task_factory(None)


def test_a_fork_is_refused_and_what_is_changed_is_put_back() -> None:
    script = (
        "import os, locale, io, sys, signal\n"
        "from hub import surroundings\n"
        "surroundings.harden(); kept = surroundings.Surroundings(); was = os.getcwd()\n"
        "os.chdir('/'); os.umask(0o077); signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(kept.mend(), os.getcwd() == was, kept.mend())\n"
        "try: os.fork()\n"
        "except RuntimeError as error: print(error)\n"
    )
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert re.match(r"\['the working directory', 'the umask', 'the handler of SIGTERM'\] True \[\]", done.stdout)
    assert "must not run" in done.stdout


async def _spins() -> None:
    for _ in iter(int, 1):
        await asyncio.sleep(0)


def _spin() -> None:
    asyncio.get_running_loop().call_soon(_spin)


@pytest.fixture
def counting() -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=CountingLoop) as runner:
        yield runner


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.pace.BORNE", 0.5)


@pytest.mark.usefixtures("impatient")
def test_a_coroutine_that_turns_without_a_pause_is_named_and_cancelled(
    counting: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def whole() -> list[Stall]:
        async with watched(monkeypatch) as stalls:
            with pytest.raises(Misbehaved, match=r"spins without a pause at .*test_watchdog\.py:\d+ in _spins"):
                await contained(_spins(), actor=_ME)
            await eventually(lambda: stalls)
        return stalls

    [stall] = counting.run(whole())
    assert str(stall).startswith("the connector of u (kind) spins without a pause for")


@pytest.mark.usefixtures("impatient")
def test_a_callback_that_calls_itself_is_named_and_called_no_more(
    counting: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def whole() -> list[Stall]:
        async with watched(monkeypatch) as stalls:
            with acting(_ME):
                asyncio.get_running_loop().call_soon(_spin)
            await eventually(lambda: stalls)
            loop = asyncio.get_running_loop()
            assert isinstance(loop, CountingLoop)
            before = loop.steps["u"]
            await asyncio.sleep(0.05)
            assert loop.steps["u"] == before
        return stalls

    [stall] = counting.run(whole())
    assert stall.place.endswith("in _spin")


def test_haste_is_a_stall_only_when_it_lasts() -> None:
    paces, steps = Paces(), {"busy": 0, "spins": 0, "bursts": 0}
    told: list[str] = []
    for quarter in range(40):
        steps["busy"] += 2000
        steps["spins"] += 5000
        steps["bursts"] += 50_000 if quarter % 2 else 0
        told += paces.look(steps, 0.25)
    assert told == ["spins"] * 3
