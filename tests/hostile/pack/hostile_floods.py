"""Hands over rubbish as fast as it can, from a thousand tasks."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from typing import ClassVar, Literal

from hub import Connector, Delivery, Inbox, Incoming, Receipt, Refused, Settings, hookimpl

hub_api = 1


class HostileSettings(Settings):
    kind: Literal["floods"]
    size: int = 1


class Hostile(Connector[HostileSettings]):
    kind: ClassVar[str] = "floods"
    settings_type = HostileSettings

    async def listen(self, inbox: Inbox) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(1000):
                group.create_task(self._flood(inbox, number))

    async def _flood(self, inbox: Inbox, number: int) -> None:
        for turn in itertools.count():
            rubbish = Refused("not-edxml", "rác")
            await inbox.accept([Incoming(f"{number}-{turn}", "rac.edxml", rubbish, None)] * self.settings.size)

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(delivery.id)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
