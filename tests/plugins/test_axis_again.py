"""The axis after what went wrong: a refusal, a full disk, an answer that breaks off, a header without an end."""

from __future__ import annotations

import asyncio
import resource
import shutil
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import cast

import pytest
from aiohttp import web

from hub import StorageError, supervisor
from hub.app import Hub
from hub.config import Outer
from hub.ledger import Ledger, Views
from hub.outbox import UnitOutbox
from hub.testing import MemoryInbox, RunningHub, eventually, sample_context, sample_packet
from hub.testing.samples import BINH_SON, a_document
from hub.web.doors import Doorway, opened_to
from plugins.eoffice.axis import answers, door
from plugins.eoffice.axis.arriving import Arrived, Arriving, Custody, Handed, Sent, keep
from plugins.eoffice.axis.connector import EofficeAxis
from plugins.eoffice.axis.settings import AxisSettings
from tests.crash.book import FIGURE
from tests.plugins.axis import Software, looking, province, word
from tests.plugins.test_axis import arrived, dropped, received
from tests.ports import free_port


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with RunningHub(province(tmp_path)) as running:
        yield running


@pytest.fixture
def home_affairs(hub: Hub) -> Software:
    return Software(hub.outer_address)


async def test_a_refusal_is_no_verdict_on_the_same_call_after_a_restart(tmp_path: Path) -> None:
    """Refused, mended, taken; and in the next life of the hub what was taken is known, whatever was refused before."""
    home = province(tmp_path)
    units = (home / "units.yaml").read_text("utf-8")
    (home / "units.yaml").write_text(units.replace(BINH_SON, "000.00.99.H48"), "utf-8")
    async with RunningHub(home) as hub:
        software = Software(hub.outer_address)
        packet = software.packet()
        for _ in range(3):
            assert "18" == word(await software.send(packet))
    (home / "units.yaml").write_text(units, "utf-8")
    told = []
    for _ in range(2):
        async with RunningHub(home) as hub:
            answer = await Software(hub.outer_address).send(packet)
            assert "0" == word(answer)
            told.append(answer.json["DocId"])
    assert told[0] == told[1] != ""
    with looking(tmp_path) as views:
        assert {"accepted": 1, "refused": 3} == views.counts().inputs


async def test_half_a_sign_in_the_to_header_harms_nobody_else(home_affairs: Software) -> None:
    odd = home_affairs.send(home_affairs.packet("1/A"), to='["\\ud800"]')
    sound = [home_affairs.send(home_affairs.packet(f"{number}/B")) for number in range(4)]
    assert ["18", "0", "0", "0", "0"] == [word(answer) for answer in await asyncio.gather(odd, *sound)]


async def test_the_same_failure_again_is_one_line_of_the_history(tmp_path: Path, home_affairs: Software) -> None:
    dropped(tmp_path)
    [doc_id] = await arrived(home_affairs)
    with looking(tmp_path) as views:
        before = _told(views)
        for _ in range(5):
            assert "0" == word(await home_affairs.update(doc_id, "fail", description="CSDL loi"))
        after = _told(views)
    assert before + 1 == after


def _told(views: Views) -> int:
    """Events of documents: how the connectors are is told whenever it changes."""
    count = "select count(*) from event where envelope_id != ''"
    return int(views.looking(lambda each: each.exec_driver_sql(count).scalar_one()))


def test_a_disk_that_takes_a_part_of_a_packet_takes_none(tmp_path: Path) -> None:
    """A short write is no error by itself: without a second look the blob would be cut, and its sender told OK."""
    context, packet = sample_context(tmp_path), sample_packet(a_document("1/A"), {"a.pdf": bytes(150_000)})
    custody = Custody(context, context.state / "incoming", 10**6)
    custody.prepare()
    body = Arriving(context.state / "incoming", 10**6, lambda _: True)
    body._put(packet)
    body._write(body._held)
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, most[1]))
    try:
        with pytest.raises(StorageError, match="File too large"):
            keep([Handed(custody, Sent(body, "document", ()))])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    body.close()
    assert [] == [path for path in (tmp_path / "data" / "blobs").iterdir() if path.is_file()]


