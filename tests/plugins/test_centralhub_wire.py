"""What goes over a real socket is what the vendor's own client sent, header by header."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from hub.standards import vxp
from hub.testing import ManualClock, sample_context
from plugins.centralhub.connector import Centralhub
from plugins.centralhub.vxpclient import VxpClient
from tests.test_vxp import CALLS, SECRET, Captured

_ANSWER = vxp.write_answer(data=[], count=0, DocId="d1")
#: what the vendor's program did not get from the SDK
_BODIES = {"sendEdoc": 68, "registerAgency": 92}


class Recorder:
    """Answers every request, and keeps what came, byte for byte."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, Mapping[str, str], bytes]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                first, *lines = head.decode().removesuffix("\r\n\r\n").split("\r\n")
                headers = dict(line.split(": ", 1) for line in lines)
                body = await reader.readexactly(int(headers.get("Content-Length", 0)))
                self.requests.append((first, headers, body))
                leave = b"HTTP/1.1 100 Continue\r\n\r\n" if "Expect" in headers else b""
                writer.write(leave + b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(_ANSWER) + _ANSWER)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@asynccontextmanager
async def recorder() -> AsyncIterator[tuple[Recorder, str]]:
    made = Recorder()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, limit=1 << 22)
    async with server:
        yield made, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/base"


def client(connector: Centralhub) -> VxpClient:
    assert isinstance(connector._client, VxpClient)
    return connector._client


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.operation)
async def test_a_call_on_the_wire_is_the_captured_one(call: Captured, tmp_path: Path) -> None:
    moment = vxp.read_timestamp(call.headers["XroadVnpt-timestamp"])
    assert moment is not None
    context = sample_context(tmp_path, clock=ManualClock(moment))
    length = _BODIES.get(call.operation)
    content = (call.body + b"\r\n" * 46)[:length] if length else None
    async with recorder() as (made, url):
        settings = {"kind": "centralhub", "url": url, "systemid": "000.00.00.H48", "secret": SECRET}
        async with (
            Centralhub(Centralhub.settings_type.model_validate(settings), context) as connector,
            client(connector)._asked(call.operation, call.fields, aiohttp.ClientTimeout(60), content) as response,
        ):
            assert _ANSWER == await response.read()

    [(first, headers, body)] = made.requests
    assert f"{call.method} /base/{call.operation} HTTP/1.1" == first
    assert {name: value for name, value in call.headers.items() if name != "Host"} == {
        name: value for name, value in headers.items() if name != "Host"
    }
    # The capture leaves the two bytes out that its own Content-Length counts.
    assert (content or {"0": b"", "2": b"{}"}[call.headers.get("Content-Length", "0")]) == body


async def test_nothing_is_asked_of_a_server_that_never_says_continue(tmp_path: Path) -> None:
    """It may wait for the two bytes before it says anything at all."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"Expect: 100-continue" in head
        assert b"{}" == await reader.readexactly(2)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(_ANSWER) + _ANSWER)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        settings = {"kind": "centralhub", "url": url, "systemid": "a", "secret": SECRET, "timeout": "5s"}
        made = Centralhub(Centralhub.settings_type.model_validate(settings), sample_context(tmp_path))
        async with made as connector:
            assert (await connector.check()).ok
