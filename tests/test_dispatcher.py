"""Lanes at work, on a real ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.blobs import Blobs
from hub.clock import SystemClock
from hub.connector import Capabilities, Connector, Context, Inbox, Outcome, Settings
from hub.dispatcher import Dispatcher, Port
from hub.errors import Deferred, NoRoom, OutcomeUnknown, Refused
from hub.ledger import Grant, Ledger, Settlement
from hub.plugins import Plugins
from hub.retry import Policy
from hub.testing import eventually
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document
from hub.vocabulary import Delivery, Document, Organization, Receipt, Unit, Urgency

Script = Callable[[Delivery], Receipt]


class Scripted(Connector[Settings]):
    """Answers as the test says, and remembers what it was asked."""

    kind = "scripted"
    capabilities = Capabilities(batch=4)

    def __init__(self, settings: Settings, context: Context) -> None:
        super().__init__(settings, context)
        self.script: Script = lambda delivery: Receipt(delivery.id)
        self.has: dict[str, Receipt] = {}
        self.sent: list[Delivery] = []
        self.asked: list[str] = []
        #: questions that it has no time for
        self.busy = 0
        self.gate: asyncio.Event | None = None

    async def listen(self, inbox: Inbox) -> None:
        await asyncio.Event().wait()

    async def send(self, delivery: Delivery) -> Receipt:
        if self.gate:
            await self.gate.wait()
        self.sent.append(delivery)
        return self.script(delivery)

    async def find(self, delivery: Delivery) -> Receipt | None:
        self.asked.append(_code(delivery))
        if self.busy:
            self.busy -= 1
            raise Deferred("busy")
        return self.has.get(_code(delivery))

    @property
    def codes(self) -> list[str]:
        return [_code(delivery) for delivery in self.sent]


class Bench:
    """A ledger, a dispatcher, and one scripted connector for everyone."""

    def __init__(self, ledger: Ledger, connector: Scripted, policy: Policy) -> None:
        self.ledger, self.connector = ledger, connector
        self.hung: list[str] = []
        self.up = True
        self.dispatcher = Dispatcher(
            ledger, SystemClock(), policy, Plugins([]), self._port, lambda unit, _: self.hung.append(unit)
        )

    def _port(self, _: str) -> Port | None:
        return Port("unit", self.connector) if self.up else None

    async def accept(self, *documents: Document, recipient: str = "xa-binh-son") -> None:
        for verdict in await self.ledger.accept([proposal(document, recipient) for document in documents]):
            assert not isinstance(verdict, Refused)
            self.dispatcher.nudge(recipient, 0)

    async def states(self, **wanted: int) -> None:
        await eventually(lambda: self.ledger.views.counts().deliveries == wanted)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.dispatcher.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})


def a_bench(ledger: Ledger, tmp_path: Path, settings: Settings) -> Bench:
    clock = SystemClock()
    unit, bodies = Unit("u", "U", "H48.01"), Blobs(tmp_path / "blobs")
    context = Context(unit, Organization("H48"), tmp_path, bodies, clock, {}, tmp_path)
    policy = Policy(first=0.02, most=0.05, give_up=60, bugs=3)
    return Bench(ledger, Scripted(settings, context), policy)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with Ledger("sqlite", tmp_path, "hub", SystemClock()) as ledger:
        yield a_bench(ledger, tmp_path, Settings(kind="scripted", send_timeout=0.2))


def _code(delivery: Delivery) -> str:
    assert isinstance(delivery.envelope.body, Document)
    return delivery.envelope.body.code


def documents(count: int) -> list[Document]:
    return [a_document(f"{n}/UBND") for n in range(count)]


def once(error: Exception, code: str) -> Script:
    """Fail the first attempt at that document."""
    failed: list[str] = []

    def script(delivery: Delivery) -> Receipt:
        if _code(delivery) == code and not failed:
            failed.append(code)
            raise error
        return Receipt(delivery.id)

    return script


async def test_everything_arrives_once_and_in_order(bench: Bench) -> None:
    async with bench.running():
        await bench.accept(*documents(30))
        await bench.states(delivered=30)

    assert [f"{n}/UBND" for n in range(30)] == bench.connector.codes


async def test_what_is_deferred_goes_again_before_what_follows(bench: Bench) -> None:
    bench.connector.script = once(Deferred("busy"), "1/UBND")

    async with bench.running():
        await bench.accept(*documents(4))
        await bench.states(delivered=4)

    assert ["0/UBND", "1/UBND", "1/UBND", "2/UBND", "3/UBND"] == bench.connector.codes
    assert [] == bench.connector.asked


async def test_a_counterpart_that_cannot_be_asked_now_is_asked_later(bench: Bench) -> None:
    bench.connector.script = once(OutcomeUnknown("lost"), "0/UBND")
    bench.connector.busy = 2

    async with bench.running():
        await bench.accept(*documents(1))
        await bench.states(delivered=1)

    assert 3 == len(bench.connector.asked)
    assert [False, True] == [delivery.possible_duplicate for delivery in bench.connector.sent]


async def test_what_is_refused_is_a_dead_letter_and_frees_the_lane(bench: Bench) -> None:
    bench.connector.script = once(Refused("locked", "Đơn vị nhận đã khóa."), "0/UBND")

    async with bench.running():
        await bench.accept(*documents(3))
        await bench.states(delivered=2, dead=1)

    assert ["locked: Đơn vị nhận đã khóa."] == [letter.reason for letter in bench.ledger.views.deadletters()]


@pytest.mark.parametrize("error", [OutcomeUnknown("cut"), ConnectionResetError("cut"), TimeoutError(), KeyError("bug")])
async def test_after_an_unknown_outcome_the_other_side_is_asked(bench: Bench, error: Exception) -> None:
    bench.connector.script = once(error, "0/UBND")
    bench.connector.has["0/UBND"] = Receipt("already there")

    async with bench.running():
        await bench.accept(*documents(1))
        await bench.states(delivered=1)

    assert (["0/UBND"], ["0/UBND"]) == (bench.connector.codes, bench.connector.asked)


async def test_what_nobody_can_tell_is_sent_again_and_says_so(bench: Bench) -> None:
    bench.connector.script = once(OutcomeUnknown("cut"), "0/UBND")

    async with bench.running():
        await bench.accept(*documents(1))
        await bench.states(delivered=1)

    assert [False, True] == [delivery.possible_duplicate for delivery in bench.connector.sent]
    assert 1 == len({delivery.id for delivery in bench.connector.sent})
    assert bench.ledger.views.trace("0/UBND")[0].recipients[0].possible_duplicate


async def test_one_bad_delivery_costs_no_other_its_budget(bench: Bench) -> None:
    def script(delivery: Delivery) -> Receipt:
        if _code(delivery) == "1/UBND":
            raise KeyError("bug")
        return Receipt(delivery.id)

    bench.connector.script = script
    async with bench.running():
        await bench.accept(*documents(6))
        await bench.states(delivered=5, dead=1)

    assert ["1/ubnd"] == [letter.code for letter in bench.ledger.views.deadletters()]


async def test_one_that_hangs_is_reported_and_its_outcome_unknown(bench: Bench) -> None:
    bench.connector.gate = asyncio.Event()

    async with bench.running():
        await bench.accept(*documents(1))
        await eventually(lambda: bench.hung == ["unit"])
        bench.connector.gate.set()
        await bench.states(delivered=1)

    assert ["0/UBND"] == bench.connector.asked


async def test_urgent_lanes_go_first(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.dispatcher.SLOTS", 1)
    normal, flash = a_document("1/CV"), a_document("2/CĐ", urgency=Urgency.FLASH)
    await bench.ledger.accept([proposal(normal, "a"), proposal(flash, "b")])

    async with bench.running():
        await bench.states(delivered=2)

    assert ["2/CĐ", "1/CV"] == bench.connector.codes


async def test_a_connector_that_is_down_keeps_its_lane_waiting(bench: Bench) -> None:
    bench.up = False

    async with bench.running():
        await bench.accept(*documents(1))
        await bench.states(waiting=1)
        bench.up = True
        bench.dispatcher.look()
        await bench.states(delivered=1)


async def test_what_was_accepted_before_the_start_is_delivered(bench: Bench) -> None:
    await bench.ledger.accept([proposal(document, "xa-binh-son") for document in documents(5)])

    async with bench.running():
        await bench.states(delivered=5)


async def test_what_a_crash_left_in_flight_is_asked_about(bench: Bench) -> None:
    await bench.ledger.accept([proposal(document, "xa-binh-son") for document in documents(3)])
    await bench.ledger.lease("xa-binh-son", 2)
    bench.connector.has["0/UBND"] = Receipt("there")

    async with bench.running():
        await bench.states(delivered=3)

    assert (["0/UBND", "1/UBND"], ["1/UBND", "2/UBND"]) == (bench.connector.asked, bench.connector.codes)
    assert [True, False] == [delivery.possible_duplicate for delivery in bench.connector.sent]


async def test_receipts_are_held_while_the_ledger_is_full(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    settle, full = bench.ledger.settle, [True, True]

    async def refusing(grant: Grant, settlements: Sequence[Settlement], limit: int) -> Grant:
        if full:
            full.pop()
            raise NoRoom
        return await settle(grant, settlements, limit)

    monkeypatch.setattr(bench.ledger, "settle", refusing)
    monkeypatch.setattr("hub.dispatcher._FULL", 0.01)
    async with bench.running():
        await bench.accept(*documents(3))
        await bench.states(delivered=3)

    assert ["0/UBND", "1/UBND", "2/UBND"] == bench.connector.codes


async def test_draining_ends_what_is_begun_and_begins_nothing(bench: Bench) -> None:
    bench.connector.gate = asyncio.Event()
    async with bench.running():
        await bench.accept(*documents(8))
        await bench.states(sending=4, waiting=4)
        asyncio.get_running_loop().call_later(0.05, bench.connector.gate.set)
        await bench.dispatcher.drain(5)

        assert {"delivered": 4, "waiting": 4} == bench.ledger.views.counts().deliveries


class Odd(Scripted):
    """Answers more, or other things, than it was given."""

    async def send_many(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        return [*await super().send_many(deliveries), Receipt("one too many")]


async def test_answers_too_many_do_no_harm(bench: Bench) -> None:
    bench.connector.__class__ = Odd

    async with bench.running():
        await bench.accept(*documents(2))
        await bench.states(delivered=2)
