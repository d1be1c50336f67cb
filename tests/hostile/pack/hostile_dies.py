"""Ends the process at once: nothing inside it can stop that."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import ClassVar

from hub import Connector, Delivery, Inbox, Receipt, Settings, hookimpl

hub_api = 1


class Hostile(Connector[Settings]):
    kind: ClassVar[str] = "dies"
    settings_type = Settings

    async def listen(self, inbox: Inbox) -> None:
        await asyncio.sleep(0.5)
        os._exit(9)

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(delivery.id)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
