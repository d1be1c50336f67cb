"""Starts programs that nobody waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from hub import Connector, Delivery, Inbox, Receipt, Settings, hookimpl

hub_api = 1


class Hostile(Connector[Settings]):
    kind: ClassVar[str] = "spawns"
    settings_type = Settings

    async def listen(self, inbox: Inbox) -> None:
        kept = [await asyncio.create_subprocess_exec("sleep", "60") for _ in range(50)]
        await asyncio.sleep(0.5)
        raise RuntimeError(f"{len(kept)} children")

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(delivery.id)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
