"""Many open duties cost a tick nothing; the long form is `python -m tests.duties many`."""

from __future__ import annotations

from collections.abc import Callable

from tests.duties.many import measure


async def test_a_tick_stays_flat(figure: Callable[[str], None]) -> None:
    found = await measure(20_000, 300)

    figure(str(found))
    assert found.flat, found
