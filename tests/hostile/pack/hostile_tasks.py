"""Leaves ten thousand tasks behind at each end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from hub import Connector, Delivery, Inbox, Receipt, Settings, hookimpl

hub_api = 1


class Hostile(Connector[Settings]):
    kind: ClassVar[str] = "tasks"
    settings_type = Settings

    async def listen(self, inbox: Inbox) -> None:
        for _ in range(10_000):
            _ = asyncio.create_task(self._idle())
        await asyncio.sleep(0.5)

    async def _idle(self) -> None:
        while True:
            await asyncio.sleep(5)

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(delivery.id)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
