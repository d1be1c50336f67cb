"""Dates and times as packets write them: yyyy/MM/dd, Vietnamese time, no zone; and what else was seen."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from hub.clock import VIETNAM

_DATE = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?!\d)")
_OTHER = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?!\d)")
_TIME = re.compile(r"[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?$")


def read_date(text: str) -> date | None:
    """The day of yyyy/MM/dd, yyyy-MM-dd or dd/MM/yyyy, with or without a time. None: not readable."""
    return _split(text)[0]


def read_time(text: str) -> datetime | None:
    """The moment, aware, UTC; without a zone it is Vietnamese time, without a time midnight."""
    day, rest = _split(text)
    match = _TIME.match(rest)
    if day is None or (rest and match is None):
        return None
    try:
        hour, minute, second = (int(part or 0) for part in match.groups()[:3]) if match else (0, 0, 0)
        moment = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=VIETNAM)
        zone = match[4] if match else None
        return (_zoned(moment, zone) if zone else moment).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def write_date(day: date) -> str:
    """yyyy/MM/dd."""
    return f"{day.year:04}/{day.month:02}/{day.day:02}"


def write_time(moment: datetime) -> str:
    """yyyy/MM/dd HH:mm:ss, Vietnamese time."""
    local = moment.astimezone(VIETNAM)
    return f"{write_date(local)} {local.hour:02}:{local.minute:02}:{local.second:02}"


def _split(text: str) -> tuple[date | None, str]:
    if match := _DATE.match(text):
        year, month, day = match.groups()
    elif match := _OTHER.match(text):
        day, month, year = match.groups()
    else:
        return None, text
    try:
        return date(int(year), int(month), int(day)), text[match.end() :]
    except ValueError:
        return None, text


def _zoned(moment: datetime, zone: str) -> datetime:
    offset = "+0000" if zone == "Z" else zone.replace(":", "")
    return datetime.strptime(f"{moment:%Y-%m-%d %H:%M:%S} {offset}", "%Y-%m-%d %H:%M:%S %z")
