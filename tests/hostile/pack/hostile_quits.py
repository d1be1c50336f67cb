"""Ends the process from tasks and callbacks of its own, and stops the loop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import ClassVar

from hub import Connector, Delivery, Inbox, Receipt, Settings, hookimpl

hub_api = 1


class Hostile(Connector[Settings]):
    kind: ClassVar[str] = "quits"
    settings_type = Settings

    async def listen(self, inbox: Inbox) -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(sys.exit, 7)
        quits = asyncio.create_task(self._quit())
        loop.call_later(0.5, loop.stop)
        await asyncio.sleep(1.0)
        await quits

    async def _quit(self) -> None:
        raise KeyboardInterrupt

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(delivery.id)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
