"""Hubs broken on purpose. The suite must go red on each, or it proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hub import Acceptance, Inbox, Refused, blobs
from hub.ledger import engine, lanes
from plugins.folderdrop.connector import Folderdrop
from plugins.folderdrop.intake import Batch

Run = Callable[[], None]


def synchronous_normal(run: Run) -> None:
    """Commits that survive kill -9 and not a power cut: what guides to SQLite recommend."""
    engine.PRAGMAS["synchronous"] = 1
    engine._WORDS["synchronous"] = "NORMAL"
    run()


def unsynced_folder(run: Run) -> None:
    """Blobs whose bytes are synced, and whose names are not. ext4 forgives it, other file systems do not."""
    blobs._sync_folder = lambda folder: None
    run()


def acknowledged_early(run: Run) -> None:
    """Files that are let go before the ledger has them."""
    properly = Folderdrop._accepted

    async def early(self: Folderdrop, inbox: Inbox, batch: Batch) -> Sequence[Acceptance | Refused]:
        believed = [Acceptance("", duplicate=True) for _ in batch.taken]
        await self._hands.do(self._intake.release, batch.taken, believed)
        return await properly(self, inbox, batch)

    Folderdrop._accepted = early  # type: ignore[method-assign]
    run()


def doubt_forgotten(run: Run) -> None:
    """Deliveries that may have arrived are sent again, without a look and without a word."""
    lanes._DOUBTFUL = set()
    run()


KINDS: Mapping[str, Callable[[Run], None]] = {
    kind.__name__: kind for kind in (synchronous_normal, unsynced_folder, acknowledged_early, doubt_forgotten)
}
