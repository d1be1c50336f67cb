"""A recall races with its document and with the answers to both: every order, and a crash at every step."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count, product
from pathlib import Path

import pytest

from hub.ledger import Grant, Ledger, Proposal, Settlement
from hub.testing import ManualClock, ledgers
from hub.testing.samples import a_document, an_answer
from hub.tracking import Recall
from hub.vocabulary import Acceptance, Acknowledgement, DeliveryState, new_id
from tests.crash.book import FIGURE

#: The document is handed over and that is recorded; a 03 is said and brought back; a 13 is asked, brought, answered
#: with 15 or 16, and that is brought back.
STEPS = ("hand", "record", "accept", "bring-03", "ask", "bring-13", "answer", "bring-answer")
_AFTER = {
    "record": ("hand",),
    "accept": ("record",),
    "bring-03": ("accept",),
    "bring-13": ("ask", "record"),
    "answer": ("bring-13",),
    "bring-answer": ("answer",),
}
_NEVER = len(STEPS)
_NINE = datetime(2026, 11, 23, 2, tzinfo=UTC)
_TICKS = count()


def orders(done: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every order of the steps that keeps what must come before."""
    if len(done) == len(STEPS):
        yield done
    for step in STEPS:
        if step not in done and all(before in done for before in _AFTER.get(step, ())):
            yield from orders((*done, step))


@dataclass(eq=False, slots=True)
class Race:
    """One order of events around one document, in lanes of its own."""

    number: int
    order: tuple[str, ...]
    answer: str
    #: minutes between two steps
    pace: int
    grant: Grant | None = None
    #: what each side has, in the order in which it came; each delivery once
    taker: list[str] = field(default_factory=list)
    sender: list[str] = field(default_factory=list)
    has: set[str] = field(default_factory=set)
    stands: list[str | None] = field(default_factory=list)

    @property
    def is_stopped(self) -> bool:
        """Whether the 13 comes before the document began to go."""
        return self.order.index("ask") < self.order.index("hand")

    def proposal(self, step: str, at: int) -> Proposal:
        """What comes in at this step. Each time it has another id, under the same source key."""
        document = a_document(f"{self.number}/GM-SNV")
        moment = _NINE + timedelta(minutes=self.pace * at)
        sender, taker = f"so-{self.number}", f"xa-{self.number}"
        if step == "start":
            given = ledgers.proposal(document, taker, unit=sender, key="start")
        elif step == "ask":
            asking = an_answer(document, "13", document.sender.id, at=moment)
            given = ledgers.proposal(asking, taker, unit=sender, key=step)
        else:
            code = "03" if step == "accept" else self.answer
            said = an_answer(document, code, at=moment, description="Có lý do")
            given = ledgers.proposal(said, sender, unit=taker, key=step)
        assert given.envelope
        later = _NINE + timedelta(milliseconds=next(_TICKS))
        return replace(given, envelope=replace(given.envelope, id=new_id(later), received_at=later))


async def play(ledger: Ledger, races: Sequence[Race], crash: int, again: Callable[[], Awaitable[Ledger]]) -> Ledger:
    """All races at once, step by step; after step number `crash` nobody hears how it went, and it is done again."""
    await ledger.accept([race.proposal("start", 0) for race in races])
    for at in range(len(STEPS)):
        await _step(ledger, races, at, lost=at == crash)
        if at == crash:
            ledger = await again()
            for race in races:
                race.grant = None
            await _step(ledger, races, at, lost=False)
        for race in (race for race in races if race.order[at] in ("ask", "accept", "answer")):
            view = ledger.views.trace(f"{race.number}/GM-SNV")[0].recipients[0]
            race.stands.append(view.standing.code)
    return ledger


async def _step(ledger: Ledger, races: Sequence[Race], at: int, *, lost: bool) -> None:
    coming = [race for race in races if race.order[at] in ("ask", "accept", "answer")]
    coming = [race for race in coming if race.order[at] == "ask" or not race.is_stopped]
    verdicts = await ledger.accept([race.proposal(race.order[at], at + 1) for race in coming])
    assert all(isinstance(verdict, Acceptance) for verdict in verdicts)
    await asyncio.gather(*(_carry(ledger, race, race.order[at], lost=lost) for race in races if race not in coming))


