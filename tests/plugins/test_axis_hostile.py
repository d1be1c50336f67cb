"""Strangers and units that mean no good: refused, bounded, and nothing of it in the ledger but what it is to know."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.app import Hub
from hub.log import logger
from hub.simulating.central.signing import signed_headers, timestamp
from hub.standards import vxp
from hub.testing import RunningHub, sample_packet
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document
from tests.plugins.axis import OFFICE, SECRETS, Software, looking, province, word
from tests.plugins.test_axis import arrived, dropped
from tests.simulating.bench import exchange, request, short_digest

_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(
        b'<!ENTITY a%d "%s">' % (level, b"&a%d;" % (level - 1) * 10 if level else b"&a;" * 10) for level in range(9)
    )
    + b"]><edXML>&a8;</edXML>"
)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with RunningHub(province(tmp_path, largest=1)) as running:
        yield running


@pytest.fixture
def software(hub: Hub) -> Software:
    return Software(hub.outer_address, HOME_AFFAIRS)


def _signed(software: Software, operation: str, size: int, **headers: str) -> bytes:
    """The head of a signed call whose body is so long."""
    said = {"systemid": software.system, **headers}
    said |= {"timestamp": timestamp(datetime.now(UTC)), "Content-Type": "application/octet-stream"}
    head = request(operation, signed_headers(SECRETS[software.system].encode(), said), base="vxp")
    return head.replace(b"Content-Length: 0", b"Content-Length: %d" % size)


def _answered(port: int, *pieces: bytes) -> bytes:
    """What comes back for these bytes, until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for piece in pieces:
            connection.sendall(piece)
        connection.settimeout(20)
        found = b""
        while b"}" not in found and (piece := connection.recv(65536)):
            found += piece
    return found


@pytest.mark.parametrize("place", [1, -1], ids=["first", "last"])
@pytest.mark.parametrize("name", ["XroadVnpt-systemid", "xroadvnpt-SYSTEMID"])
async def test_nobody_is_another_by_a_second_systemid(
    tmp_path: Path, software: Software, name: str, place: int
) -> None:
    """Signed with a unit's own secret, beside a header that names another: every operation."""
    dropped(tmp_path)
    [doc_id] = await arrived(software)
    for operation in vxp.OPERATIONS:
        head, _, body = _as_another(Software(software.address, OFFICE), software, operation, doc_id)
        lines = head.split(b"\r\n")
        lines.insert(place if place > 0 else len(lines), f"{name}: {software.system}".encode())
        answer = await asyncio.to_thread(exchange, software.port, b"\r\n".join([*lines, b"", body]))
        assert (401 if operation == "downloadEdoc" else 200) == answer.http
        assert "15" == answer.json["ErrorCode"]
    assert [(doc_id, "initial")] == [(row["docId"], row["status"]) for row in await software.waiting()]
    assert [] == await software.sent()


def _as_another(thief: Software, victim: Software, operation: str, doc_id: str) -> tuple[bytes, bytes, bytes]:
    """A call that the thief signed, about what is the victim's: its head, the blank line, its body."""
    packet = victim.packet("666/BC-SNV") if operation == "sendEdoc" else b"{}"
    said = {"from": victim.system, "servicetype": "eDoc", "messagetype": "edoc", "docId": doc_id, "status": "done"}
    said["hash-file"] = short_digest(packet)
    return thief.signed(operation, packet, "application/json", **said).partition(b"\r\n\r\n")


async def test_who_is_denied_again_and_again_does_not_fill_the_log(software: Software) -> None:
    said: list[str] = []
    sink = logger.add(lambda message: said.append(message.record["message"]))
    forger, nobody = (Software(software.address, code, "khoa-sai") for code in (HOME_AFFAIRS, "000.00.98.H48"))
    for _ in range(20):
        assert {"15"} == {word(await each.call("getAgenciesList")) for each in (forger, nobody)}
    logger.remove(sink)
    denied = "getAgenciesList: 15: Sai SystemId hoac SecretKey"
    told = [line for line in said if "getAgenciesList" in line]
    assert [f"{HOME_AFFAIRS}: {denied}", f"a stranger: {denied}"] == told


async def test_ten_gigabytes_are_refused_before_they_come(software: Software) -> None:
    said = {"from": HOME_AFFAIRS, "servicetype": "eDoc", "messagetype": "edoc", "hash-file": "00"}
    head = _signed(software, "sendEdoc", 10 * 10**9, **said)
    answer = await asyncio.to_thread(_answered, software.port, head)
    assert b'"ErrorCode":"10"' in answer


async def test_a_body_that_says_no_length_is_bounded_too(software: Software) -> None:
    said = {"from": HOME_AFFAIRS, "servicetype": "eDoc", "messagetype": "edoc", "hash-file": "00"}
    head = _signed(software, "sendEdoc", 0, **said).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    piece = b"%x\r\n%s\r\n" % (1 << 18, b"x" * (1 << 18))
    answer = await asyncio.to_thread(_answered, software.port, head, *[piece] * 5)
    assert b'"ErrorCode":"10"' in answer


