"""The working calendar: official lists, spans, and a model that counts minute by minute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.calendar import GUESS, USUAL, Change, ChangeKind, Hours, Kind, Period, Span, WorkCalendar, span
from hub.calendar.guessed import guessed
from hub.clock import VIETNAM
from hub.config import load
from hub.kinds import Kinds
from hub.plugins import Plugins
from tests.duties.slow import Slow

_USUAL = WorkCalendar((USUAL,))


def at(day: int, month: int, hour: int = 9, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=VIETNAM)


@pytest.fixture(scope="module")
def shipped() -> WorkCalendar:
    folder = Path(__file__).parents[1] / "config"
    return load(folder, lambda names: Kinds(Plugins(names).settings)).calendar


# the official lists

OFF_2025 = {
    date(2025, 1, 1), *(date(2025, 1, day) for day in range(27, 32)), date(2025, 4, 7), date(2025, 4, 30),
    date(2025, 5, 1), date(2025, 5, 2), date(2025, 9, 1), date(2025, 9, 2),
}  # fmt: skip
OFF_2026 = {
    date(2026, 1, 1), date(2026, 1, 2), *(date(2026, 2, day) for day in range(16, 21)), date(2026, 4, 27),
    date(2026, 4, 30), date(2026, 5, 1), date(2026, 8, 31), date(2026, 9, 1), date(2026, 9, 2), date(2026, 11, 24),
}  # fmt: skip
WORKED = {2025: {date(2025, 4, 26)}, 2026: {date(2026, 1, 10), date(2026, 8, 22)}}


@pytest.mark.parametrize(("year", "off"), [(2025, OFF_2025), (2026, OFF_2026)])
def test_the_official_lists_are_the_shipped_ones(shipped: WorkCalendar, year: int, off: set[date]) -> None:
    assert year in shipped.official
    for number in range(365):
        day = date(year, 1, 1) + timedelta(days=number)
        expected = (day.weekday() < 5 and day not in off) or day in WORKED[year]
        assert shipped.is_workday(day) is expected, day


def test_what_the_library_says_of_2026_is_not_what_was_announced() -> None:
    days = {change.day: change.kind for change in guessed(2026)}
    assert date(2026, 1, 2) not in days
    assert date(2026, 1, 10) not in days
    assert days[date(2026, 11, 24)] == "nghi"


def test_of_other_years_the_days_are_a_guess(shipped: WorkCalendar) -> None:
    tet = shipped.changes_on(date(2027, 2, 8))
    assert [(change.kind, change.source, change.is_guess) for change in tet] == [("nghi", GUESS, True)]
    assert not shipped.is_workday(date(2027, 2, 8))
    assert not any(change.is_guess for change in shipped.changes_on(date(2026, 11, 24)))
    assert guessed(1900) == guessed(2200) == ()


def test_what_is_announced_for_a_day_counts_before_the_guess() -> None:
    calendar = WorkCalendar((USUAL,), [Change(date(2027, 2, 10), "lam-bu")])
    assert calendar.is_workday(date(2027, 2, 10))
    assert not calendar.is_workday(date(2027, 2, 9))


# spans


@pytest.mark.parametrize(
    ("text", "kind", "amount"),
    [
        ("15 phút", Kind.CLOCK, 15),
        ("15 minutes", Kind.CLOCK, 15),
        ("2 giờ", Kind.CLOCK, 120),
        ("4 giờ làm việc", Kind.WORKING, 240),
        ("4  GIỜ làm việc", Kind.WORKING, 240),
        ("4 working hours", Kind.WORKING, 240),
        ("1,5 giờ làm việc", Kind.WORKING, 90),
        ("30 phut lam viec", Kind.WORKING, 30),
        ("2 ngày làm việc", Kind.WORKING_DAYS, 2),
        ("1 working day", Kind.WORKING_DAYS, 1),
        ("cuối ngày làm việc", Kind.END_OF_DAY, 0),
        ("end of working day", Kind.END_OF_DAY, 0),
        ("sáng ngày làm việc kế tiếp", Kind.NEXT_MORNING, 0),
        ("morning of the next working day", Kind.NEXT_MORNING, 0),
        ("hạn trả lời", Kind.DUE_DATE, 0),
        ("due date", Kind.DUE_DATE, 0),
    ],
)
def test_spans_are_read_in_both_languages(text: str, kind: Kind, amount: int) -> None:
    assert span(text) == Span(kind, amount)
    assert span(str(span(text))) == span(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "15 phút"),
        ("sớm", "15 phút"),
        ("2 ngày", "2 ngày làm việc"),
        ("0 phút", "not 0"),
        ("99999 giờ", "at most"),
        ("0,5 ngày làm việc", "whole"),
        ("-3 giờ", "15 phút"),
        ("٣ giờ", "15 phút"),
        ("4 giờ làm việc nữa", "15 phút"),
    ],
)
def test_a_wrong_span_says_how_one_is_written(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        span(text)


@pytest.mark.parametrize(
    ("arrives", "text", "due"),
    [
        (at(23, 11, 9), "cuối ngày làm việc", at(23, 11, 17)),
        (at(23, 11, 16, 59), "cuối ngày làm việc", at(23, 11, 17)),
        # 24/11 is a holiday
        (at(23, 11, 17), "cuối ngày làm việc", at(25, 11, 17)),
        (at(21, 11, 9), "cuối ngày làm việc", at(23, 11, 17)),
        (at(23, 11, 16, 30), "1 giờ làm việc", at(25, 11, 8)),
        (at(23, 11, 10, 30), "2 giờ làm việc", at(23, 11, 14)),
        (at(23, 11, 13), "4 giờ làm việc", at(23, 11, 17)),
        (at(23, 11, 9), "2 ngày làm việc", at(26, 11, 17)),
        (at(23, 11, 9), "sáng ngày làm việc kế tiếp", at(25, 11, 11, 30)),
        (at(23, 11, 23), "30 phút", at(23, 11, 23, 30)),
        # Tết: from 14/02 to 22/02
        (at(13, 2, 17, 1), "cuối ngày làm việc", at(23, 2, 17)),
        (at(13, 2, 16), "2 giờ làm việc", at(23, 2, 8, 30)),
        # the swapped Saturday
        (at(21, 8, 18), "cuối ngày làm việc", at(22, 8, 17)),
        (at(28, 8, 18), "sáng ngày làm việc kế tiếp", at(3, 9, 11, 30)),
    ],
)
def test_deadlines_of_real_days(shipped: WorkCalendar, arrives: datetime, text: str, due: datetime) -> None:
    found = shipped.after(arrives, span(text))
    assert found == due
    assert found.tzinfo is UTC


def test_the_due_date_of_the_document_is_the_close_of_that_day(shipped: WorkCalendar) -> None:
    due = Span(Kind.DUE_DATE)
    assert shipped.after(at(1, 11), due, due=date(2026, 11, 30)) == at(30, 11, 17)
    assert shipped.after(at(1, 11), due, due=date(2026, 11, 24)) == at(25, 11, 17)
    with pytest.raises(ValueError, match="names no day"):
        shipped.after(at(1, 11), due)


# hours, halves, storms, one unit


def test_the_last_hours_that_name_a_unit_hold_for_it() -> None:
    summer = ((time(7), time(11)), (time(13), time(16, 30)))
    calendar = WorkCalendar(
        (
            USUAL,
            Hours(((summer,) * 5 + (((time(7), time(11)),), ())), date(2026, 4, 15), date(2026, 10, 15), {"xa-a"}),
        )
    )
    assert calendar.closing(date(2026, 5, 4), "xa-a") == at(4, 5, 16, 30)
    assert calendar.closing(date(2026, 5, 9), "xa-a") == at(9, 5, 11)
    assert calendar.closing(date(2026, 5, 4)) == at(4, 5, 17)
    assert calendar.closing(date(2026, 4, 14), "xa-a") == at(14, 4, 17)
    assert calendar.closing(date(2026, 10, 16), "xa-a") == at(16, 10, 17)


@pytest.mark.parametrize(
    ("changes", "unit", "hours"),
    [
        ([("nghi", None, ())], "", []),
        ([("nghi", (time(12), time.max), ())], "", [("07:30", "11:30")]),
        ([("nghi", None, ("xa-a",))], "", [("07:30", "11:30"), ("13:00", "17:00")]),
        ([("nghi", None, ("xa-a",))], "xa-a", []),
        # what names the unit counts before what holds for all; a storm is taken off whatever there is
        ([("nghi", None, ()), ("lam-bu", None, ("xa-a",))], "xa-a", [("07:30", "11:30"), ("13:00", "17:00")]),
        ([("lam-bu", None, ("xa-a",)), ("nghi-bao", (time.min, time(12)), ())], "xa-a", [("13:00", "17:00")]),
        ([("nghi-bao", (time(10), time(14)), ())], "", [("07:30", "10:00"), ("14:00", "17:00")]),
        ([("nghi", (time(12), time.max), ()), ("nghi-bao", (time.min, time(12)), ())], "", []),
    ],
)
def test_what_is_left_of_a_day(
    changes: list[tuple[ChangeKind, Period | None, Sequence[str]]], unit: str, hours: list[tuple[str, str]]
) -> None:
    day = date(2026, 10, 12)
    calendar = WorkCalendar((USUAL,), [Change(day, kind, units=units, period=part) for kind, part, units in changes])
    local = [[f"{moment.astimezone(VIETNAM):%H:%M}" for moment in stretch] for stretch in calendar.periods(day, unit)]
    assert [tuple(stretch) for stretch in local] == hours


def test_a_worked_weekend_day_has_the_hours_of_a_working_day_or_a_part_of_them() -> None:
    saturday = date(2026, 10, 17)
    whole = WorkCalendar((USUAL,), [Change(saturday, "lam-bu")])
    morning = WorkCalendar((USUAL,), [Change(saturday, "lam-bu", period=(time.min, time(12)))])
    evening = WorkCalendar((USUAL,), [Change(saturday, "lam-bu", period=(time(18), time(20)))])
    assert whole.closing(saturday) == at(17, 10, 17)
    assert morning.closing(saturday) == at(17, 10, 11, 30)
    assert evening.periods(saturday) == ((at(17, 10, 18), at(17, 10, 20)),)


def test_a_calendar_without_work_counts_by_the_clock() -> None:
    never = WorkCalendar(())
    moment = at(23, 11)
    for text in ("4 giờ làm việc", "2 ngày làm việc", "cuối ngày làm việc", "sáng ngày làm việc kế tiếp"):
        assert never.after(moment, span(text)) >= moment
    assert never.working_seconds(moment, moment + timedelta(days=9)) == 0
    assert never.before(moment, span("1 giờ làm việc")) < moment


# against the slow model

_FIRST = date(2026, 2, 2)
_DAYS = 28


def _works(
    calendar_hours: list[list[tuple[int, int]]], changes: dict[int, tuple[str, int, int]], day: date, minute: int
) -> bool:
    """The definition, for one minute."""
    usual = any(start <= minute < end for start, end in calendar_hours[day.weekday()])
    kind, start, end = changes.get((day - _FIRST).days, ("", 0, 0))
    if kind == "lam-bu":
        monday = next(hours for hours in calendar_hours if hours)
        return usual if calendar_hours[day.weekday()] else any(first <= minute < last for first, last in monday)
    return usual and not (kind and start <= minute < end)


_MINUTE = st.integers(0, 1439)


@st.composite
def hours_of_a_day(draw: st.DrawFn) -> list[tuple[int, int]]:
    edges = sorted(draw(st.lists(_MINUTE, min_size=2, max_size=4, unique=True)))
    edges = edges[: len(edges) // 2 * 2]
    return list(zip(edges[::2], edges[1::2], strict=True))


WEEKS = st.lists(hours_of_a_day(), min_size=5, max_size=5).flatmap(
    lambda week: st.tuples(st.just(week), st.lists(st.just([]) | hours_of_a_day(), min_size=2, max_size=2)).map(
        lambda both: both[0] + both[1]
    )
)
KINDS = st.sampled_from(["nghi", "nghi-bao", "lam-bu"])
CHANGES = st.dictionaries(
    st.integers(0, 13), st.tuples(KINDS, st.sampled_from([0, 600, 720]), st.sampled_from([720, 900, 1440])), max_size=8
)


def _time(minute: int) -> time:
    return time.max if minute == 1440 else time(minute // 60, minute % 60)


def _pair(week: list[list[tuple[int, int]]], changes: dict[int, tuple[str, int, int]]) -> tuple[WorkCalendar, Slow]:
    hours = Hours(tuple(tuple((_time(start), _time(end)) for start, end in day) for day in week))
    listed = []
    for number, (kind, start, end) in changes.items():
        period = None if kind == "lam-bu" or start >= end else (_time(start), _time(end))
        changes[number] = (kind, start, end) if start < end else (kind, 0, 1440)
        listed.append(Change(_FIRST + timedelta(days=number), kind, period=period))  # type: ignore[arg-type]  # drawn from its words
    return WorkCalendar((hours,), listed, frozenset({2026})), Slow(_FIRST, _DAYS, partial(_works, week, changes))


@settings(max_examples=25, deadline=None)
@given(WEEKS, CHANGES, st.lists(st.integers(0, 12 * 86400), min_size=1, max_size=12), st.data())
def test_the_calendar_agrees_with_minutes_counted_one_by_one(
    week: list[list[tuple[int, int]]],
    changes: dict[int, tuple[str, int, int]],
    starts: list[int],
    data: st.DataObject,
) -> None:
    calendar, slow = _pair(week, changes)
    for start in starts:
        moment = slow.moment(start)
        minutes = data.draw(st.integers(1, 300))
        days = data.draw(st.integers(1, 4))
        wanted = {
            Span(Kind.CLOCK, minutes): start + 60 * minutes,
            Span(Kind.WORKING, minutes): slow.worked_off(start, minutes),
            Span(Kind.WORKING_DAYS, days): slow.end_of(start, days),
            Span(Kind.END_OF_DAY): slow.end_of_day(start),
            Span(Kind.NEXT_MORNING): slow.next_morning(start),
        }
        for asked, seconds in wanted.items():
            assert calendar.after(moment, asked) == slow.moment(seconds), (asked, moment)
            assert calendar.after(moment, asked) > moment
        later = start + 3600 * days
        assert calendar.working_seconds(moment, slow.moment(later)) == slow.worked(start, later)
        assert calendar.working_seconds(slow.moment(later), moment) == 0
        due = calendar.after(moment, Span(Kind.WORKING, minutes))
        assert calendar.working_seconds(moment, due) == 60 * minutes
        back = calendar.before(due, Span(Kind.WORKING, minutes))
        assert moment <= back <= due
        assert calendar.working_seconds(back, due) == 60 * minutes


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 78 * 365 * 86400),
    st.sampled_from(["4 giờ làm việc", "cuối ngày làm việc", "3 ngày làm việc", "sáng ngày làm việc kế tiếp"]),
)
def test_later_arrivals_are_never_due_earlier(seconds: int, text: str) -> None:
    moment = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    dues = [_USUAL.after(moment + timedelta(hours=5 * step), span(text)) for step in range(12)]
    assert dues == sorted(dues)


@pytest.mark.parametrize("day", [date.min, date.max])
@pytest.mark.parametrize("period", [(time.min, time(7)), (time(6), time(11)), (time(7), time.max)])
def test_the_first_and_the_last_day_that_there_are_have_hours_too(day: date, period: Period) -> None:
    """In year 1 seven in the morning in Vietnam is a day of year 0 in Greenwich."""
    [(opens, closes)] = WorkCalendar((Hours(((period,),) * 7),)).periods(day)
    assert opens <= closes
    assert {day.year} == {opens.year, closes.year}
