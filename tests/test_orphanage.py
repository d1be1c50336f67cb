"""Waiting answers are ranked off the writer: what is certain is matched, the rest is shown, and nothing stalls."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.errors import NoRoom, StorageError
from hub.ledger import Ledger, Proposal, Views
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


async def test_what_the_ledger_does_not_take_is_found_again(
    ledger: Ledger, orphanage: Orphanage, monkeypatch: pytest.MonkeyPatch
) -> None:
    [envelope] = await accepted(ledger, proposal(a_document(), TAKER))
    answers = await accepted(ledger, about(a_document(), document_id="", code="211 GM SNV"))
    blurred = await accepted(ledger, about(a_document(), document_id="", code="/GM-SNV"))

    async def full(*_: object) -> None:
        raise NoRoom("the disk is full")

    for name in ("match", "note_near"):
        with monkeypatch.context() as patched:
            patched.setattr(Ledger, name, full)
            with pytest.raises(NoRoom):
                await orphanage.tick()
    await orphanage.tick()

    assert states(ledger, answers) == [("matched", envelope, "code-date-sender")]
    assert [near.document for near in ledger.views.orphans(blurred)[0].near] == [envelope]


async def test_what_cannot_be_read_is_read_again(
    ledger: Ledger, orphanage: Orphanage, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = await accepted(ledger, about(a_document()))
    await orphanage.tick()
    [envelope] = await accepted(ledger, proposal(a_document(), TAKER))

    def locked(*_: object) -> None:
        raise StorageError("locked")

    for name in ("arrivals", "orphans"):
        with monkeypatch.context() as patched:
            patched.setattr(Views, name, locked)
            with pytest.raises(StorageError):
                await orphanage.tick()
    await orphanage.tick()

    assert states(ledger, answers) == [("matched", envelope, "document-id")]


async def test_a_document_is_noticed_whatever_the_clock_says(ledger: Ledger, orphanage: Orphanage) -> None:
    # Ids that were made at one moment come in any order, as those made before and after a clock is set back.
    documents = [a_document(f"{number}/GM-SNV") for number in range(1, 13)]
    answers = await accepted(ledger, *map(about, documents))
    for each in documents:
        await accepted(ledger, proposal(each, TAKER))
        await orphanage.tick()

    assert [state for state, *_ in states(ledger, answers)] == ["matched"] * 12


async def test_who_takes_over_meanwhile_answers_for_the_former_unit_too(ledger: Ledger, clock: ManualClock) -> None:
    heirs: dict[str, frozenset[str]] = {}
    orphanage = Orphanage(ledger, clock, lambda *_: None, took_over=lambda: heirs)
    [envelope] = await accepted(ledger, proposal(a_document(), "xa-cu"))
    await clock.advance(1)
    await accepted(ledger, proposal(a_document("1/BC-UBND"), TAKER))
    said = about(a_document(), document_id="", code="211 GM SNV")
    answers = await accepted(ledger, replace(said, took_over={TAKER: frozenset({"xa-cu"})}))
    await orphanage.tick()
    assert [state for state, *_ in states(ledger, answers)] == ["waiting"]

    heirs[TAKER] = frozenset({"xa-cu"})
    await orphanage.tick()

    assert states(ledger, answers) == [("matched", envelope, "code-date-sender")]


async def test_the_newest_documents_are_compared_whoever_of_them_got_it(
    ledger: Ledger, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.orphanage.boxes.MOST_CANDIDATES", 4)
    heirs = {TAKER: frozenset({"xa-cu"})}
    documents = [a_document(f"{number}/GM-SNV") for number in range(1, 7)]
    for each, recipient in zip(documents, [TAKER, "xa-cu"] * 3, strict=True):
        await clock.advance(1)
        given = proposal(each, recipient)
        assert given.envelope
        await accepted(ledger, replace(given, envelope=replace(given.envelope, received_at=clock.now())))
    said = [about(each, document_id="", code=each.code.replace("/", " ")) for each in documents]
    answers = await accepted(ledger, *(replace(each, took_over=heirs) for each in said))

    await Orphanage(ledger, clock, lambda *_: None, took_over=lambda: heirs).tick()

    assert [one.state for name in answers for one in ledger.views.orphans([name])] == ["waiting"] * 2 + ["matched"] * 4


async def test_who_took_over_asks_back_what_the_former_unit_sent(ledger: Ledger, clock: ManualClock) -> None:
    heirs = {"so-moi": frozenset({"so-nv"})}
    document = a_document()
    [envelope] = await accepted(ledger, proposal(document, TAKER))
    asked = an_answer(document, "13", sender=document.sender.id)
    spelt = replace(asked.response_for, organ_id="000.00.31.H48", document_id="H48.14 2026.11.23 211-GM-SNV", code="")
    recall = proposal(replace(asked, response_for=spelt), TAKER, unit="so-moi")
    answers = await accepted(ledger, replace(recall, took_over=heirs))

    await Orphanage(ledger, clock, lambda *_: None, took_over=lambda: heirs).tick()

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
