"""Leaves a hundred threads behind, and fills the pool that asyncio.to_thread shares."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import ClassVar

from hub import Connector, Delivery, Inbox, Receipt, Settings, hookimpl

hub_api = 1


class Hostile(Connector[Settings]):
    kind: ClassVar[str] = "threads"
    settings_type = Settings

    async def listen(self, inbox: Inbox) -> None:
        for _ in range(100):
            threading.Thread(target=time.sleep, args=(1e6,)).start()
        await asyncio.gather(*(asyncio.to_thread(time.sleep, 1e6) for _ in range(200)))

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(delivery.id)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
