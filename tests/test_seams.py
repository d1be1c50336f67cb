"""Where holds, units that end, trials and duplicates meet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.blobs import Blobs
from hub.clock import VIETNAM
from hub.directory import Directory
from hub.inbox import Rules, UnitInbox
from hub.ledger import Ledger
from hub.plugins import Plugins
from hub.testing import ManualClock
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Acceptance, Blob, DeliveryState, Health, Incoming, Packet, Unit

END = date(2025, 6, 30)
NV = Unit("so-nv", "Sở Nội vụ", "000.00.14.H48")
TTTT = Unit("so-tttt", "Sở Thông tin và Truyền thông", "000.00.20.H48", until=END, successors=("so-khcn",))
KHCN = Unit("so-khcn", "Sở Khoa học và Công nghệ", "000.00.15.H48")
DISTRICT = Unit("tra-bong", "UBND huyện Trà Bồng", "000.00.40.H48", until=END, successors=("so-nv", "so-khcn"))
NEW = Unit("xa-moi", "UBND xã Mới", "000.00.41.H48", mode="thu-nghiem")
ALSO = Unit("xa-thu", "UBND xã Thử", "000.00.42.H48", mode="thu-nghiem")
BASE = Directory((NV, TTTT, KHCN, DISTRICT, NEW, ALSO, Unit("truc", "Trục quốc gia", "")), "truc")
#: a minute before midnight of the last day in Vietnam
LATE = datetime(2025, 6, 30, 16, 59, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(LATE)


@pytest.fixture
async def ledger(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Ledger]:
    async with Ledger("sqlite", tmp_path, "hub", clock) as opened:
        yield opened


class Bench:
    """Inboxes of one hub whose clock goes over the end of a unit."""

    def __init__(self, ledger: Ledger, clock: ManualClock) -> None:
        self.ledger, self.clock = ledger, clock
        self.nudged: list[str] = []

    def inbox(self, unit: str) -> UnitInbox:
        plugins = Plugins([])
        rules = Rules(BASE, (), {}, 0)
        return UnitInbox(
            unit, rules, self.ledger, Blobs(Path()), self.clock, plugins, lambda unit, _: self.nudged.append(unit)
        )

    async def take(self, unit: str, body: Any, key: str = "k", hold: float = 0.0) -> Acceptance:
        digest = f"{hash(key + repr(body)) & (2**64 - 1):064x}"
        [verdict] = await self.inbox(unit).accept([Incoming(key, "a", Packet(body), Blob(digest, 10), hold)])
        assert isinstance(verdict, Acceptance), verdict
        return verdict


@pytest.fixture
def bench(ledger: Ledger, clock: ManualClock) -> Bench:
    return Bench(ledger, clock)


async def test_a_hold_that_outlasts_its_recipient_goes_to_the_heir_and_the_sender_sees_whom_to_ask(
    bench: Bench,
) -> None:
    document = a_document("1/CV", to=(TTTT.code,))
    envelope = (await bench.take("so-nv", document, hold=120)).envelope_id
    [before] = await bench.inbox("so-nv").stories([envelope])
    await bench.clock.advance(121)

    lanes = await bench.ledger.dispatch()

    today = BASE.on(bench.clock.now().astimezone(VIETNAM).date())
    assert [today.endpoint(lane.recipient) for lane in lanes] == ["so-khcn"]
    await bench.ledger.note_health("so-khcn", Health(False, "mất kết nối"))
    [after] = await bench.inbox("so-nv").stories([envelope])
    assert (before.name, before.down_since) == ("Sở Thông tin và Truyền thông", None)
    assert after.name == "Sở Thông tin và Truyền thông (nay là Sở Khoa học và Công nghệ)"
    assert (after.state, after.down_since) == (DeliveryState.WAITING, bench.clock.now())
    await bench.take("so-khcn", an_answer(document, "03", KHCN.code), "answer")
    [answered] = await bench.inbox("so-nv").stories([envelope])
    assert (answered.recipient, answered.status) == ("so-tttt", "03")


async def test_a_held_document_to_a_unit_that_ended_meanwhile_can_still_be_stopped(bench: Bench) -> None:
    envelope = (await bench.take("so-nv", a_document("1/CV", to=(TTTT.code,)), hold=120)).envelope_id
    await bench.clock.advance(100)

    assert await bench.inbox("so-nv").withdraw(envelope)

    await bench.clock.advance(100)
    assert await bench.ledger.dispatch() == []
    again = await bench.take("so-nv", a_document("1/CV", to=(TTTT.code,), subject="Bản đã sửa"), "again")
    assert (again.duplicate, again.recipients) == (False, ("so-khcn",))


async def test_who_has_several_heirs_is_called_by_name(bench: Bench) -> None:
    await bench.clock.advance(120)
    envelope = (await bench.take("so-nv", a_document("1/CV", to=(DISTRICT.code, TTTT.code)))).envelope_id

    stories = {story.recipient: story for story in await bench.inbox("so-nv").stories([envelope])}

    assert {name: story.name for name, story in stories.items()} == {
        DISTRICT.code: "UBND huyện Trà Bồng",
        "so-khcn": "Sở Khoa học và Công nghệ",
    }
    assert "Chọn một hay nhiều đơn vị" in stories[DISTRICT.code].reason


async def test_the_heir_gets_once_what_was_sent_under_both_names_after_the_end(bench: Bench) -> None:
    await bench.clock.advance(120)
    first = await bench.take("so-nv", a_document("1/CV", to=(TTTT.code,)))

    again = await bench.take("so-nv", a_document("1/CV", to=(KHCN.code,)), "direct")
    both = await bench.take("so-nv", a_document("2/CV", to=(TTTT.code, KHCN.code)), "both")

    assert (again.duplicate, again.envelope_id) == (True, first.envelope_id)
    assert both.recipients == ("so-khcn",)


async def test_the_heir_itself_may_be_sent_what_its_predecessor_got(bench: Bench) -> None:
    first = await bench.take("so-nv", a_document("1/CV", to=(TTTT.code,)))
    await bench.clock.advance(120)

    direct = await bench.take("so-nv", a_document("1/CV", to=(KHCN.code,)), "direct")
    old_name = await bench.take("so-nv", a_document("1/CV", to=(TTTT.code,)), "again")

    assert (direct.duplicate, direct.recipients) == (False, ("so-khcn",))
    assert (old_name.duplicate, old_name.envelope_id) == (True, first.envelope_id)


async def test_a_trial_is_stopped_whole_and_its_recipients_bear_their_names(bench: Bench) -> None:
    document = a_document("1/CV", sender=NEW.code, to=(ALSO.code, NV.code))
    envelope = (await bench.take("xa-moi", document, hold=60)).envelope_id
    told = await bench.inbox("xa-moi").stories([envelope])
    assert {(story.name, story.state) for story in told} == {
        ("UBND xã Thử", DeliveryState.HELD),
        ("Sở Nội vụ", DeliveryState.DEAD),
    }

    assert await bench.inbox("xa-moi").withdraw(envelope)

    assert bench.ledger.views.deadletters() == []
    told = await bench.inbox("xa-moi").stories([envelope])
    assert {story.state for story in told} == {DeliveryState.WITHDRAWN}
    again = await bench.take("xa-moi", a_document("1/CV", sender=NEW.code, to=(ALSO.code,), subject="Mới"), "2")
    assert not again.duplicate
    assert [trace.is_trial for trace in bench.ledger.views.trace("1/CV")] == [True, True]
    assert bench.nudged == ["xa-thu"]
