"""How often a connector kept the event loop from turning, and what follows from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

#: The stall that moves a connector into a process of its own.
MOST = 3
#: Stalls longer ago than this are forgotten.
_MEMORY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Strikes:
    """One endpoint's stalls of the last days, and whether its connector was moved out for them."""

    times: tuple[datetime, ...] = ()
    #: where it blocked last: "file.py:12 in send"
    place: str = ""
    isolated: bool = False

    def __str__(self) -> str:
        """For the endpoint's health; "" where there is nothing to say."""
        if self.isolated:
            return f"in a process of its own since it blocked the hub {MOST} times, last at {self.place}"
        if not self.times:
            return ""
        return f"it blocked the hub {len(self.times)} of {MOST} times, last at {self.place}"


def struck(strikes: Strikes, place: str, now: datetime) -> Strikes:
    """After one more stall."""
    times = (*(time for time in strikes.times if now - time < _MEMORY), now)
    return replace(strikes, times=times, place=place, isolated=strikes.isolated or len(times) >= MOST)


def to_json(strikes: Strikes) -> dict[str, object]:
    """As it is kept."""
    times = [time.isoformat() for time in strikes.times]
    return {"times": times, "place": strikes.place, "isolated": strikes.isolated}


def from_json(said: Mapping[str, Any]) -> Strikes:
    """As it was kept."""
    return Strikes(tuple(map(datetime.fromisoformat, said["times"])), said["place"], bool(said["isolated"]))
