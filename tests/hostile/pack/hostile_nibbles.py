"""Keeps the event loop for a second, or for as long as the settings say, again and again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import ClassVar

from hub import Connector, Delivery, Inbox, Receipt, Settings, hookimpl

hub_api = 1


class HostileSettings(Settings):
    seconds: float = 1.0


class Hostile(Connector[HostileSettings]):
    kind: ClassVar[str] = "nibbles"
    settings_type = HostileSettings

    async def listen(self, inbox: Inbox) -> None:
        while True:
            time.sleep(self.settings.seconds)
            await asyncio.sleep(0.1)

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(delivery.id)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
