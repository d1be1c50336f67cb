"""Copies the whole hub, and lets the copy run on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import ClassVar

from hub import Connector, Delivery, Inbox, Receipt, Settings, hookimpl

hub_api = 1


class Hostile(Connector[Settings]):
    kind: ClassVar[str] = "forks"
    settings_type = Settings

    async def listen(self, inbox: Inbox) -> None:
        os.fork()
        await asyncio.sleep(1e6)

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(delivery.id)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
