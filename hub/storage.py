"""Watches what the hub stores on, so that whoever watches the hub is told within seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hub import room
from hub.blobs import Blobs
from hub.clock import Clock
from hub.ledger import Ledger
from hub.log import logger
from hub.threads import in_thread

#: Seconds between looks.
_LOOK = 2.0
#: Seconds that a commit may take until it is said.
_SLOW = 5.0
#: Seconds for which a disk that took nothing counts as one that takes nothing; what waits for it tries more often.
_LATELY = 10.0


class StorageWatch:
    """What is wrong with the disks and the ledger now. `reserve`: bytes that intake leaves free."""

    def __init__(self, data: Path, blobs: Blobs, ledger: Ledger, reserve: Callable[[], int], clock: Clock) -> None:
        self._data, self._blobs, self._ledger = data, blobs, ledger
        self._reserve, self._clock = reserve, clock
        self._disk = self._said = ""

    def trouble(self) -> str:
        """Why nothing, or nothing new, can be stored; "" where it can."""
        if failed := self._ledger.failed or self._blobs.failed:
            return str(failed)
        for refusal in (self._ledger.refused, self._blobs.refused):
            if refusal and refusal.within(_LATELY):
                return refusal.why
        if (seconds := self._ledger.busy_for) > _SLOW:
            return (
                f"one commit of the ledger takes {seconds:.0f} s already: another program locks it, or its disk hangs"
            )
        return self._disk

    async def run(self) -> None:
        """Look again and again, and log what changes, until cancelled."""
        while True:
            self._disk = await in_thread(self._look)
            trouble = self.trouble()
            if bool(trouble) != bool(self._said):
                logger.log("ERROR" if trouble else "INFO", "storage: {}", trouble or "well again")
            self._said = trouble
            await self._clock.sleep(_LOOK)

    def _look(self) -> str:
        try:
            left = self._blobs.free()
            if room.mounted_read_only(self._data):
                return "the hub's disk is read-only: intake waits"
        except OSError as error:
            return f"the hub's disk does not answer: {error}"
        if left < self._reserve():
            return f"the hub's disk is full: {left // 10**6} MB are left, intake waits"
        return ""
