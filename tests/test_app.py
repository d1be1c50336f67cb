"""The whole hub in one process, with a connector of the test's own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import ClassVar

import aiohttp
import pytest

from hub import Acceptance, Connector, Deferred, Health, Incoming, Packet, Receipt, Refused, hookimpl
from hub.connector import Inbox, Settings
from hub.errors import AlreadyRunning, NoRoom
from hub.ledger import open_views
from hub.log import logger
from hub.testing import RunningHub, eventually
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Acknowledgement, Delivery, Document, Event, Urgency
from tests.short import short

_ROOT = Path(__file__).parents[1]
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
    #: number/notation -> seconds that this document is kept back
    holds: ClassVar[dict[str, float]]
    #: number/notation -> what the inbox said
    verdicts: ClassVar[dict[str, Acceptance | Refused]]
    inboxes: ClassVar[dict[str, Inbox]]
    came_out: ClassVar[list[tuple[str, Delivery]]]
    sick: ClassVar[set[str]]
    away: ClassVar[set[str]]

    @classmethod
    def put(cls, document: Document, hold: float, unit: str = "so-nv") -> None:
        """Put a document in that is to be kept back."""
        cls.holds[document.code] = hold
        cls.put_in[unit].put_nowait(document)

    async def check(self) -> Health:
        return Health(self.context.unit.id not in self.sick, "mất kết nối")

    async def listen(self, inbox: Inbox) -> None:
        self.inboxes[self.context.unit.id] = inbox
        turn = 0
        while True:
            body = await self.put_in[self.context.unit.id].get()
            turn += 1
            blob = await asyncio.to_thread(self.context.bodies.store, BytesIO(repr(body).encode()), 10**6)
            code = body.code if isinstance(body, Document) else ""
            hold = self.holds.get(code, 0.0)
            [self.verdicts[code]] = await inbox.accept([Incoming(f"{turn}", "a.edxml", Packet(body), blob, hold)])

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
    return prepared(tmp_path)


def prepared(folder: Path) -> Path:
    """A configuration, and wires with nothing on them."""
    (folder / "hub.yaml").write_text(_HUB)
    (folder / "units.yaml").write_text(_UNITS)
    Wire.put_in = {unit: asyncio.Queue() for unit in ("so-nv", "xa-binh-son")}
    Wire.came_out, Wire.sick, Wire.away = [], set(), set()
    Wire.holds, Wire.verdicts, Wire.inboxes = {}, {}, {}
    return folder


async def stop(code: str, unit: str = "so-nv") -> bool:
    """Ask to stop a document that the hub has."""
    verdict = Wire.verdicts[code]
    assert isinstance(verdict, Acceptance)
    return await Wire.inboxes[unit].withdraw(verdict.envelope_id)


def came() -> list[str]:
    """The documents that came out, in their order."""
    return [sent.envelope.body.code for _, sent in Wire.came_out if isinstance(sent.envelope.body, Document)]


def running(folder: Path) -> RunningHub:
    """A hub with this file's connector and no other."""
    return RunningHub(folder, wire=Plugin())


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


async def test_a_hub_stops_although_there_is_no_room_to_say_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []

    async def refusing(_: Event) -> None:
        raise NoRoom("the ledger's disk is full: provoked")

    async with running(folder) as hub:
        Wire.put_in["so-nv"].put_nowait(a_document())
        await eventually(lambda: len(Wire.came_out) == 1)
        await eventually(lambda: hub.ledger.views.counts().deliveries == {"delivered": 1})
        monkeypatch.setattr(hub.ledger, "record", refusing)
        sink = logger.add(lines.append, level="WARNING")
    logger.remove(sink)
    assert "that the hub was stopped is not in the ledger" in "".join(lines)
    async with running(folder) as hub:
        assert {"delivered": 1} == hub.ledger.views.counts().deliveries


