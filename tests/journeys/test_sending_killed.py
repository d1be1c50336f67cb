"""Killed at any durable step, the sending half loses nothing, doubles nothing and keeps no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.killing import sweep, swept
from tests.journeys.sending_day import Morning


@pytest.mark.parametrize("turn", [100, 130, 155, 172, 190, 210, 240])
@pytest.mark.slow
def test_a_kill_at_some_steps_loses_and_doubles_nothing(tmp_path: Path, turn: int) -> None:
    assert swept(Morning, tmp_path, turn)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_kill_at_every_few_steps_loses_and_doubles_nothing(tmp_path: Path) -> None:
    assert sweep(Morning, tmp_path, turn=1, stride=5) > 150
