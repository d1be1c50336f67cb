"""The timestamp of a call: ddMMyyyy'T'HHmmss+SSSS, where SSSS are milliseconds and no zone (facts 3.2)."""

from __future__ import annotations

import re
from datetime import datetime

from hub.clock import VIETNAM

_FORM = re.compile(r"(\d{2})(\d{2})(\d{4})T(\d{2})(\d{2})(\d{2})\+(\d{1,4})")


def timestamp(moment: datetime) -> str:
    """An aware moment as a call says it, in Vietnam's time: 23112026T111404+0590."""
    local = moment.astimezone(VIETNAM)
    return f"{local:%d%m%YT%H%M%S}+{local.microsecond // 1000:04}"


def read_timestamp(text: str) -> datetime | None:
    """The aware moment that a call says; None where it is written in another way."""
    if not (match := _FORM.fullmatch(text)):
        return None
    day, month, year, hour, minute, second, milliseconds = map(int, match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, milliseconds * 1000, VIETNAM)
    except ValueError:
        return None
