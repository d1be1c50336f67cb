"""Spans of time as people write them: `15 phút`, `4 giờ làm việc`, `cuối ngày làm việc`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from hub.routing import bare


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
    #: the end of the morning of the next working day
    NEXT_MORNING = "next-morning"
    #: the close of the day that the document itself names
    DUE_DATE = "due-date"


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time. `amount`: minutes, or days where it counts days; 0 where its kind says all."""

    kind: Kind
    amount: int = 0

    def __str__(self) -> str:
        """As it is written in Vietnamese."""
        if self.kind in _WORDS:
            return _WORDS[self.kind][0]
        if self.kind is Kind.WORKING_DAYS:
            return f"{self.amount} ngày làm việc"
        hours, minutes = divmod(self.amount, 60)
        amount = f"{self.amount} phút" if minutes else f"{hours} giờ"
        return f"{amount} làm việc" if self.kind is Kind.WORKING else amount


_WORDS = {
    Kind.END_OF_DAY: ("cuối ngày làm việc", "trong ngày", "end of working day", "end of the working day"),
    Kind.NEXT_MORNING: (
        "sáng ngày làm việc kế tiếp",
        "sáng ngày làm việc tiếp theo",
        "morning of the next working day",
        "next working morning",
    ),
    Kind.DUE_DATE: ("hạn trả lời", "đến hạn trả lời", "due date", "by due date"),
}
_KINDS = {bare(word): kind for kind, words in _WORDS.items() for word in words}
_AMOUNT = re.compile(
    r"(?P<amount>\d{1,5}(?:[.,]5)?) ?(?:(?P<before>working) )?"
    r"(?P<unit>phut|gio|tieng|ngay|minutes?|hours?|days?|m|h|d)(?P<after> lam viec)?",
    re.ASCII,
)
_MINUTES = {"p": 1, "m": 1, "g": 60, "t": 60, "h": 60}
#: A year of the clock; of work, of days of work.
_MOST = {Kind.CLOCK: 366 * 24 * 60, Kind.WORKING: 2000 * 60, Kind.WORKING_DAYS: 250}
_HOW = (
    '"15 phút", "4 giờ làm việc", "2 ngày làm việc", "cuối ngày làm việc", "sáng ngày làm việc kế tiếp", "hạn trả lời"'
)


def span(text: str) -> Span:
    """Read a span, in Vietnamese or English. Raises ValueError with the spellings."""
    word = bare(text)
    if word in _KINDS:
        return Span(_KINDS[word])
    found = _AMOUNT.fullmatch(word)
    if found is None:
        raise ValueError(f'"{text}" is no span of time: write {_HOW}')
    return _counted(
        text, float(found["amount"].replace(",", ".")), found["unit"], bool(found["before"] or found["after"])
    )


def _counted(text: str, amount: float, unit: str, works: bool) -> Span:
    in_days = unit[0] in "nd"
    if in_days and not works:
        raise ValueError(f'"{text}": days count as working days here: write "{amount:g} ngày làm việc"')
    kind = Kind.WORKING_DAYS if in_days else Kind.WORKING if works else Kind.CLOCK
    counted = amount if in_days else amount * _MINUTES[unit[0]]
    if counted != int(counted) or not 1 <= counted <= _MOST[kind]:
        raise ValueError(f'"{text}" must be whole and not 0, at most {Span(kind, _MOST[kind])}')
    return Span(kind, int(counted))
