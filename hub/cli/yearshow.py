"""A working year for people: twelve small months, and the days that are not as their weekday says."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from rich.text import Text

from hub.calendar import Change, WorkCalendar
from hub.cli.common import clean
from hub.clock import VIETNAM

#: kind -> the mark behind the day, its colour, the word
MARKS = {
    "nghi": ("*", "red", "nghỉ"),
    "nghi-bao": ("!", "bold magenta", "nghỉ bão"),
    "tam-dung": ("!", "bold magenta", "tạm dừng"),
    "lam-bu": ("+", "bold green", "làm bù"),
    "some": ("~", "yellow", "làm một phần ngày"),
}
_ACROSS, _WIDTH = 3, 4 * 7
_WEEKDAYS = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")
_NAMES = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


@dataclass(frozen=True, slots=True)
class Year:
    """One year as one unit works it; without a unit as everyone does."""

    calendar: WorkCalendar
    number: int
    unit: str = ""

    @property
    def is_official(self) -> bool:
        """Whether its list of days off is announced."""
        return self.number in self.calendar.official

    @property
    def days(self) -> Iterator[date]:
        """All its days."""
        first = date(self.number, 1, 1)
        return (first + timedelta(days=step) for step in range(365 + calendar.isleap(self.number)))

    @property
    def workdays(self) -> int:
        """How many of them are worked."""
        return sum(self.calendar.is_workday(day, self.unit) for day in self.days)

    def changes(self) -> list[Change]:
        """What makes its days other than usual, in order; without a unit also what concerns only some."""
        if self.unit:
            return [change for day in self.days for change in self.calendar.changes_on(day, self.unit)]
        of_some = [change for change in self.calendar.changes if change.units and change.day.year == self.number]
        of_all = [change for day in self.days for change in self.calendar.changes_on(day)]
        return sorted([*of_all, *of_some], key=lambda change: change.day)

    def hours(self, day: date) -> list[tuple[str, str]]:
        """The hours that are worked, as 07:30."""
        periods = self.calendar.periods(day, self.unit)
        return [(_clock(start), _clock(end)) for start, end in periods]

    def sign(self, day: date) -> str:
        """The kind of what makes the day another; "some" where it is only shorter; "" where nothing does."""
        kinds = [change.kind for change in self.calendar.changes_on(day, self.unit)]
        if not kinds:
            return ""
        if self.calendar.is_workday(day, self.unit):
            return "lam-bu" if "lam-bu" in kinds else "some"
        return next((kind for kind in kinds if kind in ("nghi-bao", "tam-dung")), "nghi")


def shown(year: Year, name: str) -> Iterator[Text]:
    """The whole, line by line."""
    sure = "danh sách chính thức (official)" if year.is_official else "DỰ KIẾN, chưa có danh sách chính thức (a guess)"
    whose = f" · {name}" if name else ""
    yield Text(f"Lịch làm việc năm {year.number}{whose}: {year.workdays} ngày làm việc · {sure}", "bold")
    yield Text()
    for first in range(1, 13, _ACROSS):
        yield from _months(year, range(first, first + _ACROSS))
    marks = {mark: word for mark, _, word in reversed(MARKS.values())}
    yield Text(
        "  ".join(f"{mark} {word}" for mark, word in marks.items()).replace("! nghỉ bão", "! bão, tạm dừng"), "dim"
    )
    yield Text()
    yield from (_line(change) for change in year.changes())


def _months(year: Year, numbers: Sequence[int]) -> Iterator[Text]:
    yield Text("  ".join(f"Tháng {number}".center(_WIDTH) for number in numbers).rstrip(), "bold")
    yield Text("  ".join("".join(f"{name:>3} " for name in _WEEKDAYS) for _ in numbers).rstrip(), "dim")
    weeks = [calendar.Calendar().monthdatescalendar(year.number, number) for number in numbers]
    for row in range(max(map(len, weeks))):
        line = Text()
        for number, month in zip(numbers, weeks, strict=True):
            days = month[row] if row < len(month) else []
            line.append_text(_week(year, days, number)).append("  ")
        line.rstrip()
        yield line
    yield Text()


def _week(year: Year, days: Sequence[date], month: int) -> Text:
    line = Text()
    for day in days:
        line.append_text(_day(year, day) if day.month == month else Text(" " * 4))
    line.pad_right(_WIDTH - len(line))
    return line


def _day(year: Year, day: date) -> Text:
    mark, style, _ = MARKS.get(year.sign(day), (" ", "" if year.calendar.is_workday(day, year.unit) else "dim", ""))
    return Text(f"{day.day:>3}{mark}", style)


def _line(change: Change) -> Text:
    _, style, word = MARKS[change.kind]
    line = Text(f"{change.day:%d/%m/%Y}  {_NAMES[change.day.weekday()]:<8}  ")
    line.append(f"{word:<8}", style)
    part = f" {change.period[0]:%H:%M}-{_end(change.period[1])}" if change.period else ""
    units = f" · chỉ {', '.join(sorted(change.units))}" if change.units else ""
    line.append_text(clean(f"  {change.name or '-'}{part}{units}"))
    return line.append(f"  ({change.source}{', dự kiến' if change.is_guess else ''})", "dim")


def _end(at: time) -> str:
    return "24:00" if at == time.max else f"{at:%H:%M}"


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(VIETNAM):%H:%M}"
