"""Spans of time as people write them: `15 phút`, `4 giờ làm việc`, `cuối ngày làm việc`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a span counts."""

    #: minutes of the clock, day and night
    CLOCK = "clock"
    #: minutes in which the unit works
    WORKING = "working"
    #: working days after the day itself: the close of the last one
    WORKING_DAYS = "working-days"
    #: the close of the working day; what comes after it has until the close of the next
    END_OF_DAY = "end-of-day"
    #: the end of the first working hours of the next working day
    NEXT_MORNING = "next-morning"
    #: the close of the day that the document itself names
    DUE_DATE = "due-date"


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time. `amount`: minutes, or days where it counts days; 0 where its kind says all."""

    kind: Kind
    amount: float = 0.0

    def __str__(self) -> str:
        """As it is written in Vietnamese."""
        raise NotImplementedError


def span(text: str) -> Span:
    """Read a span, in Vietnamese or English. Raises ValueError with the spellings."""
    raise NotImplementedError
