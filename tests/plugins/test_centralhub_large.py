"""Large packets pass both ways in little memory."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import BodyPartReader, web
from pydantic import SecretStr

from hub.config.systems import System
from hub.simulating.central import Setup, central
from hub.standards import vxp
from hub.testing.samples import GOVERNMENT_OFFICE, HOME_AFFAIRS

ROOT = Path(__file__).parents[2]
MEGABYTES = 300


class Depot:
    """Keeps one packet in a file: what was sent waits to be fetched."""

    def __init__(self, home: Path, *, plain: bool = False) -> None:
        self.file, self.confirmed, self.plain = home / "posted.edxml", False, plain

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/v1/"):
            return await self._provincial(request)
        match request.path.strip("/"):
            case "sendEdoc":
                return await self._take(request)
            case "getReceivedEdocList":
                waits = request.headers["XroadVnpt-messagetype"] == "edoc" and not self.confirmed
                return web.Response(body=vxp.write_answer(data=[{"docId": "d1"}] if waits else []))
            case "downloadEdoc":
                return web.FileResponse(self.file)
            case "getEdoc":
                return await self._encoded(request)
        self.confirmed = True
        return web.Response(body=vxp.write_answer())

    async def _take(self, request: web.Request) -> web.Response:
        with self.file.open("wb") as file:
            async for piece in request.content.iter_chunked(1 << 18):
                await asyncio.to_thread(file.write, piece)
            size = file.seek(0, os.SEEK_END)
            file.truncate(size - 2)
        assert str(size) == request.headers["Content-Length"]
        with self.file.open("rb") as file:
            digest = await asyncio.to_thread(lambda: hashlib.file_digest(file, "sha256").digest())
        assert vxp.is_hash_of(request.headers["XroadVnpt-hash-file"], digest)
        return web.Response(body=vxp.write_answer(DocId="d1"))

    async def _provincial(self, request: web.Request) -> web.StreamResponse:
        match request.path.removeprefix("/v1/"):
            case "auth/login":
                return web.json_response({"code": 200, "data": {"token": "t"}})
            case "sendEdoc":
                return await self._take_form(request)
            case "syncReceivedEdocList":
                waits = request.query["messageType"] == "edoc" and not self.confirmed and self.file.exists()
                return web.json_response({"success": True, "data": [{"docId": "d1"}] if waits else []})
            case "getEdoc":
                return await self._in_json(request)
        self.confirmed = True
        return web.json_response({"success": True})

    async def _take_form(self, request: web.Request) -> web.Response:
        draft = self.file.with_suffix(".draft")
        form = await request.multipart()
        part = await form.next()
        assert isinstance(part, BodyPartReader)
        with draft.open("wb") as file:
            while piece := await part.read_chunk(1 << 18):
                await asyncio.to_thread(file.write, piece)
        while await form.next():
            pass
        draft.rename(self.file)
        assert request.content_length
        assert request.content_length > self.file.stat().st_size
        return web.json_response({"success": True, "docId": "d1"})

    async def _in_json(self, request: web.Request) -> web.StreamResponse:
        """As System.Text.Json writes it: + and < as escapes."""
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"success":true,"data":{"docId":"d1","edxml":"')
        with self.file.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, 3 << 18):
                text = json.dumps(piece.decode())[1:-1] if self.plain else base64.b64encode(piece).decode()
                await response.write(text.replace("+", "\\u002B").replace("<", "\\u003C").encode())
        await response.write(b'"}}')
        return response

    async def _encoded(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"status":"OK","data":"')
        with self.file.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, 3 << 18):
                await response.write(base64.b64encode(piece).replace(b"=", b"\\u003d"))
        await response.write(b'","ErrorCode":"0","ErrorDesc":""}')
        return response


@asynccontextmanager
async def depot(home: Path, *, plain: bool = False) -> AsyncIterator[str]:
    application = web.Application(client_max_size=1 << 40)
    application.router.add_route("*", "/{operation:.*}", Depot(home, plain=plain).handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("way", ["downloadEdoc", pytest.param("getEdoc", marks=pytest.mark.slow)])
@pytest.mark.slow
async def test_300_megabytes_both_ways_in_less_than_64_of_memory(tmp_path: Path, way: str) -> None:
    async with depot(tmp_path) as url:
        await pass_both_ways(tmp_path, MEGABYTES, {"url": url, "download": way})


@pytest.mark.timeout(240)
@pytest.mark.slow
async def test_300_megabytes_both_ways_through_the_simulated_hub(tmp_path: Path) -> None:
    """To a unit of the same system: what it sends comes back to it, as the simulator wrote it anew."""
    province = System("000.00.00.H48", "Tỉnh", SecretStr("b"), units=(HOME_AFFAIRS, GOVERNMENT_OFFICE))
    async with central(Setup(tmp_path / "trung-uong", (province,))) as running:
        await pass_both_ways(tmp_path, MEGABYTES, {"url": running.url, "systemid": province.code})


@pytest.mark.timeout(240)
@pytest.mark.parametrize("form", ["base64", pytest.param("plain", marks=pytest.mark.slow)])
async def test_60_megabytes_both_ways_in_the_provincial_shape(tmp_path: Path, form: str) -> None:
    ours = {"profile": "provincial-rest", "username": "tinh", "password": "c", "application_code": "QLVB"}
    async with depot(tmp_path, plain=form == "plain") as url:
        await pass_both_ways(tmp_path, 60, {"url": url, **ours})


async def pass_both_ways(home: Path, megabytes: int, settings: dict[str, object]) -> None:
    """A packet of that size goes out and comes in again by these settings, in less than 64 MB."""
    body, block = home / "body.pdf", b"%PDF-1.7" + os.urandom(1024 * 1024 - 8)
    digest = hashlib.sha256()
    with body.open("wb") as file:
        for _ in range(megabytes):
            file.write(block)
            digest.update(block)
    ours = {"kind": "centralhub", "systemid": "a", "secret": "b", "timeout": "60s", "directory": []}
    (home / "settings.json").write_text(json.dumps({**ours, **settings}))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.plugins.central_large",
        str(home),
        str(body),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 200)
    assert 0 == process.returncode
    seen = json.loads(said.splitlines()[-1])
    assert (megabytes * 1024 * 1024, digest.hexdigest()) == (seen["size"], seen["digest"])
    assert seen["grown"] < 64 * 1024 * 1024, f"{seen['grown'] / 1e6:.0f} MB"
    for path in home.rglob("*"):
        if path.is_file() and path.stat().st_size > 1 << 20:
            path.unlink()
