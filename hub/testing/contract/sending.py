"""What is promised of the way out: open, check, send, find."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from hub.connector import Connector
from hub.testing.contract.alone import ours, watched
from hub.testing.contract.stage import AnyConnector, Stage, broken
from hub.testing.endings import judged
from hub.vocabulary import Delivery, Health, Receipt

#: Seconds after which a send is cut off, so that nobody knows how it ended.
_CUTS = (0.0, 0.0005, 0.002, 0.005, 0.02)
_MOST = 8


async def is_well(stage: Stage) -> None:
    """Open, well, ended; and all of it a second time."""
    for turn in ("", " when it is opened for the second time"):
        async with stage.life() as connector:
            health = await stage.health(connector)
            if health != Health(True, getattr(health, "detail", "")):
                broken(f"check() says {health!r}{turn}, and the counterpart is there: return Health(True)")


async def one_effect(stage: Stage) -> None:
    """In one life, and after a restart; and another delivery is another effect."""
    first, second = stage.delivery("1/CV"), stage.delivery("2/CV")
    again = replace(first, attempt=2, possible_duplicate=True)
    async with stage.life() as connector:
        await stage.deliver(connector, first)
        await stage.shows([first])
        await stage.deliver(connector, again)
        await stage.shows([first])
    async with stage.life() as connector:
        await stage.deliver(connector, again)
        await stage.deliver(connector, second)
    await stage.shows([first, second])


async def finds(stage: Stage) -> None:
    """Before a send, after one, and after one that was cut off."""
    stage.needs_sends()
    sent, unsent = stage.delivery("1/CV"), stage.delivery("2/CV")
    async with stage.life() as connector:
        await _is_not_there(stage, connector, unsent)
        await stage.deliver(connector, sent)
        await stage.shows([sent])
        await _is_not_there(stage, connector, unsent)
    async with stage.life() as connector:
        if await stage.do(connector.find(sent), "find") is None and _asks(connector):
            broken("find says None, and the counterpart has the delivery: return a Receipt, or leave find out")
    cut = [await _cut_off(stage, number, pause) for number, pause in enumerate(_CUTS, 3)]
    await stage.shows([sent, *cut])


def _asks(connector: AnyConnector) -> bool:
    return getattr(type(connector), "find", None) is not Connector.find


async def _is_not_there(stage: Stage, connector: AnyConnector, delivery: Delivery) -> None:
    if await stage.do(connector.find(delivery), "find") is not None:
        broken("find says that it has arrived, and it was never sent: the hub would not send it any more. Return None")


async def _cut_off(stage: Stage, number: int, pause: float) -> Delivery:
    """A send that ended nobody knows how; then what the hub does."""
    delivery = stage.delivery(f"{number}/CV")
    async with stage.life() as connector:
        task = ours(connector.send(delivery))
        await asyncio.wait({task}, timeout=pause)
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()
    async with stage.life() as connector:
        if await stage.do(connector.find(delivery), "find") is not None:
            await stage.until(
                lambda: delivery.id in stage.counterpart.effects(),
                "find says that a delivery arrived whose send was cut off, and the counterpart has it not: it is lost",
            )
        else:
            await stage.deliver(connector, replace(delivery, attempt=2, possible_duplicate=True))
    return delivery


async def in_order(stage: Stage) -> None:
    """As many as it says in one call, the rest in the next."""
    async with stage.life() as connector:
        batch = min(connector.capabilities.batch, _MOST)
        deliveries = [stage.delivery(f"{number}/CV") for number in range(1, max(batch, 3) + 1)]
        if stage.is_fetched:
            for delivery in deliveries:
                stage.outbox.put(delivery)
            await stage.shows(deliveries)
            return
        ahead = list(deliveries)
        while ahead:
            ends = await stage.do(connector.send_many(ahead[:batch]), "send_many")
            ahead = ahead[_received(ends, ahead[:batch]) :]
    await stage.shows(deliveries)


def _received(ends: Sequence[object], given: Sequence[Delivery]) -> int:
    """How many of the given were received. Raises Broken."""
    if len(ends) > len(given):
        broken(f"send_many answered {len(ends)} times for {len(given)} deliveries")
    words = [judged(end).word if isinstance(end, Receipt | Exception) else "nothing" for end in ends]
    if not words or words[0] != "receipt" or "nothing" in words:
        broken(f"send_many answered {list(ends)!r} while the counterpart was there: give a Receipt for a leading part")
    first = next((place for place, word in enumerate(words) if word != "receipt"), len(words))
    if first < len(words) - 1:
        broken("send_many went on after the first that was not received: what follows it must not be tried")
    return first


async def outage(stage: Stage) -> None:
    """The counterpart goes away, and a new life finds it away."""
    stage.needs_sends()
    async with stage.life() as connector:
        await stage.deliver(connector, stage.delivery("1/CV"))
        await stage.gone()
        await _sees_outage(stage, connector)
    connector = stage.made()
    opened = await asyncio.wait({ours(connector.__aenter__())})
    if not any(task.exception() for task in opened[0]):
        await _sees_outage(stage, connector)
    await asyncio.wait({ours(connector.__aexit__(None, None, None))})


async def _sees_outage(stage: Stage, connector: AnyConnector) -> None:
    health = await stage.health(connector)
    if isinstance(health, Health) and health.ok:
        broken("the counterpart is gone, and check() says that all is well: make a real round trip to it")
    ending = await stage.send(connector, stage.delivery("2/CV"))
    if ending.word not in ("deferred", "unknown"):
        broken(f"the counterpart is gone, and a send ends as {ending}: raise Deferred where it cannot have arrived, "
               "OutcomeUnknown where nobody knows")  # fmt: skip


async def loop_is_free(stage: Stage) -> None:
    """Every verb once, while somebody looks whether the loop goes on."""
    delivery = stage.delivery("1/CV")
    with watched() as stood_still:
        async with stage.life() as connector, stage.listening(connector):
            await stage.health(connector)
            if not stage.one_way:
                await stage.offer("2/CV")
                await stage.until(stage.codes, "an input was offered, and it did not reach the inbox")
            if not stage.is_fetched:
                await stage.do(connector.find(delivery), "find")
            await stage.deliver(connector, delivery)
            await asyncio.sleep(0.1)
    if stood_still:
        broken(f"the event loop stood still at {stood_still[0]}: do what blocks in a thread (asyncio.to_thread)")
