"""Hubs broken on purpose. The suite must go red on each, or it proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.ledger import engine

Run = Callable[[], None]


def synchronous_normal(run: Run) -> None:
    """Commits that survive kill -9 and not a power cut: what guides to SQLite recommend."""
    engine.PRAGMAS["synchronous"] = 1
    engine._WORDS["synchronous"] = "NORMAL"
    run()


KINDS: Mapping[str, Callable[[Run], None]] = {"synchronous_normal": synchronous_normal}
