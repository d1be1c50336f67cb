"""Takes memory and gives none back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import ClassVar

from hub import Connector, Delivery, Inbox, Receipt, Settings, hookimpl

hub_api = 1


class Hostile(Connector[Settings]):
    kind: ClassVar[str] = "memory"
    settings_type = Settings

    async def listen(self, inbox: Inbox) -> None:
        kept: list[bytes] = []
        while len(kept) < 100:
            kept.append(os.urandom(1 << 20) * 3)
            await asyncio.sleep(0.02)
        await asyncio.sleep(1e6)

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(delivery.id)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
