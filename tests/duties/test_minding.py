"""The tick over duties: overdue, reminded, escalated, broken, paused, moved."""

from __future__ import annotations

import asyncio
import errno
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from hub.calendar import Change
from hub.duties import Book, Chase, Pause
from hub.testing import eventually
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Reminder
from tests.duties.rows import rows
from tests.duties.stage import BOOK, CALENDAR, DUE, KHE, MONDAY, SUBJECTS, XA, Stage, events, kinds, only


async def test_a_unit_that_never_answers(stage: Stage) -> None:
    """Reminded an hour before, overdue and reminded at the end of the day, told to its leader, closed as broken."""
    await stage.take_in(a_document(), XA)
    clerk = stage.clerks[XA]

    await stage.at(DUE - timedelta(minutes=61))
    assert [] == kinds(stage)
    await stage.at(DUE - timedelta(minutes=60))
    assert ["duty-reminded"] == [kind for kind in kinds(stage) if kind != "duty-asked"]
    [[reminder]] = clerk.told[-1:]
    assert Reminder(reminder.envelope, "211/GM-SNV", reminder.subject, "000.00.14.H48", "03", DUE, False, 1) == reminder

    await stage.at(DUE)
    assert "overdue" == only(stage).state
    assert (True, 2) == (clerk.told[-1][0].overdue, clerk.told[-1][0].count)

    await stage.at(DUE + timedelta(days=1))
    [(_, escalated)] = [one for one in events(stage) if one[0] == "duty-escalated"]
    assert ["Chủ tịch xa-binh-son"] == escalated["to"]
    [shown] = stage.ledger.views.escalations()
    assert ("Chủ tịch xa-binh-son",) == shown.to

    for day in range(2, 20):
        await stage.at(DUE + timedelta(days=day))
    assert "broken" == only(stage).state
    assert 1 == kinds(stage).count("duty-broken")
    assert 5 == only(stage).reminded
    assert [] == clerk.told[-1]


async def test_nothing_is_said_where_the_answer_came_in_time(stage: Stage) -> None:
    document = a_document()
    await stage.take_in(document, XA)
    await stage.answer(an_answer(document, "03"), XA)

    for day in range(15):
        await stage.at(DUE + timedelta(days=day))

    assert [] == kinds(stage)
    assert not any(stage.clerks[XA].told)


async def test_a_late_answer_ends_it_and_takes_the_note_away(stage: Stage) -> None:
    document = a_document()
    await stage.take_in(document, XA)
    await stage.at(DUE)
    assert stage.clerks[XA].told[-1]

    await stage.clock.advance(1)
    await stage.answer(an_answer(document, "03"), XA)
    await stage.at(DUE + timedelta(seconds=6))

    assert "late" == only(stage).state
    assert [] == stage.clerks[XA].told[-1]


async def test_what_did_not_arrive_is_nobodys_fault(stage: Stage) -> None:
    await stage.take_in(a_document(), XA, deliver=False)

    for hour in range(30):
        await stage.at(DUE + timedelta(hours=hour))
    assert "open" == only(stage).state
    assert [] == kinds(stage)

    await stage.deliver(XA)
    due = DUE + timedelta(days=2)
    await stage.at(due - timedelta(minutes=60))
    moved = dict(events(stage))["duty-moved"]
    assert (DUE.isoformat(), due.isoformat()) == (moved["was"], moved["due"])
    assert ("open", due) == (only(stage).state, only(stage).due_at)
    await stage.at(due)
    assert "overdue" == only(stage).state


async def test_an_answer_is_late_by_when_the_document_came(stage: Stage) -> None:
    """It came on the next day: until the end of that it is in time, whether or not the tick has looked meanwhile."""
    document = a_document()
    await stage.take_in(document, XA, KHE, deliver=False)
    await stage.clock.advance(86_400)
    await stage.deliver(XA, KHE)
    await stage.clock.advance(9 * 3600 - 1)

    await stage.answer(an_answer(document, "03"), XA)
    await stage.clock.advance(2)
    await stage.answer(an_answer(document, "03", sender="000.00.32.H48"), KHE)

    assert {XA: "met", KHE: "late"} == {row.unit: row.state for row in rows(stage.ledger)}
    assert {DUE + timedelta(days=1)} == {row.due_at for row in rows(stage.ledger)}


