"""Who owes what by when, and what is done about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.calendar import USUAL, Change, Kind, Span, WorkCalendar, span
from hub.clock import VIETNAM
from hub.directory import Directory
from hub.duties import (
    DEFAULTS,
    GUI,
    OWABLE,
    Book,
    Chase,
    Delegation,
    Duty,
    Owed,
    Pause,
    Rule,
    Step,
    Subject,
    When,
    ending,
)
from hub.groups import DatedGroup, Term
from hub.routing import Group
from hub.testing.samples import BINH_SON, GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document
from hub.vocabulary import Business, BusinessInfo, Document, DocumentType, Unit, Urgency
from tests.crash.book import FIGURE
from tests.duties.year import simulate

HOLIDAY = date(2026, 11, 24)
CALENDAR = WorkCalendar((USUAL,), [Change(HOLIDAY, "nghi")], frozenset({2026}))
DIRECTORY = Directory([Unit("so-nv", "Sở Nội vụ", HOME_AFFAIRS), Unit("xa-binh-son", "UBND xã Bình Sơn", BINH_SON)])
GROUPS = {"cac-so": Group("cac-so", ("so-nv",)), "cac-xa": Group("cac-xa", ("xa-binh-son",))}
BOTH = ("so-nv", "xa-binh-son")
SUBJECTS = {
    "so-nv": Subject("so-nv", "folderdrop", leaders=("Giám đốc",)),
    "xa-binh-son": Subject("xa-binh-son", "email", frozenset({"01", "02", "03", "15", "16"})),
}


def at(day: int, hour: int = 9, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=VIETNAM)


def a_letter(
    due_date: str = "", urgency: Urgency = Urgency.NORMAL, kind: str = "Công văn", sender: str = HOME_AFFAIRS
) -> Document:
    return replace(a_document(sender=sender, urgency=urgency, due_date=due_date), type=DocumentType(kind))


def a_book(*rules: Rule, **more: object) -> Book:
    return replace(Book(CALENDAR, (*rules, *DEFAULTS), SUBJECTS, GROUPS, DIRECTORY), **more)  # type: ignore[arg-type]  # fields of the book


def told(owed: Sequence[Owed]) -> dict[tuple[str, str], datetime]:
    return {(one.unit, one.code): one.due_at.astimezone(VIETNAM) for one in owed}


# what is owed


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        (a_letter(), {("so-nv", "03"): at(23, 17), ("xa-binh-son", "03"): at(23, 17)}),
        (a_letter(urgency=Urgency.URGENT), {("so-nv", "03"): at(23, 9, 30), ("xa-binh-son", "03"): at(23, 9, 30)}),
        # the mailbox cannot give 06
        (
            a_letter("2026/11/30"),
            {("so-nv", "03"): at(23, 17), ("so-nv", "06"): at(30, 17), ("xa-binh-son", "03"): at(23, 17)},
        ),
        (a_letter("30/11/2026", kind="Giấy mời"), {("so-nv", "03"): at(23, 17), ("xa-binh-son", "03"): at(23, 17)}),
        (a_letter("ngày mai"), {("so-nv", "03"): at(23, 17), ("xa-binh-son", "03"): at(23, 17)}),
        (a_letter("0001/01/01"), {("so-nv", "03"): at(23, 17), ("xa-binh-son", "03"): at(23, 17)}),
        # its day was over before it came; 24/11 is a holiday
        (
            a_letter("2026/11/20"),
            {("so-nv", "03"): at(23, 17), ("so-nv", "06"): at(23, 17), ("xa-binh-son", "03"): at(23, 17)},
        ),
        (
            a_letter("2026/11/24"),
            {("so-nv", "03"): at(23, 17), ("so-nv", "06"): at(25, 17), ("xa-binh-son", "03"): at(23, 17)},
        ),
    ],
)
def test_what_is_owed_without_any_rule_of_ones_own(document: Document, wanted: dict[tuple[str, str], datetime]) -> None:
    recipients = (*BOTH, "so-nv", "000.00.00.G09", "nobody")
    assert told(a_book().owed(document, recipients, at(23))) == wanted


def test_what_is_urgent_is_owed_in_working_time_and_what_is_flash_by_the_clock() -> None:
    night = at(23, 22)
    assert told(a_book().owed(a_letter(urgency=Urgency.VERY_URGENT), ["so-nv"], night)) == {("so-nv", "03"): at(25, 8)}
    assert told(a_book().owed(a_letter(urgency=Urgency.FLASH), ["so-nv"], night)) == {("so-nv", "03"): at(23, 22, 30)}


@pytest.mark.parametrize("business", [Business.REVOKE, Business.UPDATE])
def test_a_document_that_recalls_or_updates_owes_an_answer_to_that_alone(business: Business) -> None:
    document = replace(a_letter("2026/11/30"), business=BusinessInfo(business))
    wanted = {("so-nv", "15"): at(23, 17), ("xa-binh-son", "15"): at(23, 17)}
    assert told(a_book().owed(document, BOTH, at(23))) == wanted
    assert told(a_book().recalled(a_letter("2026/11/30"), BOTH, at(23))) == wanted
    assert a_book().sender(document, "so-nv", at(23)) is None


def test_nobody_is_asked_for_an_answer_to_a_recall_who_can_give_none() -> None:
    mute = {
        "so-nv": Subject("so-nv", codes=frozenset({"03"})),
        "xa-binh-son": Subject("xa-binh-son", codes=frozenset({"16"})),
    }
    assert list(told(a_book(subjects=mute).recalled(a_letter(), BOTH, at(23)))) == [("xa-binh-son", "15")]


ALL = {code: span("4 giờ làm việc") for code in OWABLE}


@pytest.mark.parametrize(
    ("when", "owing"),
    [
        (When(), ["so-nv", "xa-binh-son"]),
        (When(to=("so-nv",)), ["so-nv"]),
        (When(to=("cac-xa",)), ["xa-binh-son"]),
        (When(to=("email",)), ["xa-binh-son"]),
        (When(to=("cac-so", "email")), ["so-nv", "xa-binh-son"]),
        (When(types=("cong van",)), ["so-nv", "xa-binh-son"]),
        (When(types=("Giấy mời",)), []),
        (When(urgency=frozenset({Urgency.NORMAL, Urgency.FLASH})), ["so-nv", "xa-binh-son"]),
        (When(urgency=frozenset({Urgency.FLASH})), []),
        (When(sender=("so-nv",)), ["so-nv", "xa-binh-son"]),
        (When(sender=("cac-so",)), ["so-nv", "xa-binh-son"]),
        (When(sender=(HOME_AFFAIRS,)), ["so-nv", "xa-binh-son"]),
        (When(sender=("000.00.*",)), ["so-nv", "xa-binh-son"]),
        (When(sender=("cac-xa", GOVERNMENT_OFFICE)), []),
    ],
)
def test_a_rule_holds_where_its_conditions_do(when: When, owing: list[str]) -> None:
    book = a_book(
        Rule("04", {"04": span("4 giờ làm việc")}, when), subjects={u: Subject(u, SUBJECTS[u].kind) for u in BOTH}
    )
    found = [one for one in book.owed(a_letter(), BOTH, at(23)) if one.code == "04"]
    assert [one.unit for one in found] == owing
    assert all(one.rule == "04" and one.due_at == at(23, 14, 30) for one in found)


def test_of_each_code_the_first_rule_that_holds_decides_and_may_say_nothing() -> None:
    book = a_book(
        Rule("sở nhanh", {"03": span("1 giờ làm việc")}, When(to=("cac-so",))),
        Rule("không hạn", {"03": span("2 giờ làm việc"), "06": None}),
    )
    found = {(one.unit, one.code): (one.rule, one.due_at) for one in book.owed(a_letter("2026/11/30"), BOTH, at(23))}
    assert found == {("so-nv", "03"): ("sở nhanh", at(23, 10)), ("xa-binh-son", "03"): ("không hạn", at(23, 11))}


def test_a_group_is_that_of_the_day() -> None:
    groups = {"moi": DatedGroup("moi", BOTH, "", {"so-nv": (Term(until=date(2026, 11, 22)),)})}
    book = a_book(Rule("moi", {"01": span("15 phút")}, When(to=("moi",))), groups=groups)
    assert [one.unit for one in book.owed(a_letter(), BOTH, at(20)) if one.code == "01"] == list(BOTH)
    assert [one.unit for one in book.owed(a_letter(), BOTH, at(23)) if one.code == "01"] == ["xa-binh-son"]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(list(Urgency)),
    st.sampled_from(["Công văn", "Giấy mời", "", "Thông báo (lần 2)", "\x00"]),
    st.sampled_from(["", "2026/11/30", "9999/12/31", "2026/13/01", "30/11/2026 08:00", "hôm nay"]),
    st.sets(st.sampled_from(OWABLE)),
    st.lists(st.sampled_from([*BOTH, "vpcp", "000.00.00.G22"]), max_size=5),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
)
def test_never_what_cannot_be_given_never_twice_and_always_later(
    urgency: Urgency, kind: str, due: str, codes: set[str], recipients: list[str], moment: datetime
) -> None:
    rules = [Rule("alles", ALL, When(to=("cac-so",)))]
    book = a_book(
        *rules, subjects={"so-nv": Subject("so-nv", codes=frozenset(codes)), "xa-binh-son": SUBJECTS["xa-binh-son"]}
    )
    owed = book.owed(a_letter(due, urgency, kind), recipients, moment)
    assert len({(one.unit, one.code) for one in owed}) == len(owed)
    for one in owed:
        assert one.unit in recipients
        assert one.code in book.subjects[one.unit].codes
        assert one.code not in ("15", GUI)
        assert one.code != "06" or kind not in ("Giấy mời", "Thông báo (lần 2)")
        assert moment < one.next_at <= one.due_at


# the sender's own


@pytest.mark.parametrize(
    ("custody", "urgency", "met"),
    [
        (at(23, 8), Urgency.NORMAL, True),
        # the 24th is a holiday: the next working morning is that of the 25th
        (at(25, 11, 30), Urgency.NORMAL, True),
        (at(25, 11, 31), Urgency.NORMAL, False),
        (at(23, 23, 59), Urgency.FLASH, True),
        (at(24, 0, 1), Urgency.FLASH, False),
        (at(20), Urgency.NORMAL, True),
    ],
)
def test_the_sender_owes_custody_from_the_day_of_signing(custody: datetime, urgency: Urgency, met: bool) -> None:
    sent = a_book().sender(a_letter(urgency=urgency), "so-nv", custody)
    assert sent is not None
    assert (sent.met, sent.owed.code, sent.owed.unit) == (met, GUI, "so-nv")
    assert met == (custody <= sent.owed.due_at)


def test_a_sender_outside_or_without_a_day_owes_nothing() -> None:
    assert a_book().sender(a_letter(), "vpcp", at(23)) is None
    assert a_book().sender(replace(a_letter(), promulgation_date=None), "so-nv", at(23)) is None
    assert a_book().sender(replace(a_letter(), promulgation_date=date(9999, 12, 31)), "so-nv", at(23)) is None
    assert a_book(rules=()).sender(a_letter(), "so-nv", at(23)) is None


# what an answer does

_ALWAYS_MET = {
    "01": "01 02 03 04 05 06",
    "03": "02 03 04 05 06",
    "06": "06",
    "15": "15 16",
    "04": "04 05 06",
    "05": "05 06",
}


@pytest.mark.parametrize("owed", ["01", "03", "04", "05", "06", "15", GUI])
@pytest.mark.parametrize("answered", ["01", "02", "03", "04", "05", "06", "13", "15", "16", "07", ""])
def test_which_answer_ends_what(owed: str, answered: str) -> None:
    ends = answered in ("02", "15") and owed != GUI
    assert ending(owed, answered) == (
        "met" if answered in _ALWAYS_MET.get(owed, "").split() else "void" if ends else ""
    )


# steps


def opened(book: Book, document: Document, moment: datetime, code: str = "03", unit: str = "so-nv") -> Duty:
    [owed] = [one for one in book.owed(document, [unit], moment) if one.code == code]
    return Duty(unit, code, owed.rule, moment, owed.due_at, owed.next_at, due_date=document.due_date)


def taken(duty: Duty, step: Step) -> Duty:
    told = "duty-escalated" in step.events or (duty.escalated and "duty-overdue" not in step.events)
    reminded = duty.reminded + step.remind
    return replace(duty, state=step.state, due_at=step.due_at, next_at=step.next_at, reminded=reminded, escalated=told)


def course(book: Book, duty: Duty, delivered_at: datetime | None) -> list[tuple[str, str]]:
    """All that happens until nothing is planned any more."""
    lines = []
    for _ in range(40):
        now = duty.next_at
        step = book.step(duty, now, delivered_at)
        if step.events:
            lines.append((f"{now.astimezone(VIETNAM):%d/%m %H:%M}", " ".join(event[5:] for event in step.events)))
        if step.state == "broken":
            break
        assert step.next_at > now
        duty = taken(duty, step)
    return lines


def test_the_course_of_a_duty_that_nobody_meets() -> None:
    duty = opened(a_book(), a_letter(), at(23))
    assert course(a_book(), duty, at(23)) == [
        ("23/11 16:00", "reminded"),
        ("23/11 17:00", "overdue reminded"),
        ("25/11 07:30", "reminded"),
        ("25/11 17:00", "escalated"),
        ("26/11 07:30", "reminded"),
        ("27/11 07:30", "reminded"),
        ("08/12 17:00", "broken"),
    ]


def test_a_duty_may_be_pursued_otherwise_or_not_at_all() -> None:
    quiet = Chase(before=None, every=None, most=0, escalate=None, limit=None)
    often = Chase(
        before=None, every=Span(Kind.CLOCK, 60), most=3, escalate=Span(Kind.CLOCK, 90), limit=Span(Kind.CLOCK, 180)
    )
    duty = opened(a_book(), a_letter(), at(23))
    rule = Rule(duty.rule, {"03": span("cuối ngày làm việc")}, chase=quiet)
    assert course(a_book(rules=[rule]), duty, at(23)) == [("23/11 17:00", "overdue")]
    assert course(a_book(rules=[replace(rule, chase=often)]), replace(duty, next_at=duty.due_at), at(23)) == [
        ("23/11 17:00", "overdue reminded"),
        ("23/11 18:00", "reminded"),
        ("23/11 18:30", "escalated"),
        ("23/11 19:00", "reminded"),
        ("23/11 20:00", "broken"),
    ]


def test_what_was_missed_while_nobody_looked_is_done_once() -> None:
    book = a_book()
    duty = opened(book, a_letter(), at(23))
    step = book.step(duty, at(27, 12), at(23))
    assert step.events == ("duty-overdue", "duty-reminded", "duty-escalated")
    assert step.escalate == ("Giám đốc",)
    assert book.step(taken(duty, step), at(27, 12), at(23)).events == ()
    late = book.step(duty, at(30, 12, month=12), at(23))
    assert (late.state, late.remind) == ("broken", False)
    assert late.events == ("duty-overdue", "duty-escalated", "duty-broken")


def test_what_is_not_delivered_is_never_overdue_and_counts_from_its_delivery() -> None:
    book = a_book()
    duty = opened(book, a_letter(), at(23))
    for _ in range(5):
        step = book.step(duty, duty.next_at, None)
        assert (step.state, step.events, step.due_at) == ("open", (), duty.due_at)
        assert step.next_at > duty.next_at
        duty = taken(duty, step)
    delivered = at(26, 16, 30)
    step = book.step(duty, at(26, 16, 45), delivered)
    assert (step.state, step.events) == ("open", ("duty-moved",))
    assert step.due_at == at(26, 17)


def test_deadlines_follow_the_calendar_both_ways() -> None:
    book = a_book()
    duty = opened(book, a_letter("2026/11/26"), at(23, 18), code="06")
    assert duty.due_at == at(26, 17)
    storm = a_book(calendar=replace(CALENDAR, changes=(*CALENDAR.changes, Change(date(2026, 11, 26), "nghi-bao"))))
    assert storm.due(duty) == at(27, 17)
    assert storm.due(replace(duty, due_date="")) == duty.due_at
    overdue = taken(duty, book.step(duty, at(26, 18), at(23, 18)))
    assert overdue.state == "overdue"
    back = storm.step(overdue, at(26, 18), at(23, 18))
    assert (back.state, back.events, back.due_at) == ("open", ("duty-moved",), at(27, 17))
    morning = [*CALENDAR.changes, Change(date(2026, 11, 25), "nghi-bao", period=(at(25, 12).time(), at(25, 23).time()))]
    earlier = a_book(calendar=replace(CALENDAR, changes=morning)).step(
        opened(book, a_letter(), at(23, 18)), at(25, 12), at(23, 18)
    )
    assert (earlier.state, earlier.due_at) == ("overdue", at(25, 11, 30))
    assert earlier.events[:2] == ("duty-moved", "duty-overdue")


def test_nothing_is_taken_back_without_a_word_when_the_clock_is_set_back() -> None:
    book = a_book()
    overdue = taken(duty := opened(book, a_letter(), at(23)), book.step(duty, at(23, 17), at(23)))
    for delivered in (at(23), None):
        step = book.step(overdue, at(23, 12), delivered)
        assert (step.state, step.events, step.due_at) == ("overdue", (), duty.due_at)
        assert step.next_at > at(23, 12)


def test_a_rule_that_is_gone_leaves_its_duties_as_they_are() -> None:
    duty = opened(a_book(), a_letter(), at(23))
    assert a_book(rules=()).due(duty, at(26)) == duty.due_at
    assert a_book(rules=()).step(duty, at(23, 17), at(23)).state == "overdue"
    assert a_book(subjects={}).step(duty, at(23, 17), at(23)).state == "overdue"


FLOOD = Pause(date(2026, 11, 25), date(2026, 11, 27), "Lũ cô lập trụ sở")


def test_a_unit_that_pauses_owes_later_and_everybody_sees_why() -> None:
    nv = replace(SUBJECTS["so-nv"], pauses=(FLOOD,))
    book = a_book(subjects={"so-nv": nv})
    assert opened(book, a_letter(), at(23, 18)).due_at == at(30, 17)
    duty = opened(a_book(), a_letter(), at(23, 18))
    paused = book.step(duty, at(25, 9), at(23, 18))
    assert (paused.state, paused.reason, paused.due_at, paused.next_at) == (
        "paused",
        FLOOD.reason,
        at(30, 17),
        at(28, 0),
    )
    assert paused.events == ("duty-moved", "duty-paused")
    again = book.step(taken(duty, paused), at(26, 9), at(23, 18))
    assert (again.state, again.events) == ("paused", ())
    resumed = book.step(taken(duty, again), at(28, 0), at(23, 18))
    assert (resumed.state, resumed.events, resumed.due_at) == ("open", ("duty-moved",), at(30, 17))


def test_pauses_that_lie_over_each_other_count_once() -> None:
    rest = Pause(date(2026, 11, 26), date(2026, 11, 28), "Mất điện")
    both = a_book(subjects={"so-nv": replace(SUBJECTS["so-nv"], pauses=(FLOOD, rest))})
    one = a_book(subjects={"so-nv": replace(SUBJECTS["so-nv"], pauses=(replace(FLOOD, until=rest.until),))})
    for letter in (a_letter(), a_letter(urgency=Urgency.FLASH)):
        assert opened(both, letter, at(24, 23, 45)).due_at == opened(one, letter, at(24, 23, 45)).due_at


def test_the_clock_stands_still_in_a_pause_too() -> None:
    book = a_book(subjects={"so-nv": replace(SUBJECTS["so-nv"], pauses=(FLOOD,))})
    flash = a_letter(urgency=Urgency.FLASH)
    assert opened(book, flash, at(24, 23, 45)).due_at == at(28, 0, 15)
    inside = opened(book, flash, at(26, 3))
    assert (inside.due_at, inside.next_at) == (at(28, 0, 30), at(26, 3))
    assert book.step(inside, at(26, 3), at(26, 3)).state == "paused"


def test_who_was_told_before_a_pause_is_not_told_again_after_it() -> None:
    book = a_book(subjects={"so-nv": replace(SUBJECTS["so-nv"], pauses=(replace(FLOOD, since=date(2026, 11, 26)),))})
    lines = course(book, opened(book, a_letter(), at(23)), at(23))
    assert lines[3:6] == [("25/11 17:00", "escalated"), ("26/11 00:00", "paused"), ("28/11 00:00", "moved")]
    assert [said for _, said in lines].count("overdue reminded") == 1
    assert sum("escalated" in said for _, said in lines) == 1


def test_leaders_are_told_of_what_is_overdue_longer_than_a_new_rule_allows() -> None:
    duty = opened(a_book(), a_letter(), at(23))
    patient = a_book(rules=[Rule(duty.rule, {"03": span("cuối ngày làm việc")}, chase=Chase(escalate=None))])
    overdue = taken(duty, patient.step(duty, at(27, 12), at(23)))
    step = a_book().step(overdue, at(27, 13), at(23))
    assert step.events == ("duty-escalated",)
    assert "duty-escalated" not in a_book().step(taken(overdue, step), at(30, 12), at(23)).events


def test_deputies_are_told_in_place_of_those_on_leave() -> None:
    leave = (
        Delegation(date(2026, 11, 23), date(2026, 11, 27), "Giám đốc", "Phó Giám đốc A"),
        Delegation(date(2026, 11, 26), date(2026, 11, 27), "Phó Giám đốc A", "Phó Giám đốc B"),
        Delegation(date(2026, 12, 1), date(2026, 12, 1), "Giám đốc", "Phó Giám đốc A"),
        Delegation(date(2026, 12, 1), date(2026, 12, 1), "Phó Giám đốc A", "Giám đốc"),
    )
    nv = replace(SUBJECTS["so-nv"], leaders=("Giám đốc", "Phó Giám đốc A"), delegations=leave)
    book = a_book(subjects={"so-nv": nv})
    assert book.leaders("so-nv", at(20)) == ("Giám đốc", "Phó Giám đốc A")
    assert book.leaders("so-nv", at(23)) == ("Phó Giám đốc A",)
    assert book.leaders("so-nv", at(27, 23)) == ("Phó Giám đốc B",)
    assert book.leaders("so-nv", at(1, month=12)) == ("Giám đốc", "Phó Giám đốc A")
    assert book.leaders("nobody", at(23)) == ()
    step = book.step(opened(book, a_letter(), at(23)), at(25, 17), at(23))
    assert step.escalate == ("Phó Giám đốc A",)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 25 * 24 * 60), min_size=1, max_size=25),
    st.sampled_from([Urgency.NORMAL, Urgency.URGENT, Urgency.FLASH]),
    st.none() | st.integers(0, 5 * 24 * 60),
    st.none() | st.tuples(st.integers(0, 10), st.integers(0, 4)),
)
def test_whenever_one_looks_each_thing_happens_once(
    looks: list[int], urgency: Urgency, delivered: int | None, pause: tuple[int, int] | None
) -> None:
    first = date(2026, 11, 20)
    pauses = (Pause(first + timedelta(days=pause[0]), first + timedelta(days=sum(pause)), "x"),) if pause else ()
    book = a_book(subjects={"so-nv": replace(SUBJECTS["so-nv"], pauses=pauses)})
    start = at(20)
    duty, events = opened(book, a_letter(urgency=urgency), start), list[str]()
    came = None if delivered is None else start + timedelta(minutes=delivered)
    for minutes in sorted(looks):
        now = start + timedelta(minutes=minutes)
        here = came if came and came <= now else None
        step = book.step(duty, now, here)
        assert step.state == "broken" or step.next_at > now
        assert step.state not in ("overdue", "broken") or (here and step.due_at <= now)
        assert step.state == "paused" or not here or step.state != "open" or step.due_at > now
        events += step.events
        duty = taken(duty, step)
        assert step.state == "broken" or book.step(duty, now, here).events == ()
        if step.state == "broken":
            break
    assert events.count("duty-escalated") <= 1
    assert events.count("duty-broken") <= 1
    assert events.count("duty-overdue") <= 1
    assert events.count("duty-paused") <= 1
    assert duty.reminded <= 5


# a year


def test_a_year_raises_all_that_is_true_and_nothing_else(record_property: Callable[[str, object], None]) -> None:
    result = simulate(seed=datetime.now(UTC).toordinal(), units=24, documents=420)
    record_property(FIGURE, str(result))
    assert result.wrong == []
    assert result.overdue > 100
    assert result.moved > 10


@pytest.mark.slow
def test_a_whole_year_of_the_province(record_property: Callable[[str, object], None]) -> None:
    result = simulate(seed=datetime.now(UTC).toordinal(), units=108, documents=2500)
    record_property(FIGURE, str(result))
    assert result.wrong == []


def test_a_year_with_a_wrong_calendar_is_seen_to_be_wrong() -> None:
    result = simulate(seed=1, units=20, documents=250, forgotten=("2026-01-10", "2026-11-24"))
    assert result.wrong
