from __future__ import annotations

import asyncio
import time

import pytest
from blockbuster import BlockingError

from hub.clock import Clock
from hub.testing import ManualClock, eventually


async def test_time_stands_still_until_the_test_moves_it(clock: ManualClock) -> None:
    begun, mark = clock.now(), clock.monotonic()
    await clock.advance(90)
    assert (clock.now() - begun).total_seconds() == 90
    assert clock.monotonic() - mark == 90


async def test_a_sleeper_wakes_at_its_time_and_not_before(clock: ManualClock) -> None:
    sleeper = asyncio.create_task(clock.sleep(10))
    await clock.asleep()
    await clock.advance(9.9)
    assert not sleeper.done()
    await clock.advance(0.1)
    assert sleeper.done()


async def test_who_falls_asleep_again_on_the_way_is_woken_again(clock: ManualClock) -> None:
    woken: list[float] = []

    async def beat(pause: float) -> None:
        while True:
            await clock.sleep(pause)
            woken.append(clock.monotonic() - 1000)

    async with asyncio.TaskGroup() as tasks:
        beats = [tasks.create_task(beat(pause)) for pause in (4, 3)]
        await clock.asleep(2)
        await clock.advance(10)
        for task in beats:
            task.cancel()
    assert woken == [3, 4, 6, 8, 9]


async def test_a_cancelled_sleeper_is_forgotten(clock: ManualClock) -> None:
    sleeper = asyncio.create_task(clock.sleep(10))
    await clock.asleep()
    sleeper.cancel()
    await eventually(sleeper.done)
    assert clock.sleeping == 0
    await clock.advance(20)


async def test_the_wall_clock_may_jump_and_nobody_wakes(clock: ManualClock) -> None:
    sleeper = asyncio.create_task(clock.sleep(10))
    await clock.asleep()
    mark = clock.monotonic()
    clock.jump(-3600)
    await asyncio.sleep(0)
    assert clock.monotonic() == mark
    assert not sleeper.done()
    await clock.advance(10)
    await sleeper


async def test_what_never_becomes_true_fails_in_time() -> None:
    with pytest.raises(AssertionError, match="not true within"):
        await eventually(lambda: False, within=0.02)


def test_it_is_a_clock(clock: ManualClock) -> None:
    as_clock: Clock = clock
    assert as_clock.now().tzinfo is not None


@pytest.mark.usefixtures("nothing_blocks")
async def test_a_blocking_call_on_the_loop_is_an_error() -> None:
    with pytest.raises(BlockingError):
        time.sleep(0.001)  # noqa: ASYNC251  # this is what must be found
    await asyncio.to_thread(time.sleep, 0.001)
