"""Time as a thing that can be handed in: the wall clock for records, the monotonic for waiting."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

#: Seconds: what counts as set by somebody, and what two looks in a row may be apart.
_JUMP, _UNEVEN = 1.0, 0.05
#: How much faster or slower a clock may run while it is being corrected.
_SLEWED = 0.1
#: The zone of the wire and of the screen. Records keep UTC.
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


class Clock(Protocol):
    """What the hub asks of time."""

    def now(self) -> datetime:
        """The wall clock, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds that never jump."""

    async def sleep(self, seconds: float) -> None:
        """Return after that many monotonic seconds."""


class SystemClock:
    """The machine's own time, which runs evenly: when somebody sets it, `now` follows only once that is adopted."""

    def __init__(self) -> None:
        self._at = time.monotonic()
        #: wall clock less monotonic: as `now` has it, and as it was seen last
        self._offset = self._seen = time.time() - self._at

    def now(self) -> datetime:
        """The wall clock, aware, UTC."""
        return datetime.fromtimestamp(self._offset + time.monotonic(), UTC)

    def jump(self) -> float:
        """Seconds by which the machine's clock was set, seen from `now`; 0.0: it was not. To be asked regularly.

        A clock that stands still, or is being moved, is not believed until it runs again.
        """
        at = time.monotonic()
        seen = time.time() - at
        moved, passed = abs(seen - self._seen), at - self._at
        self._seen, self._at = seen, at
        if moved > _UNEVEN + _SLEWED * passed:
            return 0.0
        if abs(jump := seen - self._offset) >= _JUMP:
            return jump
        self._offset = seen
        return 0.0

    def adopt(self, seconds: float) -> None:
        """Let `now` jump by so much."""
        self._offset += seconds

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after that many monotonic seconds."""
        await asyncio.sleep(seconds)
