"""What is short is found once, what is long each time."""

from __future__ import annotations

import pytest

from hub.remembering import remembered


@pytest.mark.parametrize(
    ("said", "times"),
    [(("a", 3), 1), (("a" * 1000, 3), 1), (("a" * 1001, 3), 2), ((("a" * 600, "b" * 401), 3), 2)],
)
def test_long_texts_are_not_kept(said: tuple[object, object], times: int) -> None:
    asked = 0

    @remembered(10)
    def question(_text: object, number: object) -> object:
        nonlocal asked
        asked += 1
        return number

    assert [question(*said), question(*said)] == [3, 3]
    assert asked == times
