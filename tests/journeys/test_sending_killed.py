"""Killed at any durable step, the sending half loses nothing, doubles nothing and keeps no secret."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.journeys.sending_day import Morning, killed


def _swept(home: Path, turn: int) -> bool:
    """A morning in which the hub dies at that step, then one in which it lives. False: it did not come to that."""
    home.mkdir(exist_ok=True)
    morning = Morning(home)
    morning.fill()
    if not killed(home, turn):
        morning.check()
        return False
    assert not killed(home, 0), "the second life must end well"
    morning.check()
    return True


@pytest.mark.parametrize("turn", [100, 130, 155, 172, 190, 210, 240])
def test_a_kill_at_some_steps_loses_and_doubles_nothing(tmp_path: Path, turn: int) -> None:
    assert _swept(tmp_path, turn)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_kill_at_every_few_steps_loses_and_doubles_nothing(tmp_path: Path) -> None:
    stride = int(os.environ.get("HUB_KILL_STRIDE", "5"))
    turn = 1
    while _swept(tmp_path / str(turn), turn):
        shutil.rmtree(tmp_path / str(turn))
        turn += stride
    assert turn > 150
