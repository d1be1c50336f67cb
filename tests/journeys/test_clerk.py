"""A packet from software to a clerk's folder; the clerk moves it; the status file comes back. The whole hub runs."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hub.app import Hub, run
from hub.config import load
from hub.ledger import open_views
from hub.plugins import Plugins
from hub.standards import edxml
from hub.testing import eventually
from hub.testing.samples import a_document
from hub.vocabulary import Acknowledgement

_HUB = """
data: data
listen: 127.0.0.1:0
plugins: [folderdrop]
province: {code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}
retry: {first: 100ms, most: 1s}
reserve: 1000000
"""
_UNITS = """
units:
  so-nv:
    name: Sở Nội vụ
    code: 000.00.14.H48
    endpoint: {kind: folderdrop, folder: shares/so-nv, settle: 50ms, poll: 100ms}
  xa-binh-son:
    name: UBND xã Bình Sơn
    code: 000.00.31.H48
    endpoint:
      {kind: folderdrop, folder: shares/xa-binh-son, layout: clerk,
       settle: 50ms, poll: 50ms, grace: 200ms, grace_refusal: 300ms}
"""
_PDF = b"%PDF-1.7\n" + bytes(range(256)) * 100


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "hub.yaml").write_text(_HUB, "utf-8")
    (tmp_path / "units.yaml").write_text(_UNITS, "utf-8")
    return tmp_path


@asynccontextmanager
async def running(home: Path) -> AsyncIterator[Hub]:
    """A hub that is ready; stopped as an administrator would stop it."""
    plugins = Plugins(["folderdrop"])
    ready: asyncio.Future[Hub] = asyncio.get_running_loop().create_future()
    work = asyncio.create_task(run(load(home, lambda _: plugins.settings), plugins, ready.set_result))
    either: set[asyncio.Future[Any]] = {ready, work}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if work.done():
        work.result()
    try:
        yield ready.result()
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        await work


def drop(home: Path, number: int = 211) -> None:
    """The sender's software drops a packet."""
    file = edxml.File("211-GM-SNV.pdf", lambda: io.BytesIO(_PDF))
    out = home / "shares" / "so-nv" / "out"
    (out / ".draft").write_bytes(b"".join(edxml.compose(a_document(f"{number}/GM-SNV"), [file])))
    (out / ".draft").rename(out / f"{number}.edxml")


def statuses(home: Path) -> list[Acknowledgement]:
    """What the sender's software finds in its `in/`."""
    found = []
    for path in sorted((home / "shares" / "so-nv" / "in").iterdir()):
        body = edxml.read(io.BytesIO(path.read_bytes())).body
        assert isinstance(body, Acknowledgement)
        found.append(body)
    return sorted(found, key=lambda each: each.status)


def codes(home: Path) -> list[str]:
    return [each.status for each in statuses(home)]


async def arrived(home: Path) -> Path:
    stage = home / "shares" / "xa-binh-son" / "van-ban-den" / "1-moi-den"
    await eventually(lambda: stage.exists() and any(stage.iterdir()))
    [folder] = stage.iterdir()
    return folder


async def test_a_packet_is_answered_by_moving_its_folder(home: Path) -> None:
    async with running(home):
        drop(home)
        folder = await arrived(home)
        assert _PDF == (folder / "211-GM-SNV.pdf").read_bytes()
        await eventually(lambda: codes(home) == ["01"])
        accepted = folder.rename(folder.parents[1] / "3-da-tiep-nhan" / f"1254 {folder.name}")
        await eventually(lambda: codes(home) == ["01", "03"])
        accepted.rename(folder.parents[1] / "6-hoan-thanh" / accepted.name)
        await eventually(lambda: codes(home) == ["01", "03", "06"])

    said = statuses(home)[1]
    assert ("000.00.31.H48", "000.00.14.H48") == (said.sender.id, said.response_for.organ_id)
    assert said.description.startswith("Số đến 1254 ngày")
    [recipient] = open_views("sqlite", home / "data").trace("211/GM-SNV")[0].recipients
    assert ["01", "03", "06"] == [answer.code for answer in recipient.answers]


async def test_a_refusal_reaches_the_sender_with_its_reason(home: Path) -> None:
    async with running(home):
        drop(home)
        folder = await arrived(home)
        refused = folder.rename(folder.parents[1] / "2-tu-choi" / folder.name)
        await eventually((refused / "ly-do.txt").exists)
        (refused / "ly-do.txt").write_text("Giấy mời ghi sai tên đơn vị", "utf-16")
        await eventually(lambda: codes(home) == ["01", "02"])
    assert "Giấy mời ghi sai tên đơn vị" == statuses(home)[1].description


async def test_a_move_made_while_the_hub_was_away_is_told_once(home: Path) -> None:
    async with running(home):
        drop(home)
        folder = await arrived(home)
        await eventually(lambda: codes(home) == ["01"])
    folder.rename(folder.parents[1] / "6-hoan-thanh" / folder.name)
    for _run in range(2):
        async with running(home):
            await eventually(lambda: codes(home) == ["01", "03", "06"])
            await asyncio.sleep(0.5)
    assert ["01", "03", "06"] == codes(home)
