"""Months as people here count them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from hub.clock import VIETNAM

_WRITTEN = re.compile(r"(\d{4})-(\d{1,2})|(\d{1,2})[/-](\d{4})")
_FIRST_YEAR, _LAST_YEAR = 2000, 2200


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month in Vietnam."""

    year: int
    month: int

    @classmethod
    def read(cls, text: str) -> Month:
        """As it is written: 2026-11, 11/2026. Raises ValueError."""
        found = _WRITTEN.fullmatch(text.strip())
        year, month = (int(found[1] or found[4]), int(found[2] or found[3])) if found else (0, 0)
        if not (_FIRST_YEAR <= year <= _LAST_YEAR and 1 <= month <= 12):
            raise ValueError(text)
        return cls(year, month)

    @classmethod
    def of(cls, moment: datetime) -> Month:
        """The month of a moment."""
        here = moment.astimezone(VIETNAM)
        return cls(here.year, here.month)

    @property
    def since(self) -> datetime:
        """Its first moment, UTC."""
        return datetime(self.year, self.month, 1, tzinfo=VIETNAM).astimezone(UTC)

    @property
    def until(self) -> datetime:
        """The first moment after it, UTC."""
        return self.next.since

    @property
    def next(self) -> Month:
        """The month after it."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def before(self) -> Month:
        """The month before it."""
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    @property
    def year_before(self) -> Month:
        """The same month of the year before."""
        return Month(self.year - 1, self.month)

    @property
    def days(self) -> tuple[date, ...]:
        """Its days."""
        first = date(self.year, self.month, 1)
        length = (date(self.next.year, self.next.month, 1) - first).days
        return tuple(first + timedelta(days=number) for number in range(length))

    def from_january(self) -> Iterator[Month]:
        """The months of its year up to itself."""
        return (Month(self.year, number) for number in range(1, self.month + 1))

    def __str__(self) -> str:
        """As people write it: 11/2026."""
        return f"{self.month:02}/{self.year}"
