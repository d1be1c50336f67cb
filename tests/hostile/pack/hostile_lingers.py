"""Does not let the process end."""

from __future__ import annotations

import asyncio
import atexit
import threading
import time
from collections.abc import Sequence
from typing import ClassVar

from hub import Connector, Delivery, Inbox, Receipt, Settings, hookimpl

hub_api = 1


class Hostile(Connector[Settings]):
    kind: ClassVar[str] = "lingers"
    settings_type = Settings

    async def open(self) -> None:
        atexit.register(time.sleep, 1e6)
        threading.Thread(target=time.sleep, args=(1e6,)).start()

    async def listen(self, inbox: Inbox) -> None:
        await asyncio.Event().wait()

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(delivery.id)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
