"""Killed at any step of receiving and sending, the hub loses and doubles nothing, say the central hub's records."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import SecretStr

from hub import failpoints
from hub.config.systems import System
from hub.simulating.central import Record
from hub.testing.samples import GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document
from hub.vocabulary import Document, Organization
from tests.journeys.border import Border, from_office
from tests.journeys.lives import killed_and_lived, kills, lived
from tests.journeys.simulated import Simulated, is_over, judge, simulated, verified

OURS = [a_document(f"{number}/GM-SNV", to=(GOVERNMENT_OFFICE,)) for number in range(1, 4)]
THEIRS = [f"{number}/VPCP" for number in range(1, 4)]
#: those that such a trip passes: each is shown to be passed
STEPS = [
    *(name for name in failpoints.NAMES if name.startswith(("central.", "blobs."))),
    "inbox.before_accept",
    "inbox.accepted",
    "ledger.after_commit",
    "dispatcher.taken",
    "dispatcher.sent",
    "dispatcher.settled",
]

SHORT = ("central.fetched", "central.confirmed", "central.handed")
_MINISTRIES = tuple(
    System(f"000.00.00.{root}", name, SecretStr(f"bi-mat-cua-{root}"))
    for root, name in (("G09", "Bộ Nội vụ"), ("G17", "Thanh tra Chính phủ"))
)
#: each goes out as one packet for three
WIDE = [replace(each, to=(*each.to, *(Organization(one.code) for one in _MINISTRIES))) for each in OURS]
SENDING = (
    "central.begun",
    "central.handed",
    "central.noted",
    "dispatcher.taken",
    "dispatcher.sent",
    "dispatcher.settled",
    "ledger.after_commit",
)


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Simulated]:
    async with simulated(tmp_path) as running:
        yield running


@pytest.fixture
async def among_ministries(tmp_path: Path) -> AsyncIterator[Simulated]:
    async with simulated(tmp_path, others=_MINISTRIES) as running:
        yield running


class Trip:
    """Three documents each way, and an answer to each."""

    ours: ClassVar[Sequence[Document]] = OURS

    def __init__(self, home: Path, there: Simulated) -> None:
        self.border, self.there = Border(home, there.settings), there

    async def begin(self) -> None:
        """What is to go lies ready on both sides."""
        self.border.sends(*self.ours)
        await self.there.send(*(from_office(code, HOME_AFFAIRS) for code in THEIRS))

    def is_over(self) -> bool:
        """Whether all is where it belongs."""
        return is_over(self.border, self.there)

    async def go_on(self) -> bool:
        """Everybody who has something to answer does."""
        if self.is_over():
            return False
        if (self.border.so_nv / "in").exists():
            self.border.answers()
        await self.there.take("03")
        await asyncio.sleep(0.05)
        return True

    def check(self) -> None:
        """Once each."""
        judge(self.border, self.there, [each.code for each in OURS], THEIRS)


@pytest.mark.parametrize(("step", "turn"), kills(STEPS, (1, 2), SHORT))
async def test_a_kill_at_any_step_loses_and_doubles_nothing(
    tmp_path: Path, there: Simulated, step: str, turn: int
) -> None:
    trip = Trip(tmp_path, there)
    await trip.begin()
    await killed_and_lived(tmp_path, trip.go_on, step, turn)
    trip.check()


class WideTrip(Trip):
    """The same, of documents that go to two ministries too."""

    ours: ClassVar[Sequence[Document]] = WIDE

    def is_over(self) -> bool:
        return super().is_over() and len(self.handed()) >= len(WIDE) * len(WIDE[0].to)

    def handed(self) -> list[Record]:
        """The central hub's records of what we sent, a record for each recipient."""
        return [each for each in self.there.records(HOME_AFFAIRS) if each.message_type == "edoc"]

    def check(self) -> None:
        told = Counter((each.notation, each.recipient) for each in self.handed())
        assert told == {(document.code, organ.id): 1 for document in WIDE for organ in document.to}
        assert {"delivered": 18} == verified(self.border)[1]


@pytest.mark.parametrize(
    ("step", "turn"),
    [
        pytest.param(step, turn, marks=() if (step, turn) == ("central.handed", 2) else pytest.mark.slow)
        for step in SENDING
        for turn in (1, 2, 5)
    ],
)
async def test_a_kill_while_one_packet_goes_to_three_loses_and_doubles_nothing(
    tmp_path: Path, among_ministries: Simulated, step: str, turn: int
) -> None:
    trip = WideTrip(tmp_path, among_ministries)
    await trip.begin()
    await killed_and_lived(tmp_path, trip.go_on, step, turn)
    trip.check()


async def test_three_recipients_share_a_packet(tmp_path: Path, among_ministries: Simulated) -> None:
    trip = WideTrip(tmp_path, among_ministries)
    await trip.begin()
    assert 0 == await lived(tmp_path, trip.go_on)
    trip.check()
    assert [3, 3, 3] == list(Counter(each.sender_doc_id for each in trip.handed()).values())


async def test_an_undisturbed_trip(tmp_path: Path, there: Simulated) -> None:
    trip = Trip(tmp_path, there)
    await trip.begin()
    assert 0 == await lived(tmp_path, trip.go_on)
    trip.check()
