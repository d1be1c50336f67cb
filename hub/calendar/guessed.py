"""The public holidays as the `holidays` library has them: a guess until the Government announces its list. Pure."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from hub.calendar.days import GUESS, Change

#: The years of which the library knows the moon.
_YEARS = range(2010, 2100)


@lru_cache(maxsize=16)
def guessed(year: int) -> tuple[Change, ...]:
    """The days off of a year and the weekend days worked for them; none for a year that is too far."""
    if year not in _YEARS:
        return ()
    from holidays import country_holidays  # noqa: PLC0415 - commands that ask about no such year start without it

    found = country_holidays("VN", years=year, language="vi")
    worked = {date.fromisoformat(str(day)) for day in found.weekend_workdays}
    off = [Change(day, "nghi", name, GUESS) for day, name in sorted(found.items()) if day not in worked]
    return (*off, *(Change(day, "lam-bu", "Ngày làm bù", GUESS) for day in sorted(worked) if day.year == year))
