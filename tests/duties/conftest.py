"""What tests of duties may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from hub.ledger import Ledger
from hub.testing import ManualClock
from tests.crash.book import FIGURE
from tests.duties.stage import BOOK, MONDAY, Stage


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Shows a line at the end of the run."""
    return lambda said: record_property(FIGURE, said)


@pytest.fixture
async def stage(database: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """A ledger with its tick, on a Monday morning; what is left is held against its events."""
    clock = ManualClock(MONDAY)
    async with Ledger(database, tmp_path, "hub", clock) as ledger:
        stage = Stage(ledger, clock, BOOK)
        yield stage
        assert [] == [*ledger.views.strange(), *ledger.views.broken()]
