"""Keeps the event loop from turning, in the verb and in the way that the settings name."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Sequence
from typing import ClassVar, Literal

from hub import Connector, Context, Delivery, Health, Inbox, OutcomeUnknown, Receipt, Settings, hookimpl

hub_api = 1


class HostileSettings(Settings):
    verb: Literal["init", "open", "check", "listen", "send", "find", "close"]
    way: Literal["sleep", "spin", "regex", "lock"]
    seconds: float = 1e6


class Hostile(Connector[HostileSettings]):
    kind: ClassVar[str] = "blocks"
    settings_type = HostileSettings

    def __init__(self, settings: HostileSettings, context: Context) -> None:
        super().__init__(settings, context)
        if settings.verb == "init":
            self._act()

    async def open(self) -> None:
        if self.settings.verb == "close":
            self._stack.callback(self._act)
        await self._maybe("open")

    async def check(self) -> Health:
        await self._maybe("check")
        return Health(True)

    async def listen(self, inbox: Inbox) -> None:
        await self._maybe("listen")
        await asyncio.sleep(2.0 if self.settings.verb == "close" else 1e6)

    async def send(self, delivery: Delivery) -> Receipt:
        await self._maybe("send")
        if self.settings.verb == "find":
            raise OutcomeUnknown("who knows")
        return Receipt(delivery.id)

    async def find(self, delivery: Delivery) -> Receipt | None:
        await self._maybe("find")
        return None

    async def _maybe(self, verb: str) -> None:
        if self.settings.verb == verb:
            self._act()

    def _act(self) -> None:
        if self.settings.way == "sleep":
            time.sleep(self.settings.seconds)
        elif self.settings.way == "spin":
            end = time.monotonic() + self.settings.seconds
            while time.monotonic() < end:
                pass
        elif self.settings.way == "regex":
            re.fullmatch(r"(a+)+", "a" * 60 + "b")
        elif self.settings.way == "lock":
            threading.Lock().acquire() and threading.Event().wait(self.settings.seconds)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
