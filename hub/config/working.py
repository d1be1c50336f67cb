"""calendar.yaml: hours, days off, worked weekend days, storms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time, timedelta
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Discriminator, Field, PlainValidator, Tag, model_validator

from hub.calendar import USUAL, Change, ChangeKind, Hours, Period, WorkCalendar
from hub.config.part import Part
from hub.config.values import Day, Word, Words
from hub.directory import Directory
from hub.groups import on
from hub.routing import Group

NAME = "calendar.yaml"
#: A longer range is a slip of the pen.
LONGEST = 366
KEYS: tuple[ChangeKind, ...] = ("nghi", "nghi-bao", "lam-bu")

_PERIOD = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", re.ASCII)
_WEEKDAYS = {"2": 0, "3": 1, "4": 2, "5": 3, "6": 4, "7": 5, "cn": 6}
_HALVES: Mapping[str, Period] = {"sang": (time.min, time(12)), "chieu": (time(12), time.max)}


def _period(value: object) -> Period:
    found = _PERIOD.fullmatch(str(value).strip())
    try:
        if found:
            first, second, third, fourth = map(int, found.groups())
            start, end = time(first, second), time(third, fourth)
            if start < end:
                return start, end
    except ValueError:
        pass
    raise ValueError(f'"{value}" are no hours of a day: write 07:30-11:30')


def _hours(value: object) -> tuple[Period, ...]:
    periods = tuple(map(_period, value if isinstance(value, list) else [value]))
    for first, second in pairwise(periods):
        if second[0] < first[1]:
            said = " and ".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in (first, second))
            raise ValueError(f"these hours overlap, or are not in order: {said}")
    return periods


def _weekdays(word: str) -> range:
    """Read "2-6", "7", "CN". Raises ValueError."""
    first, _, last = word.strip().lower().partition("-")
    start, end = _WEEKDAYS.get(first.strip()), _WEEKDAYS.get((last or first).strip())
    if start is None or end is None or end < start:
        raise ValueError(f'"{word}" are no days of the week: write 2-6, 7 or CN')
    return range(start, end + 1)


Hour = Annotated[Period, PlainValidator(_period)]
Periods = Annotated[tuple[Period, ...], PlainValidator(_hours)]


class HoursSays(Part):
    """One entry of `gio:`."""

    week: dict[str, Periods] = Field(alias="tuan", min_length=1)
    units: Words = Field(default=(), alias="don-vi")
    since: Day = Field(default=date.min, alias="tu")
    until: Day = Field(default=date.max, alias="den")

    @model_validator(mode="after")
    def _whole(self) -> HoursSays:
        seen: set[int] = set()
        for word in self.week:
            days = set(_weekdays(word))
            if days & seen:
                raise ValueError(f'the days of "{word}" have hours already')
            seen |= days
        if not any(self.by_weekday):
            raise ValueError("no hour of the week is worked")
        if self.until < self.since:
            raise ValueError("the last day lies before the first one")
        return self

    @property
    def by_weekday(self) -> tuple[tuple[Period, ...], ...]:
        """Monday first."""
        found: list[tuple[Period, ...]] = [()] * 7
        for word, periods in self.week.items():
            for weekday in _weekdays(word):
                found[weekday] = periods
        return tuple(found)


class ChangeSays(Part):
    """One entry of `nghi:`, `nghi-bao:` or `lam-bu:` that says more than the day."""

    day: Day | None = Field(default=None, alias="ngay")
    since: Day | None = Field(default=None, alias="tu")
    until: Day | None = Field(default=None, alias="den")
    name: Word = Field(default="", alias="ten")
    units: Words = Field(default=(), alias="don-vi")
    half: Literal["sang", "chieu"] | None = Field(default=None, alias="buoi")
    hours: Hour | None = Field(default=None, alias="gio")

    @model_validator(mode="after")
    def _one_day_or_a_range(self) -> ChangeSays:
        ranged = self.since is not None and self.until is not None
        if (self.day is None) != ranged or (self.since is None) != (self.until is None):
            raise ValueError("write either ngay: 2026-01-02, or tu: and den:")
        if self.half and self.hours:
            raise ValueError("write either buoi: or gio:")
        check_range(self.since, self.until)
        return self

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of it."""
        first, last = self.day or self.since, self.day or self.until
        assert first
        assert last
        return tuple(first + timedelta(days=step) for step in range((last - first).days + 1))

    @property
    def period(self) -> Period | None:
        """Which hours; None: all."""
        return self.hours or (_HALVES[self.half] if self.half else None)


def check_range(since: date | None, until: date | None) -> None:
    """Raises ValueError for one that ends before it begins, or is longer than a year."""
    if since and until and until < since:
        raise ValueError("the last day lies before the first one")
    if since and until and (until - since).days >= LONGEST:
        raise ValueError(f"more than {LONGEST} days: write the last day")


def _is_table(value: object) -> str:
    return "table" if isinstance(value, dict) else "day"


Changed = Annotated[
    Annotated[Day, Tag("day")] | Annotated[ChangeSays, Tag("table")],
    Discriminator(_is_table),
]
Year = Annotated[int, Field(strict=True, ge=2020, le=2099)]


class CalendarSays(Part):
    """calendar.yaml."""

    hours: tuple[HoursSays, ...] | None = Field(default=None, alias="gio")
    official: tuple[Year, ...] | None = Field(default=None, alias="chinh-thuc")
    off: tuple[Changed, ...] | None = Field(default=None, alias="nghi")
    storms: tuple[Changed, ...] | None = Field(default=None, alias="nghi-bao")
    worked: tuple[Changed, ...] | None = Field(default=None, alias="lam-bu")

    def calendar(self, directory: Directory, groups: Mapping[str, Group]) -> WorkCalendar:
        """As the duties take it; without hours of its own those that are usual."""
        own = tuple(
            Hours(one.by_weekday, one.since, one.until, _units(one.units, directory, groups))
            for one in self.hours or ()
        )
        return WorkCalendar((USUAL, *own), tuple(self.changes(directory, groups)), frozenset(self.official or ()))

    def changes(self, directory: Directory, groups: Mapping[str, Group]) -> Iterator[Change]:
        """Every day that is not as its weekday says, in the order of the file's keys."""
        for kind, entries in zip(KEYS, (self.off, self.storms, self.worked), strict=True):
            for entry in entries or ():
                yield from changes(kind, entry, directory, groups)


def changes(
    kind: ChangeKind, entry: date | ChangeSays, directory: Directory, groups: Mapping[str, Group]
) -> Iterator[Change]:
    """What one entry changes, day by day."""
    if isinstance(entry, date):
        yield Change(entry, kind)
        return
    for day in entry.days:
        yield Change(day, kind, entry.name, units=_units(entry.units, directory, on(groups, day)), period=entry.period)


def _units(words: Iterable[str], directory: Directory, groups: Mapping[str, Group]) -> frozenset[str]:
    found = (groups[word].units if word in groups else (directory.find(word) or word,) for word in words)
    return frozenset(unit for units in found for unit in units)
