"""Makes the loop turn without a pause."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from hub import Connector, Delivery, Inbox, Receipt, Settings, hookimpl

hub_api = 1


class Hostile(Connector[Settings]):
    kind: ClassVar[str] = "turns"
    settings_type = Settings

    async def listen(self, inbox: Inbox) -> None:
        while True:
            await asyncio.sleep(0)

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(delivery.id)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
