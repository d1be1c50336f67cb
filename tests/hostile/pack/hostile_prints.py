"""Prints a gigabyte."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import ClassVar

from hub import Connector, Delivery, Inbox, Receipt, Settings, hookimpl

hub_api = 1


class Hostile(Connector[Settings]):
    kind: ClassVar[str] = "prints"
    settings_type = Settings

    async def listen(self, inbox: Inbox) -> None:
        line = "x" * 100_000
        for turn in range(10_000):
            print(line)
            print(line, file=sys.stderr)
            if turn % 10 == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(1e6)

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(delivery.id)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