def test_what_one_units_folder_has_against_it_is_no_other_units_trouble(tmp_path: Path) -> None:
    packet, handed, bodies = sample_packet(a_document("1/A")), [], sample_context(tmp_path).bodies
    for unit in ("so-nv", "xa-binh-son", "so-nv"):
        context = sample_context(tmp_path, state=tmp_path / unit, bodies=bodies)
        custody = Custody(context, context.state / "incoming", 10**6)
        custody.prepare()
        body = Arriving(context.state / "incoming", 10**6, lambda _: True)
        body._put(packet)
        body._write(body._held)
        handed.append(Handed(custody, Sent(body, "document", ())))
    shutil.rmtree(tmp_path / "xa-binh-son")
    first, second, third = keep(handed)
    for each in handed:
        each.sent.body.close()
    assert isinstance(second, StorageError)
    assert isinstance(first, Arrived)
    assert first == third
    assert first.blob
    assert [first.blob.digest] == [path.name for path in (tmp_path / "data" / "blobs").iterdir() if path.is_file()]


async def test_while_its_endpoint_is_away_its_software_is_told_to_come_again(tmp_path: Path) -> None:
    """And not that nobody knows it: the vendor's software stops over a wrong secret."""
    doorway = Doorway()
    async with opened_to(Outer(listen=("127.0.0.1", 0)), doorway) as address:
        context = sample_context(tmp_path, doors=doorway, outbox=UnitOutbox("xa-binh-son", cast("Ledger", None), list))
        settings = AxisSettings.model_validate({"kind": "eoffice-axis", "systemid": BINH_SON, "secret": "khoa-nhan"})
        software, other = Software(address, BINH_SON, "khoa-nhan"), Software(address, BINH_SON, "khoa-sai")
        for _ in range(2):
            async with EofficeAxis(settings, context):
                assert "20" == word(await software.call("getAgenciesList"))
            assert "20" == word(await software.call("getAgenciesList"))
            assert "15" == word(await other.call("getAgenciesList"))


@pytest.mark.parametrize(("bound", "said"), [(60.0, {"refused", "0"}), (0.1, {"refused", "20", "0"})])
async def test_no_unit_hears_that_nobody_knows_it_while_the_hub_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: float, said: set[str]
) -> None:
    """It is refused the connection until every endpoint was opened, and told to come again if that takes too long."""
    home, port, prepare = province(tmp_path), free_port(), Custody.prepare
    text = (home / "hub.yaml").read_text("utf-8")
    (home / "hub.yaml").write_text(text.replace('listen: "127.0.0.1:0"', f"listen: 127.0.0.1:{port}"), "utf-8")

    def slow(custody: Custody) -> None:
        time.sleep(1.0)
        prepare(custody)

    monkeypatch.setattr(Custody, "prepare", slow)
    monkeypatch.setattr(supervisor, "_START", bound)
    heard = asyncio.create_task(_heard_from_the_start(Software(f"http://127.0.0.1:{port}")))
    async with RunningHub(home):
        assert said == await asyncio.wait_for(heard, 20)


async def _heard_from_the_start(software: Software) -> set[str]:
    """All that it is told until it is served."""
    heard: set[str] = set()
    while "0" not in heard:
        try:
            answer = await software.call("countReceiveEdoc", servicetype="eDoc", messagetype="edoc")
            heard.add(word(answer) if answer.http == 200 else str(answer.http))
        except ConnectionRefusedError:
            heard.add("refused")
        await asyncio.sleep(0.005)
    return heard


