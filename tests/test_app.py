"""The whole hub in one process, with a connector of the test's own."""

from __future__ import annotations

import asyncio
import os
from contextlib import AbstractAsyncContextManager
from io import BytesIO
from pathlib import Path
from typing import ClassVar

import aiohttp
import pytest

from hub import Connector, Deferred, Health, Incoming, Packet, Receipt, hookimpl
from hub.app import Hub
from hub.connector import Inbox, Settings
from hub.errors import AlreadyRunning
from hub.ledger import open_views
from hub.plugins import Plugins
from hub.testing import eventually
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Acknowledgement, Delivery, Document
from tests.running import running as running_hub

_HUB = """
data: data
listen: 127.0.0.1:0
province: {code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}
"""
_UNITS = """
units:
  so-nv: {name: Sở Nội vụ, code: 000.00.14.H48, endpoint: {kind: wire}}
  xa-binh-son: {name: UBND xã Bình Sơn, code: 000.00.31.H48, endpoint: {kind: wire}}
"""


class Wire(Connector[Settings]):
    """Hands over what the test puts in; keeps what it is sent."""

    kind = "wire"
    put_in: ClassVar[dict[str, asyncio.Queue[Document | Acknowledgement]]]
    came_out: ClassVar[list[tuple[str, Delivery]]]
    sick: ClassVar[set[str]]
    away: ClassVar[set[str]]

    async def check(self) -> Health:
        return Health(self.context.unit.id not in self.sick, "mất kết nối")

    async def listen(self, inbox: Inbox) -> None:
        turn = 0
        while True:
            body = await self.put_in[self.context.unit.id].get()
            turn += 1
            blob = await asyncio.to_thread(self.context.bodies.store, BytesIO(repr(body).encode()), 10**6)
            await inbox.accept([Incoming(f"{turn}", "a.edxml", Packet(body), blob)])

    async def send(self, delivery: Delivery) -> Receipt:
        if self.context.unit.id in self.away:
            raise Deferred("mất kết nối")
        self.came_out.append((self.context.unit.id, delivery))
        return Receipt(delivery.id)


class Plugin:
    @hookimpl
    def hub_connectors(self) -> list[type[Wire]]:
        return [Wire]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hub.yaml").write_text(_HUB)
    (tmp_path / "units.yaml").write_text(_UNITS)
    Wire.put_in = {unit: asyncio.Queue() for unit in ("so-nv", "xa-binh-son")}
    Wire.came_out, Wire.sick, Wire.away = [], set(), set()
    return tmp_path


def running(folder: Path) -> AbstractAsyncContextManager[Hub]:
    """A hub with this file's connector and no other."""
    plugins = Plugins([])
    plugins._manager.register(Plugin(), name="test")
    return running_hub(folder, _with_connectors(plugins))


def _with_connectors(plugins: Plugins) -> Plugins:
    plugins.connectors = {Wire.kind: Wire}  # type: ignore[assignment]
    return plugins


async def test_a_document_travels_and_its_answer_comes_back(folder: Path) -> None:
    document = a_document()
    async with running(folder):
        Wire.put_in["so-nv"].put_nowait(document)
        await eventually(lambda: len(Wire.came_out) == 1)
        Wire.put_in["xa-binh-son"].put_nowait(an_answer(document, "03"))
        await eventually(lambda: len(Wire.came_out) == 2)

    assert ["xa-binh-son", "so-nv"] == [unit for unit, _ in Wire.came_out]
    with_answer = open_views("sqlite", folder / "data").trace(document.code)[0].recipients[0]
    assert ["03"] == [answer.code for answer in with_answer.answers]


async def test_what_was_put_off_goes_as_soon_as_the_endpoint_is_back(folder: Path) -> None:
    Wire.sick = Wire.away = {"xa-binh-son"}
    async with running(folder) as hub:
        Wire.put_in["so-nv"].put_nowait(a_document())
        await eventually(lambda: hub.ledger.views.counts().deliveries.get("deferred") == 1)
        Wire.sick = Wire.away = set()
        await eventually(lambda: len(Wire.came_out) == 1)


async def test_what_was_accepted_survives_a_restart(folder: Path) -> None:
    Wire.sick = {"xa-binh-son"}
    async with running(folder):
        Wire.put_in["so-nv"].put_nowait(a_document())
        await eventually(lambda: len(Wire.came_out) == 1)
    async with running(folder) as hub:
        assert {"delivered": 1} == hub.ledger.views.counts().deliveries
        assert [] == list(hub.ledger.views.broken())


async def test_health_is_seen_over_http_and_in_the_ledger(folder: Path) -> None:
    Wire.sick = {"xa-binh-son"}
    async with running(folder) as hub, aiohttp.ClientSession() as session:
        async with session.get(f"{hub.address}/healthz") as answer:
            said = await answer.json()
        assert (200, True) == (answer.status, said["ok"])
        assert {"ok": False, "detail": "mất kết nối"} == said["units"]["xa-binh-son"]
        assert ["xa-binh-son"] == hub.down()
        await eventually(lambda: hub.ledger.views.endpoints().get("xa-binh-son", {}).get("ok") is False)


async def test_a_second_hub_on_the_same_folder_is_refused(folder: Path) -> None:
    async with running(folder):
        with pytest.raises(AlreadyRunning, match=str(os.getpid())):
            async with running(folder):
                pass


async def test_the_running_hub_takes_up_what_the_command_line_asks(folder: Path) -> None:
    async with running(folder) as hub:
        Wire.put_in["so-nv"].put_nowait(a_document(to=("000.00.31.H48", "H99.01")))
        await eventually(lambda: hub.ledger.views.counts().deliveries.get("dead") == 1)
        asked = await hub.ledger.ask("requeue", "all")
        await eventually(lambda: hub.ledger.views.result(asked) == "1 deliveries wait again")
        unknown = await hub.ledger.ask("requeue", "nothing-like-it")
        await eventually(lambda: "no dead letter" in (hub.ledger.views.result(unknown) or ""))
