"""Answers with what no verb promises."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from typing import ClassVar, cast

from hub import Capabilities, Connector, Deferred, Delivery, Health, Inbox, Outcome, Receipt, Settings, hookimpl

hub_api = 1


class HostileSettings(Settings):
    way: str


class Hostile(Connector[HostileSettings]):
    kind: ClassVar[str] = "answers"
    settings_type = HostileSettings

    capabilities = Capabilities(batch=4)

    async def check(self) -> Health:
        return cast("Health", None)

    async def find(self, delivery: Delivery) -> Receipt | None:
        return cast("Receipt", True)

    async def send_many(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        return cast("Sequence[Outcome]", self._answer(deliveries))

    def _answer(self, deliveries: Sequence[Delivery]) -> object:
        match self.settings.way:
            case "none":
                return None
            case "empty":
                return []
            case "many":
                return [Receipt("x")] * (len(deliveries) + 1000)
            case "coroutine":
                return [self.send(one) for one in deliveries]
            case "endless":
                return itertools.repeat(Receipt("x"))
            case "reference":
                return [Receipt(cast("str", object())) for _ in deliveries]
            case "pause":
                return [Deferred("later", cast("float", "soon"))]
            case _:
                return "delivered"

    async def listen(self, inbox: Inbox) -> None:
        await asyncio.Event().wait()

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(delivery.id)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]
