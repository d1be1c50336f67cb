"""What a connector is watched by while it walks through its calls: `hub profile try`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Rehearsal(Protocol):
    """Who watches a connector walk through all that it asks of its counterpart. No secret is told.

    `at`: keys on the way to a place in the file of the first setting in `Settings.shipped`.
    """

    def step(self, title: str) -> None:
        """The next step begins."""

    def asked(self, call: str, headers: Mapping[str, str], body: str) -> None:
        """What goes to the counterpart."""

    def answered(self, text: str, body: str) -> None:
        """What came back, and what was made of it."""

    def read(self, at: Sequence[str], value: str) -> None:
        """What was found by what stands there."""

    def wrong(self, at: Sequence[str], problem: str) -> None:
        """What does not work, and where that is said."""
