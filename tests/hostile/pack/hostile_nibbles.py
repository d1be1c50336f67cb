"""Keeps the event loop for a second, again and again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import ClassVar

from hub import Connector, Delivery, Inbox, Receipt, Settings, hookimpl

hub_api = 1


class Hostile(Connector[Settings]):
    kind: ClassVar[str] = "nibbles"
    settings_type = Settings

    async def listen(self, inbox: Inbox) -> None:
        while True:
            time.sleep(1.0)
            await asyncio.sleep(0.1)

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(delivery.id)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
