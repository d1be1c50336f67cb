"""Raises and blocks in every hook."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from hub import Connector, Delivery, Envelope, Inbox, Outcome, Receipt, Settings, hookimpl

hub_api = 1


class Hostile(Connector[Settings]):
    kind: ClassVar[str] = "hooks"
    settings_type = Settings

    async def listen(self, inbox: Inbox) -> None:
        await asyncio.Event().wait()

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(delivery.id)


@hookimpl
def hub_connectors() -> Sequence[type[Hostile]]:
    return [Hostile]


@hookimpl
def hub_accepted(envelope: Envelope) -> None:
    raise SystemExit(5)


@hookimpl
def hub_attempted(delivery: Delivery, outcome: Outcome) -> None:
    raise KeyboardInterrupt
