"""What units are told of what they owe: asked about first, then all of it in one call; no connector hurts another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hub.calendar import Change
from hub.connector import Capabilities
from hub.directory import Directory
from hub.duties import Pause
from hub.testing.samples import a_document
from hub.vocabulary import Receipt, Reminder
from tests.duties.rows import rows
from tests.duties.stage import BOOK, CALENDAR, DUE, KHE, MONDAY, SUBJECTS, UNITS, XA, Clerk, Stage, events, only


async def test_what_a_unit_was_told_follows_the_calendar_and_its_pauses(stage: Stage) -> None:
    await stage.take_in(a_document(), XA)
    await stage.at(DUE)
    assert [(True, DUE)] == [(one.overdue, one.due_at) for one in stage.clerks[XA].told[-1]]
    storm = Change(date(2026, 11, 23), "nghi-bao", "bão")
    stage.book = replace(BOOK, calendar=replace(CALENDAR, changes=(storm,)))

    stage.minder.recount()
    await stage.tick()
    assert [(False, DUE + timedelta(days=1))] == [(one.overdue, one.due_at) for one in stage.clerks[XA].told[-1]]

    pause = Pause(date(2026, 11, 23), date(2026, 11, 24), "lũ")
    stage.book = replace(BOOK, subjects=SUBJECTS | {XA: replace(SUBJECTS[XA], pauses=(pause,))})
    stage.minder.recount()
    await stage.tick()
    assert [] == stage.clerks[XA].told[-1]
    await stage.at(datetime(2026, 11, 25, 9, tzinfo=UTC))
    assert 1 == len(stage.clerks[XA].told[-1])


async def test_the_whole_list_in_one_call(stage: Stage) -> None:
    for number in range(5):
        await stage.take_in(a_document(f"{number}/GM-SNV"), XA)
    calls = len(stage.clerks[XA].told)

    await stage.at(DUE)

    assert calls + 1 == len(stage.clerks[XA].told)
    assert 5 == len(stage.clerks[XA].told[-1])
    assert not any(stage.clerks[KHE].told)


async def test_a_connector_that_raises_hurts_nobody(stage: Stage) -> None:
    stage.clerks[XA].error = RuntimeError("hỏng")
    await stage.take_in(a_document(), XA, KHE)

    await stage.at(DUE)

    assert {"overdue"} == {row.state for row in rows(stage.ledger)}
    assert stage.clerks[KHE].told[-1]
    stage.clerks[XA].error = None
    await stage.at(DUE + timedelta(seconds=61))
    assert 1 == len(stage.clerks[XA].told[-1])


async def test_a_connector_that_hangs_hurts_nobody(stage: Stage) -> None:
    class Hangs(Clerk):
        async def remind(self, reminders: Sequence[Reminder]) -> None:
            await asyncio.Event().wait()

    stage.clerks[XA] = Hangs()
    await stage.take_in(a_document(), XA, KHE)
    await stage.clock.advance((DUE - MONDAY).total_seconds())

    await stage.minder.tick()

    assert {"overdue"} == {row.state for row in rows(stage.ledger)}
    await stage.settled()
    assert [XA] == stage.hung
    assert stage.clerks[KHE].told[-1]


async def test_a_connector_that_cannot_tell_is_not_asked_to(stage: Stage) -> None:
    class Mute(Clerk):
        capabilities = Capabilities()

    stage.clerks[XA] = Mute()
    await stage.take_in(a_document(), XA)

    await stage.at(DUE)

    assert "overdue" == only(stage).state
    assert [] == stage.clerks[XA].told


async def test_before_the_first_reminder_the_hub_asks(stage: Stage) -> None:
    stage.clerks[XA].found = Receipt("in/1.edxml")
    await stage.take_in(a_document(), XA)

    await stage.at(DUE - timedelta(minutes=60))
    await stage.at(DUE)

    assert ["211/GM-SNV"] == stage.clerks[XA].asked
    assert "found: in/1.edxml" == dict(events(stage))["duty-asked"]["said"]


async def test_the_hub_asks_about_every_document_before_its_first_reminder(stage: Stage) -> None:
    for number in range(3):
        await stage.take_in(a_document(f"{number}/GM-SNV"), XA)

    await stage.at(DUE - timedelta(minutes=60))
    await stage.at(DUE)

    assert {f"{number}/GM-SNV" for number in range(3)} == set(stage.clerks[XA].asked)
    assert 3 == len(stage.clerks[XA].asked)


async def test_a_hub_that_starts_tells_again_what_it_had_told(stage: Stage) -> None:
    await stage.take_in(a_document(), XA)
    await stage.at(DUE)
    again = Stage(stage.ledger, stage.clock, BOOK)

    again.herald.everyone(again.clerks)
    await again.tick()

    assert (1, []) == (len(again.clerks[XA].told[-1]), again.clerks[KHE].told[-1])


async def test_the_heir_is_told_what_the_former_unit_owes(stage: Stage) -> None:
    await stage.take_in(a_document(), XA)
    gone = replace(UNITS[1], until=date(2026, 11, 23), successors=(KHE,))
    stage.directory = Directory((UNITS[0], gone, UNITS[2]), day=date(2026, 11, 24))
    stage.clerks.pop(XA)

    await stage.at(DUE + timedelta(days=1))

    assert ["211/GM-SNV"] == [one.code for one in stage.clerks[KHE].told[-1]]
    [(_, told)] = [one for one in events(stage) if one[0] == "duty-escalated"]
    assert [f"Chủ tịch {KHE}"] == told["to"]
