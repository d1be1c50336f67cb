"""What is in hand, as a hub that died left it written down."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from hub.carrying.hand import Hand


def test_fewer_names_are_read_where_more_stood_before(tmp_path: Path) -> None:
    Hand(tmp_path, "axis").take(f"{number:032}" for number in range(64))
    Hand(tmp_path, "axis").take(["one"])
    assert frozenset({"one"}) == Hand(tmp_path, "axis").left()


def test_what_is_held_by_several_at_once_is_written_down_until_each_lets_go(tmp_path: Path) -> None:
    hand = Hand(tmp_path, "axis")
    with hand.holding(["a", "b"]):
        with hand.holding(["b", "c"]):
            assert frozenset("abc") == hand.left()
        assert frozenset("ab") == hand.left()
    assert frozenset() == hand.left()


def test_nothing_is_read_that_is_written_down_in_part_only(tmp_path: Path) -> None:
    """A disk that takes a part of it says so by the count alone."""
    hand, most = Hand(tmp_path, "axis"), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, most[1]))
    try:
        with pytest.raises(OSError, match="in part only"):
            hand.take(f"{number:032}" for number in range(64))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
