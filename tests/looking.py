"""Looks at folders that a running hub works in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


def undisturbed(look: Callable[[], T]) -> T:
    """What it finds; where a running hub moved something meanwhile, it looks at everything again."""
    while True:
        with suppress(FileNotFoundError):
            return look()
