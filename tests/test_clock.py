"""The machine's clock is set by hand, stands still, or is corrected: pauses and holds last as long as meant."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from hub.clock import SystemClock
from hub.ledger import Ledger, Settlement
from hub.ledger.records import columns
from hub.tables import EventRow
from hub.testing import ManualClock
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document
from hub.vocabulary import DeliveryState

_EVENTS = columns(EventRow)


class Machine:
    """A machine whose two clocks a test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall, self.since_boot = 1_764_000_000.0, 50.0
        monkeypatch.setattr(time, "time", lambda: self.wall)
        monkeypatch.setattr(time, "monotonic", lambda: self.since_boot)
        self.clock = SystemClock()

    def passes(self, seconds: float, rate: float = 1.0) -> float:
        """What the clock says of the machine's after that long; the wall clock runs at this rate."""
        self.since_boot += seconds
        self.wall += seconds * rate
        return self.clock.jump()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.mark.parametrize("jump", [86_400.0, -3_600.0, 5.0, -1.5])
def test_a_jump_is_followed_only_when_it_is_adopted(machine: Machine, jump: float) -> None:
    before = machine.clock.now()
    machine.wall += jump
    assert machine.passes(0.5) == 0.0
    assert machine.passes(0.5) == pytest.approx(jump)
    assert (machine.clock.now() - before).total_seconds() == pytest.approx(1.0)

    machine.clock.adopt(jump)

    assert (machine.clock.now() - before).total_seconds() == pytest.approx(1.0 + jump)
    assert machine.passes(0.5) == 0.0


def test_pauses_are_counted_by_a_clock_that_never_jumps(machine: Machine) -> None:
    before = machine.clock.monotonic()
    machine.wall += 86_400.0
    machine.passes(1.0)
    assert machine.clock.monotonic() - before == 1.0


def test_a_clock_that_stands_still_is_not_believed(machine: Machine) -> None:
    before = machine.clock.now()
    assert {machine.passes(0.5, rate=0.0) for _ in range(100)} == {0.0}
    assert (machine.clock.now() - before).total_seconds() == pytest.approx(50.0)

    assert machine.passes(0.5) == pytest.approx(-50.0)


def test_a_clock_that_is_corrected_bit_by_bit_is_followed(machine: Machine) -> None:
    assert {machine.passes(0.5, rate=1.08) for _ in range(1000)} == {0.0}
    assert machine.clock.now().timestamp() == pytest.approx(machine.wall)


@pytest.fixture
async def ledger(database: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Ledger]:
    async with Ledger(database, tmp_path, "node-1", clock) as opened:
        yield opened


async def deferred(ledger: Ledger, wait: float) -> None:
    await ledger.accept([proposal(a_document(), "xa-binh-son")])
    grant = await ledger.lease("xa-binh-son", 1)
    assert grant
    await ledger.settle(grant, [Settlement(grant.taken[0], DeliveryState.DEFERRED, wait)], 0)


async def due(ledger: Ledger) -> bool:
    grant = await ledger.lease("xa-binh-son", 1)
    return bool(grant and grant.taken)


@pytest.mark.parametrize("jump", [86_400.0, -86_400.0])
async def test_a_pause_lasts_as_long_as_it_was_meant_to(ledger: Ledger, clock: ManualClock, jump: float) -> None:
    await deferred(ledger, 60)

    await ledger.follow(jump, clock.jump)
    await clock.advance(59)
    assert not await due(ledger)

    await clock.advance(2)
    grant = await ledger.lease("xa-binh-son", 1)
    assert grant
    assert grant.taken[0].age == 61.0


@pytest.mark.parametrize("jump", [86_400.0, -86_400.0])
async def test_an_attempt_that_a_jump_meets_pauses_as_any_other(
    ledger: Ledger, clock: ManualClock, jump: float
) -> None:
    await ledger.accept([proposal(a_document(), "xa-binh-son")])
    grant = await ledger.lease("xa-binh-son", 1)
    assert grant

    await ledger.follow(jump, clock.jump)
    await ledger.settle(grant, [Settlement(grant.taken[0], DeliveryState.DEFERRED, 60)], 0)

    await clock.advance(59)
    assert not await due(ledger)
    await clock.advance(1)
    assert await due(ledger)


async def test_a_clock_set_back_while_no_hub_ran_makes_nobody_wait(
    database: str, tmp_path: Path, clock: ManualClock
) -> None:
    async with Ledger(database, tmp_path, "node-1", clock) as ledger:
        await deferred(ledger, 60)
        await ledger.begin()
    clock.jump(-86_400)

    async with Ledger(database, tmp_path, "node-1", clock) as ledger:
        await ledger.begin()
        await clock.advance(61)
        assert await due(ledger)
        assert not list(ledger.views.broken())


async def test_event_times_fall_only_where_an_event_says_so(ledger: Ledger, clock: ManualClock) -> None:
    await deferred(ledger, 60)
    clock.jump(-0.5)
    await ledger.begin()
    await ledger.follow(-3600.0, clock.jump)
    await ledger.begin()

    with ledger._engine.connect() as connection:
        events = list(connection.execute(select(_EVENTS.c.kind, _EVENTS.c.at).order_by(_EVENTS.c.seq)))

    falls = [later[0] for earlier, later in pairwise(events) if later[1] < earlier[1]]
    assert falls == ["clock-set"]
    assert events[-1][1] - events[0][1] == timedelta(seconds=-3600)
