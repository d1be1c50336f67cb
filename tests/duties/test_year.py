"""A simulated year through the real ledger, Tết and storms included: nothing false, nothing later than a tick."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.duties.ledger_year import year

_MEMORY = Path("/dev/shm")


async def test_a_year_of_duties(figure: Callable[[str], None]) -> None:
    began = time.monotonic()
    seed = secrets.randbelow(1 << 32)
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        played, strange = await year(Path(folder), seed, units=12, documents=100)

    took = time.monotonic() - began
    figure(f"through the ledger: {played.result}; {played.ticks} ticks, {took:.1f} s")
    assert [] == played.result.wrong[:5]
    assert [] == strange
    assert played.result.overdue > 20
    assert played.result.broken > 5
