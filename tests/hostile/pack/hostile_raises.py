"""Raises what the settings name, in the verb that they name."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar, Literal

from hub import Connector, Context, Delivery, Health, Inbox, OutcomeUnknown, Receipt, Settings, hookimpl

hub_api = 1


class _Unspeakable(Exception):
    def __str__(self) -> str:
        raise SystemExit("no words")

    __repr__ = __str__


class _Wordy(Exception):
    def __str__(self) -> str:
        return "\udc80\0" + "x" * 50_000_000


_ERRORS: dict[str, BaseException] = {
    "Exception": Exception("broken"),
    "SystemExit": SystemExit(3),
    "KeyboardInterrupt": KeyboardInterrupt(),
    "GeneratorExit": GeneratorExit(),
    "CancelledError": asyncio.CancelledError(),
    "Group": BaseExceptionGroup("many", [KeyboardInterrupt(), SystemExit(4)]),
    "Unspeakable": _Unspeakable(),
    "Wordy": _Wordy(),
}


class HostileSettings(Settings):
    verb: Literal["init", "open", "check", "listen", "send", "find", "close"]
    error: str


class Hostile(Connector[HostileSettings]):
    kind: ClassVar[str] = "raises"
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
        raise _ERRORS[self.settings.error]


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
