"""What a working calendar is made of. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, time
from typing import Literal

#: From when to when people work; the second one is later on the same day.
Period = tuple[time, time]


ChangeKind = Literal["nghi", "nghi-bao", "tam-dung", "lam-bu"]

#: `source` of what nobody has announced.
GUESS = "thư viện"


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of a week, Monday first, from one day to another."""

    week: tuple[tuple[Period, ...], ...]
    since: date = date.min
    until: date = date.max
    #: ids of units; empty: everyone
    units: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One day that is not as its weekday says."""

    day: date
    #: nghi: off; nghi-bao: off for a storm; tam-dung: the unit pauses; lam-bu: worked in place of another day
    kind: ChangeKind
    name: str = ""
    #: where it is from: "calendar.yaml", "units.yaml", or GUESS
    source: str = "calendar.yaml"
    #: ids of units; empty: everyone
    units: Collection[str] = ()
    #: the hours that are off, or that are worked; None: the whole day
    period: Period | None = None

    @property
    def is_guess(self) -> bool:
        """Whether nobody has announced it."""
        return self.source == GUESS

    def concerns(self, unit: str) -> bool:
        """Whether it holds for this unit; "" is everyone."""
        return not self.units or unit in self.units


_OFFICE = ((time(7, 30), time(11, 30)), (time(13), time(17)))

#: Monday to Friday, where calendar.yaml says nothing else.
USUAL = Hours((_OFFICE,) * 5 + ((), ()))


def within(periods: Iterable[Period], part: Period) -> tuple[Period, ...]:
    """What of the hours lies in this part of the day."""
    since, until = part
    parts = ((max(start, since), min(end, until)) for start, end in periods)
    return tuple((start, end) for start, end in parts if start < end)


def merged(periods: Iterable[Period]) -> tuple[Period, ...]:
    """The same hours in order, without overlaps."""
    found: list[Period] = []
    for start, end in sorted(periods):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return tuple(found)


def without(periods: Iterable[Period], off: Period | None) -> tuple[Period, ...]:
    """What is left of the hours when a part is off; None: the whole day is."""
    if off is None:
        return ()
    since, until = off
    parts = (part for start, end in periods for part in ((start, min(end, since)), (max(start, until), end)))
    return tuple((start, end) for start, end in parts if start < end)
