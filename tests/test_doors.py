"""The outer listener: strangers cost little, and nothing but doors is there."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from pydantic import SecretStr

from hub.config import Outer
from hub.errors import HubError
from hub.log import logger
from hub.testing import eventually
from hub.web import doors, reception
from hub.web.doors import Doorway, opened_to
from tests.plugins.authority import Authority


class Echo:
    """Answers with the body's length."""

    async def answer(self, request: web.BaseRequest, body: AsyncIterator[bytes]) -> web.StreamResponse:
        size = 0
        async for piece in body:
            size += len(piece)
        return web.Response(text=str(size))


class Other(Echo):
    """Another kind of door."""


LOOPBACK = Outer(("127.0.0.1", 0))


@pytest.fixture
async def address() -> AsyncIterator[str]:
    doorway = Doorway()
    async with opened_to(LOOPBACK, doorway) as opened:
        doorway.at("/echo", Echo)
        yield opened


async def _talk(address: str, text: bytes) -> bytes:
    """What comes back until the server closes."""
    reader, writer = await asyncio.open_connection(*address.removeprefix("http://").split(":"))
    writer.write(text)
    await writer.drain()
    try:
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_a_door_is_shared_by_its_kind_and_by_no_other() -> None:
    doorway = Doorway()
    with pytest.raises(HubError, match="no outer listener"):
        doorway.at("/echo", Echo)
    async with opened_to(LOOPBACK, doorway):
        first = doorway.at("/echo", Echo)
        assert doorway.at("/echo", Echo) is first
        with pytest.raises(HubError, match="another kind"):
            doorway.at("/echo", Other)


async def test_only_doors_are_there(address: str) -> None:
    async with ClientSession() as session:
        for path in ("/", "/healthz", "/ech", "/echo2/x", "/..%2fecho/x"):
            async with session.get(f"{address}{path}") as response:
                assert 404 == response.status
        async with session.post(f"{address}/echo/anything", data=b"x" * 300_000) as response:
            assert "300000" == await response.text()


async def test_leave_to_send_is_given(address: str) -> None:
    async with ClientSession() as session, session.post(f"{address}/echo/x", data=b"{}", expect100=True) as response:
        assert "2" == await response.text()


async def test_a_header_that_does_not_end_is_cut_off(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "_PATIENCE", 0.3)
    assert b"" == await _talk(address, b"POST /echo/x HTTP/1.1\r\nHost: x\r\n")
    assert b"" == await _talk(address, b"")
    answer = await _talk(address, b"GET /echo/x HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")


async def test_a_body_that_stands_still_or_drips_is_cut_off(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "_SILENCE", 0.3)
    monkeypatch.setattr(doors, "_LINGER", 0.3)
    still = await _talk(address, b"POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")
    assert still.startswith(b"HTTP/1.1 408")
    reader, writer = await asyncio.open_connection(*address.removeprefix("http://").split(":"))
    writer.write(b"POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n")
    dripping = asyncio.create_task(_drip(writer))
    answer = await asyncio.wait_for(reader.readline(), 20)
    dripping.cancel()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 408")


async def _drip(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x")
        await asyncio.sleep(0.05)


async def test_headers_are_bounded(address: str) -> None:
    long = await _talk(address, b"GET /echo/x HTTP/1.1\r\nX: " + b"x" * (600 << 10) + b"\r\n\r\n")
    many = await _talk(address, b"GET /echo/x HTTP/1.1\r\n" + b"X: x\r\n" * 5000 + b"\r\n")
    for answer in (long, many):
        assert answer == b"" or answer.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))


_ONE = b"GET /echo/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def test_there_may_be_only_so_many(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them with a call that goes on: nobody makes room."""
    monkeypatch.setattr(doors, "_MOST", 3)
    held = [await _begun(address, b"POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n") for _ in range(3)]
    await asyncio.sleep(0.2)
    assert b"" == await _talk(address, _ONE)
    for _, writer in held:
        writer.close()
        await writer.wait_closed()
    await asyncio.sleep(0.1)
    assert (await _talk(address, _ONE)).startswith(b"HTTP/1.1 200")


async def test_who_says_nothing_keeps_nobody_out(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "_MOST", 3)
    held = [await _begun(address, b"") for _ in range(8)]
    for _ in range(3):
        assert (await _talk(address, _ONE)).startswith(b"HTTP/1.1 200")
    assert b"" == await asyncio.wait_for(held[0][0].read(), 5)
    for _, writer in held:
        writer.close()


