"""What is promised of the way in: listen, and what comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from hub.errors import NoRoom, Refused
from hub.testing.contract.alone import here
from hub.testing.contract.stage import PATIENCE, QUIET, Stage, broken
from hub.vocabulary import Incoming, Packet, Reminder

_NOT_OFFERED = f"the counterpart offered an input, and listen handed nothing to inbox.accept within {PATIENCE:g} s"
_OWED = tuple(
    Reminder(f"contract{number}", f"{number}/CV", "V/v thử", "Sở Nội vụ", "03", datetime(2026, 11, 23, tzinfo=UTC),
             overdue=number == 1, count=1)
    for number in (1, 2)
)  # fmt: skip


async def custody(stage: Stage) -> None:
    """A life in which accept raises, one in which it returns, and one in which nothing may come again."""
    stage.needs_offers()
    stage.inbox.error = NoRoom("the contract lets the disk be full")
    async with stage.life() as connector, stage.listening(connector):
        await stage.offer("1/CV")
        await stage.until(lambda: stage.inbox.offered, _NOT_OFFERED)
        await asyncio.sleep(QUIET)
    stage.inbox.error = None
    async with stage.life() as connector, stage.listening(connector) as task:
        await stage.until(
            lambda: stage.codes() == ["1/CV"] or task.done(),
            "accept raised, and the input did not come again: its source was let go. Let go after accept returned",
        )
        _still_listens(task)
        await asyncio.sleep(QUIET)
    _is_one(stage)
    await _was_stored(stage)
    await _comes_no_more(stage, "accept returned, and the input came again in the next life: let go of its source")


async def once(stage: Stage) -> None:
    """The hub dies after it judged an input and before the connector heard of it."""
    stage.needs_offers()
    stage.inbox.lost = OSError("the contract loses the answer")
    async with stage.life() as connector, stage.listening(connector):
        await stage.offer("1/CV")
        await stage.until(lambda: stage.inbox.offered, _NOT_OFFERED)
    stage.inbox.lost, before = None, len(stage.inbox.offered)
    async with stage.life() as connector, stage.listening(connector):
        await stage.until(
            lambda: len(stage.inbox.offered) > before,
            "the answer of accept was lost, and the input did not come again: let go after accept returned",
        )
        await asyncio.sleep(QUIET)
    _is_one(stage)


async def refusal(stage: Stage) -> None:
    """A refused input is given back, and is quiet then: in the same life and in the next."""
    stage.needs_offers()
    stage.inbox.refuses = lambda _: Refused("contract", "Hợp đồng thử: không nhận.", "To")
    async with stage.life() as connector, stage.listening(connector) as task:
        await stage.offer("1/CV")
        await stage.until(lambda: stage.inbox.offered, _NOT_OFFERED)
        await asyncio.sleep(QUIET * 2)
        _still_listens(task)
        if (times := len(stage.inbox.offered)) > 1:
            broken(f"a refused input was offered {times} times within a second: give it back once, with its reason")
    await _comes_no_more(stage, "a refused input came again in the next life: give it back, with its reason")


async def cancel(stage: Stage) -> None:
    """Listen is cancelled with the connector still open, then the connector ends."""
    here().mark()
    async with stage.life() as connector:
        async with stage.listening(connector) as task:
            await (asyncio.sleep(QUIET) if stage.one_way else _offered(stage))
            _still_listens(task)
        before = len(stage.inbox.offered)
        if not stage.one_way:
            await stage.offer("2/CV")
        await asyncio.sleep(QUIET * 2)
        if len(stage.inbox.offered) > before:
            broken("listen was cancelled, and inputs are still handed over: end in listen what listen began")
    if stage.one_way and stage.inbox.offered:
        broken("the counterpart says one_way = True, and something was handed over")
    if left := await here().left():
        broken(f"the connector has ended, and this goes on: {', '.join(left)}. End it in listen, or with self.enter")


async def answers(stage: Stage) -> None:
    """The unit answers what it received."""
    answer: Callable[..., Awaitable[Any]] | None = getattr(stage.counterpart, "answer", None)
    says = stage.counterpart.connector.capabilities.answers
    if not says and answer:
        broken("the counterpart can answer, and the connector says Capabilities(answers=False): say True")
    if says and not answer:
        broken("the connector says that hồi báo comes back: give the counterpart an answer(delivery), "
               "or say Capabilities(answers=False)")  # fmt: skip
    if answer is None:
        return
    delivery = stage.delivery("1/CV")
    async with stage.life() as connector, stage.listening(connector):
        await stage.deliver(connector, delivery)
        await answer(delivery)
        await stage.until(
            lambda: any(said.status != "01" for said in stage.answers()),
            "the unit answered what it received, and no Acknowledgement reached the inbox",
        )
    if any(said.response_for.code != "1/CV" for said in stage.answers()):
        broken("a hồi báo names another document than the one that was answered")


async def reminders(stage: Stage) -> None:
    """What is owed, told twice, is one note; when nothing is owed any more it is taken away, however often."""
    notes: Callable[[], Sequence[str]] | None = getattr(stage.counterpart, "notes", None)
    async with stage.life() as connector:
        if not connector.capabilities.reminders:
            return
        if notes is None:
            broken("the connector says that it can remind people: give the counterpart notes(), or leave reminders out")
        for owed in (_OWED[:1], _OWED, _OWED):
            await stage.do(connector.remind(owed), "remind")
        await stage.until(lambda: _tells(notes()), f"remind was called three times, and notes() shows {list(notes())}: "
                          "one note that names every document which is owed, in place of the one before")  # fmt: skip
        for _twice in range(2):
            await stage.do(connector.remind(()), "remind")
        await stage.until(lambda: not notes(), "nothing is owed any more, and people are still reminded: take it away")


def _tells(notes: Sequence[str]) -> bool:
    return len(notes) == 1 and all(owed.code in notes[0] for owed in _OWED)


async def _offered(stage: Stage) -> None:
    await stage.offer("1/CV")
    await stage.until(stage.codes, _NOT_OFFERED)


def _still_listens(task: asyncio.Task[None]) -> None:
    if task.done() and not task.cancelled():
        broken(f"listen ended by itself ({task.exception()!r}): it listens until it is cancelled")


def _is_one(stage: Stage) -> None:
    keys = {each.source_key for each in stage.inbox.offered}
    if len(keys) > 1:
        broken(f"one input came under the source keys {sorted(keys)}: name the input, not the try")


async def _was_stored(stage: Stage) -> None:
    [incoming] = stage.inbox.accepted.values()
    if incoming.blob is None:
        broken("an input was handed over without its blob: store its bytes first (context.bodies.store)")
    size = await asyncio.to_thread(_size, stage, incoming)
    if size != incoming.blob.size:
        broken(f"the blob of an input has {size} bytes, and it says {incoming.blob.size}")


def _size(stage: Stage, incoming: Incoming) -> int:
    assert isinstance(incoming.packet, Packet)
    assert incoming.blob is not None
    with stage.context.bodies.open(incoming.blob) as file:
        return len(file.read())


async def _comes_no_more(stage: Stage, sentence: str) -> None:
    before = len(stage.inbox.offered)
    async with stage.life() as connector, stage.listening(connector):
        await asyncio.sleep(QUIET * 2)
    if len(stage.inbox.offered) > before:
        broken(sentence)
