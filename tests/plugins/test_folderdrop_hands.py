"""The threads of shares: few work side by side, and one that hangs holds up nobody else."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from hub import Deferred
from hub.testing import eventually
from plugins.folderdrop import hands
from plugins.folderdrop.hands import Hands

SHARES = 30


@pytest.fixture
async def shares() -> AsyncIterator[list[Hands]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Hands(3, f"share-{number}")) for number in range(SHARES)]


@pytest.fixture
def leave() -> Iterator[threading.Event]:
    """Set at the latest when the test is over."""
    event = threading.Event()
    yield event
    event.set()


async def test_few_of_many_shares_work_side_by_side(shares: list[Hands]) -> None:
    at_work: set[int] = set()
    most, guard = [0], threading.Lock()

    def work(number: int) -> int:
        with guard:
            at_work.add(number)
            most[0] = max(most[0], len(at_work))
        time.sleep(0.002)
        with guard:
            at_work.remove(number)
        return number

    done = await asyncio.gather(
        *(share.do(work, place * 3 + turn) for place, share in enumerate(shares) for turn in range(3))
    )
    assert list(range(3 * SHARES)) == sorted(done)
    assert 1 < most[0] <= hands._PLACES


async def test_those_that_hang_hold_up_nobody_else(shares: list[Hands], leave: threading.Event) -> None:
    hanging = [asyncio.create_task(share.do(leave.wait, 10)) for share in shares[: 2 * hands._PLACES]]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        assert ["well"] * 20 == [await shares[-1].do(lambda: "well") for _ in range(20)]
    assert not any(task.done() for task in hanging)
    leave.set()
    assert [True] * len(hanging) == await asyncio.gather(*hanging)


async def test_what_waits_when_its_connector_is_closed_is_put_off(shares: list[Hands], leave: threading.Event) -> None:
    hanging = [asyncio.create_task(share.do(leave.wait, 10)) for share in shares[: hands._PLACES]]
    async with Hands(1, "closed") as closed:
        waiting = asyncio.create_task(closed.do(lambda: None))
        await asyncio.sleep(0)
    with pytest.raises(Deferred):
        await waiting
    leave.set()
    await asyncio.gather(*hanging)


async def test_nobody_keeps_a_place_after_he_is_cancelled_or_fails(
    shares: list[Hands], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "_LONG", 60)
    for turn in range(4 * hands._PLACES):
        task = asyncio.create_task(shares[turn].do(time.sleep, 0.005))
        await asyncio.sleep(0.001 * (turn % 3))
        task.cancel()
        await asyncio.wait({task})
        with pytest.raises(ZeroDivisionError):
            await shares[turn].do(lambda: 1 / 0)
    places = hands._Place._of[asyncio.get_running_loop()]
    await eventually(lambda: places._value == hands._PLACES)
