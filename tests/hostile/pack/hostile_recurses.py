"""Calls itself until there is no stack left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from hub import Connector, Delivery, Inbox, Receipt, Settings, hookimpl

hub_api = 1


class Hostile(Connector[Settings]):
    kind: ClassVar[str] = "recurses"
    settings_type = Settings

    async def listen(self, inbox: Inbox) -> None:
        await self.listen(inbox)

    async def send(self, delivery: Delivery) -> Receipt:
        return await self.send(delivery)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
