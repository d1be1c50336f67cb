"""A connector that fails, hangs or misbehaves is restarted, and harms no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hub.blobs import Blobs
from hub.clock import SystemClock
from hub.connector import Connector, Context, Inbox, Settings
from hub.containment import Stalled
from hub.supervisor import Endpoint, Supervisor
from hub.testing import ManualClock, eventually
from hub.vocabulary import Delivery, Health, Organization, Receipt, Unit

_UNIT = Unit("u", "U", "H48.01")


class Life(Connector[Settings]):
    """Does in each life what the test says."""

    def __init__(self, listen: Callable[[], Any], opens: bool = True) -> None:
        context = Context(_UNIT, Organization("H48"), Path(), Blobs(Path()), SystemClock(), {}, Path())
        super().__init__(Settings(kind="life"), context)
        self.act, self.opens, self.closed = listen, opens, False

    async def open(self) -> None:
        self._stack.callback(setattr, self, "closed", True)
        if not self.opens:
            raise ConnectionError("no route")

    async def listen(self, inbox: Inbox) -> None:
        await self.act()

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt()


async def forever() -> None:
    await asyncio.Event().wait()


async def fail() -> None:
    raise RuntimeError("share gone")


async def leave() -> None:
    raise SystemExit(3)


class Bench:
    def __init__(self, clock: ManualClock, **makers: Callable[[], Life]) -> None:
        self.lives: dict[str, list[Life]] = {unit: [] for unit in makers}
        self.seen: list[tuple[str, bool]] = []
        endpoints = {unit: Endpoint(unit, self._maker(unit, make), None) for unit, make in makers.items()}  # type: ignore[arg-type]
        self.supervisor = Supervisor(endpoints, clock, lambda unit, health: self.seen.append((unit, health.ok)))

    def _maker(self, unit: str, make: Callable[[], Life]) -> Callable[[], Life]:
        def made() -> Life:
            self.lives[unit].append(make())
            return self.lives[unit][-1]

        return made

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.supervisor.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})


async def test_all_are_tried_even_those_that_fail_to_open(clock: ManualClock) -> None:
    bench = Bench(clock, good=lambda: Life(forever), bad=lambda: Life(forever, opens=False))

    async with bench.running():
        await bench.supervisor.tried()
        await eventually(lambda: len(bench.supervisor.health) == 2)

        assert {"good": Health(True), "bad": Health(False, "no route")} == bench.supervisor.health
        assert bench.supervisor.connector("good") is bench.lives["good"][0]
        assert bench.supervisor.connector("bad") is None
    assert bench.lives["good"][0].closed
    assert bench.lives["bad"][0].closed


class Hurried(ManualClock):
    """Notes each pause and takes none; the checks of a running connector never come."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        if seconds == 30.0 or len(self.pauses) == 12:
            await forever()
        self.pauses.append(seconds)


async def test_a_failed_one_comes_back_after_growing_pauses() -> None:
    clock = Hurried()
    bench = Bench(clock, unit=lambda: Life(fail))

    async with bench.running():
        await eventually(lambda: len(clock.pauses) == 12)

    assert [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300] == clock.pauses
    assert all(life.closed for life in bench.lives["unit"][:12])


@pytest.mark.parametrize(
    ("lived", "pauses"),
    [(40.0, [40, 80, 160, 300]), (0.5, [1, 2, 4, 8]), (400.0, [1, 1, 1, 1])],
    ids=["some time", "hardly", "long and well"],
)
async def test_one_that_kept_its_loop_rests_as_long_as_it_lived(lived: float, pauses: list[float]) -> None:
    clock = Hurried()

    async def stall() -> None:
        await clock.advance(lived)
        raise Stalled("it spun")

    async with Bench(clock, unit=lambda: Life(stall)).running():
        await eventually(lambda: len(clock.pauses) >= 4)

    assert pauses == clock.pauses[:4]


async def test_one_that_would_end_the_process_ends_only_itself(clock: ManualClock) -> None:
    bench = Bench(clock, wild=lambda: Life(leave), good=lambda: Life(forever))

    async with bench.running():
        await eventually(lambda: bench.supervisor.health.get("wild") == Health(False, "it raised SystemExit"))
        assert bench.supervisor.connector("good")


async def test_one_that_hangs_is_restarted(clock: ManualClock) -> None:
    bench = Bench(clock, unit=lambda: Life(forever))

    async with bench.running():
        await bench.supervisor.tried()
        bench.supervisor.restart("unit", "no answer within 60 s")
        assert bench.supervisor.connector("unit") is None
        await eventually(lambda: bench.supervisor.health["unit"] == Health(False, "it hung"))
        await clock.asleep()
        await clock.advance(1.1)
        await eventually(lambda: bench.supervisor.connector("unit") is not None)
    assert [("unit", True), ("unit", False), ("unit", True)] == bench.seen


async def test_hushed_it_stays_open_and_listens_no_more(clock: ManualClock) -> None:
    stopped = asyncio.Event()

    async def listen() -> None:
        try:
            await forever()
        finally:
            stopped.set()

    bench = Bench(clock, unit=lambda: Life(listen))
    async with bench.running():
        await bench.supervisor.tried()
        await asyncio.sleep(0)
        bench.supervisor.hush()
        await eventually(stopped.is_set)
        assert bench.supervisor.connector("unit")
        assert not bench.lives["unit"][0].closed


async def test_a_close_under_way_is_carried_through_where_the_hub_stops_meanwhile(clock: ManualClock) -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        began.set()
        await asyncio.sleep(0.2)
        ended.set()

    async def fail() -> None:
        bench.lives["unit"][0]._stack.push_async_callback(slowly)
        raise RuntimeError("share gone")

    bench = Bench(clock, unit=lambda: Life(fail))
    async with bench.running():
        async with asyncio.timeout(5):
            await began.wait()
        assert not ended.is_set()
    assert ended.is_set()
