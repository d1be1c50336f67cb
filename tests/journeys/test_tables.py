"""Whole trips between a unit whose software keeps its papers in tables and one with a folder, on real databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.testing import RunningHub, eventually
from hub.testing.samples import BINH_SON, GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document
from hub.vocabulary import Acknowledgement, Document
from tests.counterparts.tables import Software
from tests.journeys.border import from_office
from tests.journeys.simulated import simulated
from tests.journeys.tablesprovince import TablesProvince
from tests.plugins.tables import ORGANIZATIONS, PDF
from tests.unitdatabase import Line, UnitDatabase, line_to


@pytest.fixture
async def line(unit_database: UnitDatabase) -> AsyncIterator[Line]:
    async with line_to(unit_database) as opened:
        yield opened


@pytest.fixture
def province(tmp_path: Path, unit_database: UnitDatabase, line: Line) -> TablesProvince:
    software = Software(unit_database.url)
    software.install(ORGANIZATIONS)
    return TablesProvince(tmp_path, software, unit_database.endpoint(line.port))


@pytest.mark.parametrize("isolate", [False, True], ids=["inside", "isolated"])
async def test_from_tables_to_a_folder_and_every_answer_back(
    tmp_path: Path, unit_database: UnitDatabase, line: Line, isolate: bool
) -> None:
    software = Software(unit_database.url)
    software.install(ORGANIZATIONS)
    province = TablesProvince(tmp_path, software, {**unit_database.endpoint(line.port), "isolate": isolate})
    [key] = province.write("52/TTr-UBND")
    async with RunningHub(tmp_path):
        await eventually(province.found, 30)
        for status in ("01", "03", "04", "05", "06"):
            province.answer_from_folder(status)
            latest = ("52/TTr-UBND", HOME_AFFAIRS, int(status), 1)
            await eventually(lambda latest=latest: software.heard()[-1:] == [latest], 30)  # type: ignore[misc]  # a default in a lambda has no type
    [document] = province.found()
    assert isinstance(document, Document)
    assert (document.code, document.sender.id) == ("52/TTr-UBND", BINH_SON)
    assert software.state(key) == (1, [1], 1, None)
    assert [(status, active) for _, _, status, active in software.heard()] == [(1, 0), (3, 0), (4, 0), (5, 0), (6, 1)]


async def test_from_tables_to_the_central_hub_and_back_and_every_answer(
    tmp_path: Path, unit_database: UnitDatabase, line: Line
) -> None:
    software = Software(unit_database.url)
    software.install(ORGANIZATIONS)
    async with simulated(tmp_path) as there:
        outside = {**there.settings, "serves": "others"}
        TablesProvince(tmp_path, software, unit_database.endpoint(line.port), outside)
        key = software.write(a_document("52/TTr-UBND", BINH_SON, (GOVERNMENT_OFFICE,)), {"52.pdf": PDF})
        async with RunningHub(tmp_path):
            await there.taken_within(1, 30, "01", "03", "06")
            await eventually(lambda: {each[2] for each in software.heard()} == {1, 3, 6}, 30)
            await there.send(from_office("3127/VPCP-KSTT", BINH_SON))
            await eventually(software.arrived, 30)
            await asyncio.to_thread(software.step, software.arrived()[0].key, 3)
            await there.taken_within(2, 30)
    assert {(code, sender) for code, sender, _, _ in software.heard()} == {("52/TTr-UBND", GOVERNMENT_OFFICE)}
    assert software.state(key) == (1, [1], 1, None)
    assert there.statuses() == [(BINH_SON, "3127/VPCP-KSTT", "03")]
    assert [each.notation for each in there.records(BINH_SON) if each.message_type == "edoc"] == ["52/TTr-UBND"]


async def test_from_a_folder_to_tables_and_every_step_back(province: TablesProvince) -> None:
    province.drop("211/GM-SNV")
    async with RunningHub(province.home):
        await eventually(province.software.arrived, 30)
        [arrived] = province.software.arrived()
        for number, step in enumerate((1, 3, 4, 5, 6), 1):
            await asyncio.to_thread(province.software.step, arrived.key, step)
            await eventually(lambda number=number: len(province.found()) == number, 30)  # type: ignore[misc]  # the same
    assert (arrived.code, arrived.sender, next(iter(arrived.files.values()))[:5]) == (
        "211/GM-SNV",
        HOME_AFFAIRS,
        b"%PDF-",
    )
    answers = [each for each in province.found() if isinstance(each, Acknowledgement)]
    assert sorted(each.status for each in answers) == ["01", "03", "04", "05", "06"]
    assert {each.response_for.code for each in answers} == {"211/GM-SNV"}


async def test_a_document_for_nobody_comes_back_into_its_row(province: TablesProvince) -> None:
    key = province.software.write(a_document("52/TTr-UBND", BINH_SON, ("000.00.99.H48",)), {"52.pdf": PDF})
    async with RunningHub(province.home):
        await eventually(lambda: province.software.state(key)[0] == -1, 30)
    assert "000.00.99.H48" in str(province.software.state(key)[3])


async def test_a_step_without_the_reason_that_it_needs_comes_back(province: TablesProvince) -> None:
    province.drop("211/GM-SNV")
    async with RunningHub(province.home):
        await eventually(province.software.arrived, 30)
        await asyncio.to_thread(province.software.step, province.software.arrived()[0].key, 2)
        await eventually(lambda: province.software.rows("CONNECT_PROCESS_IN")[0]["IS_SEND"] == -1, 30)
        assert province.software.rows("CONNECT_PROCESS_IN")[0]["LOG_SEND"]
        await asyncio.to_thread(province.software.step, province.software.arrived()[0].key, 2, "không thuộc thẩm quyền")
        await eventually(province.found, 30)
    [answer] = province.found()
    assert isinstance(answer, Acknowledgement)
    assert (answer.status, answer.description) == ("02", "không thuộc thẩm quyền")


@pytest.mark.parametrize("code", ["15", "16"])
async def test_what_tables_ask_back_a_folder_gives_or_keeps(province: TablesProvince, code: str) -> None:
    [key] = province.write("52/TTr-UBND")
    async with RunningHub(province.home):
        await eventually(province.found, 30)
        await asyncio.to_thread(province.software.ask_back, key, HOME_AFFAIRS, "gửi nhầm")
        await eventually(lambda: len(province.found()) == 2, 30)
        province.answer_from_folder(code, "đã xem xét")
        await eventually(lambda: [each[2] for each in province.software.heard()] == [int(code)], 30)
    [asked] = [each for each in province.found() if isinstance(each, Acknowledgement)]
    assert (asked.status, asked.response_for.code, asked.description) == ("13", "52/TTr-UBND", "gửi nhầm")


@pytest.mark.parametrize("code", ["15", "16"])
async def test_what_a_folder_asks_back_tables_give_or_keep(province: TablesProvince, code: str) -> None:
    province.drop("211/GM-SNV")
    async with RunningHub(province.home):
        await eventually(province.software.arrived, 30)
        [document] = province.software.arrived()
        province.ask_back_from_folder("211/GM-SNV")
        await eventually(lambda: province.software.rows("CONNECT_DOCUMENT", BUSSINESS_DOC_TYPE=1), 30)
        await asyncio.to_thread(province.software.step, document.key, int(code), "đã xem xét")
        await eventually(province.found, 30)
    [answer] = province.found()
    assert isinstance(answer, Acknowledgement)
    assert (answer.status, answer.response_for.code, answer.description) == (code, "211/GM-SNV", "đã xem xét")


async def test_refused_by_a_folder(province: TablesProvince) -> None:
    province.write("52/TTr-UBND")
    async with RunningHub(province.home):
        await eventually(province.found, 30)
        province.answer_from_folder("02", "sai nơi nhận")
        await eventually(lambda: [each[2] for each in province.software.heard()] == [2], 30)


async def test_while_the_database_is_away_everything_waits_and_nothing_is_lost(
    province: TablesProvince, line: Line
) -> None:
    ours, theirs = [f"5{number}/TTr-UBND" for number in range(3)], [f"21{number}/GM-SNV" for number in range(3)]
    province.write(*ours)
    province.drop(*theirs)
    async with RunningHub(province.home):
        for _ in range(4):
            line.refuses = True
            line.cut()
            await asyncio.sleep(0.3)
            line.refuses = False
            line.deaf = 1
            await asyncio.sleep(0.3)
        async with asyncio.timeout(60):
            while not province.is_over(3, 3):
                province.answer_from_folder()
                await asyncio.to_thread(province.answer_from_tables)
                await asyncio.sleep(0.1)
    province.judge(ours, theirs)
