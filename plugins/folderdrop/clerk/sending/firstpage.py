"""What the text of a first page, and a signature's own words, say. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from hub import VIETNAM
from plugins.folderdrop import naming

_DATE = r"ngày\n?(\d{0,2})\n?tháng\n?(\d{0,2})\n?năm\n?(\d{0,4})"
#: "Quảng Ngãi, ngày ... tháng ... năm ...", filled in or not
_AFTER_A_PLACE = re.compile(rf"[^\W\d]\n?,\n?{_DATE}")
#: "Ngày ... tháng ... năm ..." with nothing else in its line
_ALONE = re.compile(rf"^{_DATE}$", re.MULTILINE)
_BLANKS = re.compile(r"[ \t\f\v\xa0._…·]+")
_STAMP = re.compile(r"(?:D:)?(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(?:\d\d)?(?:(Z)|([+-])(\d\d)'?(\d\d)?)?")


def day_of(text: str) -> date | None:
    """The document's own day; None where it is left blank, impossible, or not there.

    It is the first date that follows a place and a comma, else the first that has a line of its own. Dates in running
    text are of other documents. Spaces are not looked at: text layers put them between letters.
    """
    lines = unicodedata.normalize("NFKC", unicodedata.normalize("NFC", text)).splitlines()
    tight = unicodedata.normalize("NFC", "\n".join(_BLANKS.sub("", line) for line in lines)).lower()
    found = _AFTER_A_PLACE.search(tight) or _ALONE.search(tight)
    return _date(*found.groups()) if found else None


def _date(day: str, month: str, year: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def signed_at(stamp: str) -> str:
    """When that was in Vietnam: "23/11/2026 08:02" for a PDF's "D:20261123010200Z"; "" for what is no time.

    A time without a zone is taken as Vietnam's.
    """
    found = _STAMP.match(stamp.strip())
    if not found:
        return ""
    try:
        year, month, day, hour, minute = map(int, found.groups()[:5])
        moment = datetime(year, month, day, hour, minute, tzinfo=_zone(*found.groups()[5:]))
        return moment.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M")
    except (ValueError, OverflowError):
        return ""


def clean(name: str) -> str:
    """A name as a signature gives it, in one line and without control characters."""
    return " ".join(naming.visible(name).split())


def _zone(utc: str | None, sign: str | None, hours: str | None, minutes: str | None) -> tzinfo:
    if utc:
        return UTC
    if sign is None:
        return VIETNAM
    away = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    return timezone(-away if sign == "-" else away)
