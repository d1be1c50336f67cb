"""What is said again and again is logged now and then, and counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.carrying import sparing
from hub.carrying.sparing import Sparing
from hub.log import logger


@pytest.fixture
def lines() -> Iterator[list[str]]:
    said: list[str] = []
    sink = logger.add(lambda message: said.append(f"{message.record['level']} {message.record['message']}"))
    yield said
    logger.remove(sink)


def test_the_same_is_said_once_a_minute_and_counted(lines: list[str]) -> None:
    now = 0.0
    door = Sparing(lambda: now)
    for now in (0.0, 1.0, 59.9):
        door.say("a", f"a at {now}")
    door.say("b", "b", "WARNING")
    for now in (60.0, 61.0, 500.0, 1000.0):
        door.say("a", f"a at {now}")
    assert [
        "INFO a at 0.0",
        "WARNING b",
        "INFO a at 60.0 (2 more since the last such line)",
        "INFO a at 500.0 (1 more since the last such line)",
        "INFO a at 1000.0",
    ] == lines


def test_what_it_remembers_is_bounded(lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparing, "_MOST", 3)
    door = Sparing(lambda: 0.0)
    for about in range(10):
        door.say(about, str(about))
    assert 10 == len(lines)
    assert len(door._said) <= 3