async def test_a_flood_from_one_place_crowds_out_itself(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who came first, and has not said anything yet, stays: the flood comes from elsewhere."""
    monkeypatch.setattr(doors, "_MOST", 5)
    reader, writer = await _begun(address, b"")
    flood = [await _begun(address, b"", "127.0.0.2") for _ in range(20)]
    assert b"" == await asyncio.wait_for(flood[0][0].read(), 5)
    writer.write(_ONE)
    assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 200")
    for each in (writer, *(writer for _, writer in flood)):
        each.close()


@pytest.fixture
async def tls(tmp_path: Path) -> AsyncIterator[tuple[str, ssl.SSLContext]]:
    """The address of a door behind TLS, and what trusts its certificate."""
    authority, doorway = Authority(tmp_path), Doorway()
    certificate, key = authority.issue("hub", "mat-khau")
    async with opened_to(Outer(("127.0.0.1", 0), certificate, key, SecretStr("mat-khau")), doorway) as address:
        doorway.at("/echo", Echo)
        yield address, ssl.create_default_context(cafile=str(authority.file))


async def test_handshakes_that_do_not_end_are_bounded_and_keep_nobody_out(
    tls: tuple[str, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, trusted = tls
    monkeypatch.setattr(reception, "_MOST", 3)
    flood = await asyncio.gather(*(_begun(address, b"", "127.0.0.2") for _ in range(20)))
    ended = [asyncio.create_task(reader.read()) for reader, _ in flood]
    await eventually(lambda: sum(task.done() for task in ended) == 17)
    async with ClientSession() as session, session.post(f"{address}/echo/x", data=b"abc", ssl=trusted) as response:
        assert "3" == await response.text()
    for task in ended:
        task.cancel()
    for _, writer in flood:
        writer.close()


async def test_a_handshake_has_its_time(tls: tuple[str, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reception, "_PATIENCE", 0.3)
    reader, writer = await _begun(tls[0], b"\x16\x03\x01")
    assert b"" == await asyncio.wait_for(reader.read(), 5)
    writer.close()


async def test_without_a_descriptor_left_it_waits_and_says_so_once(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "_SHORT", 0.05)
    loop, tries, said = asyncio.get_running_loop(), 0, list[str]()
    accept, sink = loop.sock_accept, logger.add(lambda message: said.append(message.record["message"]))

    async def short(place: socket.socket) -> tuple[socket.socket, tuple[str, int]]:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise OSError(errno.EMFILE, "Too many open files")
        return await accept(place)

    monkeypatch.setattr(loop, "sock_accept", short)
    # The first is taken by the accept that waits already.
    for _ in range(2):
        assert (await _talk(address, _ONE)).startswith(b"HTTP/1.1 200")
    logger.remove(sink)
    assert tries > 3
    assert ["doors: nobody can be let in: [Errno 24] Too many open files"] == said


async def test_requests_that_never_end_take_so_much_memory_together(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "_HEADS", 1 << 20)
    lines = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 40_000) for number in range(10))
    held = [await _begun(address, b"GET /echo/x HTTP/1.1\r\nHost: x\r\n" + lines) for _ in range(6)]

    def ended() -> int:
        return sum(reader.at_eof() or reader.exception() is not None for reader, _ in held)

    await eventually(lambda: ended() >= 4)
    assert ended() < 6
    assert (await _talk(address, _ONE)).startswith(b"HTTP/1.1 200")
    for _, writer in held:
        writer.close()
    await asyncio.sleep(0.1)
    again = await _begun(address, b"GET /echo/x HTTP/1.1\r\nHost: x\r\n" + lines + b"Connection: close\r\n\r\n")
    assert (await asyncio.wait_for(again[0].read(), 5)).startswith(b"HTTP/1.1 200")
    again[1].close()


async def _begun(
    address: str, text: bytes, near: str = "127.0.0.1"
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection, from that address, on which so much was said."""
    host, port = address.partition("://")[2].split(":")
    reader, writer = await asyncio.open_connection(host, port, local_addr=(near, 0))
    writer.write(text)
    await asyncio.sleep(0.02)
    return reader, writer


async def test_a_door_that_fails_shows_a_stranger_nothing(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(self: Echo, request: web.BaseRequest, body: AsyncIterator[bytes]) -> web.StreamResponse:
        raise RuntimeError("a word for nobody")

    monkeypatch.setattr(Echo, "answer", fails)
    async with ClientSession() as session, session.get(f"{address}/echo/x") as response:
        assert 500 == response.status
        assert "nobody" not in await response.text()


async def test_it_speaks_tls(tls: tuple[str, ssl.SSLContext]) -> None:
    address, trusted = tls
    async with ClientSession() as session, session.post(f"{address}/echo/x", data=b"abc", ssl=trusted) as response:
        assert ("https", "3") == (response.url.scheme, await response.text())


async def test_a_place_that_is_taken_is_named(address: str) -> None:
    port = int(address.rpartition(":")[2])
    with pytest.raises(HubError, match=rf"doors: of hub\.yaml cannot be opened at 127\.0\.0\.1:{port}"):
        async with opened_to(Outer(("127.0.0.1", port)), Doorway()):
            pass


async def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(HubError, match=r"doors: of hub\.yaml cannot be opened"):
        async with opened_to(Outer(("127.0.0.1", 0), tmp_path / "none.pem"), Doorway()):
            pass
