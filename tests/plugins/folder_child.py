"""A connector in a process of its own, to be killed at a failpoint.

python -m tests.plugins.folder_child take HOME COUNT     until the journal has that many inputs and the share is quiet
python -m tests.plugins.folder_child place HOME COUNT    that many deliveries, in batches of four
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from hub import Receipt
from hub.testing import eventually
from tests.plugins.folder import Bench


async def take(bench: Bench, count: int) -> None:
    async with bench.listening():
        await eventually(lambda: len(bench.journal.lines) >= count and bench.is_quiet())


async def place(bench: Bench, count: int) -> None:
    deliveries = [bench.delivery(number, f"{number}/QĐ") for number in range(count)]
    async with bench.connector() as connector:
        for start in range(0, count, 4):
            outcomes = await connector.send_many(deliveries[start : start + 4])
            assert all(isinstance(each, Receipt) for each in outcomes)


if __name__ == "__main__":
    work = {"take": take, "place": place}[sys.argv[1]]
    asyncio.run(work(Bench(Path(sys.argv[2])), int(sys.argv[3])))
