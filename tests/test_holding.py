"""Documents that are kept back, stopped, or let go: the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from hub.errors import Quarantined
from hub.ledger import Ledger, NotFound, Proposal
from hub.testing import ManualClock
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Acceptance, Acknowledgement, Document, Urgency
from tests.postgresql import emptied
from tests.short import short


@pytest.fixture
async def ledger(database: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Ledger]:
    async with Ledger(database, tmp_path, "node-1", clock) as opened:
        yield opened


def held(body: Document | Acknowledgement, *recipients: str, hold: float = 120, **more: Any) -> Proposal:
    return proposal(body, *recipients, hold=hold, **more)


async def accept(ledger: Ledger, *proposals: Proposal) -> list[Any]:
    return list(await ledger.accept(proposals))


async def taken(ledger: Ledger, recipient: str = "xa-binh-son") -> list[str]:
    """The documents that may be attempted now, in their order."""
    grant = await ledger.lease(recipient, 64)
    return [item.delivery.envelope.body.code for item in grant.taken] if grant else []  # type: ignore[union-attr]


def states(ledger: Ledger) -> dict[str, int]:
    return ledger.views.counts().deliveries


def told(ledger: Ledger, name: str) -> list[str]:
    """The kinds of a document's events."""
    [view] = ledger.views.trace(name)
    return [line.kind for line in view.events]


async def test_a_held_document_goes_when_its_time_is_over(ledger: Ledger, clock: ManualClock) -> None:
    [verdict] = await accept(ledger, held(a_document(), "xa-binh-son", "xa-tinh-khe"))

    assert verdict.recipients == ("xa-binh-son", "xa-tinh-khe")
    assert states(ledger) == {"held": 2}
    assert (await ledger.ready(), await taken(ledger)) == ([], [])
    await clock.advance(119)
    assert await ledger.dispatch() == []
    await clock.advance(1)
    lanes = await ledger.dispatch()

    assert {lane.recipient for lane in lanes} == {"xa-binh-son", "xa-tinh-khe"}
    assert states(ledger) == {"waiting": 2}
    assert await taken(ledger) == ["211/GM-SNV"]
    assert told(ledger, verdict.envelope_id) == ["accepted", "dispatched"]
    assert list(ledger.views.broken()) == []
    assert await ledger.dispatch() == []


async def test_time_to_arrive_counts_from_when_it_goes(ledger: Ledger, clock: ManualClock) -> None:
    await accept(ledger, held(a_document(), "xa-binh-son"))
    await clock.advance(300)
    await ledger.dispatch()

    grant = await ledger.lease("xa-binh-son", 64)

    assert grant
    assert grant.taken[0].age == 0.0


async def test_a_held_document_holds_nobody_up(ledger: Ledger, clock: ManualClock) -> None:
    await accept(ledger, held(a_document("1/CV"), "xa-binh-son"))
    await accept(ledger, held(a_document("2/CĐ", urgency=Urgency.FLASH), "xa-binh-son", hold=15))
    await accept(ledger, proposal(a_document("3/CV"), "xa-binh-son"))

    assert await taken(ledger) == ["3/CV"]
    await clock.advance(15)
    assert [(lane.recipient, lane.urgency) for lane in await ledger.dispatch()] == [("xa-binh-son", 3)]
    assert await taken(ledger) == ["3/CV", "2/CĐ"]
    await clock.advance(105)
    await ledger.dispatch()
    assert await taken(ledger) == ["3/CV", "2/CĐ", "1/CV"]


async def test_what_came_together_goes_in_the_order_in_which_it_came(ledger: Ledger, clock: ManualClock) -> None:
    codes = [f"{n}/UBND" for n in range(30)]
    await accept(ledger, *(held(a_document(code), "xa-binh-son", "xa-tinh-khe") for code in codes))
    await clock.advance(120)
    await ledger.dispatch()

    assert await taken(ledger) == codes
    assert await taken(ledger, "xa-tinh-khe") == codes


