"""Waiting answers are ranked off the writer: what is certain is matched, the rest is shown, and nothing stalls."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.ledger import Ledger, Proposal
from hub.log import logger
from hub.orphanage import PATIENCE, SHOWN, Orphanage
from hub.testing import ManualClock
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Acceptance, Document

TAKER = "xa-binh-son"


@pytest.fixture
async def ledger(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Ledger]:
    async with Ledger("sqlite", tmp_path, "node-1", clock) as opened:
        yield opened


@pytest.fixture
def nudged() -> list[tuple[str, int]]:
    return []


@pytest.fixture
def orphanage(ledger: Ledger, clock: ManualClock, nudged: list[tuple[str, int]]) -> Orphanage:
    return Orphanage(ledger, clock, lambda recipient, urgency: nudged.append((recipient, urgency)))


async def accepted(ledger: Ledger, *given: Proposal) -> list[str]:
    verdicts = await ledger.accept(given)
    assert all(isinstance(verdict, Acceptance) for verdict in verdicts), verdicts
    return [verdict.envelope_id for verdict in verdicts if isinstance(verdict, Acceptance)]


def about(document: Document, status: str = "03", says: str = "", **reference: Any) -> Proposal:
    """The taker's answer about a document, with this in place of what it should name."""
    said = an_answer(document, status, description=says)
    return proposal(replace(said, response_for=replace(said.response_for, **reference)), "so-nv", unit=TAKER)


def states(ledger: Ledger, names: list[str]) -> list[tuple[str, str, str]]:
    return [(one.state, one.document, one.how) for one in ledger.views.orphans(names)]


@contextmanager
def told() -> Iterator[list[str]]:
    """What the log says meanwhile."""
    lines: list[str] = []
    sink = logger.add(lambda message: lines.append(message.record["message"]), level="ERROR")
    try:
        yield lines
    finally:
        logger.remove(sink)


async def test_a_document_that_arrives_later_claims_its_answers(
    ledger: Ledger, orphanage: Orphanage, nudged: list[tuple[str, int]]
) -> None:
    document = a_document()
    answers = await accepted(ledger, about(document, "01"), about(document, "03"))
    await orphanage.tick()
    assert [state for state, *_ in states(ledger, answers)] == ["waiting", "waiting"]

    [envelope] = await accepted(ledger, proposal(document, TAKER, hold=120.0))
    await orphanage.tick()

    assert states(ledger, answers) == [("matched", envelope, "document-id")] * 2
    assert nudged == [("so-nv", 1)] * 2
    assert [one.code for one in ledger.views.trace(document.code)[0].recipients[0].answers] == ["01", "03"]


async def test_another_hub_goes_on_where_one_ended(ledger: Ledger, orphanage: Orphanage, clock: ManualClock) -> None:
    answers = await accepted(ledger, about(a_document()))
    await orphanage.tick()
    [envelope] = await accepted(ledger, proposal(a_document(), TAKER))

    await Orphanage(ledger, clock, lambda *_: None).tick()

    assert states(ledger, answers) == [("matched", envelope, "document-id")]


async def test_a_mistyped_key_that_leaves_no_doubt_is_matched(ledger: Ledger, orphanage: Orphanage) -> None:
    [envelope] = await accepted(ledger, proposal(a_document(), TAKER))
    answers = await accepted(ledger, about(a_document(), document_id="", code="211 / GM SNV"))

    await orphanage.tick()

    assert states(ledger, answers) == [("matched", envelope, "code-date-sender")]


async def test_what_is_not_certain_is_shown_with_what_comes_near(ledger: Ledger, orphanage: Orphanage) -> None:
    documents = [a_document(f"{number}/GM-SNV", subject=f"Họp lần {number}") for number in range(1, 9)]
    await accepted(ledger, *(proposal(each, TAKER) for each in documents))
    answers = await accepted(ledger, about(documents[0], document_id="", code="/GM-SNV"))

    await orphanage.tick()

    [orphan] = ledger.views.orphans(answers)
    assert orphan.state == "waiting"
    assert 1 <= len(orphan.near) <= SHOWN
    assert all(near.reasons and near.code.endswith("/GM-SNV") for near in orphan.near)
    assert [near.score for near in orphan.near] == sorted((near.score for near in orphan.near), reverse=True)


