"""The life of answers in the ledger: what goes on, what is only kept, and documents that are asked back."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from hub.errands import FORCED, do
from hub.ledger import AskedBack, Ledger, Proposal, Requeued, Settlement
from hub.ledger.views import Link, RecipientView, TraceView
from hub.testing import ManualClock, ledgers
from hub.testing.samples import BINH_SON, a_document, an_answer
from hub.tracking import Recall
from hub.vocabulary import (
    Acceptance,
    Acknowledgement,
    Business,
    BusinessInfo,
    DeliveryState,
    Document,
    Replacement,
    Staff,
    new_id,
)
from tests.crash.book import FIGURE
from tests.short import short

Record = Callable[[str, object], None]
NINE = datetime(2026, 11, 23, 2, tzinfo=UTC)
SENDER, TAKER, OTHER = "so-nv", "xa-binh-son", "so-khcn"


@pytest.fixture
async def ledger(database: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Ledger]:
    async with Ledger(database, tmp_path, "node-1", clock) as opened:
        yield opened


#: Later envelopes have later ids, as in life.
_TICKS = count()


def proposal(*given: Any, **more: Any) -> Proposal:
    made = ledgers.proposal(*given, **more)
    assert made.envelope
    later = NINE + timedelta(milliseconds=next(_TICKS))
    return replace(made, envelope=replace(made.envelope, id=new_id(later), received_at=later))


async def accept(ledger: Ledger, *proposals: Proposal) -> list[Any]:
    return list(await ledger.accept(proposals))


async def recipients(ledger: Ledger, given: Proposal) -> tuple[str, ...]:
    [verdict] = await ledger.accept([given])
    assert isinstance(verdict, Acceptance), verdict
    return verdict.recipients


def said(document: Document, code: str, minute: int = 0, **fields: Any) -> Proposal:
    """What the taker answers."""
    fields.setdefault("at", NINE + timedelta(minutes=minute))
    return proposal(an_answer(document, code, **fields), SENDER, unit=TAKER)


def asked(document: Document, minute: int = 0, **fields: Any) -> Proposal:
    """The sender asks the taker to give a document back."""
    at = NINE + timedelta(minutes=minute)
    return proposal(an_answer(document, "13", document.sender.id, at=at, **fields), TAKER)


async def deliver(ledger: Ledger, recipient: str, state: DeliveryState = DeliveryState.DELIVERED) -> list[str]:
    """All that waits for a recipient ends so. What it was, in its order."""
    grant = await ledger.lease(recipient, 64)
    assert grant
    if not grant.taken:
        return []
    carried = [taken.delivery.envelope.body for taken in grant.taken]
    await ledger.settle(grant, [Settlement(taken, state) for taken in grant.taken], 0)
    return [body.status if isinstance(body, Acknowledgement) else body.code for body in carried]


def traced(ledger: Ledger, name: str = "211/GM-SNV") -> TraceView:
    return ledger.views.trace(name)[0]


def taker(ledger: Ledger, name: str = "211/GM-SNV") -> RecipientView:
    return next(each for each in traced(ledger, name).recipients if each.unit == TAKER)


def sound(ledger: Ledger) -> bool:
    return not list(ledger.views.strange()) and not list(ledger.views.broken())


# What goes on


async def test_a_code_that_the_origin_has_is_kept_and_goes_no_further(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER))

    went = [await recipients(ledger, said(document, "03", minute)) for minute in range(3)]

    assert [(SENDER,), (), ()] == went
    assert ["expected", "repeat", "repeat"] == [each.word for each in taker(ledger).answers]
    assert sound(ledger)


async def test_a_repeat_that_changes_what_stands_goes_on(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER))
    spoken = [("03", 1), ("02", 2), ("03", 3), ("03", 4), ("02", 0)]

    went = [bool(await recipients(ledger, said(document, *each, description="Nhầm"))) for each in spoken]

    assert [True, True, True, False, False] == went
    assert "03" == taker(ledger).standing.code


async def test_a_04_that_names_somebody_else_goes_on(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER), said(document, "03"))
    people = [("An", 1), ("An", 2), ("Bình", 3), ("Bình", 4), ("An", 5), ("Bình", 0)]

    given = [said(document, "04", minute, staff=Staff(staff=name)) for name, minute in people]
    went = [bool(await recipients(ledger, each)) for each in given]

    assert [True, False, True, False, True, False] == went
    words = {(each.by, each.at.minute): each.word for each in taker(ledger).answers if each.code == "04"}
    assert ["expected", "repeat", "expected", "repeat", "expected", "repeat"] == [words[person] for person in people]


async def test_an_unknown_code_is_kept_as_it_came_and_never_holds(ledger: Ledger) -> None:
    document = a_document()
    await accept(
        ledger, proposal(document, TAKER), said(document, "03"), said(document, "7x", 5), said(document, "7x", 6)
    )

    [_, odd, again] = taker(ledger).answers

    assert ("7x", "unknown", "repeat") == (odd.code, odd.word, again.word)
    assert "03" == taker(ledger).standing.code
    assert ["03", "7x"] == await deliver(ledger, SENDER)


async def test_a_time_that_nobody_can_read_is_kept_as_text(ledger: Ledger) -> None:
    document = a_document()
    answered = said(document, "03", at=None, at_text="2026/02/30 25:00")
    await accept(ledger, proposal(document, TAKER), answered)

    [answer] = taker(ledger).answers

    assert answered.envelope
    assert ("2026/02/30 25:00", answered.envelope.received_at) == (answer.at_text, answer.at)


async def test_answers_of_one_batch_know_of_each_other(ledger: Ledger) -> None:
    document = a_document()
    verdicts = await accept(ledger, proposal(document, TAKER), *(said(document, "03", minute) for minute in range(5)))

    assert [(SENDER,), (), (), (), ()] == [verdict.recipients for verdict in verdicts[1:]]


async def test_a_kept_repeat_that_comes_again_is_no_further_row(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER), said(document, "03"), said(document, "03", 1))

    [verdict] = await accept(ledger, said(document, "03", 1))

    assert verdict.duplicate
    assert 2 == len(taker(ledger).answers)


async def test_a_sender_reports_no_progress_and_a_receiver_recalls_nothing(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER))

    progress = proposal(an_answer(document, "03", document.sender.id), TAKER)
    recall = proposal(an_answer(document, "13"), SENDER, unit=TAKER)

    assert ["unknown-document"] * 2 == [verdict.code for verdict in await accept(ledger, progress, recall)]


async def test_an_answer_is_never_answered(ledger: Ledger) -> None:
    """It bears no name by which one could: what names its document means that one."""
    document = a_document()
    await accept(ledger, proposal(document, TAKER), said(document, "03"))
    [answer] = taker(ledger).answers

    back = proposal(an_answer(document, "01", document.sender.id), TAKER)

    assert ["unknown-document"] == [verdict.code for verdict in await accept(ledger, back)]
    assert [answer] == list(taker(ledger).answers)


async def test_a_refusal_from_outside_without_a_reason_is_kept_and_flagged(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER))
    await accept(ledger, proposal(an_answer(document, "02"), SENDER, unit=TAKER, outside=True))

    assert any('"flags":["no-reason"]' in line.data for line in traced(ledger).events)


@pytest.mark.parametrize("many", short([1_000, 10_000], 2))
async def test_a_flood_of_repeats_costs_one_row_each_and_no_delivery(
    ledger: Ledger, database: str, record_property: Record, many: int
) -> None:
    document, many = a_document(), many if database == "sqlite" else many // 20
    await accept(ledger, proposal(document, TAKER))
    flood = [said(document, "05", minute) for minute in range(many)]
    began = perf_counter()
    for start in range(0, many, 128):
        await accept(ledger, *flood[start : start + 128])
    took = perf_counter() - began
    [alone] = await accept(ledger, said(document, "05", many))
    again = await accept(ledger, *flood[:128])

    assert () == alone.recipients
    assert {"05": 1} == Counter(await deliver(ledger, SENDER))
    assert (many + 2, 2) == (ledger.views.counts().inputs["accepted"], sum(ledger.views.counts().deliveries.values()))
    assert [verdict.envelope_id for verdict in again] == [each.envelope.id for each in flood[:128] if each.envelope]
    stands = taker(ledger).standing
    assert ("05", NINE + timedelta(minutes=many)) == (stands.code, stands.since)
    record_property(FIGURE, f"{many} repeats of one status: {many} rows, one delivery, taken in {took:.1f} s")


# Documents that are asked back


async def test_a_recall_follows_its_document_and_its_answer_ends_it(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER))
    await deliver(ledger, TAKER)
    await accept(ledger, said(document, "03"))

    assert (TAKER,) == await recipients(ledger, asked(document, 1))
    assert Recall.ASKED is taker(ledger).standing.recall
    assert (SENDER,) == await recipients(ledger, said(document, "15", 2))
    assert [(), ()] == [await recipients(ledger, said(document, code, 3)) for code in ("05", "06")]

    stands = taker(ledger).standing
    assert ("15", Recall.AGREED, ("05", "06")) == (stands.code, stands.recall, stands.contradictions)
    assert ["03", "15"] == await deliver(ledger, SENDER)
    assert sound(ledger)


async def test_a_refused_recall_leaves_the_progress_and_may_be_asked_again(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER))
    await deliver(ledger, TAKER)
    await accept(ledger, said(document, "03"), asked(document, 1), said(document, "16", 2, description="Đã giải quyết"))

    assert ("03", Recall.REFUSED) == (taker(ledger).standing.code, taker(ledger).standing.recall)
    assert (TAKER,) == await recipients(ledger, asked(document, 3))
    assert () == await recipients(ledger, asked(document, 4))
    assert Recall.ASKED is taker(ledger).standing.recall


@pytest.mark.parametrize("state", [None, DeliveryState.DEFERRED])
async def test_what_has_not_gone_is_stopped_and_the_hub_answers(ledger: Ledger, state: DeliveryState | None) -> None:
    document = a_document(to=(BINH_SON, "000.00.15.H48"))
    await accept(ledger, proposal(document, TAKER, OTHER))
    if state:
        await deliver(ledger, TAKER, state)

    await recipients(ledger, asked(document))

    assert [] == await deliver(ledger, TAKER)
    assert ["211/GM-SNV"] == await deliver(ledger, OTHER)
    assert ["15"] == await deliver(ledger, SENDER)
    mine = taker(ledger)
    assert ("withdrawn", "15", Recall.AGREED) == (mine.state, mine.standing.code, mine.standing.recall)
    assert any(each.reason.startswith("Trục liên thông tỉnh ghi nhận") for each in mine.answers)
    assert sound(ledger)


async def test_what_may_have_gone_is_followed_by_the_recall(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER))
    await deliver(ledger, TAKER, DeliveryState.UNCERTAIN)

    await recipients(ledger, asked(document))

    assert ["211/GM-SNV", "13"] == await deliver(ledger, TAKER)


async def test_what_is_kept_back_is_stopped_for_one_and_goes_to_the_others(ledger: Ledger, clock: ManualClock) -> None:
    document = a_document()
    held = proposal(document, TAKER, OTHER, hold=60)
    await accept(ledger, held)
    await recipients(ledger, asked(document))

    await clock.advance(61)
    await ledger.dispatch()

    assert ([], ["211/GM-SNV"]) == (await deliver(ledger, TAKER), await deliver(ledger, OTHER))
    assert sound(ledger)


async def test_a_document_that_was_asked_back_in_part_can_still_be_withdrawn_whole(ledger: Ledger) -> None:
    document = a_document()
    held = proposal(document, TAKER, OTHER, hold=60)
    await accept(ledger, held, asked(document))

    assert held.envelope
    assert await ledger.withdraw(SENDER, held.envelope.id)
    assert {"withdrawn"} == {each.state for each in traced(ledger).recipients}
    assert sound(ledger)


async def test_what_was_asked_back_in_time_can_be_sent_again(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER))
    await accept(ledger, asked(document))

    assert (TAKER,) == await recipients(ledger, proposal(document, TAKER))
    assert (SENDER,) == await recipients(ledger, said(document, "03"))
    assert ["15", "03"] == await deliver(ledger, SENDER)


# Dead letters of what was asked back


def letter(ledger: Ledger, recipient: str = TAKER) -> str:
    """The dead letter of this recipient."""
    return next(each.delivery for each in ledger.views.deadletters() if each.recipient == recipient)


@pytest.mark.parametrize("how", ["asked by a 13", "asked by a document", "agreed"])
async def test_the_dead_letter_of_what_was_asked_back_is_sent_only_when_forced(ledger: Ledger, how: str) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER))
    await deliver(ledger, TAKER, DeliveryState.DEAD)
    revoking = proposal(later(Business.REVOKE, document_id=document.document_id), TAKER)
    await accept(ledger, revoking if how == "asked by a document" else asked(document))
    if how == "agreed":
        await accept(ledger, said(document, "15", 1))

    for target in ("all", TAKER, letter(ledger)):
        with pytest.raises(AskedBack, match=f"thu hồi.*{letter(ledger)}"):
            await ledger.requeue(target)
    assert "dead" == taker(ledger).state

    assert (TAKER,) == (await ledger.requeue("all", forced=True)).recipients
    assert ['{"forced":true}'] == [line.data for line in traced(ledger).events if line.kind == "requeued"]
    assert sound(ledger)


async def test_other_dead_letters_go_again_without_what_was_asked_back(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER, OTHER))
    for name in (TAKER, OTHER):
        await deliver(ledger, name, DeliveryState.DEAD)
    await accept(ledger, asked(document))
    stays, nudged = letter(ledger), list[str]()

    told = await do(ledger, "requeue", "all", lambda recipient, _: nudged.append(recipient))

    assert told.startswith("1 deliveries wait again; 1 không chuyển lại, nơi gửi đã thu hồi")
    assert ([OTHER], [stays]) == (nudged, [each.delivery for each in ledger.views.deadletters()])
    assert "1 deliveries wait again" == await do(ledger, FORCED, "all", lambda recipient, _: nudged.append(recipient))


async def test_a_revocation_is_for_those_too_whom_nobody_serves(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER, unknown=("H99.01",)))
    stays = letter(ledger, "H99.01")
    revoking = later(Business.REVOKE, document_id=document.document_id)
    await accept(ledger, proposal(revoking, TAKER, unknown=("H99.01",)))

    assert (stays,) == (await ledger.requeue("all")).asked_back
    assert sound(ledger)


async def test_what_is_not_asked_back_any_more_goes_again(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER))
    await deliver(ledger, TAKER, DeliveryState.DEAD)
    await accept(ledger, asked(document), said(document, "16", 1, description="Đã giải quyết"))
    revoking = proposal(later(Business.REVOKE, document_id=document.document_id), TAKER, hold=60)
    await accept(ledger, revoking)
    assert revoking.envelope
    assert await ledger.withdraw(SENDER, revoking.envelope.id)

    assert Requeued((TAKER,)) == await ledger.requeue("all")


@pytest.mark.parametrize("waits", [False, True], ids=["at once", "after it waited"])
async def test_a_recall_that_goes_to_an_heir_concerns_whom_the_document_was_for(ledger: Ledger, waits: bool) -> None:
    document, took_over = a_document(), {"heir": frozenset({TAKER})}
    [letter] = await accept(ledger, proposal(document, TAKER))
    await deliver(ledger, TAKER)
    ask = an_answer(document, "13", SENDER, at=NINE)
    if waits:
        ask = replace(ask, response_for=replace(ask.response_for, document_id="", code="GM-SNV"))
    [asking] = await accept(ledger, replace(proposal(ask, "heir"), took_over=took_over))
    if waits:
        assert ("heir",) == (await ledger.match(asking.envelope_id, letter.envelope_id, "person")).recipients
    assert Recall.ASKED is taker(ledger).standing.recall

    agreed = replace(proposal(an_answer(document, "15", at=NINE), SENDER, unit="heir"), took_over=took_over)
    assert (SENDER,) == (await accept(ledger, agreed))[0].recipients
    assert [("13", "expected"), ("15", "expected")] == [(one.code, one.word) for one in taker(ledger).answers]
    assert Recall.AGREED is taker(ledger).standing.recall
    assert sound(ledger)


# Documents that revoke, update or replace


def later(kind: Business, **fields: Any) -> Document:
    return a_document("300/QD-SNV", business=BusinessInfo(kind, **fields))


async def test_a_document_that_revokes_asks_like_a_13(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER, OTHER))
    await deliver(ledger, TAKER)
    revoking = later(Business.REVOKE, document_id=document.document_id, reason="Sai thẩm quyền")
    await accept(ledger, proposal(revoking, TAKER))

    assert ("13", "Sai thẩm quyền") == (taker(ledger).answers[0].code, taker(ledger).answers[0].reason)
    assert Recall.ASKED is taker(ledger).standing.recall
    assert (SENDER,) == await recipients(ledger, said(document, "15", 60 * 24 * 365))
    assert ("expected", Recall.AGREED) == (taker(ledger).answers[-1].word, taker(ledger).standing.recall)
    assert sound(ledger)


async def test_a_document_that_revokes_what_has_not_gone_stops_it_and_itself(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER, OTHER))
    await accept(ledger, proposal(later(Business.REVOKE, document_id=document.document_id), TAKER))

    assert [] == await deliver(ledger, TAKER)
    assert ["15"] == await deliver(ledger, SENDER)
    assert "15" == taker(ledger).standing.code
    assert sound(ledger)


async def test_a_document_that_revokes_and_bears_the_same_id_is_answered_for_the_first(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER))
    await deliver(ledger, TAKER)
    await accept(ledger, proposal(a_document(business=BusinessInfo(Business.REVOKE)), TAKER, content="revoke"))
    await accept(ledger, said(document, "01"), said(document, "15", 1))

    first, second = ledger.views.trace("211/GM-SNV")

    assert ["15"] == [each.code for each in first.recipients[0].answers if each.code != "13"]
    assert ["01"] == [each.code for each in second.recipients[0].answers]


@pytest.mark.parametrize("kind", [Business.UPDATE, Business.REPLACE])
async def test_links_are_seen_from_both_sides(ledger: Ledger, kind: Business) -> None:
    document = a_document()
    first = proposal(document, TAKER)
    named: dict[str, Any] = {"document_id": document.document_id}
    if kind is Business.REPLACE:
        named = {"replacements": (Replacement(document.document_id.lower()),)}
    second = proposal(later(kind, **named), TAKER)
    await accept(ledger, first, second)
    assert first.envelope
    assert second.envelope
    how = {Business.UPDATE: "update", Business.REPLACE: "replace"}[kind]

    assert (Link(how, second.envelope.id, "300/QD-SNV", True),) == traced(ledger).links
    assert (Link(how, first.envelope.id),) == traced(ledger, "300/QD-SNV").links
    assert Recall.NONE is taker(ledger).standing.recall
    assert Recall.ASKED is taker(ledger, "300/QD-SNV").standing.recall


async def test_nobody_revokes_another_ones_document(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER))
    revoking = later(Business.REVOKE, document_id=document.document_id)
    await accept(ledger, proposal(revoking, TAKER, unit=OTHER))

    assert () == traced(ledger).links
    assert ["211/GM-SNV", "300/QD-SNV"] == await deliver(ledger, TAKER)


async def test_a_revocation_that_was_stopped_in_time_asks_nobody(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER))
    revoking = proposal(later(Business.REVOKE, document_id=document.document_id), TAKER, hold=60)
    await accept(ledger, revoking)
    assert revoking.envelope
    assert await ledger.withdraw(SENDER, revoking.envelope.id)

    assert Recall.NONE is taker(ledger).standing.recall
    assert ["211/GM-SNV"] == await deliver(ledger, TAKER)


async def test_who_answers_a_revocation_that_was_stopped_in_time_was_not_asked(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, TAKER))
    await deliver(ledger, TAKER)
    revoking = proposal(later(Business.REVOKE, document_id=document.document_id), TAKER, hold=60)
    await accept(ledger, revoking)
    assert revoking.envelope
    assert await ledger.withdraw(SENDER, revoking.envelope.id)
    await accept(ledger, said(document, "16", description="Đã giải quyết"))

    assert ["contradiction"] == [each.word for each in taker(ledger).answers]
    assert any('"word":"contradiction"' in line.data for line in traced(ledger).events)
