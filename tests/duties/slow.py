"""Working time by brute force: one byte a minute. It imports nothing of the hub; days and minutes are Vietnam's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

_MINUTES = 24 * 60
#: Vietnam has no summer time.
_OFFSET = timedelta(hours=7)


class Slow:
    """Which minutes are worked, from one day on."""

    def __init__(self, first: date, days: int, works: Callable[[date, int], bool] | None = None) -> None:
        self.first, self.days = first, days
        self.minutes = bytearray(days * _MINUTES)
        for day in range(days if works else 0):
            for minute in range(_MINUTES):
                assert works
                self.minutes[day * _MINUTES + minute] = works(first + timedelta(days=day), minute)

    def copy(self) -> Slow:
        """One that can be changed without this."""
        other = Slow(self.first, 0)
        other.days, other.minutes = self.days, bytearray(self.minutes)
        return other

    def set(self, day: date, start: int, end: int, worked: int) -> None:
        """These minutes of the day are worked, or not."""
        at = (day - self.first).days * _MINUTES
        if 0 <= at < len(self.minutes):
            self.minutes[at + start : at + end] = bytes([worked]) * (end - start)

    # What a person would do with a finger on the calendar

    def seconds(self, moment: datetime) -> float:
        """Since midnight of the first day."""
        start = datetime.combine(self.first, datetime.min.time(), UTC) - _OFFSET
        return (moment - start).total_seconds()

    def moment(self, seconds: float) -> datetime:
        """The other way."""
        return datetime.combine(self.first, datetime.min.time(), UTC) - _OFFSET + timedelta(seconds=seconds)

    def closing(self, day: int) -> int:
        """The minute at which this day closes; of a day off, that of the next worked one."""
        while True:
            last = self.minutes.rfind(1, day * _MINUTES, (day + 1) * _MINUTES)
            if last >= 0:
                return last + 1
            day += 1
            assert day < self.days, "the model's days are over"

    def worked_off(self, at: float, minutes: int) -> float:
        """When so many minutes of work are done."""
        left, here = minutes * 60.0, at
        while True:
            minute = int(here // 60)
            if not self.minutes[minute]:
                minute = self.minutes.find(1, minute)
                assert minute >= 0, "the model's days are over"
                here = max(here, minute * 60.0)
            done = (minute + 1) * 60 - here
            if done >= left:
                return here + left
            left -= done
            here += done

    def end_of_day(self, at: float) -> float:
        """The close of the day; what comes later has until that of the next."""
        day = int(at // (_MINUTES * 60))
        last = self.minutes.rfind(1, day * _MINUTES, (day + 1) * _MINUTES)
        here = (last + 1) * 60.0
        return here if last >= 0 and at < here else self.closing(day + 1) * 60.0

    def end_of(self, at: float, days: int) -> float:
        """The close of so many working days after the day itself."""
        day = int(at // (_MINUTES * 60))
        closing = 0
        for _ in range(days):
            closing = self.closing(day + 1)
            day = (closing - 1) // _MINUTES
        return closing * 60.0

    def next_morning(self, at: float) -> float:
        """The last worked minute before noon of the next working day; without any, the end of its first stretch."""
        day = (self.closing(int(at // (_MINUTES * 60)) + 1) - 1) // _MINUTES
        last = self.minutes.rfind(1, day * _MINUTES, day * _MINUTES + 12 * 60)
        if last >= 0:
            return (last + 1) * 60.0
        first = self.minutes.find(1, day * _MINUTES)
        return self.minutes.find(0, first) * 60.0

    def worked(self, start: float, end: float) -> float:
        """Seconds of work between two moments."""
        total = 0.0
        for minute in range(int(start // 60), int(end // 60) + 1):
            if self.minutes[minute]:
                total += max(0.0, min(end, (minute + 1) * 60) - max(start, minute * 60))
        return total
