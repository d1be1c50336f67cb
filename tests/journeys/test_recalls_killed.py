"""Killed at any durable step of either clerk's half, a recall is asked once, answered once, and the files go once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.journeys.recall_day import RecallDay, killed, stride


def _swept(home: Path, turn: int) -> bool:
    """A day in which the hub dies at that step, then one in which it lives. False: it did not come to that."""
    home.mkdir(exist_ok=True)
    day = RecallDay(home)
    day.fill()
    if not killed(home, turn):
        day.check()
        return False
    assert not killed(home, 0), "the second life must end well"
    day.check()
    return True


@pytest.mark.parametrize("turn", [170, 200, 230, 260, 285])
def test_a_kill_at_some_steps_of_a_recall(tmp_path: Path, turn: int) -> None:
    assert _swept(tmp_path, turn)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_kill_at_every_few_steps_of_a_recall(tmp_path: Path) -> None:
    turn = 120
    while _swept(tmp_path / str(turn), turn):
        shutil.rmtree(tmp_path / str(turn))
        turn += stride()
    assert turn > 250