async def _carry(ledger: Ledger, race: Race, step: str, *, lost: bool) -> None:
    lane, side = ("so", race.sender) if step in ("bring-03", "bring-answer") else ("xa", race.taker)
    if step != "record" or race.grant is None:
        race.grant = await ledger.lease(f"{lane}-{race.number}", 1)
    assert race.grant
    for taken in race.grant.taken:
        # `find` tells what came before the crash.
        if taken.delivery.id not in race.has:
            race.has.add(taken.delivery.id)
            body = taken.delivery.envelope.body
            side.append(body.status if isinstance(body, Acknowledgement) else "document")
    if lost:
        race.grant = None
    elif step != "hand" and race.grant.taken:
        ends = [Settlement(taken, DeliveryState.DELIVERED) for taken in race.grant.taken]
        await ledger.settle(race.grant, ends, 0)
        race.grant = None
    elif not race.grant.taken:
        race.grant = None


#: Every order with either answer, its times all alike or rising.
COURSES = tuple(product(orders(), ("15", "16"), (0, 1)))
Record = Callable[[str, object], None]


async def test_no_order_and_no_crash_leaves_a_document_both_recalled_and_accepted(
    tmp_path: Path, clock: ManualClock, record_property: Record
) -> None:
    """Each course once, their crashes shared out."""
    told = await _run(tmp_path, clock, lambda crash: COURSES[crash :: _NEVER + 1])
    record_property(FIGURE, f"{told} races of a recall, each with a crash at one of {len(STEPS)} steps or none")


@pytest.mark.slow
async def test_every_order_with_a_crash_at_every_step(
    tmp_path: Path, clock: ManualClock, record_property: Record
) -> None:
    told = await _run(tmp_path, clock, lambda _: COURSES)
    record_property(
        FIGURE, f"{told} races of a recall: {len(COURSES)} courses, each with a crash at every step and none"
    )


async def _run(
    tmp_path: Path, clock: ManualClock, chosen: Callable[[int], Sequence[tuple[tuple[str, ...], str, int]]]
) -> int:
    numbers, told = count(1), 0
    for crash in range(_NEVER + 1):
        races = [Race(next(numbers), *course) for course in chosen(crash)]
        async with AsyncExitStack() as stack:

            async def opened(stack: AsyncExitStack = stack) -> Ledger:
                await stack.aclose()
                return await stack.enter_async_context(Ledger("sqlite", tmp_path, "hub", clock))

            ledger = await play(await opened(), races, crash, opened)
            for race in races:
                _judge(ledger, race)
            told += len(races)
            if crash == _NEVER:
                assert not list(ledger.views.strange())
                assert not list(ledger.views.broken())
    return told


def _judge(ledger: Ledger, race: Race) -> None:
    view = ledger.views.trace(f"{race.number}/GM-SNV")[0].recipients[0]
    recalled = race.is_stopped or race.answer == "15"
    assert (view.standing.code, view.standing.recall) == (
        ("15", Recall.AGREED) if recalled else ("03", Recall.REFUSED)
    ), race
    # Once recalled it stays so, and the sender hears of no progress after it.
    first = race.stands.index("15") if recalled else len(race.stands)
    assert set(race.stands[first:]) <= {"15"}, race
    assert "03" not in race.sender[race.sender.index("15") :] if "15" in race.sender else not recalled, race
    early = race.order.index("accept") < race.order.index("answer")
    if race.is_stopped:
        assert ([], ["15"]) == (race.taker, race.sender), race
    else:
        assert ["document", "13"] == race.taker, race
        assert sorted(race.sender) == (["03", "15"] if early else ["15"]) if recalled else ["03", "16"], race


@pytest.mark.parametrize("step", sorted(_AFTER))
def test_orders_keep_what_must_come_before(step: str) -> None:
    assert all(order.index(before) < order.index(step) for order in orders() for before in _AFTER[step])
