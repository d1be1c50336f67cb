"""The machine's time."""

from __future__ import annotations

import time
from datetime import UTC

import pytest

from hub.clock import SystemClock


def test_pauses_are_counted_by_a_clock_that_never_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, begun = SystemClock(), time.monotonic()
    before = clock.monotonic()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    between = clock.monotonic()
    monkeypatch.setattr(time, "time", lambda: 4e9)
    assert 0 <= between - before <= clock.monotonic() - before <= time.monotonic() - begun


def test_records_bear_the_time_of_the_wall_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC
    assert abs(SystemClock().now().timestamp() - time.time()) < 60
