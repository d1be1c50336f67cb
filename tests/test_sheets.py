"""Conservation sheets: what came in is where it is said to be, recounted, and no difference is overlooked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hub.blobs import Blobs
from hub.duties import Owed
from hub.errors import Damaged, Quarantined, Refused
from hub.ledger import Ledger, Proposal
from hub.ledger.balance import ANSWERS, BLOB, DUTIES, FATE, IN, OUT, Cell, Sheet
from hub.ledger.engine import database_url, writing
from hub.ledger.lanes import Settlement
from hub.ledger.sheets import sheet
from hub.reconciling import Reconciler
from hub.testing import ManualClock
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Acceptance, DeliveryState

XA, KHE, NV = "xa-binh-son", "xa-tinh-khe", "so-nv"
#: When everything in `filled` is sent.
DAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MORNING)


@pytest.fixture
async def ledger(database: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Ledger]:
    async with Ledger(database, tmp_path, "node-1", clock) as opened:
        yield opened


def there(_: str, __: int) -> bool:
    return True


def made(ledger: Ledger, day: date | None = None) -> Sheet:
    return ledger.views.looking(lambda connection: sheet(connection, day, there))


def duty(unit: str, code: str = "03") -> Owed:
    due = MORNING + timedelta(hours=4)
    return Owed(unit, code, f"rule {code}", due, due)


def sent(code: str, *recipients: str, **more: Any) -> Proposal:
    given = proposal(a_document(code, subject=f"Văn bản {code}"), *recipients, **more)
    return replace(given, owed=tuple(duty(unit) for unit in recipients))


def answered(about: str, status: str, unit: str, says: str = "", **reference: Any) -> Proposal:
    body = an_answer(a_document(about), status, description=says)
    body = replace(body, response_for=replace(body.response_for, **reference))
    return proposal(body, NV, unit=unit)


async def filled(ledger: Ledger) -> dict[str, str]:
    """One of everything. Returns envelope ids by name."""
    given = {
        "whole": sent("1/CV", XA, KHE),
        "half": sent("2/CV", XA, KHE),
        "dead": sent("3/CV", KHE),
        "unknown": sent("4/CV", XA, unknown=("9.9.9",)),
        "stopped": sent("5/CV", XA, hold=600.0),
        "held": sent("6/CV", KHE, hold=600.0),
    }
    verdicts = await ledger.accept(list(given.values()))
    ids = {name: one.envelope_id for name, one in zip(given, verdicts, strict=True) if isinstance(one, Acceptance)}
    assert await ledger.withdraw(NV, ids["stopped"])
    await ended(ledger, XA, DeliveryState.DELIVERED)
    await ended(ledger, KHE, DeliveryState.DELIVERED, DeliveryState.DEFERRED, DeliveryState.DEAD)
    answers = {
        "met": answered("1/CV", "03", XA),
        "stray": answered("?", "03", XA, document_id="", code="211 GM SNW"),
        "unwanted": answered("??", "03", KHE, document_id="", code="212 GM SNW"),
    }
    verdicts = await ledger.accept(list(answers.values()))
    ids |= {name: one.envelope_id for name, one in zip(answers, verdicts, strict=True) if isinstance(one, Acceptance)}
    await ledger.drop(ids["unwanted"], "not ours")
    await turned_away(ledger)
    return ids


async def turned_away(ledger: Ledger) -> None:
    """A repeat, another content under a known id, one refused, an echo."""
    conflict = proposal(a_document("1/CV", subject="other"), XA, content="other")
    refused = replace(proposal(a_document("7/CV")), envelope=None, refused=Refused("code", "reason", "place"))
    echo = proposal(a_document("8/CV"), echo=True)
    again = sent("1/CV", XA, KHE)
    verdicts = await ledger.accept([again, conflict, refused, echo])
    assert [type(one) for one in verdicts] == [Acceptance, Quarantined, Refused, Acceptance]


async def ended(ledger: Ledger, lane: str, *states: DeliveryState) -> None:
    """Let what waits for a recipient end so, one after the other, the last for all that are left."""
    grant = await ledger.lease(lane, 64)
    assert grant
    wanted = [states[min(number, len(states) - 1)] for number in range(len(grant.taken))]
    outcomes = [Settlement(taken, state, wait=60.0) for taken, state in zip(grant.taken, wanted, strict=True)]
    await ledger.settle(grant, outcomes, 0)


async def test_every_input_and_delivery_is_somewhere(ledger: Ledger) -> None:
    await filled(ledger)

    found = made(ledger)

    assert found.differences == ()
    assert found.book(NV, IN) == {"accepted": 6, "duplicate": 1, "echo": 1, "quarantined": 1, "refused": 1}
    assert found.book(NV, FATE) == {"dead": 2, "delivered": 1, "pending": 2, "withdrawn": 1}
    assert found.book(XA, FATE) == {"pen": 1, "pending": 1}
    assert found.book(XA, OUT) == {"delivered": 3, "withdrawn": 1}
    assert found.book(KHE, OUT) == {"dead": 1, "delivered": 1, "pending": 2}
    assert found.book("9.9.9", OUT) == {"dead": 1}
    assert found.book(XA, ANSWERS) == {"forwarded": 1, "waiting": 1}
    assert found.book(KHE, ANSWERS) == {"discarded": 1}
    assert found.book(XA, DUTIES) == {"met": 1, "open": 2, "void": 1}
    for unit in found.units():
        assert found.book(unit, IN).get("accepted", 0) == sum(found.book(unit, FATE).values())


async def test_a_day_has_what_came_in_on_it_in_vietnam(ledger: Ledger, clock: ManualClock) -> None:
    await filled(ledger)
    await clock.advance(86400)
    await ledger.accept([replace(sent("9/CV", XA), envelope=None, refused=Refused("code", "reason", "place"))])

    assert made(ledger, DAY).cells == {**made(ledger).cells, Cell(NV, IN, "refused"): 1}
    assert made(ledger, DAY + timedelta(days=1)).cells == {Cell(NV, IN, "refused"): 1}
    assert made(ledger, DAY - timedelta(days=1)).cells == {}


#: What is done to the ledger behind the hub's back, and the cells that differ then.
PLANTED = {
    "DELETE FROM delivery WHERE envelope_id = :half AND recipient = 'xa-binh-son'": {Cell(XA, OUT, "delivered")},
    "UPDATE delivery SET state = 'delivered' WHERE state = 'deferred'": {
        *(Cell(KHE, OUT, word) for word in ("delivered", "pending")),
        *(Cell(NV, FATE, word) for word in ("delivered", "pending")),
    },
    "UPDATE input SET verdict = 'refused' WHERE envelope_id = :whole AND verdict = 'accepted'": {
        Cell(NV, IN, "accepted"),
        Cell(NV, IN, "refused"),
    },
    "DELETE FROM input WHERE verdict = 'quarantined'": {Cell(NV, IN, "quarantined")},
    "DELETE FROM event WHERE kind = 'delivered' AND envelope_id = :whole AND unit = 'xa-binh-son'": {
        *(Cell(XA, OUT, word) for word in ("delivered", "pending")),
        *(Cell(NV, FATE, word) for word in ("delivered", "pending")),
    },
    "DELETE FROM event WHERE kind = 'refused'": {Cell(NV, IN, "refused")},
    "DELETE FROM event WHERE kind = 'orphan-discarded'": {
        *(Cell(KHE, ANSWERS, word) for word in ("discarded", "waiting")),
        *(Cell(KHE, FATE, word) for word in ("pen", "recorded")),
    },
    "DELETE FROM orphan WHERE envelope_id = :stray": {
        *(Cell(XA, ANSWERS, word) for word in ("recorded", "waiting")),
        *(Cell(XA, FATE, word) for word in ("pen", "recorded")),
    },
    "UPDATE duty SET state = 'met' WHERE envelope_id = :half AND unit = 'xa-binh-son'": {
        *(Cell(XA, DUTIES, word) for word in ("met", "open"))
    },
    "DELETE FROM duty WHERE state = 'void'": {Cell(XA, DUTIES, "void")},
}


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize("planted", PLANTED)
async def test_each_difference_is_named(ledger: Ledger, database: str, tmp_path: Path, planted: str) -> None:
    ids = await filled(ledger)
    change(database, tmp_path, planted, ids)

    for day in (None, DAY):
        found = made(ledger, day)
        assert {one.cell for one in found.differences} == PLANTED[planted]
        assert all(one.ids and one.rows != one.events for one in found.differences)
        named = next((ids[name] for name in ids if f":{name}" in planted), "")
        assert named in found.differences[0].ids or not named


def change(database: str, folder: Path, statement: str, ids: dict[str, str]) -> None:
    engine = writing(database_url(database, folder))
    with engine.begin() as connection:
        mine = {name: value for name, value in ids.items() if f":{name}" in statement}
        assert connection.execute(text(statement), mine).rowcount
    engine.dispose()


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize("said", ["", "{", "null", "[]", "7", "{}"])
@pytest.mark.parametrize("kind", ["accepted", "refused"])
async def test_an_event_that_cannot_be_read_is_a_difference(
    ledger: Ledger, database: str, tmp_path: Path, kind: str, said: str
) -> None:
    await filled(ledger)
    change(database, tmp_path, f"UPDATE event SET data = '{said}' WHERE kind = '{kind}'", {})

    for day in (None, DAY):
        assert Cell(NV, IN, kind) in {one.cell for one in made(ledger, day).differences}


async def test_what_cancels_out_is_found_all_the_same(ledger: Ledger, database: str, tmp_path: Path) -> None:
    ids = await filled(ledger)
    swap = "UPDATE delivery SET state = CASE state WHEN 'delivered' THEN 'dead' ELSE 'delivered' END"
    change(database, tmp_path, f"{swap} WHERE recipient = 'xa-tinh-khe' AND envelope_id IN (:whole, :dead)", ids)
    before = Counter({"dead": 1, "delivered": 1, "pending": 2})

    found = made(ledger)

    assert found.book(KHE, OUT) == before
    assert {one.cell: {*one.ids} for one in found.differences if one.cell.book == OUT} == {
        Cell(KHE, OUT, word): {ids["whole"], ids["dead"]} for word in ("dead", "delivered")
    }


async def test_a_body_that_is_gone_is_a_difference(ledger: Ledger) -> None:
    ids = await filled(ledger)
    gone = {sent_.envelope.blob.digest for sent_ in [sent("1/CV", XA, KHE)] if sent_.envelope}

    found = ledger.views.looking(lambda connection: sheet(connection, None, lambda digest, _: digest not in gone))

    assert [(one.cell, one.ids) for one in found.differences] == [(Cell(NV, BLOB, "missing"), (ids["whole"],))]


# What a running hub makes of it


class Stored(Blobs):
    """Holds everything."""

    def holds(self, digest: str, size: int) -> bool:
        return True


def events(ledger: Ledger, kind: str) -> list[dict[str, Any]]:
    with ledger.views._look() as connection:
        rows = connection.execute(text("SELECT data FROM event WHERE kind = :kind ORDER BY seq"), {"kind": kind})
        return [json.loads(row.data) for row in rows]


async def test_a_day_that_is_over_has_its_sheet_recorded_once(
    ledger: Ledger, tmp_path: Path, clock: ManualClock
) -> None:
    reconciler = Reconciler(ledger, Stored(tmp_path / "blobs"), clock)
    await reconciler.tick()
    await filled(ledger)
    await reconciler.tick()
    assert events(ledger, "reconciled") == []

    await clock.advance(16 * 3600 + 60)
    await reconciler.tick()
    assert events(ledger, "reconciled") == []
    await clock.advance(120)
    for again in (reconciler, reconciler, Reconciler(ledger, Stored(tmp_path / "blobs"), clock)):
        await again.tick()

    [said] = events(ledger, "reconciled")
    assert (said["day"], said["differences"]) == ("2026-11-23", 0)
    assert said["units"][NV]["in"] == made(ledger).book(NV, IN)
    assert said["units"][KHE]["out"] == {"dead": 1, "delivered": 1, "pending": 2}
    assert reconciler.told() == []
    assert [*ledger.views.strange(), *ledger.views.broken()] == []


@pytest.mark.parametrize("database", ["sqlite"])
async def test_a_ledger_that_cannot_be_read_is_told_and_the_hub_lives(
    ledger: Ledger, database: str, tmp_path: Path, clock: ManualClock
) -> None:
    await filled(ledger)
    change(database, tmp_path, "UPDATE envelope SET received_at = 'x'", {})
    reconciler = Reconciler(ledger, Stored(tmp_path / "blobs"), clock)
    reconciler.ask("all")

    with pytest.raises(Damaged, match="hub verify"):
        await reconciler.tick()
    assert reconciler.waits


async def test_days_that_were_missed_are_made_up_for(ledger: Ledger, tmp_path: Path, clock: ManualClock) -> None:
    await Reconciler(ledger, Stored(tmp_path / "blobs"), clock).tick()
    await clock.advance(3 * 86400)
    await Reconciler(ledger, Stored(tmp_path / "blobs"), clock).tick()
    await clock.advance(100 * 86400)
    await Reconciler(ledger, Stored(tmp_path / "blobs"), clock).tick()

    days = [said["day"] for said in events(ledger, "reconciled")]
    assert days[:3] == ["2026-11-23", "2026-11-24", "2026-11-25"]
    assert days[3:] == ["2027-02-27", "2027-02-28", *(f"2027-03-0{day}" for day in range(1, 6))]


async def test_a_difference_is_an_alarm_once_until_it_is_settled(
    ledger: Ledger, database: str, tmp_path: Path, clock: ManualClock
) -> None:
    ids = await filled(ledger)
    reconciler = Reconciler(ledger, Stored(tmp_path / "blobs"), clock)
    wrong, right = (
        f"UPDATE delivery SET state = '{state}' WHERE envelope_id = :dead" for state in ("withdrawn", "dead")
    )
    change(database, tmp_path, wrong, ids)

    for target in ("all", "2026-11-23", "2026-11-24", "all"):
        reconciler.ask(target)
        await reconciler.tick()

    found = events(ledger, "unbalanced")
    assert len(found) == len(made(ledger).differences) == len(reconciler.told()) == 4
    assert {(one["unit"], one["book"], one["word"]) for one in found} >= {(KHE, OUT, "withdrawn")}
    assert all(one["ids"] == [ids["dead"]] for one in found)
    later = Reconciler(ledger, Stored(tmp_path / "blobs"), clock)
    await later.tick()
    assert later.told() == reconciler.told()

    change(database, tmp_path, right, ids)
    later.ask("all")
    await later.tick()

    assert (later.told(), len(events(ledger, "unbalanced")), len(events(ledger, "balanced"))) == ([], 4, 1)
    with pytest.raises(ValueError):
        later.ask("yesterday")
