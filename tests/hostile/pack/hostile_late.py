"""Blocks in tasks and callbacks of its own, outside every verb."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import ClassVar

from hub import Connector, Delivery, Inbox, Receipt, Settings, hookimpl

hub_api = 1


class Hostile(Connector[Settings]):
    kind: ClassVar[str] = "late"
    settings_type = Settings

    async def open(self) -> None:
        asyncio.get_running_loop().call_later(0.5, self._block)

    def _block(self) -> None:
        time.sleep(1e6)

    async def listen(self, inbox: Inbox) -> None:
        await asyncio.Event().wait()

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(delivery.id)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
