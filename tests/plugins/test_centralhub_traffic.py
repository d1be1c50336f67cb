"""How much is asked of a central hub at a time; and what its rows say."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from hub.carrying.failures import Busy, Denied, Outage, Resting
from hub.carrying.traffic import Limits, Traffic
from hub.testing import ManualClock, eventually
from plugins.centralhub.failures import Failed
from plugins.centralhub.rows import Key, folded, received, sent

_LIMITS = Limits(parallel=4, rate=0, pause=5, pause_most=30, retry_credentials=3600)


async def call(traffic: Traffic, error: Exception | None = None, urgency: int = 0) -> None:
    async with traffic.turn(urgency):
        if error:
            raise error


async def rests(traffic: Traffic) -> float:
    with pytest.raises(Resting) as resting:
        await call(traffic)
    return resting.value.seconds


async def fails(traffic: Traffic, error: Exception) -> None:
    with pytest.raises(type(error)):
        await call(traffic, error)


async def test_pauses_grow_to_the_longest_and_begin_anew_after_a_success(clock: ManualClock) -> None:
    traffic, pauses = Traffic(_LIMITS, clock, "trục trung ương"), []
    for _ in range(5):
        await fails(traffic, Outage("away"))
        pauses.append(await rests(traffic))
        await clock.advance(pauses[-1])
    assert [5, 10, 20, 30, 30] == pauses
    await call(traffic)
    await fails(traffic, Outage("away"))
    assert 5 == await rests(traffic)


async def test_it_rests_as_long_as_it_is_asked_to_within_reason(clock: ManualClock) -> None:
    traffic = Traffic(_LIMITS, clock, "trục trung ương")
    await fails(traffic, Outage("busy", 503, 12))
    assert 12 == await rests(traffic)
    await clock.advance(12)
    await fails(traffic, Outage("busy", 503, 99_999))
    assert 30 == await rests(traffic)


async def test_a_refused_secret_rests_long_and_an_error_of_its_own_does_not(clock: ManualClock) -> None:
    traffic = Traffic(_LIMITS, clock, "trục trung ương")
    await fails(traffic, Failed("18", ""))
    assert 0 == traffic.rest
    await fails(traffic, Denied("secret"))
    assert (3600, True) == (await rests(traffic), traffic.denied)
    await clock.advance(3600)
    await call(traffic)
    assert ("", False) == (traffic.reason, traffic.denied)


@pytest.mark.parametrize("error", [Denied("secret"), Outage("away")])
async def test_a_success_that_was_begun_before_a_failure_does_not_end_the_rest(
    clock: ManualClock, error: Exception
) -> None:
    traffic, gate = Traffic(_LIMITS, clock, "trục trung ương"), asyncio.Event()

    async def long() -> None:
        async with traffic.turn():
            await gate.wait()

    task = asyncio.create_task(long())
    await asyncio.sleep(0)
    await fails(traffic, error)
    gate.set()
    await task
    assert await rests(traffic) >= 5
    await clock.advance(traffic.rest)
    await call(traffic)
    assert ("", 0) == (traffic.reason, traffic.rest)


async def test_after_an_outage_one_goes_first_and_then_more_and_more(clock: ManualClock) -> None:
    traffic = Traffic(_LIMITS, clock, "trục trung ương")
    await fails(traffic, Outage("away"))
    await clock.advance(5)
    inside, most, gate = 0, [0], asyncio.Event()

    async def one() -> None:
        nonlocal inside
        async with traffic.turn():
            inside += 1
            most.append(inside)
            await gate.wait()
            for _ in range(20):
                await asyncio.sleep(0)
            inside -= 1

    tasks = [asyncio.create_task(one()) for _ in range(8)]
    for _ in range(20):
        await asyncio.sleep(0)
    assert 1 == inside
    gate.set()
    await asyncio.gather(*tasks)
    assert 4 == max(most)


async def test_the_most_urgent_goes_first_and_the_cancelled_not_at_all(clock: ManualClock) -> None:
    traffic = Traffic(Limits(1, 0, 5, 30, 3600), clock, "trục trung ương")
    order: list[int] = []
    gate = asyncio.Event()

    async def one(urgency: int) -> None:
        async with traffic.turn(urgency):
            order.append(urgency)
            await gate.wait()

    tasks = [asyncio.create_task(one(urgency)) for urgency in (0, 1, 4, 2, 3)]
    for _ in range(20):
        await asyncio.sleep(0)
    tasks[3].cancel()
    gate.set()
    await asyncio.wait(tasks)
    assert [0, 4, 3, 1] == order
    await call(traffic)


async def test_those_who_wait_are_told_of_an_outage(clock: ManualClock) -> None:
    traffic = Traffic(Limits(1, 0, 5, 30, 3600), clock, "trục trung ương")
    gate = asyncio.Event()

    async def breaks() -> None:
        async with traffic.turn():
            await gate.wait()
            raise Outage("away")

    first = asyncio.create_task(breaks())
    await asyncio.sleep(0)
    others = [asyncio.create_task(call(traffic)) for _ in range(3)]
    await asyncio.sleep(0)
    gate.set()
    ends = await asyncio.gather(first, *others, return_exceptions=True)
    assert [Outage, Resting, Resting, Resting] == [type(end) for end in ends]
    await clock.advance(5)
    await call(traffic)


async def test_who_finds_no_place_in_time_is_told_so_and_takes_none(clock: ManualClock) -> None:
    traffic = Traffic(Limits(1, 0, 5, 30, 3600), clock, "trục trung ương")
    gate = asyncio.Event()

    async def long() -> None:
        async with traffic.turn():
            await gate.wait()

    first = asyncio.create_task(long())
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        async with traffic.turn(0, 0.02):
            pytest.fail("it got a place")
    assert ("", 0) == (traffic.reason, traffic.rest)
    gate.set()
    await first
    await call(traffic)


async def test_calls_are_spread_over_a_second(clock: ManualClock) -> None:
    traffic = Traffic(Limits(10, 4, 5, 30, 3600), clock, "trục trung ương")
    done: list[float] = []

    async def one() -> None:
        async with traffic.turn():
            done.append(clock.monotonic())

    tasks = [asyncio.create_task(one()) for _ in range(5)]
    await clock.asleep(4)
    await clock.advance(1.0)
    await eventually(lambda: len(done) == 5)
    await asyncio.gather(*tasks)
    assert [0, 0.25, 0.5, 0.75, 1.0] == [round(at - 1000, 2) for at in done]


_SINCE = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
_KEY = Key("edoc", "000.00.14.H48", "000.00.00.G22", "211/GM-SNV", "GM-SNV", folded("Dự tập huấn"))


def row(**said: object) -> dict[str, object]:
    return {
        "senderDocId": "d1",
        "fromCode": "000.00.14.H48",
        "toCode": "000.00.00.g22 ",
        "notation": "211/GM-SNV",
    } | said


@pytest.mark.parametrize(
    ("said", "is_ours"),
    [
        ({}, True),
        ({"sentTime": "2026/11/23 09:00:00"}, True),
        ({"sentTime": "2026-11-23T08:51:00.123"}, True),
        ({"sentTime": "23/11/2026 09:30:00"}, True),
        ({"sentTime": "2026/11/23 08:49:59"}, False),
        ({"sentTime": "22/11/2026 09:30:00"}, False),
        ({"sentTime": "31/02/2026 09:30:00"}, True),
        ({"sentTime": "hôm qua"}, True),
        ({"notation": "GM-SNV"}, False),
        ({"notation": "GM-SNV", "title": "Du tap huan"}, True),
        ({"notation": "", "title": "Dự tập huấn"}, False),
        ({"notation": None}, False),
        ({"toCode": "000.00.00.G18"}, False),
        ({"fromCode": "000.00.31.H48"}, False),
        ({"senderDocId": ""}, False),
        ({"senderDocId": None}, False),
        ({"senderDocId": 17}, True),
    ],
)
def test_which_row_may_be_what_we_sent(said: dict[str, object], is_ours: bool) -> None:
    assert is_ours == (sent(row(**said), _KEY, _SINCE) is not None)


def test_a_row_tells_when() -> None:
    found = sent(row(sentTime="2026/11/23 09:00:00"), _KEY, _SINCE)
    assert found is not None
    assert _SINCE == found.at
    assert sent(row(sentTime="2026/11/23 09:00:00"), _KEY, _SINCE + timedelta(minutes=11)) is None


@pytest.mark.parametrize("doc_id", [None, "", "đ1", "d 1", "d\r\nX: y", "x" * 201, [], {}])
def test_a_packet_without_a_usable_id_is_none(doc_id: object) -> None:
    assert received({"docId": doc_id}) is None


def test_what_was_confirmed_before_is_over() -> None:
    over = [received({"docId": 1, "status": status}) for status in ("done", "FAIL", "initial", "PROCESSING", None, "")]
    assert [True, True, False, False, False, False] == [each.is_over for each in over if each]
