"""What is altered in a duty's row is found, on both databases; what is working state is not asked about."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from hub.duties import Owed, Sent, Step
from hub.ledger import Ledger
from hub.ledger.duties import DUTIES, matched, void
from hub.ledger.minded import Move
from hub.ledger.writer import Transaction
from hub.testing import ManualClock
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document, an_answer
from tests.duties.rows import envelope_of

XA, KHE, NV = "xa-binh-son", "xa-tinh-khe", "so-nv"
DUE = datetime(2026, 11, 23, 10, tzinfo=UTC)
LATER = DUE + timedelta(days=3)


@pytest.fixture
async def ledger(database: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Ledger]:
    """Duties in many states: met, late, overdue, moved, broken, void, the sender's own."""
    async with Ledger(database, tmp_path, "hub", clock) as opened:
        documents = [a_document(f"{number}/GM-SNV") for number in range(4)]
        ids = []
        for document in documents:
            owed = tuple(Owed(unit, code, "luật", DUE, DUE) for unit in (XA, KHE) for code in ("03", "06"))
            gui = Sent(Owed(NV, "gui", "gửi", DUE, DUE), met=True)
            [verdict] = await opened.accept([replace(proposal(document, XA, KHE), owed=owed, sent=gui)])
            ids.append(envelope_of(verdict))
        await opened.accept([proposal(an_answer(documents[0], "06"), NV, unit=XA)])
        late = proposal(an_answer(documents[1], "03"), NV, unit=XA)
        assert late.envelope
        await opened.accept([replace(late, envelope=replace(late.envelope, received_at=LATER))])
        steps = (
            Step("overdue", DUE, LATER, ("duty-overdue", "duty-reminded"), remind=True),
            Step("open", LATER, LATER, ("duty-moved",)),
            Step("broken", DUE, LATER, ("duty-overdue", "duty-broken")),
        )
        due = await opened.duties.due(DUE, 100)
        seen = [one for one in due if one.envelope in ids[:2] and one.duty.unit == KHE][:3]
        await opened.duties.take([Move(one, step) for one, step in zip(seen, steps, strict=True)])
        await opened._writer.run(lambda tx: void(tx, ids[2], [XA], "thu hồi"))
        late = proposal(an_answer(a_document(), "03"), NV, unit=KHE)
        assert late.envelope
        late = replace(late, envelope=replace(late.envelope, received_at=DUE))
        await opened._writer.run(lambda tx: matched(tx, late, ids[3], [NV]))
        yield opened


async def altered(ledger: Ledger, statement: object) -> list[str]:
    await ledger._writer.run(lambda tx: tx.execute(statement))
    return list(ledger.views.strange())


async def keys(ledger: Ledger, state: str = "") -> list[str]:
    query = select(DUTIES.c.id).order_by(DUTIES.c.id)
    query = query.where(DUTIES.c.state == state) if state else query
    return ledger.views.looking(lambda connection: list(connection.execute(query).scalars()))


async def row_of(ledger: Ledger, key: str) -> dict[str, Any]:
    query = select(DUTIES).where(DUTIES.c.id == key)
    return ledger.views.looking(lambda connection: dict(connection.execute(query).mappings().one()))


async def test_as_it_is_it_is_sound(ledger: Ledger) -> None:
    assert [] == list(ledger.views.strange())
    states = {state for state in ("met", "late", "overdue", "open", "broken", "void") if await keys(ledger, state)}
    assert {"met", "late", "overdue", "open", "broken", "void"} == states


_OTHER: dict[str, object] = {
    "unit": "so-khcn",
    "code": "05",
    "rule": "khác",
    "opened_at": LATER,
    "due_at": LATER + timedelta(microseconds=1),
    "state": "paused",
    "ended_at": LATER,
    "reminded": 7,
}


@pytest.mark.parametrize("state", ["met", "late", "overdue", "open", "broken", "void"])
async def test_every_column_that_is_evidence(ledger: Ledger, state: str) -> None:
    key = (await keys(ledger, state))[0]
    mine = update(DUTIES).where(DUTIES.c.id == key)
    before = await row_of(ledger, key)

    for column, value in _OTHER.items():
        assert any(f"duty {key}" in line for line in await altered(ledger, mine.values({column: value}))), column
        assert [] == await altered(ledger, mine.values({column: before[column]}))


async def test_a_broken_duty_cannot_be_made_met(ledger: Ledger) -> None:
    key = (await keys(ledger, "broken"))[0]

    assert await altered(ledger, update(DUTIES).where(DUTIES.c.id == key).values(state="met"))


async def test_a_row_that_is_gone(ledger: Ledger) -> None:
    for key in await keys(ledger):
        row = await row_of(ledger, key)
        assert await altered(ledger, delete(DUTIES).where(DUTIES.c.id == key))
        assert [] == await altered(ledger, insert(DUTIES).values(row))


async def test_a_row_too_many(ledger: Ledger) -> None:
    def copy(transaction: Transaction) -> None:
        row = dict(transaction.execute(select(DUTIES).limit(1)).mappings().one())
        transaction.execute(insert(DUTIES), [row | {"id": "khác"}])

    await ledger._writer.run(copy)

    assert any("duty khác" in line for line in list(ledger.views.strange()))


async def test_when_to_look_again_is_working_state(ledger: Ledger) -> None:
    assert [] == await altered(ledger, update(DUTIES).values(next_at=LATER + timedelta(days=99)))
