"""Numbers, shares and dates as official documents here write them. Pure."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from hub.clock import VIETNAM
from hub.report.records import Share

#: What a table's cell may hold.
Value = str | int | float | Share | None

#: The codes as a report names them.
CODES = {
    "01": "Đã đến",
    "02": "Từ chối tiếp nhận",
    "03": "Đã tiếp nhận",
    "04": "Đã phân công xử lý",
    "05": "Đang xử lý",
    "06": "Đã hoàn thành",
    "13": "Yêu cầu thu hồi",
    "15": "Trả lời yêu cầu thu hồi",
    "16": "Không đồng ý thu hồi",
}
NONE = "–"
_LONGEST = 300
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def number(value: float, digits: int = 0) -> str:
    """1254 -> "1.254"; 96.5 -> "96,5"."""
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))


def percent(share: Share) -> str:
    """The percentage with its count; of few only the count."""
    count = f"{number(share.part)}/{number(share.whole)}"
    return count if share.percent is None else f"{number(share.percent, 1)} % ({count})"


def shown(value: Value) -> str:
    """A cell's value in words."""
    if value is None:
        return NONE
    if isinstance(value, Share):
        return percent(value)
    return clean(value) if isinstance(value, str) else number(value, 1 if isinstance(value, float) else 0)


def day(moment: datetime) -> str:
    """23/11/2026."""
    return f"{moment.astimezone(VIETNAM):%d/%m/%Y}"


def minute(moment: datetime) -> str:
    """08:15 ngày 23/11/2026."""
    return f"{moment.astimezone(VIETNAM):%H:%M} ngày {day(moment)}"


def short(moment: datetime) -> str:
    """23/11/2026 08:15."""
    return f"{moment.astimezone(VIETNAM):%d/%m/%Y %H:%M}"


def change(now: int, then: int) -> str:
    """How a number grew or fell: "+1.254", "−3"."""
    grown = now - then
    return f"{'+' if grown > 0 else '−' if grown < 0 else ''}{number(abs(grown))}"


def clean(text: str) -> str:
    """One line of bounded length that every format can bear."""
    line = " ".join(visible(text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def visible(text: str) -> str:
    """The text without what is not seen, what turns the writing around, and what XML cannot bear."""
    return "".join(sign if unicodedata.category(sign) not in _UNSEEN else " " for sign in text)
