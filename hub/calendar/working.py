"""Working days and hours, and what ends when on them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache, partial
from typing import TypeVar

from hub.calendar.days import Change, Hours, Period, merged, within, without
from hub.calendar.guessed import guessed
from hub.calendar.spans import Kind, Span
from hub.clock import VIETNAM

Stretch = tuple[datetime, datetime]

_DAY = timedelta(days=1)
_NOON = time(12)
#: Days that are looked at for an hour of work before one counts by the clock instead.
_FURTHEST = 800
#: Days of all units of which an answer is remembered.
_REMEMBERED = 20_000
T = TypeVar("T")


def _remembered(answer: Callable[..., T]) -> cached_property[Callable[..., T]]:
    """A question whose answers each calendar remembers."""
    return cached_property(lambda calendar: lru_cache(_REMEMBERED)(partial(answer, calendar)))


@dataclass(frozen=True)
class WorkCalendar:
    """When units work. Moments go in aware and come out in UTC; days and hours are those of Vietnam.

    `unit` is a unit's id; "" means everyone's calendar. Of one day what names the unit counts before what holds for
    all, what is announced before what is guessed; storms and pauses are taken off whatever is left.
    """

    hours: Sequence[Hours]
    changes: Sequence[Change] = ()
    #: the years whose official list is in `changes`; of others the library's guess is used
    official: frozenset[int] = frozenset()

    def is_workday(self, day: date, unit: str = "") -> bool:
        """Whether any hour of the day is worked."""
        return bool(self.periods(day, unit))

    def periods(self, day: date, unit: str = "") -> tuple[Stretch, ...]:
        """The hours worked on this day, in order."""
        return self._periods(day, self._whose(unit))

    def changes_on(self, day: date, unit: str = "") -> tuple[Change, ...]:
        """What makes the day another than its weekday says, for this unit."""
        known = tuple(change for change in self._by_day.get(day, ()) if change.concerns(unit))
        if day.year in self.official or any(not change.units for change in known if not _is_taken_off(change)):
            return known
        return (*known, *(change for change in guessed(day.year) if change.day == day))

    def closing(self, day: date, unit: str = "") -> datetime:
        """When the working day ends; on a day off, when the next one does."""
        return self._worked(day, unit)[-1][1]

    def after(self, moment: datetime, span: Span, unit: str = "", due: date | None = None) -> datetime:
        """When the span that begins at this moment ends; `due` is the day that the document names.

        Raises ValueError where the span needs that day and there is none.
        """
        today = moment.astimezone(VIETNAM).date()
        match span.kind:
            case Kind.CLOCK:
                return moment.astimezone(UTC) + timedelta(minutes=span.amount)
            case Kind.WORKING:
                return self._worked_off(moment, timedelta(minutes=span.amount), unit)
            case Kind.WORKING_DAYS:
                return self._end_of(today, span.amount, unit)
            case Kind.END_OF_DAY:
                closing = self.closing(today, unit)
                return closing if moment < closing else self.closing(today + _DAY, unit)
            case Kind.NEXT_MORNING:
                return _morning(self._worked(today + _DAY, unit))
            case Kind.DUE_DATE:
                if due is None:
                    raise ValueError("the document names no day")
                return self.closing(due, unit)

    def before(self, moment: datetime, span: Span, unit: str = "") -> datetime:
        """The moment that lies a span of minutes, of the clock or of work, before this one. Raises ValueError."""
        left = timedelta(minutes=span.amount)
        if span.kind is Kind.CLOCK:
            return moment.astimezone(UTC) - left
        if span.kind is not Kind.WORKING:
            raise ValueError(f"{span} is no span of minutes")
        day = moment.astimezone(VIETNAM).date()
        for back in range(_FURTHEST):
            for start, end in reversed(self.periods(day - back * _DAY, unit)):
                worked = max(timedelta(), min(end, moment) - start)
                if worked >= left:
                    return start + worked - left
                left -= worked
        return moment.astimezone(UTC) - left

    def working_seconds(self, start: datetime, end: datetime, unit: str = "") -> float:
        """The seconds worked between two moments; 0 where the second is not later."""
        worked = timedelta()
        day, last = start.astimezone(VIETNAM).date(), end.astimezone(VIETNAM).date()
        while day <= last:
            for opens, closes in self.periods(day, unit):
                worked += max(timedelta(), min(closes, end) - max(opens, start))
            day += _DAY
        return worked.total_seconds()

    # One day's hours

    @_remembered
    def _periods(self, day: date, unit: str) -> tuple[Stretch, ...]:
        return tuple((_moment(day, start), _moment(day, end)) for start, end in self._hours_on(day, unit))

    def _whose(self, unit: str) -> str:
        """The unit where something else holds of it than of everyone."""
        return unit if unit in self._named else ""

    @cached_property
    def _by_day(self) -> dict[date, list[Change]]:
        found: dict[date, list[Change]] = {}
        for change in self.changes:
            found.setdefault(change.day, []).append(change)
        return found

    @cached_property
    def _named(self) -> frozenset[str]:
        """The units of which something else holds than of everyone."""
        named = [*(one.units for one in self.hours), *(one.units for one in self.changes)]
        return frozenset(unit for units in named for unit in units)

    def _hours_on(self, day: date, unit: str) -> tuple[Period, ...]:
        changes = self.changes_on(day, unit)
        usual = [change for change in changes if not _is_taken_off(change)]
        usual = [change for change in usual if change.units] or usual
        hours = self._weekday(day, day.weekday(), unit)
        worked = [change for change in usual if change.kind == "lam-bu"]
        if worked:
            usually = hours or self._first_weekday(day, unit)
            parts = (within(usually, change.period) or (change.period,) for change in worked if change.period)
            hours = merged(period for part in parts for period in part) or usually
        off = [change for change in changes if _is_taken_off(change)] + ([] if worked else usual)
        for change in off:
            hours = without(hours, change.period)
        return hours

    def _weekday(self, day: date, weekday: int, unit: str) -> tuple[Period, ...]:
        """By the last hours that name the unit and hold on the day, else by the last that hold for all."""
        holding = [hours for hours in self.hours if hours.since <= day <= hours.until]
        own = [hours for hours in holding if unit in hours.units]
        of_all = [hours for hours in holding if not hours.units]
        chosen = own or of_all
        return chosen[-1].week[weekday] if chosen else ()

    def _first_weekday(self, day: date, unit: str) -> tuple[Period, ...]:
        weeks = (self._weekday(day, weekday, unit) for weekday in range(7))
        return next((hours for hours in weeks if hours), ())

    # Walking over days

    def _walk(self, day: date, unit: str) -> Iterator[tuple[Stretch, ...]]:
        """The hours of this day and of those after it, of each that is worked."""
        ahead = (self.periods(day + step * _DAY, unit) for step in range(min(_FURTHEST, (date.max - day).days)))
        return (hours for hours in ahead if hours)

    def _worked(self, day: date, unit: str) -> tuple[Stretch, ...]:
        """The hours of the first working day from this one on."""
        return self._first_worked(day, self._whose(unit))

    @_remembered
    def _first_worked(self, day: date, unit: str) -> tuple[Stretch, ...]:
        return next(self._walk(day, unit), None) or ((_moment(day, time.min), _moment(day, time.max)),)

    def _end_of(self, day: date, days: int, unit: str) -> datetime:
        """When the so-manyth working day behind this one ends."""
        return self._end(day, days, self._whose(unit))

    @_remembered
    def _end(self, day: date, days: int, unit: str) -> datetime:
        for hours in self._walk(day + _DAY, unit):
            days -= 1
            if not days:
                return hours[-1][1]
        return _moment(day, time.max) + days * _DAY

    def _worked_off(self, moment: datetime, left: timedelta, unit: str) -> datetime:
        for hours in self._walk(moment.astimezone(VIETNAM).date(), unit):
            for start, end in hours:
                begins = max(start, moment)
                worked = max(timedelta(), end - begins)
                if worked >= left:
                    return begins.astimezone(UTC) + left
                left -= worked
        return moment.astimezone(UTC) + left


def _is_taken_off(change: Change) -> bool:
    return change.kind in ("nghi-bao", "tam-dung")


def _moment(day: date, at: time) -> datetime:
    """In UTC; on the very first day that there is, no sooner than its beginning there."""
    local = datetime.combine(day, at, VIETNAM)
    try:
        return local.astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _morning(hours: tuple[Stretch, ...]) -> datetime:
    """When the morning ends: at noon at the latest; of a day without one, its first hours."""
    noon = _moment(hours[0][0].astimezone(VIETNAM).date(), _NOON)
    before = [end for start, end in hours if start < noon]
    return min(before[-1], noon) if before else hours[0][1]
