"""Killed at any durable step of either clerk's half, a recall is asked once, answered once, and the files go once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.killing import sweep, swept
from tests.journeys.recall_day import RecallDay


@pytest.mark.parametrize("turn", [170, 200, 230, 260, 285])
@pytest.mark.slow
def test_a_kill_at_some_steps_of_a_recall(tmp_path: Path, turn: int) -> None:
    assert swept(RecallDay, tmp_path, turn)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_kill_at_every_few_steps_of_a_recall(tmp_path: Path) -> None:
    assert sweep(RecallDay, tmp_path, turn=120, stride=7) > 250
