"""Office hours of every working week, where no calendar is kept. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hub.clock import VIETNAM

_PERIODS = ((time(7, 30), time(11, 30)), (time(13, 30), time(17, 0)))
_SATURDAY = 5


class OfficeHours:
    """Monday to Friday, without any holiday."""

    def periods(self, day: date, unit: str = "") -> tuple[tuple[datetime, datetime], ...]:
        """The hours worked on this day, in order."""
        if day.weekday() >= _SATURDAY:
            return ()
        return tuple((_at(day, start), _at(day, end)) for start, end in _PERIODS)

    def closing(self, day: date, unit: str = "") -> datetime:
        """When the working day ends; on a day off, when the next one does."""
        while not (periods := self.periods(day)):
            day += timedelta(days=1)
        return periods[-1][1]

    def working_seconds(self, start: datetime, end: datetime, unit: str = "") -> float:
        """The seconds worked between two moments."""
        total, day = 0.0, start.astimezone(VIETNAM).date()
        while _at(day, time.min) < end:
            for opens, closes in self.periods(day):
                total += max(0.0, (min(end, closes) - max(start, opens)).total_seconds())
            day += timedelta(days=1)
        return total


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, VIETNAM).astimezone(UTC)
