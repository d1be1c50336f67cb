"""A packet from software to a clerk's folder; the clerk moves it; the status file comes back. The whole hub runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hub.ledger import open_views
from hub.testing import RunningHub, eventually
from tests.journeys.province import PDF, Province


@pytest.fixture(params=["in the hub", "in workers"])
def province(request: pytest.FixtureRequest, tmp_path: Path) -> Province:
    return Province(tmp_path, isolate=request.param == "in workers")


async def test_a_packet_is_answered_by_moving_its_folder(province: Province) -> None:
    async with RunningHub(province.home) as hub:
        await eventually(lambda: not hub.down(), 60)
        province.drop()
        folder = await province.arrived()
        assert PDF == (folder / "211-GM-SNV.pdf").read_bytes()
        await province.heard("01")
        accepted = folder.rename(folder.parents[1] / "3-da-tiep-nhan" / f"1254 {folder.name}")
        await province.heard("01", "03")
        accepted.rename(folder.parents[1] / "6-hoan-thanh" / accepted.name)
        await province.heard("01", "03", "06")

    said = province.statuses()[1]
    assert ("000.00.31.H48", "000.00.14.H48") == (said.sender.id, said.response_for.organ_id)
    assert said.description.startswith("Số đến 1254 ngày")
    [recipient] = open_views("sqlite", province.home / "data").trace("211/GM-SNV")[0].recipients
    assert ["01", "03", "06"] == [answer.code for answer in recipient.answers]


async def test_a_refusal_reaches_the_sender_with_its_reason(province: Province) -> None:
    async with RunningHub(province.home) as hub:
        await eventually(lambda: not hub.down(), 60)
        province.drop()
        folder = await province.arrived()
        refused = folder.rename(folder.parents[1] / "2-tu-choi" / folder.name)
        await eventually((refused / "ly-do.txt").exists)
        (refused / "ly-do.txt").write_text("Giấy mời ghi sai tên đơn vị", "utf-16")
        await province.heard("01", "02")
    assert "Giấy mời ghi sai tên đơn vị" == province.statuses()[1].description


async def test_a_move_made_while_the_hub_was_away_is_told_once(province: Province) -> None:
    async with RunningHub(province.home) as hub:
        await eventually(lambda: not hub.down(), 60)
        province.drop()
        folder = await province.arrived()
        await province.heard("01")
    folder.rename(folder.parents[1] / "6-hoan-thanh" / folder.name)
    for _run in range(2):
        async with RunningHub(province.home):
            await province.heard("01", "03", "06")
            await asyncio.sleep(0.5)
    assert ["01", "03", "06"] == province.codes()
