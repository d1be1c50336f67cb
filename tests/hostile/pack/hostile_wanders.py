"""Changes what belongs to the whole process."""

from __future__ import annotations

import asyncio
import io
import locale
import os
import signal
import socket
import sys
from collections.abc import Sequence
from typing import ClassVar

from hub import Connector, Delivery, Inbox, Receipt, Settings, hookimpl

hub_api = 1


class Hostile(Connector[Settings]):
    kind: ClassVar[str] = "wanders"
    settings_type = Settings

    async def listen(self, inbox: Inbox) -> None:
        while True:
            os.chdir("/")
            os.umask(0)
            locale.setlocale(locale.LC_ALL, "C")
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPROF):
                signal.signal(number, signal.SIG_IGN)
            sys.stdout = sys.stderr = io.StringIO()
            sys.setrecursionlimit(100)
            socket.setdefaulttimeout(0.001)
            await asyncio.sleep(1e6)

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(delivery.id)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