async def test_a_unit_that_takes_a_pause(stage: Stage) -> None:
    pause = Pause(date(2026, 11, 23), date(2026, 11, 25), "lũ")
    stage.book = replace(BOOK, subjects=SUBJECTS | {XA: replace(SUBJECTS[XA], pauses=(pause,))})
    await stage.take_in(a_document(), XA)

    for hour in range(0, 72, 3):
        await stage.at(MONDAY + timedelta(hours=hour))
        assert "overdue" != only(stage).state
    assert "lũ" == dict(events(stage))["duty-paused"]["reason"]

    await stage.at(datetime(2026, 11, 26, 10, tzinfo=UTC))
    assert "overdue" == only(stage).state


async def test_deadlines_follow_the_calendar(stage: Stage) -> None:
    """A storm is declared: the day is off, what was due then is due on the next one."""
    await stage.take_in(a_document(), XA)
    await stage.tick()
    storm = Change(date(2026, 11, 23), "nghi-bao", "bão")
    stage.book = replace(BOOK, calendar=replace(CALENDAR, changes=(storm,)))

    stage.minder.recount()
    await stage.tick()

    assert DUE + timedelta(days=1) == only(stage).due_at
    [(kind, said)] = events(stage)
    assert ("duty-moved", DUE.isoformat(), (DUE + timedelta(days=1)).isoformat()) == (kind, said["was"], said["due"])
    await stage.at(DUE + timedelta(hours=1))
    assert "open" == only(stage).state


async def test_what_was_overdue_may_have_time_again(stage: Stage) -> None:
    await stage.take_in(a_document(), XA)
    await stage.at(DUE + timedelta(minutes=1))
    assert "overdue" == only(stage).state
    storm = Change(date(2026, 11, 23), "nghi-bao", "bão")
    stage.book = replace(BOOK, calendar=replace(CALENDAR, changes=(storm,)))

    stage.minder.recount()
    await stage.tick()

    assert ("open", DUE + timedelta(days=1)) == (only(stage).state, only(stage).due_at)


async def test_leaders_are_told_once_a_rule_asks_for_it(stage: Stage) -> None:
    """It was overdue for days under a rule that told nobody."""
    [rule] = BOOK.rules
    stage.book = replace(BOOK, rules=(replace(rule, chase=Chase(escalate=None)),))
    await stage.take_in(a_document(), XA)
    await stage.at(DUE)
    await stage.at(DUE + timedelta(days=2))
    assert "duty-escalated" not in kinds(stage)
    stage.book = BOOK

    stage.minder.recount()
    for day in range(3, 6):
        await stage.at(DUE + timedelta(days=day))

    assert 1 == kinds(stage).count("duty-escalated")


async def test_a_recount_of_what_did_not_change_says_nothing(stage: Stage) -> None:
    await stage.take_in(a_document(), XA, KHE)
    stage.minder.recount()

    await stage.tick()

    assert [] == kinds(stage)


async def test_a_duty_that_cannot_be_judged_stops_no_other(stage: Stage) -> None:
    class Breaks(Book):
        def step(self, duty: Any, now: datetime, delivered_at: datetime | None) -> Any:
            if duty.unit == XA:
                raise ValueError("hỏng")
            return super().step(duty, now, delivered_at)

    stage.book = Breaks(BOOK.calendar, BOOK.rules, BOOK.subjects, directory=BOOK.directory)
    await stage.take_in(a_document(), XA, KHE)

    await stage.at(DUE)

    assert {XA: "open", KHE: "overdue"} == {row.unit: row.state for row in rows(stage.ledger)}


async def test_many_at_once_are_taken_in_parts(stage: Stage) -> None:
    for number in range(230):
        await stage.take_in(a_document(f"{number}/GM-SNV"), XA, deliver=False)
    await stage.deliver(XA)
    await stage.clock.advance((DUE - MONDAY).total_seconds())

    assert await stage.minder.tick()
    await stage.tick()

    assert {"overdue"} == {row.state for row in rows(stage.ledger)}


async def test_a_calendar_that_cannot_be_warmed_up_ends_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its library is loaded late, and a hub that may open no further file cannot load it."""
    asked: list[int] = []

    def fail(year: int) -> tuple[Change, ...]:
        asked.append(year)
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("hub.minding.guessed", fail)
    await stage.take_in(a_document(), XA)
    running = asyncio.create_task(stage.minder.run())
    await eventually(lambda: bool(asked))
    await stage.clock.advance((DUE - stage.clock.now()).total_seconds())
    async with asyncio.timeout(10):
        while only(stage).state != "overdue":
            await stage.clock.advance(1)
            await asyncio.sleep(0.01)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert [DUE.year + 1] == asked
