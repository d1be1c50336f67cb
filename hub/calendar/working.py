"""Working days and hours, and what ends when on them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from hub.calendar.days import Change, Hours
from hub.calendar.spans import Span


@dataclass(frozen=True)
class WorkCalendar:
    """When units work. Moments go in aware and come out in UTC; days and hours are those of Vietnam.

    `unit` is a unit's id; "" means everyone's calendar.
    """

    hours: Sequence[Hours]
    changes: Sequence[Change] = ()
    #: the years whose official list is in `changes`; of others the library's guess is used
    official: frozenset[int] = frozenset()

    def is_workday(self, day: date, unit: str = "") -> bool:
        """Whether any hour of the day is worked."""
        raise NotImplementedError

    def periods(self, day: date, unit: str = "") -> tuple[tuple[datetime, datetime], ...]:
        """The hours worked on this day, in order."""
        raise NotImplementedError

    def closing(self, day: date, unit: str = "") -> datetime:
        """When the working day ends; on a day off, when the next one does."""
        raise NotImplementedError

    def after(self, moment: datetime, span: Span, unit: str = "", due: date | None = None) -> datetime:
        """When the span that begins at this moment ends; `due` is the day that the document names.

        Raises ValueError where the span needs that day and there is none.
        """
        raise NotImplementedError

    def before(self, moment: datetime, span: Span, unit: str = "") -> datetime:
        """The moment that lies a span of minutes, of the clock or of work, before this one. Raises ValueError."""
        raise NotImplementedError

    def working_seconds(self, start: datetime, end: datetime, unit: str = "") -> float:
        """The seconds worked between two moments; 0 where the second is not later."""
        raise NotImplementedError
