"""The directory of agencies, fetched by a running hub from `hub simulate central`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hub.ledger import gazette
from hub.log import logger
from hub.testing import RunningHub, eventually
from hub.testing.samples import BINH_SON
from tests.journeys.border import Border, from_office
from tests.journeys.clerks import a_pdf
from tests.journeys.simulated import simulated

MANY = 300
LISTS = ["getAgenciesList", "getAgenciesListQD20", "getSynchronizeUnit"]


def answers(border: Border) -> dict[str, dict[str, Any]]:
    """What the last answer of each kind brought."""
    views = border.views()
    try:
        return {said["answer"]: said for said in views.looking(gazette.answers)}
    finally:
        views.close()


def names(border: Border, words: str) -> list[str]:
    """Who is found by these words."""
    views = border.views()
    try:
        return [one.name for one in views.looking(lambda connection: gazette.search(connection, words, 5))]
    finally:
        views.close()


@pytest.mark.parametrize("isolate", [False, True], ids=["inside", "isolated"])
async def test_all_lists_are_fetched_once_a_day_whatever_restarts(tmp_path: Path, isolate: bool) -> None:
    async with simulated(tmp_path, MANY) as there:
        border = Border(tmp_path, {**there.settings, "directory": LISTS, "isolate": isolate})
        async with RunningHub(border.home):
            await eventually(lambda: set(LISTS) == set(answers(border)), 30)
        first = answers(border)
        async with RunningHub(border.home):
            await border.ready()
        assert first == answers(border)

    assert all(said["rows"] >= MANY and not said["skipped"] for said in first.values())
    assert "Sở Nội vụ" in " ".join(names(border, "so noi vu"))


@pytest.mark.parametrize("broken", ["html502", "html200", "http500", "empty", "keyless", "refuse", "truncated", "cut"])
async def test_a_list_that_does_not_come_changes_nothing_and_is_said(tmp_path: Path, broken: str) -> None:
    async with simulated(tmp_path, MANY) as there:
        there.breaks(f"{broken}@getAgenciesList")
        border = Border(tmp_path, {**there.settings, "directory": LISTS[:1]})
        lines: list[str] = []
        sink = logger.add(lines.append, format="{message}")
        async with RunningHub(border.home):
            await eventually(lambda: any("the directory of vpcp is as it was" in line for line in lines), 20)
        logger.remove(sink)
    assert {} == answers(border)


@pytest.mark.parametrize(
    "memory", ["a folder", "{", "[]", '{"getAgenciesList": 7}', '{"getAgenciesList": "2026-01-01"}']
)
async def test_a_memory_that_is_spoilt_holds_up_no_document(tmp_path: Path, memory: str) -> None:
    async with simulated(tmp_path, MANY) as there:
        border = Border(tmp_path, {**there.settings, "directory": LISTS[:1]})
        async with RunningHub(border.home):
            await eventually(lambda: list((border.home / "data").rglob("directory.json")), 30)
        [kept] = (border.home / "data").rglob("directory.json")
        kept.unlink()
        if memory == "a folder":
            kept.mkdir()
        else:
            kept.write_text(memory)
        failures: list[str] = []
        sink = logger.add(failures.append, format="{message}", level="ERROR")
        async with RunningHub(border.home):
            await there.send(from_office("3127/VPCP-KSTT", BINH_SON))
            await eventually(there.confirmed, 20)
            await eventually(lambda: kept.is_dir() or "T" in kept.read_text(), 20)
        logger.remove(sink)
    assert [] == failures
    assert kept.is_dir() or "T" in json.loads(kept.read_text())["getAgenciesList"]


@pytest.mark.parametrize("isolate", [False, True], ids=["inside", "isolated"])
async def test_a_clerk_who_names_one_outside_reads_its_code_and_sends_with_it(tmp_path: Path, isolate: bool) -> None:
    async with simulated(tmp_path, MANY) as there:
        border = Border(tmp_path, {**there.settings, "directory": LISTS[:1]}, isolate=isolate)
        async with RunningHub(border.home):
            await eventually(lambda: answers(border) and border.box.exists(), 30)
            border.drop_folder("Văn bản", {"PHIEU-GUI.txt": "Gửi: so y te quang nam", "52-TTr-UBND.pdf": a_pdf("52")})
            await eventually(lambda: len(border.returned()) == 1, 20)
            reason = border.returned()["Văn bản"]
            assert "cơ quan ngoài tỉnh có tên như vậy: 000.00.02.H47 (Sở Y tế tỉnh Quảng Nam)" in reason
            assert 'ví dụ "Gửi: 000.00.02.H47"' in reason
            back = border.binh_son / "tra-lai" / border.month / "Văn bản"
            (back / "PHIEU-GUI.txt").write_text("Gửi: 000.00.02.H47 (Sở Y tế tỉnh Quảng Nam)", "utf-8")
            back.rename(border.box / "Văn bản")
            await eventually(lambda: [each.recipient for each in there.records(BINH_SON)] == ["000.00.02.H47"], 30)
            await eventually(lambda: "Sở Y tế tỉnh Quảng Nam" in border.receipt(), 20)
