"""What the hub does of its own accord in a clerk's folder: shelving old months."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from hub.testing import eventually
from plugins.folderdrop.clerk import chores
from tests.plugins.clerk import Office
from tests.plugins.test_clerk_decisions import a_case


@pytest.mark.parametrize(
    ("keep", "oldest"), [(0, "2026-11"), (1, "2026-10"), (11, "2025-12"), (24, "2024-11"), (1200, "1926-11")]
)
def test_the_oldest_month_that_stays(keep: int, oldest: str) -> None:
    assert chores.oldest_kept(date(2026, 11, 26), keep) == oldest


@pytest.mark.parametrize(
    ("mention", "found"),
    [
        ("88/BNV-VTLT ngày 10/11/2026", True),
        ("88-BNV-VTLT", True),
        ("88/bnv-vtlt", True),
        ("88/BNV-VTLT ngày 11/11/2026", False),
        ("89/BNV-VTLT", False),
        ("", False),
    ],
)
def test_the_one_document_that_a_reply_means(mention: str, found: bool) -> None:
    case = a_case(code="88/BNV-VTLT", day="2026-11-10", placed=True)
    assert (chores.replied_to(mention, [case]) is case) is found
    assert chores.replied_to(mention, [case, a_case(code="88/BNV-VTLT", day="2026-11-10", placed=True)]) is None
    assert chores.replied_to(mention, [a_case(code="88/BNV-VTLT", day="2026-11-10", placed=True, gone=True)]) is None


async def test_months_that_are_over_go_to_the_shelf_and_open_documents_never(tmp_path: Path) -> None:
    office = Office(tmp_path)
    finished = office.stage("6-hoan-thanh")
    async with office.listening() as connector:
        folder = await office.received(connector)
    for month in ("2020-01", "2020-02", "khac"):
        (finished / month).mkdir(parents=True)
        (finished / month / "giu.txt").write_text("x")
    (finished / "2020-02" / folder.name).mkdir()
    for each in folder.iterdir():
        (finished / "2020-02" / folder.name / each.name).write_bytes(each.read_bytes())
    async with office.listening(keep=24, grace="60s"):
        from_shelf = office.share / "luu" / "2020" / "2020-01" / "giu.txt"
        await eventually(from_shelf.exists)
    assert (finished / "2020-02" / folder.name).is_dir()
    assert (finished / "khac" / "giu.txt").exists()