async def test_nobodys_body_is_read_before_its_signature_holds(tmp_path: Path, software: Software) -> None:
    wrong = Software(software.address, HOME_AFFAIRS, "wrong")
    head = _signed(software, "sendEdoc", 10**9, **{"from": HOME_AFFAIRS}).replace(b"hash-header: ", b"hash-header: 0")
    assert b'"ErrorCode":"15"' in await asyncio.to_thread(_answered, software.port, head)
    assert "15" == word(await wrong.send(wrong.packet()))
    assert [] == list((tmp_path / "data" / "endpoints" / "so-nv" / "incoming").iterdir())
    with looking(tmp_path) as views:
        assert {} == views.counts().inputs


@pytest.mark.parametrize("packet", [_BOMB, b"", b"hello", b"\x00" * 5000, sample_packet()[:-40]], ids=range(5))
async def test_what_is_no_packet_is_given_back_and_recorded(tmp_path: Path, software: Software, packet: bytes) -> None:
    answer = await software.send(packet)
    assert ("22", "") == (word(answer), answer.json["DocId"])
    with looking(tmp_path) as views:
        assert {"refused": 1} == views.counts().inputs
        assert {} == views.counts().deliveries
    assert [] == list((tmp_path / "data" / "blobs").glob("[0-9a-f]*"))


async def test_a_state_secret_is_given_back_and_nothing_of_it_is_kept(tmp_path: Path, software: Software) -> None:
    packet = sample_packet(
        a_document("1/CV", HOME_AFFAIRS, (BINH_SON,)), {"Ban ke MAT.pdf": b"%PDF-1.4 a", "Tuyệt mật.pdf": b"%PDF-1.4 b"}
    )
    assert "10" == word(await software.send(packet))
    assert [] == list((tmp_path / "data" / "blobs").glob("[0-9a-f]*"))


@pytest.mark.parametrize(
    "path",
    ["/vxp/sendEdoc/../../healthz", "/vxp", "/vxp/", "/vxp/%2e%2e/healthz", "/vxp/getedoc", "/vxp/__init__", "/vxp//x"],
)
async def test_there_is_nothing_else_behind_the_door(software: Software, path: str) -> None:
    raw = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % path.encode()
    answer = await asyncio.to_thread(_answered, software.port, raw)
    assert answer.startswith(b"HTTP/1.1 404")


@pytest.mark.parametrize("doc_id", ["../../../etc/passwd", "' OR 1=1 --", "%00", "x" * 8000, "*"])
async def test_a_name_is_only_a_name(software: Software, doc_id: str) -> None:
    assert "10" == word(await software.call("getEdoc", b"{}", docId=doc_id))
    assert "10" == word(await software.update(doc_id))
    assert [] == await software.sent(docId=doc_id)


async def test_a_timestamp_that_is_old_is_borne_unless_freshness_is_asked(tmp_path: Path) -> None:
    old = {"timestamp": "23112020T111404+0590"}
    for fresh, code in (("0", "0"), ("5m", "15")):
        home = tmp_path / fresh
        home.mkdir()
        async with RunningHub(province(home, fresh=fresh)) as hub:
            office = Software(hub.outer_address, OFFICE)
            said = {"systemid": OFFICE, "servicetype": "eDoc", "messagetype": "edoc", **old, "Content-Type": "a/b"}
            raw = request("getReceivedEdocList", signed_headers(SECRETS[OFFICE].encode(), said), base="vxp")
            assert b'"ErrorCode":"%s"' % code.encode() in await asyncio.to_thread(_answered, office.port, raw)


async def test_a_flood_of_one_unit_leaves_the_other_its_turn(software: Software, hub: Hub) -> None:
    office = Software(hub.outer_address, OFFICE)
    clock = asyncio.get_running_loop().time
    begun, took = clock(), list[float]()
    flood = [asyncio.create_task(software.send(software.packet(f"{number}/BC"))) for number in range(100)]
    while not all(task.done() for task in flood):
        began = clock()
        assert [] == await office.waiting("status")
        took.append(clock() - began)
    assert {"0"} == {word(task.result()) for task in flood}
    # Who had to wait until the flood is through would wait as long as that takes, however slow the machine is.
    assert max(took) < max(2.0, (clock() - begun) / 4)


async def test_leaked_headers_of_earlier_calls_are_borne(software: Software) -> None:
    leaked = {
        "from": HOME_AFFAIRS,
        "hash-file": short_digest(b"x"),
        "docId": "d9",
        "status": "done",
        "filePath": "store",
    }
    assert "0" == word(await software.call("getReceivedEdocList", servicetype="eDoc", messagetype="edoc", **leaked))
    packet = software.packet()
    answer = await software.send(packet, docId="d9", status="done", filePath="store")
    assert "0" == word(answer)
