"""Lanes whose recipients fetch, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub import failpoints
from hub.errors import StorageFailed
from hub.ledger import Ledger
from hub.serving import Waiting
from hub.testing import ManualClock
from hub.testing.ledgers import proposal
from hub.testing.samples import HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import DeliveryState

LANES = ("xa-binh-son", "xa-cu")


@pytest.fixture
async def ledger(database: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Ledger]:
    async with Ledger(database, tmp_path, "node-1", clock) as opened:
        yield opened


async def waits(ledger: Ledger, kind: str = "document", lanes: Sequence[str] = LANES) -> list[Waiting]:
    """All that waits, look after look."""
    found, place = list[Waiting](), ("", 0)
    while page := await ledger.outboxes.waiting(lanes, kind, place):
        found += page
        place = page[-1].place
    return found


async def put(ledger: Ledger, number: int = 1, recipient: str = "xa-binh-son") -> str:
    """A document that waits; its delivery."""
    before = {each.delivery.id for each in await waits(ledger)}
    await ledger.accept([proposal(a_document(f"{number}/GM-SNV"), recipient)])
    [one] = {each.delivery.id for each in await waits(ledger)} - before
    return one


async def test_all_of_a_units_lanes_are_listed_in_their_order(ledger: Ledger) -> None:
    codes = [f"{number}/GM-SNV" for number in range(450)]
    given = [proposal(a_document(code), LANES[number % 2]) for number, code in enumerate(codes)]
    await ledger.accept([*given, proposal(a_document("x/GM-SNV"), "so-tttt")])
    found = [each.delivery.envelope.body for each in await waits(ledger)]
    assert codes[::2] + codes[1::2] == [getattr(body, "code", "") for body in found]
    assert 450 == await ledger.outboxes.count(LANES, "document")
    assert 0 == await ledger.outboxes.count(LANES, "acknowledgement")
    assert [] == await waits(ledger, lanes=())


async def test_what_is_fetched_waits_until_it_is_received(ledger: Ledger) -> None:
    name = await put(ledger)
    for attempt in (1, 2):
        fetched = await ledger.outboxes.fetch(LANES, name)
        assert fetched
        assert (name, attempt) == (fetched.id, fetched.attempt)
        assert [(name, DeliveryState.UNCERTAIN)] == [(each.delivery.id, each.state) for each in await waits(ledger)]
    for _ in range(2):
        assert await ledger.outboxes.say(LANES, name, "received", "")
    assert [] == await waits(ledger)
    assert await ledger.outboxes.fetch(LANES, name)
    [trace] = ledger.views.trace("1/GM-SNV")
    assert [("delivered", 2)] == [(each.state, each.attempts) for each in trace.recipients]
    assert ["accepted", "delivered"] == [line.kind for line in trace.events]


async def test_what_is_said_of_it_shows(ledger: Ledger) -> None:
    name = await put(ledger)
    assert await ledger.outboxes.say(LANES, name, "begun", "")
    assert [(DeliveryState.SENDING, False)] == [(each.state, each.failed) for each in await waits(ledger)]
    await ledger.outboxes.fetch(LANES, name)
    assert [DeliveryState.SENDING] == [each.state for each in await waits(ledger)]
    assert await ledger.outboxes.say(LANES, name, "failed", "đầy đĩa")
    assert [(DeliveryState.UNCERTAIN, True)] == [(each.state, each.failed) for each in await waits(ledger)]
    assert await ledger.outboxes.say(LANES, name, "given-up", "đầy đĩa")
    assert [] == await waits(ledger)
    assert not await ledger.outboxes.say(LANES, name, "received", "")
    assert await ledger.outboxes.fetch(LANES, name) is None
    assert [("đầy đĩa", "dead")] == [(dead.reason, "dead") for dead in ledger.views.deadletters()]


async def test_the_same_failure_at_every_poll_is_told_once(ledger: Ledger) -> None:
    name = await put(ledger)
    for reason in ("đầy đĩa", "đầy đĩa", "hết giờ"):
        assert await ledger.outboxes.say(LANES, name, "begun", "")
        assert await ledger.outboxes.say(LANES, name, "failed", reason)
    [trace] = ledger.views.trace("1/GM-SNV")
    told = [json.loads(line.data)["reason"].rpartition(": ")[2] for line in trace.events if line.kind == "uncertain"]
    assert ["đầy đĩa", "hết giờ"] == told


async def test_nobody_touches_anothers(ledger: Ledger) -> None:
    name = await put(ledger)
    assert await ledger.outboxes.fetch(("so-tttt",), name) is None
    assert not await ledger.outboxes.say(("so-tttt",), name, "received", "")
    assert not await ledger.outboxes.say(LANES, "nobody", "received", "")
    assert [DeliveryState.WAITING] == [each.state for each in await waits(ledger)]


async def test_what_a_unit_says_of_it_is_committed_before_it_is_told_so(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Ledger("sqlite", tmp_path, "node-1", clock) as ledger:
        name = await put(ledger)
        monkeypatch.setattr(failpoints, "_points", failpoints._Points("ledger.before_commit=error:EIO", ""))
        with pytest.raises(StorageFailed):
            await ledger.outboxes.say(LANES, name, "received", "")
        assert [DeliveryState.WAITING] == [each.state for each in await waits(ledger)]


@pytest.mark.parametrize("is_fetched", [False, True])
async def test_a_recall_stops_what_was_not_fetched(ledger: Ledger, is_fetched: bool) -> None:
    name = await put(ledger)
    if is_fetched:
        await ledger.outboxes.fetch(LANES, name)
    document = a_document("1/GM-SNV")
    await ledger.accept([proposal(an_answer(document, "13", HOME_AFFAIRS), "xa-binh-son")])
    assert is_fetched is (name in [each.delivery.id for each in await waits(ledger)])
    assert is_fetched is (await ledger.outboxes.fetch(LANES, name) is not None)


async def test_what_a_unit_sent_is_listed_by_its_time(ledger: Ledger) -> None:
    for number in range(3):
        await ledger.accept([proposal(a_document(f"{number}/GM-SNV"), "xa-binh-son", "so-tttt")])
    day = datetime(2026, 11, 23, tzinfo=UTC)
    whole, before = (day, day + timedelta(hours=1)), (day - timedelta(days=1), day)
    found = await ledger.outboxes.sent("so-nv", "document", whole, "", "")
    assert 6 == len(found)
    assert {("xa-binh-son", "waiting"), ("so-tttt", "waiting")} == {(each.recipient, each.state) for each in found}
    assert found[2:] == await ledger.outboxes.sent("so-nv", "document", whole, "", found[1].delivery)
    assert [] == await ledger.outboxes.sent("so-nv", "document", before, "", "")
    one = found[4].envelope.id
    mine = [each for each in found if each.envelope.id == one]
    assert mine == await ledger.outboxes.sent("so-nv", "document", before, one, "")
    assert 2 == len(mine)
    assert [] == await ledger.outboxes.sent("xa-binh-son", "document", whole, one, "")
    assert [] == await ledger.outboxes.sent("so-nv", "acknowledgement", whole, "", "")