async def test_what_is_read_when_its_endpoint_goes_is_not_judged_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its software calls again, and then it is."""
    doorway, inbox, begun, leave = Doorway(), MemoryInbox(), threading.Event(), threading.Event()

    def late(group: Sequence[Handed]) -> list[Arrived | StorageError]:
        begun.set()
        leave.wait(10)
        return keep(group)

    monkeypatch.setattr(door, "keep", late)
    async with opened_to(Outer(listen=("127.0.0.1", 0)), doorway) as address:
        context = sample_context(tmp_path, doors=doorway, outbox=UnitOutbox("xa-binh-son", cast("Ledger", None), list))
        settings = AxisSettings.model_validate({"kind": "eoffice-axis", "systemid": BINH_SON, "secret": "khoa-nhan"})
        software = Software(address, BINH_SON, "khoa-nhan")
        for turn, said in enumerate(("20", "0")):
            async with EofficeAxis(settings, context) as axis:
                listening = asyncio.create_task(axis.listen(inbox))
                await asyncio.sleep(0)
                sending = asyncio.create_task(software.send(software.packet("12/BC-UBND")))
                await eventually(begun.is_set)
                if turn == 0:
                    listening.cancel()
                    await asyncio.wait({listening})
                leave.set()
                assert said == word(await sending)
                assert len(inbox.accepted) == turn
                listening.cancel()
                await asyncio.wait({listening})


@pytest.mark.fault(
    18,
    "a unit's software resets the line behind its whole `sendEdoc`, before, while and after the hub commits",
    "the same call again gets the same DocId each time; one document",
)
async def test_a_line_that_is_cut_before_the_answer_costs_nothing(
    tmp_path: Path, home_affairs: Software, record_property: Callable[[str, object], None]
) -> None:
    packets = [home_affairs.packet(f"{number}/BC-SNV") for number in range(30)]
    for number, packet in enumerate(packets):
        await asyncio.to_thread(_reset, home_affairs.port, home_affairs.sending(packet), number * 0.002)
    with looking(tmp_path) as views:
        taken = views.counts().inputs.get("accepted", 0)
        ids: list[str] = []
        for packet in packets:
            told = [await home_affairs.send(packet) for _ in range(2)]
            assert ["0", "0"] == [word(each) for each in told]
            ids += {each.json["DocId"] for each in told}
        await eventually(lambda: len(received(tmp_path)) == len(packets), 20)
        assert {"accepted": len(packets)} == views.counts().inputs
        assert {"delivered": len(packets)} == views.counts().deliveries
    assert len(packets) == len(set(ids))
    assert 0 < taken
    record_property(FIGURE, f"of {len(packets)} calls that were cut {taken} were in custody before the next")


def _reset(port: int, call: bytes, after: float) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(call)
        time.sleep(after)
        # Closed at once and unheard: the other side's answer meets a reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class _Breaks:
    """A door whose answer breaks off behind its first piece."""

    async def answer(self, request: web.BaseRequest, _: object) -> web.StreamResponse:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"<edXML>half"
            raise StorageError("the disk")

        return await answers.raw(request, pieces())


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_an_answer_that_breaks_off_is_cut_and_nothing_is_written_into_it(version: str) -> None:
    doorway = Doorway()
    async with opened_to(Outer(listen=("127.0.0.1", 0)), doorway) as address:
        doorway.at("/vxp", _Breaks)
        port = int(address.rpartition(":")[2])
        call = f"GET /vxp/a HTTP/{version}\r\nHost: a\r\n\r\n".encode()
        said = await asyncio.to_thread(_heard, port, call)
    assert 1 == said.count(b"HTTP/1.")
    assert not said.endswith(b"0\r\n\r\n")


async def test_a_header_of_many_lines_has_an_end(hub: Hub) -> None:
    """Each line within its bound; all together more than a hub should hold for a stranger."""
    port = int(hub.outer_address.rpartition(":")[2])
    lines = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 400_000) for number in range(20))
    said = await asyncio.to_thread(_heard, port, b"GET /vxp/getEdoc HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n")
    assert b"" == said


def _heard(port: int, call: bytes) -> bytes:
    """What comes back until the other side closes; a reset is a close."""
    found = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(call)
            while piece := connection.recv(65536):
                found += piece
    except ConnectionError:
        pass
    return found
