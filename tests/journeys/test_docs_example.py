"""The connector of docs/connectors.md, installed as its wheel would be and run by the real hub, both ways."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from hub import Connector, Delivery
from hub.standards import edxml
from hub.testing import Check, connector_contract, eventually
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Acknowledgement, Document
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "connectors.md"
UNITS = """
units:
  so-nv:
    name: Sở Nội vụ
    code: {home}
    endpoint: {{kind: folderdrop, folder: share, layout: plain, settle: 50ms}}
  xa-binh-son:
    name: UBND xã Bình Sơn
    code: {binh_son}
    endpoint: {{kind: webhook, url: "{url}", port: {port}, token: !secret BINH_SON}}
"""
HUB = "data: data\nlisten: 127.0.0.1:0\nplugins: [folderdrop, webhook]\nprovince: {code: 000.00.00.H48, name: Tỉnh}\n"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", DOCS.read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """What installing the example's wheel would leave: its module, its metadata and its entry point."""
    site = tmp_path / "site"
    about = site / "hub_webhook-0.1.dist-info"
    about.mkdir(parents=True)
    [module], [declared] = blocks("python"), blocks("toml")
    (site / "webhook.py").write_text(module, "utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: hub-webhook\nVersion: 0.1\n", "utf-8")
    entry = declared.splitlines()[1].replace('"', "")
    (about / "entry_points.txt").write_text(f"[hub.plugins]\n{entry}\n", "utf-8")
    return site


@asynccontextmanager
async def hub(config: Path, site: Path) -> AsyncIterator[None]:
    environment = os.environ | {"PYTHONPATH": str(site), "HUB_SECRET_BINH_SON": "only-for-the-test"}
    command = [sys.executable, "-m", "hub.cli", "run", "--config", str(config)]
    log = (config / "log").open("w")
    running = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=log
    )
    try:
        assert running.stdout
        ready = await asyncio.wait_for(running.stdout.readline(), 60)
        assert ready.endswith(b"units=2 down=-\n"), (config / "log").read_text()
        yield
    finally:
        running.terminate()
        await running.wait()
        log.close()


@asynccontextmanager
async def software(taken: list[tuple[str, bytes]]) -> AsyncIterator[str]:
    """The unit's software: keeps every packet that is POSTed to it, with its key."""

    async def take(request: web.Request) -> web.Response:
        if request.headers["Authorization"] != "Bearer only-for-the-test":
            return web.Response(status=401)
        if request.method == "POST":
            taken.append((request.headers["Idempotency-Key"], await request.read()))
        return web.Response(headers={"Location": f"/van-ban/{len(taken)}"})

    app = web.Application()
    app.router.add_route("*", "/van-ban", take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/van-ban"
    finally:
        await runner.cleanup()


async def post(port: int, key: str, packet: bytes, token: str = "only-for-the-test") -> tuple[int, dict[str, object]]:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/", data=packet, headers=headers) as response,
    ):
        return response.status, json.loads(await response.read())


class Software:
    """The unit's software as the contract needs it: takes what is POSTed, POSTs until it is answered."""

    def __init__(self, connector: type[Connector[Any]], url: str, taken: list[tuple[str, bytes]], port: int) -> None:
        self.connector, self._taken, self._port = connector, taken, port
        self.settings = {"kind": "webhook", "url": url, "port": port, "token": "only-for-the-test"}
        self.posts: set[asyncio.Task[None]] = set()

    def effects(self) -> list[str]:
        return list(dict(self._taken))

    async def offer(self, name: str, packet: bytes) -> None:
        self.posts.add(asyncio.create_task(self._post(name, packet)))

    async def answer(self, delivery: Delivery) -> None:
        assert isinstance(delivery.envelope.body, Document)
        await self.offer("answer", edxml.write_acknowledgement(an_answer(delivery.envelope.body, "03")))

    async def _post(self, name: str, packet: bytes) -> None:
        status = 0
        while status not in (200, 422):
            with suppress(aiohttp.ClientError, ValueError):
                status, _ = await post(self._port, name, packet)
            await asyncio.sleep(0.05)


@asynccontextmanager
async def counterpart(home: Path) -> AsyncIterator[Software]:
    """The module of the page, and its other side."""
    [text] = blocks("python")
    module: dict[str, Any] = {"__name__": "webhook"}
    exec(compile(text, "webhook.py", "exec", dont_inherit=True), module)
    taken: list[tuple[str, bytes]] = []
    port = free_port()
    async with software(taken) as url:
        made = Software(module["Webhook"], url, taken, port)
        try:
            yield made
        finally:
            for task in made.posts:
                task.cancel()


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(check, marks=[pytest.mark.slow] if check.name == "lane" else [], id=check.name)
        for check in connector_contract(counterpart)
    ],
)
def test_the_example_keeps_the_contract(check: Check, tmp_path: Path) -> None:
    check.run(tmp_path)


def drop(share: Path, name: str, packet: bytes) -> None:
    (share / "out" / f".{name}").write_bytes(packet)
    (share / "out" / f".{name}").rename(share / "out" / name)


async def test_the_example_carries_a_document_and_its_answers(tmp_path: Path, site: Path) -> None:
    document, attachment = a_document("211/GM-SNV"), b"%PDF-1.4 " + bytes(300_000)
    packet = b"".join(edxml.compose(document, [edxml.File("211-GM-SNV.pdf", lambda: io.BytesIO(attachment))]))
    answer = edxml.write_acknowledgement(an_answer(document, "03", at=datetime.now(UTC)))
    taken: list[tuple[str, bytes]] = []
    port = free_port()
    async with software(taken) as url:
        units = UNITS.format(home=HOME_AFFAIRS, binh_son=BINH_SON, url=url, port=port)
        (tmp_path / "units.yaml").write_text(units, "utf-8")
        (tmp_path / "hub.yaml").write_text(HUB, "utf-8")
        async with hub(tmp_path, site):
            share = tmp_path / "share"
            drop(share, "211.edxml", packet)
            await eventually(lambda: taken, within=20)

            assert await post(port, "a1", answer, token="wrong") == (401, {"code": "unauthorised"})
            assert await post(port, "a1", answer) == (200, {"taken": True})
            assert await post(port, "a1", answer) == (200, {"taken": True})
            status, said = await post(port, "a2", b"hello")
            await eventually(lambda: list((share / "in").glob("*.edxml")), within=20)

    [(_, carried)] = taken
    read = edxml.read(io.BytesIO(carried)).body
    assert isinstance(read, Document)
    assert (read.code, read.subject) == (document.code, document.subject)
    assert b"".join(edxml.decode(io.BytesIO(carried), read.attachments[0])) == attachment
    assert (status, said["code"]) == (422, "not-edxml")
    [back] = (share / "in").iterdir()
    heard = edxml.read(io.BytesIO(back.read_bytes())).body
    assert isinstance(heard, Acknowledgement)
    assert (heard.status, heard.response_for.code) == ("03", document.code)


def test_the_example_is_short() -> None:
    [module] = blocks("python")
    assert sum(bool(line.strip()) for line in module.splitlines()) <= 90
