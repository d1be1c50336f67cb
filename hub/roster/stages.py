"""A unit's way from a line of units.yaml to daily use."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

#: So long after it was heard last a unit counts as live.
LIVE_FOR = timedelta(days=30)


class Stage(StrEnum):
    """Each stage includes those before it."""

    DECLARED = "declared"
    CONNECTED = "connected"
    TESTED = "tested"
    LIVE = "live"


def stage(connected_at: datetime | None, tested_at: datetime | None, heard_at: datetime | None, now: datetime) -> Stage:
    """How far the unit is."""
    if connected_at is None:
        return Stage.DECLARED
    if tested_at is None:
        return Stage.CONNECTED
    return Stage.LIVE if heard_at is not None and now - heard_at <= LIVE_FOR else Stage.TESTED
