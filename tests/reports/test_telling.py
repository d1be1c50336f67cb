"""Numbers as official documents write them, months, and what a cell may not be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub.config import ReportSays
from hub.report.causes import CAUSES
from hub.report.counting import waits
from hub.report.letter import letter_of
from hub.report.months import Month
from hub.report.pictures import scale
from hub.report.records import Share
from hub.report.telling import change, clean, number, percent, short, shown, visible
from tests.laws import words
from tests.laws.source import HERE


@pytest.mark.parametrize(
    ("value", "digits", "said"),
    [(1254, 0, "1.254"), (0, 0, "0"), (96.5, 1, "96,5"), (1_234_567.84, 1, "1.234.567,8"), (999, 0, "999")],
)
def test_numbers(value: float, digits: int, said: str) -> None:
    assert number(value, digits) == said


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (4, 4, "4/4"),
        (0, 0, "0/0"),
        (5, 5, "100,0 % (5/5)"),
        (0, 5, "0,0 % (0/5)"),
        (1930, 2000, "96,5 % (1.930/2.000)"),
    ],
)
def test_a_percentage_has_its_count_and_few_have_none(part: int, whole: int, said: str) -> None:
    assert percent(Share(part, whole)) == said
    assert (Share(part, whole).percent is None) == (whole < 5)


def test_how_a_number_changed() -> None:
    assert [change(5, 3), change(3, 5), change(4, 4), change(2254, 1000)] == ["+2", "−2", "0", "+1.254"]


def test_times_are_those_of_vietnam() -> None:
    assert short(datetime(2026, 11, 22, 18, 5, tzinfo=UTC)) == "23/11/2026 01:05"


@pytest.mark.parametrize("text", ["2026-11", "11/2026", " 2026-11 ", "11-2026"])
def test_a_month_is_read(text: str) -> None:
    assert Month.read(text) == Month(2026, 11)


@pytest.mark.parametrize("text", ["2026-13", "2026-0", "11", "2026", "", "nay", "2026-11-01", "9999-01"])
def test_what_is_no_month(text: str) -> None:
    with pytest.raises(ValueError, match=text or "^$"):
        Month.read(text)


def test_a_month_begins_and_ends_in_vietnam() -> None:
    month = Month(2026, 12)
    assert month.since == datetime(2026, 11, 30, 17, tzinfo=UTC)
    assert month.until == month.next.since == datetime(2026, 12, 31, 17, tzinfo=UTC)
    assert (month.next, month.before, month.year_before) == (Month(2027, 1), Month(2026, 11), Month(2025, 12))
    assert Month(2027, 1).before == month
    assert (len(Month(2028, 2).days), len(month.days)) == (29, 31)
    assert Month.of(month.since) == month
    assert Month.of(month.since - timedelta(microseconds=1)) == month.before


def test_unseen_letters_are_left_out() -> None:
    assert visible("a\u202eb\x00c\u200bd\ud800e\uffffe") == "a b c d e e"
    assert clean("  x \n\t y ") == "x y"
    assert len(clean("ố" * 5000)) == 300
    assert shown(None) == "–"
    assert shown(1254.55) == "1.254,5"


def test_median_and_ninetieth_percentile_by_nearest_rank() -> None:
    found = waits([float(hour) for hour in range(1, 11)])
    assert (found.number, found.median, found.p90) == (10, 5.0, 9.0)
    assert sum(found.bins) == 10
    assert waits([]).median is None
    assert (waits([7.0]).median, waits([7.0]).p90) == (7.0, 7.0)


def test_agency_and_place_follow_from_the_provinces_name() -> None:
    letter = letter_of(ReportSays(), "UBND tỉnh Quảng Ngãi")
    assert (letter.agency, letter.called) == ("ỦY BAN NHÂN DÂN TỈNH QUẢNG NGÃI", "Ủy ban nhân dân tỉnh Quảng Ngãi")
    assert letter.place == "Quảng Ngãi"
    own = letter_of(ReportSays(agency="Sở Nội vụ", place="Kon Tum"), "UBND tỉnh Quảng Ngãi")
    assert (own.agency, own.place) == ("SỞ NỘI VỤ", "Kon Tum")


@pytest.mark.parametrize("most", [0, 1, 3, 7, 79, 100, 12_345, 9_999_999])
def test_a_scale_has_few_round_marks_and_reaches_the_top(most: int) -> None:
    marks = scale(most)
    assert marks[0] == 0
    assert marks[-1] >= most
    assert 2 <= len(marks) <= 6
    assert all(mark == int(mark) for mark in marks)


def test_every_refusal_has_its_cause_in_words() -> None:
    assert words.refusals(HERE) <= set(CAUSES)