async def test_what_comes_near_is_ranked_again_when_a_document_arrives(ledger: Ledger, orphanage: Orphanage) -> None:
    answers = await accepted(ledger, about(a_document(), document_id="", code="/GM-SNV"))
    await orphanage.tick()
    assert ledger.views.orphans(answers)[0].near == ()

    [envelope] = await accepted(ledger, proposal(a_document(), TAKER))
    await orphanage.tick()

    assert [near.document for near in ledger.views.orphans(answers)[0].near] == [envelope]


async def test_documents_of_others_are_no_candidates(ledger: Ledger, orphanage: Orphanage) -> None:
    answers = await accepted(ledger, about(a_document(), document_id="", code="211 GM SNV"))
    await accepted(ledger, proposal(a_document(), "xa-tinh-khe"))

    await orphanage.tick()

    [orphan] = ledger.views.orphans(answers)
    assert (orphan.state, orphan.near) == ("waiting", ())


async def test_who_took_over_answers_for_what_the_former_unit_got(ledger: Ledger, clock: ManualClock) -> None:
    heirs = {TAKER: frozenset({"xa-cu"})}
    [envelope] = await accepted(ledger, proposal(a_document(), "xa-cu"))
    answers = await accepted(ledger, replace(about(a_document(), document_id="", code="211 GM SNV"), took_over=heirs))

    await Orphanage(ledger, clock, lambda *_: None, took_over=lambda: heirs).tick()

    assert states(ledger, answers) == [("matched", envelope, "code-date-sender")]
    assert [one.code for one in ledger.views.trace("211/GM-SNV")[0].recipients[0].answers] == ["03"]
    assert list(ledger.views.strange()) == []


async def test_a_recall_finds_what_its_unit_sent(ledger: Ledger, orphanage: Orphanage) -> None:
    document = a_document()
    [envelope] = await accepted(ledger, proposal(document, TAKER))
    asked = an_answer(document, "13", sender=document.sender.id)
    to_taker = replace(
        asked.response_for, organ_id="000.00.31.H48", document_id="000.00.14.H48 2026.11.23 211-GM-SNV", code=""
    )
    answers = await accepted(ledger, proposal(replace(asked, response_for=to_taker), TAKER))

    await orphanage.tick()

    assert states(ledger, answers) == [("matched", envelope, "document-id")]


async def test_a_person_who_was_first_is_not_overruled(ledger: Ledger, orphanage: Orphanage) -> None:
    answers = await accepted(ledger, about(a_document()), about(a_document(), "04"))
    await orphanage.tick()
    await ledger.drop(answers[0], "gửi nhầm")
    [envelope] = await accepted(ledger, proposal(a_document(), TAKER))

    await orphanage.tick()

    assert set(states(ledger, answers)) == {("discarded", "", "gửi nhầm"), ("matched", envelope, "document-id")}


async def test_one_that_waits_a_day_is_an_alarm_once(ledger: Ledger, orphanage: Orphanage, clock: ManualClock) -> None:
    await accepted(ledger, about(a_document()))
    with told() as lines:
        await orphanage.tick()
        await clock.advance(PATIENCE.total_seconds() - 1)
        await orphanage.tick()
        assert lines == []
        await clock.advance(1)
        for _ in range(3):
            await orphanage.tick()

    assert len(lines) == 1
    assert "hub orphans" in lines[0]


async def test_a_flood_of_one_unit_holds_up_no_other_for_long(ledger: Ledger, orphanage: Orphanage) -> None:
    documents = [a_document(f"{number}/GM-SNV", subject=f"Họp lần {number}") for number in range(300)]
    await accepted(ledger, *(proposal(each, TAKER, "xa-tinh-khe") for each in documents))
    blurred = [about(documents[0], says=str(number), document_id="", code="/GM-SNV") for number in range(1000)]
    await accepted(ledger, *blurred)
    other = an_answer(documents[7], "03", sender="000.00.32.H48")
    clear = replace(other.response_for, document_id="", code="7 / GM SNV")
    answers = await accepted(ledger, proposal(replace(other, response_for=clear), "so-nv", unit="xa-tinh-khe"))

    began = time.monotonic()
    await orphanage.tick()

    assert time.monotonic() - began < 5.0
    assert [state for state, *_ in states(ledger, answers)] == ["matched"]
    assert len(ledger.views.waiting()) == 1000
