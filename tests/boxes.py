"""A connector that keeps the contract, and its counterpart, both in memory: what the broken ones are made of."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import SecretStr

from hub import (
    Capabilities,
    Connector,
    Deferred,
    Delivery,
    Health,
    Inbox,
    Incoming,
    Quarantined,
    Receipt,
    Refused,
    Reminder,
    Settings,
)
from hub.standards import edxml
from hub.testing.samples import an_answer
from hub.vocabulary import Document

TOKEN = "mo-ra-9c1f"


class BoxSettings(Settings):
    kind: Literal["box"]
    box: str
    token: SecretStr


class Software:
    """What takes packets in, and offers some."""

    def __init__(self, connector: type[Connector[Any]], name: str) -> None:
        self.connector, self.settings = connector, {"kind": "box", "box": name, "token": TOKEN}
        self.acted: list[str] = []
        self.out: dict[str, bytes] = {}
        self.reminded: list[str] = []
        self.there = True

    def notes(self) -> list[str]:
        return list(self.reminded)

    def effects(self) -> list[str]:
        return list(self.acted)

    async def offer(self, name: str, packet: bytes) -> None:
        self.out[name] = packet

    async def answer(self, delivery: Delivery) -> None:
        assert isinstance(delivery.envelope.body, Document)
        self.out["answer"] = edxml.write_acknowledgement(an_answer(delivery.envelope.body, "03"))

    async def call(self, token: str) -> None:
        """The way there."""
        await asyncio.sleep(0.001)
        if not self.there:
            raise ConnectionRefusedError("nobody there")
        if token != TOKEN:
            raise Refused("token", "Sai mã.")

    async def put(self, key: str, token: str) -> None:
        """Take a packet in, once a key."""
        await self.call(token)
        if key not in self.acted:
            self.acted.append(key)


class Box(Connector[BoxSettings]):
    """Keeps every promise."""

    kind: ClassVar[str] = "box"
    settings_type = BoxSettings
    capabilities = Capabilities(batch=3, reminders=True)
    softwares: ClassVar[dict[str, Software]] = {}

    @property
    def software(self) -> Software:
        return self.softwares[self.settings.box]

    @property
    def token(self) -> str:
        return self.settings.token.get_secret_value()

    async def check(self) -> Health:
        try:
            await self.software.call(self.token)
        except (ConnectionError, Refused) as error:
            return Health(False, str(error))
        return Health(True)

    async def listen(self, inbox: Inbox) -> None:
        while True:
            for name in list(self.software.out):
                await self.take(inbox, name)
            await asyncio.sleep(0.01)

    async def take(self, inbox: Inbox, name: str) -> None:
        [outcome] = await inbox.accept([await asyncio.to_thread(self.read, name)])
        assert not isinstance(outcome, Quarantined)
        self.software.out.pop(name)

    def read(self, name: str) -> Incoming:
        content = self.software.out[name]
        blob = self.context.bodies.store(io.BytesIO(content), 1 << 20)
        return Incoming(self.key(name), name, edxml.read(io.BytesIO(content)), blob)

    def key(self, name: str) -> str:
        return name

    async def send(self, delivery: Delivery) -> Receipt:
        try:
            await self.software.put(delivery.id, self.token)
        except ConnectionError as error:
            raise Deferred(str(error)) from error
        return Receipt(delivery.id)

    async def remind(self, reminders: Sequence[Reminder]) -> None:
        await asyncio.sleep(0)
        self.software.reminded = ["; ".join(each.code for each in reminders)] if reminders else []

    async def find(self, delivery: Delivery) -> Receipt | None:
        return Receipt(delivery.id) if delivery.id in self.software.acted else None


def boxed(connector: type[Connector[Any]], software: type[Software] = Software) -> Callable[[Path], Any]:
    """Counterparts of that connector."""

    @asynccontextmanager
    async def make(home: Path) -> AsyncIterator[Software]:
        made = Box.softwares[str(home)] = software(connector, str(home))
        try:
            yield made
        finally:
            made.there = False

    return make
