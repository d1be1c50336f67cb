"""Working hours, as long as there is no calendar: Monday to Friday, 7:00 to 17:00. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from hub import VIETNAM

_OPENS, _CLOSES = time(7), time(17)
_SATURDAY = 5
_DAY = timedelta(hours=10)


def after_a_working_day(since: datetime, now: datetime) -> bool:
    """Whether the working hours of a whole day have passed: from Friday 15:00 that is on Monday 15:00."""
    return now >= _a_working_day_after(since)


def _a_working_day_after(since: datetime) -> datetime:
    at, left = since.astimezone(VIETNAM), _DAY
    while True:
        opens, closes = (datetime.combine(at, each, VIETNAM) for each in (_OPENS, _CLOSES))
        at = max(at, opens)
        worked = max(timedelta(), closes - at) if at.weekday() < _SATURDAY else timedelta()
        if left <= worked:
            return at + left
        left -= worked
        at = opens + timedelta(days=1)
