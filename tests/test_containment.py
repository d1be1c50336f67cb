"""Whatever a plugin does stays with it."""

from __future__ import annotations

import asyncio

import pytest

from hub.containment import Actor, Hung, Misbehaved, contained, outcome


async def _raise(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
async def test_what_would_end_the_process_is_an_ordinary_error(error: BaseException) -> None:
    with pytest.raises(Misbehaved, match=type(error).__name__):
        await contained(_raise(error))


async def test_a_result_and_an_error_come_through() -> None:
    assert 3 == await contained(asyncio.sleep(0, 3))
    assert isinstance(await outcome(_raise(KeyError("x"))), KeyError)
    assert isinstance(await outcome(_raise(asyncio.CancelledError())), Misbehaved)


async def test_an_error_whose_words_take_long_is_asked_for_them_once_of_each_actor() -> None:
    asked = 0

    class LongWinded(Exception):
        def __str__(self) -> str:
            nonlocal asked
            asked += 1
            return "x" * sum(1 for _ in range(3_000_000))

    for unit in ("u", "u", "u", "v"):
        end = await outcome(_raise(LongWinded()), actor=Actor(unit, "kind"))
        assert isinstance(end, Misbehaved)
        assert "it raised LongWinded" in str(end)
        assert len(str(end)) < 5000
    assert asked == 2


async def test_one_that_takes_too_long_is_ended() -> None:
    ended = asyncio.Event()

    async def slow() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(Hung):
        await contained(slow(), 0.01)
    assert ended.is_set()


async def test_cancelling_the_waiter_cancels_the_work() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiter = asyncio.create_task(contained(work()))
    await begun.wait()
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    assert ended.is_set()
