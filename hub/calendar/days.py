"""What a working calendar is made of. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time
from typing import Literal

#: From when to when people work; the second one is later on the same day.
Period = tuple[time, time]


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
    #: nghi: off; nghi-bao: off for a storm; lam-bu: worked in place of another day
    kind: Literal["nghi", "nghi-bao", "lam-bu"]
    name: str = ""
    #: where it is from: "calendar.yaml", "thư viện" (the library's guess)
    source: str = "calendar.yaml"
    #: ids of units; empty: everyone
    units: Collection[str] = ()
    #: the hours that are off, or that are worked; None: the whole day
    period: Period | None = None
