"""Never comes back from the verb that the settings name; not even when it is cancelled, if they say so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar, Literal

from hub import Connector, Context, Delivery, Health, Inbox, OutcomeUnknown, Receipt, Settings, hookimpl

hub_api = 1


class HostileSettings(Settings):
    verb: Literal["init", "open", "check", "listen", "send", "find", "close"]
    clings: bool = False


class Hostile(Connector[HostileSettings]):
    kind: ClassVar[str] = "hangs"
    settings_type = HostileSettings

    def __init__(self, settings: HostileSettings, context: Context) -> None:
        super().__init__(settings, context)
        if settings.verb == "init":
            raise RuntimeError("init cannot wait")

    async def open(self) -> None:
        if self.settings.verb == "close":
            self._stack.push_async_callback(self._act)
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
            await self._act()

    async def _act(self) -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if not self.settings.clings:
                    raise


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
