"""A unit's way from a line of units.yaml to daily use."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from hub.clock import VIETNAM
from hub.succession import is_former
from hub.vocabulary import Unit

#: So long after it was heard last a unit counts as live.
LIVE_FOR = timedelta(days=30)


class Stage(StrEnum):
    """Each stage includes those before it."""

    DECLARED = "declared"
    CONNECTED = "connected"
    TESTED = "tested"
    LIVE = "live"
    #: its last day has passed
    FORMER = "former"


def stage(
    unit: Unit, connected_at: datetime | None, tested_at: datetime | None, heard_at: datetime | None, now: datetime
) -> Stage:
    """How far the unit is. One that is only tried out is never live."""
    if is_former(unit, now.astimezone(VIETNAM).date()):
        return Stage.FORMER
    if connected_at is None:
        return Stage.DECLARED
    if tested_at is None:
        return Stage.CONNECTED
    heard = heard_at is not None and now - heard_at <= LIVE_FOR
    return Stage.LIVE if heard and not unit.is_tried_out else Stage.TESTED
