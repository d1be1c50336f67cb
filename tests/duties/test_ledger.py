"""Duties in the ledger: opened with a document, ended by an answer, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.calendar import Hours, WorkCalendar
from hub.duties import Book, Owed, Sent, Step, Subject
from hub.ledger import Ledger, Proposal, Settlement
from hub.ledger.minded import Move, Watched
from hub.testing import ManualClock
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Business, BusinessInfo, DeliveryState
from tests.duties.rows import envelope_of, rows

XA, KHE, NV = "xa-binh-son", "xa-tinh-khe", "so-nv"
#: When the proposals of a test come in.
TAKEN = datetime(2026, 11, 23, tzinfo=UTC)
DUE = TAKEN + timedelta(hours=10)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(TAKEN)


@pytest.fixture
async def ledger(database: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Ledger]:
    async with Ledger(database, tmp_path, "node-1", clock) as opened:
        yield opened


def owed(unit: str, code: str, due: datetime = DUE) -> Owed:
    return Owed(unit, code, f"rule {code}", due, due)


def owing(body: Any, *recipients: str, codes: tuple[str, ...] = ("03",), **more: Any) -> Proposal:
    """A document whose recipients owe these."""
    given = proposal(body, *recipients, **more)
    return replace(given, owed=tuple(owed(unit, code) for unit in recipients for code in codes))


def answering(body: Any, code: str, unit: str = XA, at: datetime = TAKEN, **more: Any) -> Proposal:
    """An answer to the sender that the hub takes at this moment."""
    given = proposal(an_answer(body, code), NV, unit=unit, **more)
    assert given.envelope
    return replace(given, envelope=replace(given.envelope, received_at=at))


def states(ledger: Ledger) -> dict[tuple[str, str], str]:
    return {(row.unit, row.code): row.state for row in rows(ledger)}


def sound(ledger: Ledger) -> bool:
    return not [*ledger.views.strange(), *ledger.views.broken()]


def events(ledger: Ledger, code: str) -> list[tuple[str, dict[str, Any]]]:
    [view] = ledger.views.trace(code)
    return [(line.kind, json.loads(line.data)) for line in view.events]


async def test_what_is_owed_is_opened_with_the_document(ledger: Ledger) -> None:
    document = a_document()
    [verdict] = await ledger.accept([owing(document, XA, KHE, codes=("03", "06"))])

    found = rows(ledger)

    assert {(XA, "03"), (XA, "06"), (KHE, "03"), (KHE, "06")} == {(row.unit, row.code) for row in found}
    wanted = {(envelope_of(verdict), "open", DUE, DUE, TAKEN, None, 0)}
    assert wanted == {(r.envelope, r.state, r.due_at, r.next_at, r.opened_at, r.ended_at, r.reminded) for r in found}
    [(_, data)] = events(ledger, document.code)
    assert [XA, "03", DUE.isoformat(), "rule 03"] in data["duties"]
    assert sound(ledger)


async def test_only_those_owe_who_get_it_now(ledger: Ledger) -> None:
    await ledger.accept([owing(a_document(), XA)])

    await ledger.accept([owing(a_document(to=("000.00.31.H48", "000.00.32.H48")), XA, KHE)])

    assert [XA, KHE] == sorted(row.unit for row in rows(ledger))
    assert sound(ledger)


async def test_a_document_to_try_with_owes_nothing(ledger: Ledger) -> None:
    own = Sent(owed(NV, "gui"), met=True)
    await ledger.accept([replace(owing(a_document(), XA, trial=True), sent=own)])

    assert [] == rows(ledger)


async def test_where_nothing_is_owed_no_event_speaks_of_it(ledger: Ledger) -> None:
    await ledger.accept([proposal(a_document(), XA)])

    [(_, data)] = events(ledger, a_document().code)
    assert not {"duties", "met"} & data.keys()


@pytest.mark.parametrize(("met", "state"), [(True, "met"), (False, "late")])
async def test_the_senders_own_duty_ends_as_it_is_opened(ledger: Ledger, met: bool, state: str) -> None:
    await ledger.accept([replace(owing(a_document(), XA, codes=()), sent=Sent(owed(NV, "gui"), met))])

    [row] = rows(ledger)

    assert (NV, "gui", state) == (row.unit, row.code, row.state)
    assert row.ended_at
    assert sound(ledger)


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ("01", {"01": "met", "03": "open", "06": "open"}),
        ("03", {"01": "met", "03": "met", "06": "open"}),
        ("05", {"01": "met", "03": "met", "06": "open"}),
        ("06", {"01": "met", "03": "met", "06": "met"}),
        ("02", {"01": "met", "03": "met", "06": "void"}),
        ("15", {"01": "void", "03": "void", "06": "void"}),
        ("16", {"01": "open", "03": "open", "06": "open"}),
        ("77", {"01": "open", "03": "open", "06": "open"}),
    ],
)
async def test_an_answer_ends_what_it_meets(ledger: Ledger, answer: str, left: dict[str, str]) -> None:
    document = a_document()
    await ledger.accept([owing(document, XA, KHE, codes=("01", "03", "06"))])

    await ledger.accept([answering(document, answer)])

    found = states(ledger)
    assert left == {code: found[XA, code] for code in left}
    assert {"open"} == {found[KHE, code] for code in left}
    said = [tuple(one) for _, data in events(ledger, document.code) for one in data.get("met", ())]
    assert sorted((XA, code, state) for code, state in left.items() if state != "open") == sorted(said)
    assert sound(ledger)


@pytest.mark.parametrize(
    ("after", "state"), [(timedelta(), "met"), (timedelta(microseconds=1), "late"), (timedelta(days=3), "late")]
)
async def test_it_is_late_by_the_moment_when_the_hub_took_it(ledger: Ledger, after: timedelta, state: str) -> None:
    document = a_document()
    await ledger.accept([owing(document, XA)])

    await ledger.accept([answering(document, "03", at=DUE + after)])

    assert {(XA, "03"): state} == states(ledger)
    assert sound(ledger)


async def test_document_and_answers_in_one_transaction(ledger: Ledger) -> None:
    document = a_document()
    given = owing(document, XA, codes=("01", "03", "06"))

    await ledger.accept([given, answering(document, "01"), answering(document, "03")])

    assert {(XA, "01"): "met", (XA, "03"): "met", (XA, "06"): "open"} == states(ledger)
    assert sound(ledger)


async def test_an_answer_twice_ends_nothing_twice(ledger: Ledger) -> None:
    document = a_document()
    await ledger.accept([owing(document, XA)])
    first, again = answering(document, "03"), answering(document, "03", at=DUE + timedelta(days=1))

    await ledger.accept([first])
    await ledger.accept([again])

    assert {(XA, "03"): "met"} == states(ledger)
    assert sound(ledger)


async def test_the_heir_meets_what_the_former_unit_owed(ledger: Ledger) -> None:
    document = a_document()
    await ledger.accept([owing(document, XA)])

    heirs = replace(answering(document, "03", unit=KHE), origin=KHE, took_over={KHE: frozenset({XA})})
    await ledger.accept([heirs])

    assert {(XA, "03"): "met"} == states(ledger)
    assert sound(ledger)


async def test_a_stopped_document_owes_nothing(ledger: Ledger) -> None:
    [verdict] = await ledger.accept([owing(a_document(), XA, KHE, hold=60.0)])

    assert await ledger.withdraw(NV, envelope_of(verdict))

    assert {"void"} == {row.state for row in rows(ledger)}
    assert sound(ledger)


def recalling() -> Book:
    hours = Hours(week=(((time(8), time(17)),),) * 7)
    return Book(WorkCalendar((hours,)), subjects={XA: Subject(XA), KHE: Subject(KHE)})


async def delivered(ledger: Ledger, recipient: str) -> None:
    grant = await ledger.lease(recipient, 8)
    assert grant
    await ledger.settle(grant, [Settlement(taken, DeliveryState.DELIVERED) for taken in grant.taken], 0)


async def test_who_is_asked_to_give_back_owes_an_answer(ledger: Ledger) -> None:
    document = a_document()
    await ledger.accept([owing(document, XA, KHE)])
    await delivered(ledger, XA)

    back = proposal(an_answer(document, "13"), XA, unit=NV)
    await ledger.accept([replace(back, book=recalling())])

    found = states(ledger)
    assert {(XA, "03"): "open", (KHE, "03"): "open", (XA, "15"): "open"} == found
    assert sound(ledger)
    await ledger.accept([answering(document, "15")])
    assert {(XA, "03"): "void", (KHE, "03"): "open", (XA, "15"): "met"} == states(ledger)
    assert sound(ledger)


async def test_what_is_stopped_on_its_way_owes_nothing(ledger: Ledger) -> None:
    document = a_document()
    back = replace(proposal(an_answer(document, "13"), XA, unit=NV), book=recalling())
    await ledger.accept([owing(document, XA, KHE)])
    await ledger.accept([back])

    assert {(XA, "03"): "void", (KHE, "03"): "open", (XA, "15"): "met"} == states(ledger)
    assert sound(ledger)


@pytest.mark.parametrize("withdrawn", [False, True])
async def test_a_document_that_revokes_asks_for_the_same(ledger: Ledger, *, withdrawn: bool) -> None:
    document = a_document()
    await ledger.accept([owing(document, XA, KHE)])
    await delivered(ledger, XA)
    business = BusinessInfo(Business.REVOKE, document_id=document.document_id)
    revoking = replace(proposal(a_document("300/QD-SNV", business=business), XA, hold=60.0), book=recalling())
    [taken] = await ledger.accept([revoking])

    assert {(XA, "03"): "open", (KHE, "03"): "open", (XA, "15"): "open"} == states(ledger)
    assert sound(ledger)
    if withdrawn:
        assert await ledger.withdraw(NV, envelope_of(taken))
    else:
        await ledger.accept([answering(document, "15")])
    ended = ("void", "met") if not withdrawn else ("open", "void")
    assert ended == (states(ledger)[XA, "03"], states(ledger)[XA, "15"])
    assert sound(ledger)


# The tick


async def watched(ledger: Ledger, now: datetime = DUE) -> list[Watched]:
    return await ledger.duties.due(now, 100)


async def test_what_has_not_come_is_not_looked_at(ledger: Ledger) -> None:
    await ledger.accept([owing(a_document(), XA)])

    assert [] == await watched(ledger, DUE - timedelta(microseconds=1))
    assert [XA] == [each.duty.unit for each in await watched(ledger)]


async def test_a_step_is_taken_with_its_events(ledger: Ledger) -> None:
    await ledger.accept([owing(a_document(), XA)])
    [one] = await watched(ledger)
    later = DUE + timedelta(days=1)

    await ledger.duties.take([Move(one, Step("overdue", DUE, later, ("duty-overdue", "duty-reminded"), remind=True))])

    [row] = rows(ledger)
    assert ("overdue", later, 1) == (row.state, row.next_at, row.reminded)
    kinds = [kind for kind, _ in events(ledger, a_document().code)]
    assert ["accepted", "duty-overdue", "duty-reminded"] == kinds
    assert sound(ledger)


async def test_a_step_is_not_taken_once_an_answer_came(ledger: Ledger) -> None:
    document = a_document()
    await ledger.accept([owing(document, XA)])
    [one] = await watched(ledger)
    await ledger.accept([answering(document, "03")])

    taken = await ledger.duties.take([Move(one, Step("overdue", DUE, DUE, ("duty-overdue",)))])

    assert [] == taken
    assert {(XA, "03"): "met"} == states(ledger)
    assert sound(ledger)


async def test_a_state_that_changes_without_a_word_has_its_event_too(ledger: Ledger) -> None:
    await ledger.accept([owing(a_document(), XA)])
    [one] = await watched(ledger)

    await ledger.duties.take([Move(one, Step("paused", DUE, DUE + timedelta(days=9)))])

    assert ["accepted", "duty-moved"] == [kind for kind, _ in events(ledger, a_document().code)]
    assert sound(ledger)


async def test_a_broken_one_is_over(ledger: Ledger) -> None:
    document = a_document()
    await ledger.accept([owing(document, XA)])
    [one] = await watched(ledger)

    await ledger.duties.take([Move(one, Step("broken", DUE, DUE, ("duty-overdue", "duty-broken")))])
    await ledger.accept([answering(document, "03")])

    [row] = rows(ledger)
    assert "broken" == row.state
    assert row.ended_at
    assert [] == await watched(ledger)
    assert sound(ledger)


async def test_a_clock_that_is_set_moves_no_deadline(ledger: Ledger, clock: ManualClock) -> None:
    await ledger.accept([owing(a_document(), XA)])

    await ledger.follow(3600.0, lambda _: clock.jump(3600.0))

    [row] = rows(ledger)
    assert (DUE, DUE) == (row.due_at, row.next_at)
    assert sound(ledger)


@pytest.mark.parametrize("own_id", [True, False])
async def test_one_answer_is_owed_for_a_document_that_revokes(ledger: Ledger, own_id: bool) -> None:
    """Whatever the packet that revokes is called: the answer is owed once, about the document asked back."""
    book = recalling()
    document = a_document()
    [first] = await ledger.accept([owing(document, XA, KHE)])
    await delivered(ledger, XA)
    name = "000.00.14.H48,2026/11/24,212/TB-SNV" if own_id else document.document_id
    business = BusinessInfo(type=Business.REVOKE, document_id=document.document_id)
    revoking = replace(a_document("212/TB-SNV"), document_id=name, business=business)

    owed_now = book.owed(revoking, [XA], TAKEN)
    await ledger.accept([replace(proposal(revoking, XA), owed=owed_now, book=book)])

    assert [(envelope_of(first), XA)] == [(r.envelope, r.unit) for r in rows(ledger) if r.code == "15"]
    await ledger.accept([answering(revoking, "15")])
    assert {(XA, "15"): "met", (XA, "03"): "void", (KHE, "03"): "open"} == states(ledger)
    assert sound(ledger)