async def test_one_of_ours_by_a_code_that_only_the_directory_knows_gets_it_here(folder: Path) -> None:
    others = "  truc: {name: Trục quốc gia, endpoint: {kind: wire, serves: others}}\n"
    (folder / "units.yaml").write_text(_UNITS + others)
    Wire.put_in["truc"] = asyncio.Queue()

    async def listed() -> AsyncIterator[bytes]:
        yield b'{"ErrorCode":"0","data":[{"id":"1","code":"H48.31","name":"UBND xa","code102":"000.00.31.H48"}]}'

    async with running(folder):
        Wire.put_in["so-nv"].put_nowait(a_document("1/CV", to=("H48.31",)))
        await eventually(lambda: came() == ["1/CV"])
        await Wire.inboxes["truc"].directory("getAgenciesListQD20", listed())
        Wire.put_in["so-nv"].put_nowait(a_document("2/CV", to=("H48.31",)))
        await eventually(lambda: came() == ["1/CV", "2/CV"])
    async with running(folder):
        Wire.put_in["so-nv"].put_nowait(a_document("3/CV", to=("H48.31",)))
        await eventually(lambda: came() == ["1/CV", "2/CV", "3/CV"])

    assert ["truc", "xa-binh-son", "xa-binh-son"] == [unit for unit, _ in Wire.came_out]


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


async def test_what_is_held_goes_when_its_time_is_over_and_what_was_stopped_never_does(folder: Path) -> None:
    async with running(folder) as hub:
        for code in ("1/CV", "2/CV"):
            Wire.put(a_document(code), 2.0)
        await eventually(lambda: len(Wire.verdicts) == 2)
        assert await stop("2/CV")
        assert hub.ledger.views.counts().deliveries == {"held": 1, "withdrawn": 1}
        assert came() == []

        await eventually(lambda: hub.ledger.views.counts().deliveries == {"delivered": 1, "withdrawn": 1})

        assert not await stop("1/CV")
        assert await stop("2/CV")
        [story] = await Wire.inboxes["so-nv"].stories([Wire.verdicts["1/CV"].envelope_id])  # type: ignore[union-attr]
        assert (story.name, story.state, story.delivered_at is None) == ("UBND xã Bình Sơn", "delivered", False)
    assert came() == ["1/CV"]


async def test_a_held_document_delays_no_urgent_one_behind_it(folder: Path) -> None:
    async with running(folder):
        Wire.put(a_document("1/CV"), 3.0)
        Wire.put(a_document("2/CĐ", urgency=Urgency.FLASH), 0.2)
        await eventually(lambda: len(came()) == 2)
    assert came() == ["2/CĐ", "1/CV"]


async def test_a_hold_that_ended_while_the_hub_was_down(folder: Path) -> None:
    async with running(folder) as hub:
        for code in ("1/CV", "2/CV"):
            Wire.put(a_document(code), 2.0)
        await eventually(lambda: len(Wire.verdicts) == 2)
        assert await stop("2/CV")
        assert hub.ledger.views.counts().deliveries == {"held": 1, "withdrawn": 1}
    await asyncio.sleep(2.0)
    assert came() == []

    async with running(folder):
        await eventually(lambda: came() == ["1/CV"])
        await asyncio.sleep(1.2)
    assert came() == ["1/CV"]


@pytest.mark.parametrize("down", short([2.0, 0.0], 2))
async def test_held_and_stopped_survive_a_kill(folder: Path, down: float) -> None:
    command = [sys.executable, "-m", "tests.held_child", str(folder)]
    child = await asyncio.create_subprocess_exec(*command, cwd=_ROOT, stdout=asyncio.subprocess.PIPE)
    assert child.stdout
    async for line in child.stdout:
        if line == b"held\n":
            break
    child.kill()
    assert await child.wait() == -signal.SIGKILL
    await asyncio.sleep(down)

    async with running(folder) as hub:
        await eventually(lambda: hub.ledger.views.counts().deliveries == {"delivered": 1, "withdrawn": 1})
        await asyncio.sleep(1.2)
        assert list(hub.ledger.views.broken()) == []
    assert came() == ["1/CV"]


async def test_the_number_of_a_stopped_document_goes_again(folder: Path) -> None:
    async with running(folder):
        Wire.put(a_document("1/CV", subject="Bản đầu"), 60.0)
        await eventually(lambda: len(Wire.verdicts) == 1)
        assert await stop("1/CV")
        Wire.put(a_document("1/CV", subject="Bản đã sửa"), 0.0)
        await eventually(lambda: came() == ["1/CV"])
    [sent] = [sent.envelope.body for _, sent in Wire.came_out]
    assert isinstance(sent, Document)
    assert sent.subject == "Bản đã sửa"
