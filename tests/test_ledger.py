"""The ledger's contract, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hub import failpoints
from hub.errors import Fenced, Quarantined, Refused, StorageFailed
from hub.ledger import Grant, Ledger, NotFound, Proposal, Settlement, Verdict, writer
from hub.ledger.intake import Intake
from hub.testing import ManualClock
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import (
    Acceptance,
    DeliveryState,
    Envelope,
    Health,
    Incoming,
    Urgency,
)

FAR = timedelta(days=1).total_seconds()


@pytest.fixture
async def ledger(database: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Ledger]:
    async with Ledger(database, tmp_path, "node-1", clock, frozenset({"answers go on"})) as opened:
        yield opened


def refused(key: str, error: Refused) -> Proposal:
    return Proposal("so-nv", Incoming(key, "b.edxml", error, None), refused=error)


async def accept(ledger: Ledger, *proposals: Proposal) -> list[Any]:
    return list(await ledger.accept(proposals))


def taken_in(given: Proposal) -> Acceptance:
    """What is said of it when it is new, and for xã Bình Sơn."""
    assert given.envelope
    return Acceptance(given.envelope.id, recipients=("xa-binh-son",))


async def take(ledger: Ledger, recipient: str = "xa-binh-son", limit: int = 64) -> Grant:
    grant = await ledger.lease(recipient, limit)
    assert grant
    return grant


def ended(grant: Grant, state: DeliveryState, wait: float = 0.0, **more: Any) -> list[Settlement]:
    return [Settlement(taken, state, wait, **more) for taken in grant.taken]


async def test_an_accepted_document_is_due_in_its_recipients_lane(ledger: Ledger) -> None:
    given = proposal(a_document(), "xa-binh-son")

    assert [Acceptance(given.envelope.id, recipients=("xa-binh-son",))] == await accept(ledger, given)  # type: ignore[union-attr]

    grant = await take(ledger)
    assert [given.envelope] == [taken.delivery.envelope for taken in grant.taken]


async def test_the_same_input_again_gets_the_same_receipt(ledger: Ledger) -> None:
    given = proposal(a_document(), "xa-binh-son", key="k")
    first = (await accept(ledger, given))[0]

    again = (await accept(ledger, given))[0]

    assert first == again
    assert {"accepted": 1} == ledger.views.counts().inputs


async def test_other_bytes_under_a_name_used_again_are_another_input(ledger: Ledger) -> None:
    """A source may use a name, an inode and a time again: nothing is swallowed for that."""
    first = (await accept(ledger, proposal(a_document("1/UBND"), "xa-binh-son", key="k")))[0]

    second = (await accept(ledger, proposal(a_document("2/UBND"), "xa-binh-son", key="k")))[0]

    assert not second.duplicate
    assert first.envelope_id != second.envelope_id
    assert {"accepted": 2} == ledger.views.counts().inputs


async def test_the_same_document_dropped_twice_has_one_effect(ledger: Ledger) -> None:
    first, second = await accept(ledger, *(proposal(a_document(), "xa-binh-son") for _ in range(2)))

    assert (False, True) == (first.duplicate, second.duplicate)
    assert first.envelope_id == second.envelope_id
    assert {"accepted": 1, "duplicate": 1} == ledger.views.counts().inputs
    assert {"waiting": 1} == ledger.views.counts().deliveries


async def test_the_same_content_goes_to_further_recipients_only(ledger: Ledger) -> None:
    await accept(ledger, proposal(a_document(), "xa-binh-son"))

    wider = proposal(a_document(to=("000.00.31.H48", "000.00.32.H48")), "xa-binh-son", "xa-tinh-khe")

    assert ("xa-tinh-khe",) == (await accept(ledger, wider))[0].recipients


async def test_the_same_bytes_are_the_same_document_whatever_was_said_of_them(ledger: Ledger) -> None:
    first = (await accept(ledger, proposal(a_document(subject="A"), "xa-binh-son", content="bytes")))[0]

    again = (await accept(ledger, proposal(a_document(subject="B"), "xa-binh-son", content="bytes")))[0]

    assert (first.envelope_id, True) == (again.envelope_id, again.duplicate)


async def test_other_content_under_a_known_id_is_quarantined(ledger: Ledger) -> None:
    await accept(ledger, proposal(a_document(subject="Bản đầu"), "xa-binh-son"))

    verdict = (await accept(ledger, proposal(a_document(subject="Bản khác"), "xa-binh-son")))[0]

    assert isinstance(verdict, Quarantined)
    assert ["conflict"] == [kept.code for kept in ledger.views.inputs("quarantined")]


async def test_a_refusal_is_remembered(ledger: Ledger) -> None:
    wrong = refused("k", Refused("not-xml", "Tệp không phải XML.", "dòng 1"))
    await accept(ledger, wrong)

    verdict = (await accept(ledger, wrong))[0]

    assert isinstance(verdict, Refused)
    assert ("not-xml", "Tệp không phải XML.", "dòng 1") == (verdict.code, verdict.reason, verdict.where)
    assert {"refused": 1} == ledger.views.counts().inputs


async def test_an_unknown_addressee_is_a_dead_letter_beside_the_known_ones(ledger: Ledger) -> None:
    given = proposal(a_document(), "xa-binh-son", unknown=("H99.01",))

    verdict = (await accept(ledger, given))[0]

    assert (("xa-binh-son",), ("H99.01",)) == (verdict.recipients, verdict.unknown)
    assert ["no unit or hub for H99.01"] == [letter.reason for letter in ledger.views.deadletters()]


async def test_an_answer_goes_to_the_sender_of_its_document(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, "xa-binh-son"))

    verdict = (await accept(ledger, proposal(an_answer(document, "03"), "so-nv", unit="xa-binh-son")))[0]

    assert ("so-nv",) == verdict.recipients
    answers = ledger.views.trace(document.code)[0].recipients[0].answers
    assert ["03"] == [answer.code for answer in answers]


async def test_an_answer_without_its_document_id_is_found_by_number_and_notation(ledger: Ledger) -> None:
    document = a_document(document_id="")
    await accept(ledger, proposal(document, "xa-binh-son"))

    answer = an_answer(document, "01")

    assert isinstance((await accept(ledger, proposal(answer, "so-nv", unit="xa-binh-son")))[0], Acceptance)


async def test_a_unit_cannot_answer_for_another(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, "xa-binh-son"))

    verdict = (await accept(ledger, proposal(an_answer(document), "so-nv", unit="xa-tinh-khe")))[0]

    assert isinstance(verdict, Refused)
    assert "unknown-document" == verdict.code


async def test_a_recall_request_goes_from_the_sender_to_a_receiver(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, "xa-binh-son"))

    recall = an_answer(document, "13", sender=document.sender.id)

    assert ("xa-binh-son",) == (await accept(ledger, proposal(recall, "xa-binh-son")))[0].recipients


async def test_a_second_arrived_is_recorded_and_not_forwarded(ledger: Ledger, clock: ManualClock) -> None:
    document = a_document()
    await accept(ledger, proposal(document, "xa-binh-son"))
    first = an_answer(document, "01")
    later = an_answer(document, "01", at=datetime(2026, 11, 23, 9, tzinfo=UTC))

    sent = await accept(ledger, *(proposal(answer, "so-nv", unit="xa-binh-son") for answer in (first, later)))

    assert [("so-nv",), ()] == [verdict.recipients for verdict in sent]
    assert 2 == len(ledger.views.trace(document.code)[0].recipients[0].answers)


@pytest.mark.parametrize(("route", "recipients"), [("answers stay", ()), ("answers go on", ("so-nv",))])
async def test_answers_of_an_added_recipient_follow_its_route(ledger: Ledger, route: str, recipients: Any) -> None:
    document = a_document()
    await accept(ledger, proposal(document, "xa-binh-son", "so-khcn", added={"so-khcn": route}))

    answer = an_answer(document, "03", sender="000.00.15.H48")

    assert recipients == (await accept(ledger, proposal(answer, "so-nv", unit="so-khcn")))[0].recipients


async def test_an_echo_is_recorded_and_delivered_to_nobody(ledger: Ledger) -> None:
    verdict = (await accept(ledger, proposal(a_document(), echo=True)))[0]

    assert verdict.duplicate
    assert ({"echo": 1}, {}) == (ledger.views.counts().inputs, ledger.views.counts().deliveries)


async def test_a_lane_keeps_its_order(ledger: Ledger) -> None:
    codes = [f"{n}/UBND" for n in range(10)]
    for code in codes:
        await accept(ledger, proposal(a_document(code), "xa-binh-son"))

    grant = await take(ledger, limit=4)
    rest = await ledger.settle(grant, ended(grant, DeliveryState.DELIVERED), 64)

    assert codes == [taken.delivery.envelope.body.code for taken in (*grant.taken, *rest.taken)]  # type: ignore[union-attr]


async def test_a_deferred_head_holds_its_lane(ledger: Ledger, clock: ManualClock) -> None:
    await accept(ledger, *(proposal(a_document(f"{n}/UBND"), "xa-binh-son") for n in range(2)))
    grant = await take(ledger, limit=1)

    after = await ledger.settle(grant, ended(grant, DeliveryState.DEFERRED, FAR), 64)

    assert ((), clock.now() + timedelta(seconds=FAR)) == (after.taken, after.due_at)
    await clock.advance(FAR)
    assert 2 == len((await take(ledger)).taken)


async def test_a_way_that_is_open_again_makes_due_what_was_put_off(ledger: Ledger, clock: ManualClock) -> None:
    await accept(ledger, proposal(a_document(), "xa-binh-son"))
    grant = await take(ledger)
    await ledger.settle(grant, ended(grant, DeliveryState.DEFERRED, FAR), 0)

    await ledger.hurry(["xa-tinh-khe"])
    assert () == (await take(ledger)).taken
    await ledger.hurry(["xa-binh-son"])

    assert 1 == len((await take(ledger)).taken)


async def test_a_dead_head_frees_its_lane(ledger: Ledger, clock: ManualClock) -> None:
    await accept(ledger, *(proposal(a_document(f"{n}/UBND"), "xa-binh-son") for n in range(2)))
    grant = await take(ledger, limit=1)

    after = await ledger.settle(grant, ended(grant, DeliveryState.DEAD, reason="no"), 64)

    assert ["1/UBND"] == [taken.delivery.envelope.body.code for taken in after.taken]  # type: ignore[union-attr]


async def test_a_lane_has_one_holder(ledger: Ledger, clock: ManualClock) -> None:
    await accept(ledger, proposal(a_document(), "xa-binh-son"))
    held = await take(ledger)

    ledger.node = "node-2"
    assert await ledger.lease("xa-binh-son", 64) is None
    await clock.advance(120)
    stolen = await take(ledger)

    assert [True] == [taken.doubtful for taken in stolen.taken]
    with pytest.raises(Fenced):
        await ledger.settle(held, ended(held, DeliveryState.DELIVERED), 64)
    with pytest.raises(Fenced):
        await ledger.renew(held)
    await ledger.renew(stolen)
    assert {"sending": 1} == ledger.views.counts().deliveries


async def test_what_was_being_sent_is_doubtful_for_the_next_holder(ledger: Ledger, clock: ManualClock) -> None:
    await accept(ledger, *(proposal(a_document(f"{n}/UBND"), "xa-binh-son") for n in range(3)))
    await take(ledger, limit=2)

    again = await take(ledger)

    assert [True, True, False] == [taken.doubtful for taken in again.taken]
    assert [2, 2, 1] == [taken.delivery.attempt for taken in again.taken]


async def test_what_was_not_tried_costs_no_attempt(ledger: Ledger, clock: ManualClock) -> None:
    await accept(ledger, proposal(a_document(), "xa-binh-son"))
    grant = await take(ledger)
    await ledger.settle(grant, ended(grant, DeliveryState.WAITING, tried=False), 0)

    assert [1] == [taken.delivery.attempt for taken in (await take(ledger)).taken]


async def test_lanes_tell_their_urgency_and_when_they_are_due(ledger: Ledger, clock: ManualClock) -> None:
    await accept(ledger, proposal(a_document("1/CV"), "xa-binh-son"))
    await accept(ledger, proposal(a_document("2/CĐ", urgency=Urgency.FLASH), "xa-binh-son", "xa-tinh-khe"))

    lanes = {lane.recipient: lane for lane in await ledger.ready()}

    assert {"xa-binh-son": 3, "xa-tinh-khe": 3} == {name: lane.urgency for name, lane in lanes.items()}
    assert all(lane.due_at == clock.now() for lane in lanes.values())


async def test_a_dead_letter_goes_again_at_the_end_of_its_lane(ledger: Ledger, clock: ManualClock) -> None:
    await accept(ledger, *(proposal(a_document(f"{n}/UBND"), "xa-binh-son") for n in range(2)))
    grant = await take(ledger, limit=1)
    await ledger.settle(grant, ended(grant, DeliveryState.DEAD, reason="no"), 0)

    done = await ledger.requeue(ledger.views.deadletters()[0].delivery)
    assert ("xa-binh-son",) == done.recipients

    again = await take(ledger)
    assert ["1/UBND", "0/UBND"] == [taken.delivery.envelope.body.code for taken in again.taken]  # type: ignore[union-attr]
    assert [False, True] == [taken.delivery.possible_duplicate for taken in again.taken]
    with pytest.raises(NotFound):
        await ledger.requeue("all")


async def test_tries_are_counted_until_there_is_a_verdict(ledger: Ledger) -> None:
    assert [1, 2] == [await ledger.tries("so-nv", "k", "a.edxml") for _ in range(2)]

    await accept(ledger, proposal(a_document(), "xa-binh-son", key="k"))

    assert {"accepted": 1} == ledger.views.counts().inputs


async def test_what_could_not_be_committed_is_told_to_all_who_wait_and_nothing_more_is_taken(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Ledger("sqlite", tmp_path, "node-1", clock) as ledger:
        monkeypatch.setattr(failpoints, "_points", failpoints._Points("ledger.before_commit=error:EIO", ""))
        given = [ledger.accept([proposal(a_document(f"{n}/UBND"), "xa-binh-son")]) for n in range(3)]
        told = await asyncio.gather(*given, return_exceptions=True)
        assert [StorageFailed] * 3 == [type(each) for each in told]
        with pytest.raises(StorageFailed):
            await accept(ledger, proposal(a_document("4/UBND"), "xa-binh-son"))
        assert {} == ledger.views.counts().inputs


async def test_what_has_its_verdict_is_tried_no_more(ledger: Ledger) -> None:
    """Its file could not be given back, again and again: that is no sign that reading it kills the hub."""
    assert 1 == await ledger.tries("so-nv", "k", "a.edxml")
    no = Refused("not-edxml", "Tệp không phải gói tin edXML.")
    await accept(ledger, Proposal("so-nv", Incoming("k", "a.edxml", no, None), refused=no))

    assert [0, 0, 0, 0] == [await ledger.tries("so-nv", "k", "a.edxml") for _ in range(4)]
    assert {"refused": 1} == ledger.views.counts().inputs


async def test_many_waiting_jobs_share_a_commit_and_fail_alone(ledger: Ledger) -> None:
    good = [accept(ledger, proposal(a_document(f"{n}/UBND"), "xa-binh-son")) for n in range(20)]
    grant = Grant("nobody", "node-1", 1, (), None)

    results = await asyncio.gather(*good[:10], ledger.settle(grant, [], 1), *good[10:], return_exceptions=True)

    assert 1 == sum(isinstance(result, Fenced) for result in results)
    assert {"accepted": 20} == ledger.views.counts().inputs
    assert [] == list(ledger.views.broken())


async def test_inputs_of_many_who_wait_are_judged_together_and_each_gets_his_own(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[int] = []
    properly = Intake.accept

    def noted(self: Intake, proposals: Sequence[Proposal]) -> list[Verdict]:
        judged.append(len(proposals))
        return properly(self, proposals)

    monkeypatch.setattr(Intake, "accept", noted)
    given = [[proposal(a_document(f"{n}.{m}/UBND"), "xa-binh-son") for m in range(n % 3)] for n in range(30)]
    again = proposal(a_document("1.0/UBND"), "xa-binh-son", key="again")

    told = await asyncio.gather(*(ledger.accept(each) for each in (*given, [again])))

    assert len(judged) <= 3
    assert 31 == sum(judged)
    assert [[taken_in(each) for each in proposals] for proposals in given] == told[:-1]
    assert [replace(taken_in(given[1][0]), duplicate=True)] == told[-1]


async def test_more_than_fit_are_judged_in_turns(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_MOST_SHARED", 5)
    given = [[proposal(a_document(f"{n}.{m}/UBND"), "xa-binh-son") for m in range(n)] for n in range(8)]

    told = await asyncio.gather(*map(ledger.accept, given))

    assert list(map(len, given)) == list(map(len, told))
    assert {"accepted": 28} == ledger.views.counts().inputs
    assert [] == list(ledger.views.broken())


async def test_a_mistake_about_one_input_harms_no_other(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = proposal(a_document("13/UBND"), "xa-binh-son")
    properly = Intake._take

    def breaking(self: Intake, given: Proposal, envelope: Envelope) -> Acceptance:
        if given is bad:
            raise KeyError("a mistake")
        return properly(self, given, envelope)

    monkeypatch.setattr(Intake, "_take", breaking)
    good = [accept(ledger, proposal(a_document(f"{n}/UBND"), "xa-binh-son")) for n in range(10)]

    told = await asyncio.gather(*good[:5], accept(ledger, bad), *good[5:], return_exceptions=True)

    assert [5] == [place for place, each in enumerate(told) if isinstance(each, KeyError)]
    assert {"accepted": 10} == ledger.views.counts().inputs
    assert [] == list(ledger.views.broken())


async def test_a_changed_event_is_found(ledger: Ledger, database: str) -> None:
    for n in range(5):
        await accept(ledger, proposal(a_document(f"{n}/UBND"), "xa-binh-son"))
    assert [] == list(ledger.views.broken())

    with ledger._engine.begin() as connection:
        connection.execute(text("UPDATE event SET data = replace(data, 'xa-binh-son', 'xa-tinh-khe') WHERE seq = 3"))

    assert [3] == [line.seq for line, _ in ledger.views.broken()]


async def test_a_missing_event_is_found(ledger: Ledger) -> None:
    for n in range(5):
        await accept(ledger, proposal(a_document(f"{n}/UBND"), "xa-binh-son"))

    with ledger._engine.begin() as connection:
        connection.execute(text("DELETE FROM event WHERE seq = 3"))

    assert [(4, "line 3 is missing")] == [(line.seq, why) for line, why in ledger.views.broken()]


async def test_the_chain_goes_on_after_a_restart(database: str, tmp_path: Path, clock: ManualClock) -> None:
    events = 0
    for code in ("1/UBND", "2/UBND"):
        async with Ledger(database, tmp_path, "node-1", clock) as ledger:
            await accept(ledger, proposal(a_document(code), "xa-binh-son"))
            assert [] == list(ledger.views.broken())
            events = ledger.views.count_events()

    assert 2 == events


async def test_requests_wait_for_the_running_hub(ledger: Ledger) -> None:
    asked = await ledger.ask("requeue", "all")

    [request] = await ledger.requests()
    assert ledger.views.result(asked) is None
    await ledger.answer(request, "done")

    assert ("done", []) == (ledger.views.result(asked), await ledger.requests())


async def test_an_endpoints_health_is_seen_from_outside(ledger: Ledger) -> None:
    await ledger.note_health("so-nv", Health(False, "mất kết nối"))
    await ledger.note_health("so-nv", Health(True))
    assert ledger.views.endpoints()["so-nv"]["ok"]

    await ledger.begin()

    assert {} == ledger.views.endpoints()


async def test_a_quarantined_input_is_closed_once(ledger: Ledger) -> None:
    await accept(ledger, proposal(a_document(subject="A"), "xa-binh-son"))
    await accept(ledger, proposal(a_document(subject="B"), "xa-binh-son"))
    [kept] = ledger.views.inputs("quarantined")
    assert kept.digest in {blob.digest for _, blob in ledger.views.blobs()}

    await ledger.discard(kept.digest)

    with pytest.raises(NotFound):
        await ledger.discard(kept.digest)


async def test_how_far_each_unit_came_is_seen(ledger: Ledger, clock: ManualClock) -> None:
    first = clock.now()
    document = a_document()
    await ledger.note_health("so-khcn", Health(False, "mất kết nối"))
    await ledger.note_health("so-nv", Health(True))
    await accept(ledger, proposal(document, "xa-binh-son"))
    assert ledger.views.milestones().keys() == {"so-nv"}

    await clock.advance(60)
    grant = await take(ledger)
    await ledger.settle(grant, [Settlement(grant.taken[0], DeliveryState.DELIVERED)], 0)
    await clock.advance(60)
    await accept(ledger, proposal(an_answer(document, "01"), "so-nv", unit="xa-binh-son"))
    assert ledger.views.milestones()["xa-binh-son"].tested_at is None
    await accept(ledger, proposal(an_answer(document, "03"), "so-nv", unit="xa-binh-son"))

    found = ledger.views.milestones()
    assert found["so-nv"].connected_at == first
    assert found["so-nv"].tested_at is None
    binh_son = found["xa-binh-son"]
    assert binh_son.connected_at == first + timedelta(seconds=60)
    assert binh_son.tested_at is not None
    assert binh_son.tested_at == binh_son.heard_at
