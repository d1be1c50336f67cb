"""The working calendar: which hours a unit works, and when a span of time ends on them. Pure."""

from __future__ import annotations

from hub.calendar.days import GUESS, USUAL, Change, ChangeKind, Hours, Period
from hub.calendar.spans import Kind, Span, span
from hub.calendar.working import WorkCalendar

__all__ = ["GUESS", "USUAL", "Change", "ChangeKind", "Hours", "Kind", "Period", "Span", "WorkCalendar", "span"]
