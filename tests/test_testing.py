from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from blockbuster import BlockingError

from hub import (
    Blob,
    Connector,
    Deferred,
    Delivery,
    Document,
    Inbox,
    Incoming,
    NoRoom,
    OutcomeUnknown,
    Packet,
    Receipt,
    Refused,
    Settings,
)
from hub.clock import Clock
from hub.standards import edxml
from hub.testing import ManualClock, MemoryInbox, eventually, outcome_of, sample_context, sample_delivery
from hub.testing.samples import a_document, an_answer


async def test_time_stands_still_until_the_test_moves_it(clock: ManualClock) -> None:
    begun, mark = clock.now(), clock.monotonic()
    await clock.advance(90)
    assert (clock.now() - begun).total_seconds() == 90
    assert clock.monotonic() - mark == 90


async def test_a_sleeper_wakes_at_its_time_and_not_before(clock: ManualClock) -> None:
    sleeper = asyncio.create_task(clock.sleep(10))
    await clock.asleep()
    await clock.advance(9.9)
    assert not sleeper.done()
    await clock.advance(0.1)
    assert sleeper.done()


async def test_who_falls_asleep_again_on_the_way_is_woken_again(clock: ManualClock) -> None:
    woken: list[float] = []

    async def beat(pause: float) -> None:
        while True:
            await clock.sleep(pause)
            woken.append(clock.monotonic() - 1000)

    async with asyncio.TaskGroup() as tasks:
        beats = [tasks.create_task(beat(pause)) for pause in (4, 3)]
        await clock.asleep(2)
        await clock.advance(10)
        for task in beats:
            task.cancel()
    assert woken == [3, 4, 6, 8, 9]


async def test_a_cancelled_sleeper_is_forgotten(clock: ManualClock) -> None:
    sleeper = asyncio.create_task(clock.sleep(10))
    await clock.asleep()
    sleeper.cancel()
    await eventually(sleeper.done)
    assert clock.sleeping == 0
    await clock.advance(20)


async def test_the_wall_clock_may_jump_and_nobody_wakes(clock: ManualClock) -> None:
    sleeper = asyncio.create_task(clock.sleep(10))
    await clock.asleep()
    mark = clock.monotonic()
    clock.jump(-3600)
    await asyncio.sleep(0)
    assert clock.monotonic() == mark
    assert not sleeper.done()
    await clock.advance(10)
    await sleeper


async def test_what_never_becomes_true_fails_in_time() -> None:
    with pytest.raises(AssertionError, match="not true within"):
        await eventually(lambda: False, within=0.02)


async def test_what_is_moved_while_it_is_looked_at_is_looked_at_again(tmp_path: Path) -> None:
    place = tmp_path / "a"
    asyncio.get_running_loop().call_later(0.02, place.write_text, "here")
    await eventually(lambda: place.read_text() == "here")


async def test_what_is_never_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="not true within") as failed:
        await eventually((tmp_path / "a").read_text, within=0.02)
    assert isinstance(failed.value.__cause__, FileNotFoundError)


def test_it_is_a_clock(clock: ManualClock) -> None:
    as_clock: Clock = clock
    assert as_clock.now().tzinfo is not None


@pytest.mark.usefixtures("nothing_blocks")
async def test_a_blocking_call_on_the_loop_is_an_error() -> None:
    with pytest.raises(BlockingError):
        time.sleep(0.001)  # noqa: ASYNC251  # this is what must be found
    await asyncio.to_thread(time.sleep, 0.001)


def incoming(key: str, code: str = "1/CV") -> Incoming:
    return Incoming(key, "a.edxml", Packet(a_document(code)), Blob("0" * 64, 1))


async def test_the_inbox_judges_the_same_key_the_same_way_again() -> None:
    inbox = MemoryInbox()
    [first] = await inbox.accept([incoming("a")])
    inbox.refuses = lambda _: Refused("closed", "Đã đóng.")
    assert await inbox.accept([incoming("a"), incoming("b")]) == [first, inbox.verdicts["b"]]
    assert list(inbox.accepted) == ["a"]
    assert [each.source_key for each in inbox.offered] == ["a", "a", "b"]


async def test_the_inbox_can_fail_before_and_after_it_judged() -> None:
    inbox = MemoryInbox()
    inbox.error = NoRoom("full")
    with pytest.raises(NoRoom):
        await inbox.accept([incoming("a")])
    assert inbox.accepted == {}
    inbox.error, inbox.lost = None, OSError("gone")
    with pytest.raises(OSError, match="gone"):
        await inbox.accept([incoming("a")])
    assert list(inbox.accepted) == ["a"]


async def test_what_the_reader_refused_is_answered_with_that() -> None:
    unreadable = Incoming("a", "a", Refused("not-edxml", "Không đọc được."), None)
    inbox = MemoryInbox()
    assert await inbox.accept([unreadable]) == [unreadable.packet]
    assert await inbox.tries("a") == 1
    assert await inbox.tries("a") == 2


def test_a_sample_delivery_has_real_bytes(tmp_path: Path) -> None:
    context = sample_context(tmp_path)
    delivery = sample_delivery(context.bodies, "7/QĐ-UBND", files={"a.pdf": b"%PDF-1.7 a"})
    with context.bodies.open(delivery.envelope.blob) as file:
        packet = edxml.read(file)
        assert isinstance(packet.body, Document)
        assert packet.body.code == "7/QĐ-UBND"
        assert b"".join(edxml.decode(file, packet.body.attachments[0])) == b"%PDF-1.7 a"
    answer = sample_delivery(context.bodies, body=an_answer(a_document(), "03"))
    assert answer.envelope.kind == "acknowledgement"


class Ends(Connector[Settings]):
    """Ends each send as the test says."""

    kind = "ends"
    end: Callable[[], Any]

    async def listen(self, inbox: Inbox) -> None: ...

    async def send(self, delivery: Delivery) -> Receipt:
        answer: Receipt = await self.end()
        return answer


async def _raise(error: BaseException) -> None:
    raise error


async def _receipt() -> Receipt:
    return Receipt("r1")


@pytest.mark.parametrize(
    ("end", "word", "state"),
    [
        (_receipt, "receipt", "delivered"),
        (lambda: _raise(Deferred("later")), "deferred", "deferred"),
        (lambda: _raise(Refused("no", "Không.")), "refused", "dead"),
        (lambda: _raise(OutcomeUnknown()), "unknown", "uncertain"),
        (lambda: _raise(ConnectionResetError()), "unknown", "uncertain"),
        (lambda: asyncio.sleep(60), "unknown", "uncertain"),
        (lambda: _raise(KeyError("x")), "bug", "uncertain"),
        (lambda: _raise(SystemExit(3)), "bug", "uncertain"),
    ],
)
async def test_how_a_send_ends(tmp_path: Path, end: Callable[[], Any], word: str, state: str) -> None:
    context = sample_context(tmp_path)
    connector = Ends(Settings(kind="ends", send_timeout="50ms"), context)
    connector.end = end
    ending = await outcome_of(connector, sample_delivery(context.bodies))
    assert (ending.word, ending.state) == (word, state)
