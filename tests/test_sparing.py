"""What is said again and again is logged now and then, and counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.carrying import sparing
from hub.carrying.sparing import Sparing
from hub.log import logger
from hub.testing import ManualClock


@pytest.fixture
def lines() -> Iterator[list[str]]:
    said: list[str] = []
    sink = logger.add(lambda message: said.append(f"{message.record['level']} {message.record['message']}"))
    yield said
    logger.remove(sink)


async def test_the_same_is_said_once_a_minute_and_counted(lines: list[str]) -> None:
    clock = ManualClock()
    door = Sparing(clock.monotonic)
    door.say("a", "a, first")
    await clock.advance(59)
    door.say("a", "a, held back")
    door.say("a", "a, held back")
    door.say("b", "b", "WARNING")
    await clock.advance(1)
    door.say("a", "a, a minute later")
    door.say("a", "a, held back")
    await clock.advance(500)
    door.say("a", "a, much later")
    await clock.advance(500)
    door.say("a", "a, the last")
    assert [
        "INFO a, first",
        "WARNING b",
        "INFO a, a minute later (2 more since the last such line)",
        "INFO a, much later (1 more since the last such line)",
        "INFO a, the last",
    ] == lines


def test_what_it_remembers_is_bounded(lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparing, "_MOST", 3)
    door = Sparing(lambda: 0.0)
    for about in range(10):
        door.say(about, str(about))
    assert 10 == len(lines)
    assert len(door._said) <= 3
