"""Answers that name no document for certain wait, and are claimed: the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection

from hub.errors import Refused
from hub.ledger import Ledger, NotAllowed, NotFound, Proposal
from hub.ledger.evidence import strange
from hub.ledger.proofs import _cases
from hub.matching import LONGEST
from hub.testing import ManualClock
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Acceptance, Acknowledgement, Reference
from tests.short import short

TAKER = "xa-binh-son"


@pytest.fixture
async def ledger(database: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Ledger]:
    async with Ledger(database, tmp_path, "node-1", clock, frozenset({"answers go on"})) as opened:
        yield opened


async def accepted(ledger: Ledger, *given: Proposal) -> Acceptance:
    verdicts = await ledger.accept(given)
    assert isinstance(verdicts[-1], Acceptance), verdicts
    return verdicts[-1]


def mistyped(status: str = "03", says: str = "", **reference: Any) -> Acknowledgement:
    """An answer to 211/GM-SNV whose key nobody can read for certain."""
    said = an_answer(a_document(), status, description=says)
    wrong = {"document_id": "", "code": "211 GM SNW"} | reference
    return replace(said, response_for=replace(said.response_for, **wrong))


def from_taker(body: Acknowledgement, **more: Any) -> Proposal:
    return proposal(body, "so-nv", unit=TAKER, **more)


async def arrived(ledger: Ledger, recipient: str = "so-nv") -> list[Acknowledgement]:
    """What waits in its lane, and is an answer."""
    grant = await ledger.lease(recipient, 64)
    bodies = [taken.delivery.envelope.body for taken in grant.taken] if grant else []
    return [body for body in bodies if isinstance(body, Acknowledgement)]


def codes(ledger: Ledger, document: str = "211/GM-SNV") -> list[list[str]]:
    """What each recipient answered."""
    [view] = ledger.views.trace(document)
    return [[answer.code for answer in one.answers] for one in view.recipients]


def events(ledger: Ledger, kind: str) -> list[dict[str, Any]]:
    with ledger.views._look() as connection:
        rows = connection.execute(text("SELECT data FROM event WHERE kind = :kind ORDER BY seq"), {"kind": kind})
        return [json.loads(row.data) for row in rows]


def sound(ledger: Ledger) -> bool:
    return list(ledger.views.strange()) == [] and list(ledger.views.broken()) == []


async def test_an_answer_that_names_nothing_for_certain_waits(ledger: Ledger) -> None:
    await accepted(ledger, proposal(a_document(), TAKER))

    verdict = await accepted(ledger, from_taker(mistyped()))

    assert (verdict.recipients, verdict.unknown, verdict.duplicate) == ((), (), False)
    [orphan] = ledger.views.orphans()
    assert (orphan.id, orphan.unit, orphan.state) == (verdict.envelope_id, TAKER, "waiting")
    assert orphan.body == mistyped()
    assert [event["orphan"] for event in events(ledger, "accepted") if "orphan" in event] == [True]
    assert await arrived(ledger) == []
    assert codes(ledger) == [[]]
    assert sound(ledger)


async def test_what_is_known_for_certain_and_not_this_units_is_refused_as_ever(ledger: Ledger) -> None:
    await accepted(ledger, proposal(a_document(), TAKER))
    by_id = an_answer(a_document())
    by_code = replace(by_id, response_for=replace(by_id.response_for, document_id=""))

    verdicts = await ledger.accept([proposal(said, "so-nv", unit="xa-tinh-khe") for said in (by_id, by_code)])

    assert [one.code for one in verdicts if isinstance(one, Refused)] == ["unknown-document"] * 2
    assert ledger.views.orphans() == []


@pytest.mark.parametrize(
    "spelt",
    ["000.00.14.H48 2026.11.23 211-gm-snv", "H48.14,2026/11/23,211/GM-SNV", " 000.00.14.H48,23/11/2026,211-GM/SNV"],
)
async def test_an_id_in_another_spelling_is_matched_at_once(ledger: Ledger, spelt: str) -> None:
    await accepted(ledger, proposal(a_document(), TAKER))
    answer = mistyped(document_id=spelt, code="211")

    assert (await accepted(ledger, from_taker(answer))).recipients == ("so-nv",)
    assert ledger.views.orphans() == []
    assert codes(ledger) == [["03"]]
    [sent] = await arrived(ledger)
    assert sent.response_for == Reference(
        "000.00.14.H48", "211/GM-SNV", "000.00.14.H48,2026/11/23,211/GM-SNV", "2026/11/23"
    )
    assert sound(ledger)


async def test_a_spelling_that_fits_two_ids_waits(ledger: Ledger) -> None:
    for spelt in ("000.00.14.H48,2026/11/23,211/GM-SNV", "000.00.14.H48,2026/11/23,211-GM-SNV"):
        await accepted(ledger, proposal(a_document(document_id=spelt, subject=spelt), TAKER))

    assert (await accepted(ledger, from_taker(mistyped(document_id="H48.14,2026/11/23,211/GM/SNV")))).recipients == ()
    assert len(ledger.views.orphans()) == 1


async def test_the_same_number_of_another_day_is_another_document(ledger: Ledger) -> None:
    old = a_document(document_id="000.00.14.H48,2025/11/24,211/GM-SNV")
    await accepted(ledger, proposal(old, TAKER))
    answer = an_answer(a_document(document_id=""))

    assert (await accepted(ledger, from_taker(answer))).recipients == ()


async def test_a_repeat_of_what_waits_is_the_same(ledger: Ledger) -> None:
    first = await accepted(ledger, from_taker(mistyped()))

    again = [await accepted(ledger, from_taker(mistyped())) for _ in range(3)]

    assert {(one.envelope_id, one.duplicate) for one in again} == {(first.envelope_id, True)}
    assert len(ledger.views.orphans()) == 1
    assert sound(ledger)


async def test_a_match_sends_it_on_under_the_documents_own_names(ledger: Ledger) -> None:
    document = await accepted(ledger, proposal(a_document(), TAKER))
    answer = await accepted(ledger, from_taker(mistyped()))

    sent = await ledger.match(answer.envelope_id, document.envelope_id, "person")

    assert (sent.recipients, sent.urgency) == (("so-nv",), 1)
    [carried] = await arrived(ledger)
    assert carried.response_for == an_answer(a_document()).response_for
    assert codes(ledger) == [["03"]]
    [story] = await ledger.stories("so-nv", [document.envelope_id])
    assert story.status == "03"
    [orphan] = ledger.views.orphans([answer.envelope_id])
    assert (orphan.state, orphan.document, orphan.how) == ("matched", document.envelope_id, "person")
    assert [event["document"] for event in events(ledger, "matched")] == [document.envelope_id]
    assert "matched" in [line.kind for line in ledger.views.trace("211/GM-SNV")[0].events]
    assert ledger.views.orphans() == []
    assert sound(ledger)


async def test_what_waited_is_matched_once(ledger: Ledger) -> None:
    document = await accepted(ledger, proposal(a_document(), TAKER))
    answer = await accepted(ledger, from_taker(mistyped()))
    await ledger.match(answer.envelope_id, document.envelope_id, "person")

    for work in (
        ledger.match(answer.envelope_id, document.envelope_id, "person"),
        ledger.drop(answer.envelope_id, "x"),
    ):
        with pytest.raises(NotFound):
            await work

    assert len(await arrived(ledger)) == 1
    again = await accepted(ledger, from_taker(mistyped()))
    assert (again.envelope_id, again.duplicate) == (answer.envelope_id, True)


async def test_a_unit_answers_for_what_it_got_or_sent_and_nothing_else(ledger: Ledger) -> None:
    foreign = await accepted(ledger, proposal(a_document("5/UBND"), "xa-tinh-khe"))
    answer = await accepted(ledger, from_taker(mistyped()))

    with pytest.raises(NotAllowed):
        await ledger.match(answer.envelope_id, foreign.envelope_id, "person")
    with pytest.raises(NotFound):
        await ledger.match(answer.envelope_id, answer.envelope_id, "person")
    with pytest.raises(NotFound):
        await ledger.match(foreign.envelope_id, foreign.envelope_id, "person")

    assert [one.state for one in ledger.views.orphans()] == ["waiting"]
    assert sound(ledger)


async def test_an_answer_for_the_wrong_organisation_goes_to_the_documents_sender(ledger: Ledger) -> None:
    document = await accepted(ledger, proposal(a_document(), TAKER))
    answer = await accepted(ledger, proposal(mistyped(organ_id="000.00.12.H48"), "so-khcn", unit=TAKER))

    assert (await ledger.match(answer.envelope_id, document.envelope_id, "person")).recipients == ("so-nv",)


async def test_a_recall_goes_to_the_receiver_that_it_names(ledger: Ledger) -> None:
    document = await accepted(ledger, proposal(a_document(), TAKER, "xa-tinh-khe"))
    recall = mistyped("13", organ_id="000.00.31.H48")
    answer = await accepted(ledger, proposal(recall, TAKER))
    stranger = await accepted(ledger, proposal(replace(recall, description="?"), "so-khcn"))

    assert (await ledger.match(answer.envelope_id, document.envelope_id, "person")).recipients == (TAKER,)
    with pytest.raises(NotAllowed, match="several"):
        await ledger.match(stranger.envelope_id, document.envelope_id, "person")


@pytest.mark.parametrize(("route", "recipients"), [("answers stay", ()), ("answers go on", ("so-nv",))])
async def test_answers_of_an_added_recipient_follow_its_route(ledger: Ledger, route: str, recipients: Any) -> None:
    document = await accepted(ledger, proposal(a_document(), "xa-tinh-khe", TAKER, added={TAKER: route}))
    answer = await accepted(ledger, from_taker(mistyped()))

    assert (await ledger.match(answer.envelope_id, document.envelope_id, "person")).recipients == recipients
    assert sound(ledger)


async def test_a_second_arrived_is_recorded_and_not_forwarded(ledger: Ledger) -> None:
    document = await accepted(ledger, proposal(a_document(), TAKER))
    await accepted(ledger, from_taker(an_answer(a_document(), "01")))
    answer = await accepted(ledger, from_taker(mistyped("01", "lần hai")))

    assert (await ledger.match(answer.envelope_id, document.envelope_id, "person")).recipients == ()
    assert codes(ledger) == [["01", "01"]]
    assert sound(ledger)


async def test_what_its_sender_got_meanwhile_is_not_sent_twice(ledger: Ledger) -> None:
    early = await accepted(ledger, from_taker(an_answer(a_document(), "03")))
    document = await accepted(ledger, proposal(a_document(), TAKER))
    await accepted(ledger, from_taker(an_answer(a_document(), "03")))

    assert (await ledger.match(early.envelope_id, document.envelope_id, "document-id")).recipients == ()
    assert len(await arrived(ledger)) == 1


async def test_a_stopped_document_claims_nothing(ledger: Ledger) -> None:
    document = await accepted(ledger, proposal(a_document(), TAKER, hold=60.0))
    answer = await accepted(ledger, from_taker(mistyped()))
    assert await ledger.withdraw("so-nv", document.envelope_id)

    with pytest.raises(NotFound):
        await ledger.match(answer.envelope_id, document.envelope_id, "person")


async def test_what_nobody_wants_is_let_go_with_a_reason(ledger: Ledger) -> None:
    answer = await accepted(ledger, from_taker(mistyped()))

    await ledger.drop(answer.envelope_id, "gửi nhầm")

    assert ledger.views.orphans() == []
    [orphan] = ledger.views.orphans([answer.envelope_id])
    assert (orphan.state, orphan.how) == ("discarded", "gửi nhầm")
    assert events(ledger, "orphan-discarded") == [{"reason": "gửi nhầm"}]
    assert sound(ledger)


async def test_candidates_are_what_the_answerer_got_newest_first(ledger: Ledger, clock: ManualClock) -> None:
    for number in range(1, 4):
        await clock.advance(1)
        await accepted(
            ledger, proposal(a_document(f"{number}/GM-SNV"), TAKER, *(["xa-tinh-khe"] if number == 2 else []))
        )
    seen, _ = ledger.views.arrivals({}, ())
    await clock.advance(1)
    await accepted(ledger, proposal(a_document("4/GM-SNV"), TAKER))

    found = ledger.views.received(TAKER)

    assert [one.code for one in found] == ["4/GM-SNV", "3/GM-SNV", "2/GM-SNV", "1/GM-SNV"]
    assert [one.code for one in ledger.views.received("xa-tinh-khe")] == ["2/GM-SNV"]
    _, came = ledger.views.arrivals(seen, {TAKER, "xa-tinh-khe"})
    assert {unit: [one.code for one in documents] for unit, documents in came.items()} == {TAKER: ["4/GM-SNV"]}
    assert {one.code for one in ledger.views.sent_by("so-nv")} == {one.code for one in found}
    assert (found[0].sender, str(found[0].date)) == ("000.00.14.H48", "2026-11-23")


async def test_of_a_candidate_no_more_is_compared_than_names_a_document(ledger: Ledger) -> None:
    long = a_document("1" * 30_000 + "/GM-SNV", subject="Họp " * 8_000)
    named = replace(long, sender=replace(long.sender, name="Sở Nội vụ " * 3_000))
    await accepted(ledger, proposal(named, TAKER))

    [found] = ledger.views.received(TAKER)

    assert max(map(len, (found.code, found.subject, found.sender_name, found.document_id))) == LONGEST


async def test_what_comes_near_is_kept_for_people(ledger: Ledger) -> None:
    document = await accepted(ledger, proposal(a_document(), TAKER))
    answer = await accepted(ledger, from_taker(mistyped()))

    await ledger.note_near(
        [(answer.envelope_id, [{"document": document.envelope_id, "score": 0.5, "reasons": ["vì số"]}])]
    )

    [near] = ledger.views.orphans()[0].near
    assert (near.document, near.code, near.score, near.reasons) == (document.envelope_id, "211/GM-SNV", 0.5, ("vì số",))
    assert sound(ledger)


def _strange(connection: Connection) -> list[str]:
    """What a verification finds wrong in this transaction."""
    return [what for case in _cases(connection) for what in strange(case)]


_TAMPERED = [
    "UPDATE orphan SET unit = 'so-nv' WHERE state = :state",
    "UPDATE orphan SET at = at + 1 WHERE state = :state",
    "UPDATE orphan SET state = 'waiting' WHERE state = :state AND state != 'waiting'",
    "UPDATE orphan SET state = 'matched' WHERE state = :state AND state != 'matched'",
    "UPDATE orphan SET document = 'x' WHERE state = :state",
    "UPDATE orphan SET how = 'x' WHERE state = :state",
    "UPDATE orphan SET envelope_id = (SELECT id FROM envelope WHERE kind = 'document') WHERE state = :state",
    "DELETE FROM orphan WHERE state = :state",
    "DELETE FROM delivery WHERE envelope_id IN (SELECT envelope_id FROM orphan WHERE state = :state)",
    "UPDATE delivery SET recipient = 'x' WHERE envelope_id IN (SELECT envelope_id FROM orphan WHERE state = :state)",
    "UPDATE delivery SET route = 'x' WHERE envelope_id IN (SELECT envelope_id FROM orphan WHERE state = :state)",
    "UPDATE delivery SET state = 'dead' WHERE envelope_id IN (SELECT envelope_id FROM orphan WHERE state = :state)",
    "DELETE FROM event WHERE kind = 'matched' AND 'matched' = :state",
    "DELETE FROM event WHERE kind = 'orphan-discarded' AND 'discarded' = :state",
]


@pytest.mark.parametrize("statement", short(_TAMPERED, 2))
async def test_a_row_that_does_not_follow_from_its_events_is_found(ledger: Ledger, statement: str) -> None:
    document = await accepted(ledger, proposal(a_document(), TAKER))
    answers = [await accepted(ledger, from_taker(mistyped(says=str(number)))) for number in range(3)]
    await ledger.match(answers[0].envelope_id, document.envelope_id, "person")
    await ledger.drop(answers[1].envelope_id, "gửi nhầm")
    assert list(ledger.views.strange()) == []

    for state in ("waiting", "matched", "discarded"):
        with ledger._engine.connect() as connection:
            changed = connection.execute(text(statement), {"state": state}).rowcount
            found = changed and _strange(connection)
            connection.rollback()
        assert bool(found) == bool(changed), (state, statement)
