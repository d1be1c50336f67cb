"""A packet of 300 MB passes both ways in little memory."""

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
from aiohttp import web

from hub.standards import vxp

ROOT = Path(__file__).parents[2]
MEGABYTES = 300


class Depot:
    """Keeps one packet in a file: what was sent waits to be fetched."""

    def __init__(self, home: Path) -> None:
        self.file, self.confirmed = home / "posted.edxml", False

    async def handle(self, request: web.Request) -> web.StreamResponse:
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
async def depot(home: Path) -> AsyncIterator[str]:
    application = web.Application(client_max_size=1 << 40)
    application.router.add_route("*", "/{operation}", Depot(home).handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("way", ["downloadEdoc", pytest.param("getEdoc", marks=pytest.mark.slow)])
async def test_300_megabytes_both_ways_in_less_than_64_of_memory(tmp_path: Path, way: str) -> None:
    body, block = tmp_path / "body.pdf", b"%PDF-1.7" + os.urandom(1024 * 1024 - 8)
    digest = hashlib.sha256()
    with body.open("wb") as file:
        for _ in range(MEGABYTES):
            file.write(block)
            digest.update(block)
    async with depot(tmp_path) as url:
        settings: dict[str, object] = {"kind": "centralhub", "url": url, "systemid": "a", "secret": "b"}
        settings |= {"download": way, "timeout": "60s", "directory": []}
        (tmp_path / "settings.json").write_text(json.dumps(settings))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.plugins.central_large",
            str(tmp_path),
            str(body),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await asyncio.wait_for(process.communicate(), 200)
    assert 0 == process.returncode
    seen = json.loads(said.splitlines()[-1])
    assert (MEGABYTES * 1024 * 1024, digest.hexdigest()) == (seen["size"], seen["digest"])
    assert seen["grown"] < 64 * 1024 * 1024, f"{seen['grown'] / 1e6:.0f} MB"
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.stat().st_size > 1 << 20:
            path.unlink()
