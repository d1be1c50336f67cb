"""Killed at any durable step of a recall, the document is given up once and whole, or kept whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hub.testing import eventually
from tests.forked import forked, killed
from tests.plugins.clerk_child import DurableSender, office_at
from tests.plugins.clerk_recall_child import day, life

_CONTEXT = forked("tests.plugins.clerk_recall_child")


async def _comes_out_the_same(home: Path, turn: int, code: str) -> bool:
    if not killed(_CONTEXT, life, home, turn, code):
        return False
    office = office_at(home)
    await day(office, code)
    assert isinstance(office.sender, DurableSender)
    answers = [line for line in office.sender.lines if line["key"].split("|")[2] == code]
    assert len({line["digest"] for line in answers}) == 1
    assert office.sender.told == {"01", code}
    await eventually(lambda: office.drafts() == [])
    return True


@pytest.mark.parametrize(
    ("turn", "code"),
    [*((turn, "15") for turn in (88, 104, 112, 120)), (92, "16"), (108, "16")],
)
@pytest.mark.slow
async def test_a_kill_at_some_steps_of_a_recall(tmp_path: Path, turn: int, code: str) -> None:
    assert await _comes_out_the_same(tmp_path, turn, code)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("code", ["15", "16"])
async def test_a_kill_at_every_few_steps_of_a_recall(tmp_path: Path, code: str) -> None:
    stride, turn = int(os.environ.get("HUB_KILL_STRIDE", "6")), 60
    while await _comes_out_the_same(tmp_path / str(turn), turn, code):
        turn += stride
    assert turn > 120
