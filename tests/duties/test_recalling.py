"""What is owed to a sender who asks a document back: by whom the asking reached, from when it did."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from hub.directory import Directory
from hub.duties import DEFAULTS
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Acknowledgement, Business, BusinessInfo, Document
from tests.duties.rows import Row, envelope_of, rows
from tests.duties.stage import BOOK, DUE, KHE, NV, UNITS, XA, Stage


@pytest.fixture(autouse=True)
def _shipped(stage: Stage) -> None:
    stage.book = replace(BOOK, rules=DEFAULTS)


def recalls(stage: Stage) -> list[Row]:
    return [row for row in rows(stage.ledger) if row.code == "15"]


async def ask(stage: Stage, body: Acknowledgement, to: str = XA) -> str:
    """The department asks a unit to give a document back, also one that this unit took over."""
    given = replace(stage._now(proposal(body, to, unit=NV)), book=stage.book, took_over={KHE: frozenset({XA})})
    [verdict] = await stage.ledger.accept([given])
    return envelope_of(verdict)


async def taken(stage: Stage) -> Document:
    """A document that the unit has and has accepted."""
    document = a_document()
    await stage.take_in(document, XA)
    await stage.answer(an_answer(document, "03"), XA)
    return document


@pytest.mark.parametrize("revokes", [False, True])
async def test_a_recall_that_has_not_arrived_is_not_overdue(stage: Stage, *, revokes: bool) -> None:
    document = await taken(stage)
    if revokes:
        business = BusinessInfo(Business.REVOKE, document_id=document.document_id)
        await stage.take_in(a_document("300/QD-SNV", business=business), XA, deliver=False)
    else:
        await ask(stage, an_answer(document, "13"))

    await stage.at(DUE + timedelta(days=1, hours=1))
    assert ["open"] == [row.state for row in recalls(stage)]
    await stage.deliver(XA)
    await stage.at(DUE + timedelta(days=2, seconds=-1))
    assert [("open", DUE + timedelta(days=2))] == [(row.state, row.due_at) for row in recalls(stage)]
    await stage.at(DUE + timedelta(days=2))
    assert ["overdue"] == [row.state for row in recalls(stage)]


async def test_an_answer_to_a_recall_is_late_by_when_the_asking_came(stage: Stage) -> None:
    document = await taken(stage)
    await ask(stage, an_answer(document, "13"))
    await stage.clock.advance(86_400)
    await stage.deliver(XA)
    await stage.clock.advance(8 * 3600)

    await stage.answer(an_answer(document, "15"), XA)

    assert ["met"] == [row.state for row in recalls(stage)]


@pytest.mark.parametrize("revokes", [False, True])
async def test_the_heir_owes_the_answer_about_what_the_former_unit_had(stage: Stage, *, revokes: bool) -> None:
    document = await taken(stage)
    stage.directory = Directory((UNITS[0], replace(UNITS[1], until=date(2026, 11, 23), successors=(KHE,)), UNITS[2]))
    stage.book = replace(stage.book, subjects={KHE: stage.book.subjects[KHE]})
    if revokes:
        business = BusinessInfo(Business.REVOKE, document_id=document.document_id)
        given = proposal(a_document("300/QD-SNV", business=business), KHE)
        given = replace(stage._now(given), book=stage.book, took_over={KHE: frozenset({XA})})
        await stage.ledger.accept([given])
    else:
        await ask(stage, an_answer(document, "13"), KHE)
    await stage.deliver(KHE)

    await stage.at(DUE)

    assert [(KHE, "overdue")] == [(row.unit, row.state) for row in recalls(stage)]


async def test_an_asking_that_goes_to_nobody_asks_for_nothing(stage: Stage) -> None:
    """It was agreed to already."""
    document = await taken(stage)
    await ask(stage, an_answer(document, "13"))
    await stage.deliver(XA)
    await stage.answer(an_answer(document, "15"), XA)

    again = an_answer(document, "13")
    assert again.at
    await ask(stage, replace(again, at=again.at + timedelta(minutes=5)))

    assert ["met"] == [row.state for row in recalls(stage)]


@pytest.mark.parametrize("delivered", [False, True])
async def test_a_recall_that_waited_for_its_document_is_answered_too(stage: Stage, *, delivered: bool) -> None:
    document = a_document()
    name = await stage.take_in(document, XA, deliver=delivered)
    said = an_answer(document, "13")
    mistyped = replace(said.response_for, organ_id="000.00.31.H48", document_id="", code="211 GM SNW")
    waiting = await ask(stage, replace(said, response_for=mistyped))
    await stage.clock.advance(3 * 86_400)

    await stage.ledger.match(waiting, name, "person", stage.book)

    # What had not gone is stopped, and the hub answers.
    state = "open" if delivered else "met"
    assert [(XA, state, DUE + timedelta(days=3))] == [(row.unit, row.state, row.due_at) for row in recalls(stage)]
    await stage.deliver(XA)
    await stage.at(DUE + timedelta(days=3))
    assert ["overdue" if delivered else "met"] == [row.state for row in recalls(stage)]
