"""A connector in a process of its own, to be killed at a failpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from hub import Receipt
from hub.testing import eventually
from tests.forked import arm
from tests.plugins.folder import Bench


async def take(bench: Bench, count: int) -> None:
    """Until the journal has that many inputs and the share is quiet."""
    async with bench.listening():
        await eventually(lambda: len(bench.journal.lines) >= count and bench.is_quiet())


async def place(bench: Bench, count: int) -> None:
    """That many deliveries, in batches of four."""
    deliveries = [bench.delivery(number, f"{number}/QĐ") for number in range(count)]
    async with bench.connector() as connector:
        for start in range(0, count, 4):
            outcomes = await connector.send_many(deliveries[start : start + 4])
            assert all(isinstance(each, Receipt) for each in outcomes)


def life(work: Callable[[Bench, int], Coroutine[Any, Any, None]], home: Path, count: int, points: str) -> None:
    """That work, until this process dies at one of the failpoints."""
    arm(points)
    asyncio.run(work(Bench(home), count))