async def test_more_than_one_transaction_takes_goes_in_several(
    ledger: Ledger, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.ledger.holding._MOST", 7)
    await accept(ledger, *(held(a_document(f"{n}/UBND"), "xa-binh-son", "xa-tinh-khe") for n in range(10)))
    await clock.advance(120)

    turns = 0
    while await ledger.dispatch():
        turns += 1

    assert (turns, states(ledger)) == (3, {"waiting": 20})
    assert await taken(ledger) == [f"{n}/UBND" for n in range(10)]


async def test_an_unknown_addressee_of_a_held_document_is_a_dead_letter_at_once(ledger: Ledger) -> None:
    await accept(ledger, held(a_document(), "xa-binh-son", unknown=("H99.01",)))

    assert states(ledger) == {"held": 1, "dead": 1}


async def test_an_answer_is_never_held(ledger: Ledger) -> None:
    document = a_document()
    await accept(ledger, proposal(document, "xa-binh-son"))
    await accept(ledger, held(an_answer(document, "03"), "so-nv", unit="xa-binh-son"))

    assert states(ledger) == {"waiting": 2}


@pytest.mark.parametrize("hold", [0.0, -5.0])
async def test_without_a_hold_nothing_is_kept_back(ledger: Ledger, hold: float) -> None:
    await accept(ledger, held(a_document(), "xa-binh-son", hold=hold))

    assert await taken(ledger) == ["211/GM-SNV"]


async def test_the_end_of_a_hold_is_not_missed_while_the_hub_is_down(
    database: str, tmp_path: Path, clock: ManualClock
) -> None:
    async with Ledger(database, tmp_path, "node-1", clock) as ledger:
        await accept(ledger, held(a_document(), "xa-binh-son"))
    await clock.advance(3600)

    async with Ledger(database, tmp_path, "node-1", clock) as ledger:
        await ledger.dispatch()
        assert await taken(ledger) == ["211/GM-SNV"]


async def test_a_held_document_can_be_stopped(ledger: Ledger, clock: ManualClock) -> None:
    [verdict] = await accept(ledger, held(a_document(), "xa-binh-son", "xa-tinh-khe", unknown=("H99.01",)))

    assert await ledger.withdraw("so-nv", verdict.envelope_id)
    assert await ledger.withdraw("so-nv", verdict.envelope_id)

    await clock.advance(1000)
    assert await ledger.dispatch() == []
    assert states(ledger) == {"withdrawn": 3}
    assert await taken(ledger) == []
    assert told(ledger, "211/GM-SNV") == ["accepted", "dead", "withdrawn"]
    [view] = ledger.views.trace("211/gm-snv")
    assert {recipient.ended_at for recipient in view.recipients} == {clock.now() - timedelta(seconds=1000)}
    with pytest.raises(NotFound):
        await ledger.requeue("all")
    assert list(ledger.views.broken()) == []


async def test_what_has_begun_to_go_is_not_stopped(ledger: Ledger, clock: ManualClock) -> None:
    [direct] = await accept(ledger, proposal(a_document("1/A"), "xa-binh-son"))
    [gone] = await accept(ledger, held(a_document("2/A"), "xa-binh-son"))
    await clock.advance(120)
    await ledger.dispatch()

    assert not await ledger.withdraw("so-nv", direct.envelope_id)
    assert not await ledger.withdraw("so-nv", gone.envelope_id)
    assert states(ledger) == {"waiting": 2}


async def test_what_has_begun_to_go_to_one_is_stopped_for_nobody(ledger: Ledger) -> None:
    [verdict] = await accept(ledger, held(a_document(), "xa-binh-son", unknown=("H99.01",)))
    await ledger.requeue("all")

    assert not await ledger.withdraw("so-nv", verdict.envelope_id)
    assert states(ledger) == {"held": 1, "waiting": 1}


async def test_nobody_stops_what_is_not_his(ledger: Ledger) -> None:
    [verdict] = await accept(ledger, held(a_document(), "xa-binh-son"))

    assert not await ledger.withdraw("xa-binh-son", verdict.envelope_id)
    assert not await ledger.withdraw("so-nv", "no-such-envelope")
    assert not await ledger.withdraw("so-nv", "")
    assert states(ledger) == {"held": 1}


async def test_a_document_that_nobody_can_get_is_not_stopped(ledger: Ledger) -> None:
    [verdict] = await accept(ledger, held(a_document(), unknown=("H99.01",)))

    assert not await ledger.withdraw("so-nv", verdict.envelope_id)
    assert states(ledger) == {"dead": 1}


@pytest.mark.parametrize("subject", ["Bản đầu", "Bản khác"])
async def test_the_names_of_a_stopped_document_are_free_again(ledger: Ledger, clock: ManualClock, subject: str) -> None:
    [first] = await accept(ledger, held(a_document(subject="Bản đầu"), "xa-binh-son"))
    await ledger.withdraw("so-nv", first.envelope_id)

    [second] = await accept(ledger, held(a_document(subject=subject), "xa-binh-son"))

    assert isinstance(second, Acceptance)
    assert (second.duplicate, second.recipients) == (False, ("xa-binh-son",))
    assert second.envelope_id != first.envelope_id
    await clock.advance(120)
    await ledger.dispatch()
    assert await taken(ledger) == ["211/GM-SNV"]
    assert len(ledger.views.trace("211/GM-SNV")) == 2


async def test_the_document_that_goes_in_its_place_is_guarded_as_any_other(ledger: Ledger) -> None:
    [first] = await accept(ledger, held(a_document(), "xa-binh-son"))
    await ledger.withdraw("so-nv", first.envelope_id)
    await accept(ledger, held(a_document(subject="Bản hai"), "xa-binh-son"))

    [same] = await accept(ledger, held(a_document(subject="Bản hai"), "xa-binh-son"))
    [other] = await accept(ledger, held(a_document(subject="Bản ba"), "xa-binh-son"))

    assert same.duplicate
    assert isinstance(other, Quarantined)


async def test_an_answer_never_meets_a_stopped_document(ledger: Ledger, clock: ManualClock) -> None:
    document = a_document(document_id="")
    [first] = await accept(ledger, held(document, "xa-tinh-khe", "xa-binh-son"))
    await ledger.withdraw("so-nv", first.envelope_id)
    answer = an_answer(document, "03")

    [early] = await accept(ledger, proposal(answer, "so-nv", unit="xa-binh-son", key="early"))
    [outside] = await accept(ledger, proposal(answer, "so-nv", unit="truc", key="outside", outside=True))
    [second] = await accept(ledger, proposal(document, "xa-binh-son"))
    [late] = await accept(ledger, proposal(answer, "so-nv", unit="xa-binh-son", key="late"))

    assert [(waits.recipients, waits.duplicate) for waits in (early, outside)] == [((), False)] * 2
    assert [one.state for one in ledger.views.orphans()] == ["waiting"] * 2
    assert late.recipients == ("so-nv",)
    answered = [view.document.id for view in ledger.views.trace("211/GM-SNV") if view.recipients[0].answers]
    assert answered == [second.envelope_id]


async def test_the_input_of_a_stopped_document_gets_its_first_outcome_again(ledger: Ledger) -> None:
    given = held(a_document(), "xa-binh-son", key="k")
    [first] = await accept(ledger, given)
    await ledger.withdraw("so-nv", first.envelope_id)

    assert await accept(ledger, given) == [first]
    assert states(ledger) == {"withdrawn": 1}


@pytest.mark.parametrize("many", short([100, 1000], 2))
async def test_stopping_and_going_are_decided_by_the_transaction(ledger: Ledger, clock: ManualClock, many: int) -> None:
    """So many documents, each stopped at the moment at which it goes."""
    bodies = [a_document(f"{n}/UBND") for n in range(many)]
    verdicts = await accept(
        ledger, *(held(body, "xa-binh-son", "xa-tinh-khe", hold=n) for n, body in enumerate(bodies, 1))
    )
    stopped: dict[str, bool] = {}

    async def stop(envelope: str) -> None:
        await asyncio.sleep(random.random() / 1000)
        stopped[envelope] = await ledger.withdraw("so-nv", envelope)

    for verdict in verdicts:
        await clock.advance(1)
        works = [stop(verdict.envelope_id), ledger.dispatch()]
        random.shuffle(works)
        await asyncio.gather(*works)
    await ledger.dispatch()

    assert sum(stopped.values()) not in {0, many}, "one side always won: this raced nothing"
    assert states(ledger) == {
        "withdrawn": 2 * sum(stopped.values()),
        "waiting": 2 * (many - sum(stopped.values())),
    }
    for verdict, body in zip(verdicts, bodies, strict=True):
        wanted = "withdrawn" if stopped[verdict.envelope_id] else "dispatched"
        assert told(ledger, body.code) == ["accepted", wanted]
    assert list(ledger.views.broken()) == []


async def _a_little_later(work: Awaitable[bool]) -> bool:
    """Asking whether anything is due takes a look of its own: without a head start it would never win."""
    await asyncio.sleep(random.random() * 0.01)
    return await work


async def test_two_nodes_let_each_document_go_or_stop_once(
    postgresql_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    emptied(postgresql_url)
    async with (
        Ledger(postgresql_url, tmp_path, "node-1", clock) as one,
        Ledger(postgresql_url, tmp_path, "node-2", clock) as two,
    ):
        units = "xa-binh-son", "xa-tinh-khe", "so-khcn"
        verdicts = await accept(one, *(held(a_document(f"{n}/UBND"), *units, hold=n) for n in range(1, 201)))
        stopped = 0
        for verdict in verdicts:
            await clock.advance(1)
            works = [one.dispatch(), _a_little_later(two.withdraw("so-nv", verdict.envelope_id)), two.dispatch()]
            random.shuffle(works)
            stopped += (await asyncio.gather(*works)).count(True)
        await one.dispatch()
        assert 0 < stopped < 200

        assert states(one) == {"withdrawn": 3 * stopped, "waiting": 3 * (200 - stopped)}
        assert list(one.views.broken()) == []
        grant = await one.lease("so-khcn", 500)
        assert grant
        assert [item.delivery.seq for item in grant.taken] == list(range(1, 201 - stopped))


async def test_a_hold_costs_intake_no_statement(ledger: Ledger) -> None:
    """Neither where nothing is held, nor where all is."""
    counted: list[str] = []
    event.listen(ledger._engine, "before_cursor_execute", lambda *said: counted.append(said[2]))
    await accept(ledger, proposal(a_document("0/A"), "xa-binh-son"))

    counted.clear()
    await accept(ledger, *(proposal(a_document(f"{n}/A"), "xa-binh-son") for n in range(1, 20)))
    plain = list(counted)
    counted.clear()
    await accept(ledger, *(held(a_document(f"{n}/B"), "xa-binh-son") for n in range(20)))

    # The write lock; inputs and documents that are known; places given and told; inputs, envelopes, deliveries, events.
    assert len(plain) == 9
    assert len(counted) == len(plain) - 2


async def test_looking_for_what_is_due_reads_its_index_only(ledger: Ledger, database: str) -> None:
    if database != "sqlite":
        return
    with ledger._engine.begin() as connection:
        asked = "EXPLAIN QUERY PLAN SELECT id FROM delivery WHERE state = 'held' AND due_at <= 5 LIMIT 1"
        plan = connection.exec_driver_sql(asked).all()
    assert "USING INDEX ix_delivery_held" in plan[0][3]


async def test_a_sender_is_told_of_each_recipient_it_knows_of(ledger: Ledger, clock: ManualClock) -> None:
    document, routes = a_document(), {"so-khcn": "Lặng", "so-gddt": "Nói"}
    [sent] = await accept(ledger, held(document, "xa-binh-son", *routes, added=routes, unknown=("H99.01",)))
    ledger.answering(frozenset({"Nói"}))
    await clock.advance(120)
    await ledger.dispatch()
    for status, key in (("03", "b"), ("01", "a")):
        await accept(ledger, proposal(an_answer(document, status), "so-nv", unit="xa-binh-son", key=key))

    stories = {story.recipient: story for story in await ledger.stories("so-nv", [sent.envelope_id, "nothing"])}

    assert stories.keys() == {"xa-binh-son", "so-gddt", "H99.01"}
    assert [said.code for said in stories["xa-binh-son"].answers] == ["01", "03"]
    assert (stories["xa-binh-son"].status, stories["so-gddt"].status) == ("03", None)
    assert stories["H99.01"].reason
    assert await ledger.stories("xa-binh-son", [sent.envelope_id]) == []


async def test_every_input_gets_its_own_outcome_again(ledger: Ledger, clock: ManualClock) -> None:
    document = a_document()
    given = [
        proposal(document, "xa-tinh-khe", "xa-binh-son", key="a", unknown=("H99.02", "H99.01")),
        proposal(document, "xa-binh-son", key="b"),
        proposal(document, "so-khcn", "xa-binh-son", key="c"),
        proposal(document, "so-khcn", "xa-binh-son", key="d"),
        proposal(a_document(subject="Khác"), "xa-binh-son", key="e"),
        proposal(document, key="f", echo=True),
        proposal(an_answer(document, "03"), "so-nv", unit="xa-binh-son", key="g"),
    ]
    first = []
    for one in given:
        await clock.advance(1)
        first += await accept(ledger, one)
    lines = ledger.views.count_events()

    again = await accept(ledger, *reversed(given))

    assert [repr(verdict) for verdict in reversed(again)] == [repr(verdict) for verdict in first]
    assert [getattr(verdict, "duplicate", None) for verdict in first] == [False, True, False, True, None, True, False]
    assert first[0].recipients == ("xa-tinh-khe", "xa-binh-son")
    assert first[0].unknown == ("H99.02", "H99.01")
    assert ledger.views.count_events() == lines
