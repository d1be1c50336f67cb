"""Large documents pass both ways in little memory, whatever form their wire has; endless answers end."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from hub.testing import yaml_file
from hub.testing.samples import BINH_SON, HOME_AFFAIRS
from plugins.eoffice.rest.settings import PROFILES
from tests.plugins.rest import PATIENT
from tests.plugins.restdesk import profile
from tests.plugins.test_centralhub_large import ROOT, depot
from tests.short import short

_MEMORY = 64 * 1024 * 1024
_WHO = {"system": BINH_SON, "username": "u", "password": "p", "secret": "s"}


def mapped() -> dict[str, Any]:
    """A profile of a wire where files are base64 in JSON."""
    made = profile()
    made["send"] = {
        "packets": {"call": "POST /status", "raw": "text/xml"},
        "documents": {
            "call": "POST /in",
            "json": {"so": "{doc.code}", "ve": "{doc.subject}", "ngay": "{doc.date:%d/%m/%Y}", "den": [HOME_AFFAIRS],
                     "tep": {"each": "attachments", "give": {"ten": "{file.name}", "noiDung": "{file.base64}"}}},
        },
    }  # fmt: skip
    made["receive"] = {
        "docs": {
            "list": {"call": "GET /list", "rows": "rows", "id": "id"},
            "fetch": {"call": "GET /one/{id}"},
            "document": {
                "code": "so", "subject": "ve", "date": {"pick": "ngay", "form": "%d/%m/%Y"}, "to": "den",
                "files": {"rows": "tep", "name": "ten", "content": "noiDung"},
            },
        }
    }  # fmt: skip
    return made


@asynccontextmanager
async def served(handle: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    app = web.Application(client_max_size=1 << 40)
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def echo(home: Path) -> AsyncIterator[str]:
    """What was posted is what can be fetched."""
    kept = home / "posted.json"

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.path == "/in":
            with kept.with_suffix(".draft").open("wb") as file:
                async for piece in request.content.iter_chunked(1 << 18):
                    await asyncio.to_thread(file.write, piece)
                assert str(file.tell()) == request.headers["Content-Length"]
            kept.with_suffix(".draft").rename(kept)
            return web.json_response({"id": 1})
        if request.path == "/list":
            return web.json_response({"rows": [{"id": 1}] if kept.exists() else []})
        return web.FileResponse(kept)

    async with served(handle) as url:
        yield url


async def run(home: Path, settings: dict[str, Any], *words: str) -> dict[str, Any]:
    """What the process says."""
    (home / "settings.json").write_text(json.dumps({"kind": "eoffice-rest", **PATIENT, **settings}))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.plugins.rest_large", str(home), *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await asyncio.wait_for(process.communicate(), 200)
    assert 0 == process.returncode
    told: dict[str, Any] = json.loads(said.splitlines()[-1])
    return told


async def pass_both_ways(home: Path, megabytes: int, settings: dict[str, Any]) -> None:
    body, block, digest = home / "body.pdf", b"%PDF-1.7" + os.urandom(1024 * 1024 - 8), hashlib.sha256()
    with body.open("wb") as file:
        for _ in range(megabytes):
            file.write(block)
            digest.update(block)
    seen = await run(home, settings, str(body))
    assert (megabytes * 1024 * 1024, digest.hexdigest()) == (seen["size"], seen["digest"])
    assert seen["grown"] < _MEMORY, f"{seen['grown'] / 1e6:.0f} MB"
    for path in home.rglob("*"):
        if path.is_file() and path.stat().st_size > 1 << 20:
            path.unlink()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("form", ["base64", pytest.param("plain", marks=pytest.mark.slow)])
async def test_80_megabytes_both_ways_as_a_form_and_in_json(tmp_path: Path, form: str) -> None:
    says = yaml_file(PROFILES / "provincial-rest.yaml")
    async with depot(tmp_path, plain=form == "plain") as url:
        ours = {"url": url, "profile": says, **_WHO, "values": {"application_code": "QLVB"}}
        await pass_both_ways(tmp_path, 80, ours)


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_80_megabytes_both_ways_as_base64_in_json_of_their_own(tmp_path: Path) -> None:
    async with echo(tmp_path) as url:
        await pass_both_ways(tmp_path, 80, {"url": url, "profile": mapped()})


@pytest.mark.timeout(240)
@pytest.mark.parametrize("where", short(["list", "text", "many"], 3))
async def test_an_endless_answer_ends_within_bounds(tmp_path: Path, where: str) -> None:
    """A gigabyte of one text in a list, of a document, of ever more rows."""
    sent = [0]

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.path == "/list" and where == "text":
            return web.json_response({"rows": [{"id": 1}]})
        response = web.StreamResponse()
        await response.prepare(request)
        block = b'{"id": 1, "x": 12345678},' * 4000 if where == "many" else b"A" * 100_000
        await response.write(b'{"rows": [' if where == "many" else b'{"so": "')
        while sent[0] < 1_000_000_000:
            await response.write(block)
            sent[0] += len(block)
        return response

    async with served(handle) as url:
        seen = await run(tmp_path, {"url": url, "profile": mapped(), "largest": 20})
    assert "mức cho phép" in seen["told"] or "quá dài" in seen["told"]
    assert sent[0] < 200_000_000
    assert seen["grown"] < _MEMORY, f"{seen['grown'] / 1e6:.0f} MB"
    assert [] == seen["left"]
