"""The hub's side of an isolated connector: a connector whose verbs are carried out by a worker process."""

from __future__ import annotations

import asyncio
import itertools
import os
import pickle
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.config import Isolation
from hub.connector import Connector, Context, Inbox, Outcome, Settings
from hub.containment import Stalled
from hub.errors import Deferred, OutcomeUnknown
from hub.isolation import faults, wire
from hub.isolation.desk import Desk
from hub.isolation.process import Bounds, Process
from hub.vocabulary import Delivery, Health, Receipt, Reminder

#: Seconds that a worker may take to end what nobody waits for, and to close.
_MERCY = 3.0
#: What a worker may say in a second; so much at once when it was quiet before.
_PACE, _BURST = 1000.0, 2000.0
#: Parts of the span in which a worker must have said something, each seen by the hub.
_LOOKS = 16
#: Looks that found it silent, and the part of `stall` that it used a processor meanwhile: nothing else runs in there.
_SILENT, _KEPT = 2, 0.25


class Gone(OutcomeUnknown):
    """The worker process ended."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What is the same for all workers of a hub."""

    budget: Isolation
    #: where the bodies lie
    blobs: Path
    #: level of the log
    log: str
    #: told why a worker could not make a body durable
    lost: Callable[[str], None]


def isolated(
    real: type[Connector[Any]], plugin: str, settings: Settings, context: Context, workshop: Workshop
) -> Connector[Any]:
    """The connector of that kind in a worker process, which a plugin of that name brings there too."""
    wire.prepare()
    about = {"kind": real.kind, "capabilities": real.capable(settings), "settings_type": real.settings_type}
    kind = type(f"Isolated{real.__name__}", (Isolated,), about)
    made: Connector[Any] = kind(plugin, settings, context, workshop)
    return made


class Isolated(Connector[Settings]):
    """Any connector, in a worker process. It lives from `open` to the connector's end."""

    def __init__(self, plugin: str, settings: Settings, context: Context, workshop: Workshop) -> None:
        super().__init__(settings, context)
        self._plugin, self._workshop = plugin, workshop
        self._numbers = itertools.count(1)
        self._calls: dict[int, asyncio.Future[wire.Ended]] = {}
        self._desk = Desk(workshop.budget.requests, workshop.budget.volume)
        self._process: Process | None = None
        self._heard = 0

    async def open(self) -> None:
        """Begin the worker, and have it open its connector. Raises what that raises, Gone, Stalled."""
        budget = self._workshop.budget
        process = self._process = Process(self.context.unit.id, Bounds(budget.memory, budget.processes))
        self._stack.push_async_callback(self._desk.close, _MERCY)
        self._stack.push_async_callback(process.end)
        process.over.add_done_callback(lambda _: self._fail(process))
        await process.attach()
        works = [asyncio.create_task(work) for work in (self._hear(process), self._mind(process))]
        for work in works:
            work.add_done_callback(lambda _: process.condemn("the hub listens to it no more"))
        self._stack.push_async_callback(_cancelled, works)
        self._stack.push_async_callback(self._close, process)
        process.order(self._birth())
        await self._call("open")

    async def check(self) -> Health:
        """See the connector's own."""
        return (await self._call("check")).health or Health(False, "it did not say how it is")

    async def listen(self, inbox: Inbox) -> None:
        """See the connector's own."""
        self._desk.inbox = inbox
        await self._call("listen")

    async def send(self, delivery: Delivery) -> Receipt:
        """See the connector's own."""
        [outcome] = await self.send_many([delivery])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def send_many(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        """See the connector's own."""
        if self._process is None or self._process.over.done():
            raise Deferred("the worker process is down")
        ended = await self._call("send_many", tuple(deliveries))
        return [_sure(wire.outcome(end)) for end in ended.ends]

    async def find(self, delivery: Delivery) -> Receipt | None:
        """See the connector's own."""
        ended = await self._call("find", delivery)
        found = wire.outcome(ended.ends[0]) if ended.ends else None
        if isinstance(found, Exception):
            raise found
        return found

    async def remind(self, reminders: Sequence[Reminder]) -> None:
        """See the connector's own."""
        await self._call("remind", tuple(reminders))

    def _birth(self) -> wire.Birth:
        context, budget = self.context, self._workshop.budget
        return wire.Birth(
            plugin=self._plugin,
            kind=self.kind,
            settings=pickle.dumps(self.settings),
            unit=context.unit,
            province=context.province,
            root=context.root,
            codes=dict(context.codes),
            state=context.state,
            hotline=context.hotline,
            trial=context.trial,
            names=dict(context.names),
            blobs=self._workshop.blobs,
            log=self._workshop.log,
            stall=budget.stall,
            requests=budget.requests,
            volume=budget.volume,
            python_path=os.environ.get("PYTHONPATH"),
        )

    async def _call(self, verb: str, *args: Any) -> wire.Ended:
        """Have the worker do it. Raises what it raised there; Gone, Stalled where it ended meanwhile."""
        process = self._process
        assert process
        if process.over.done():
            raise _gone(process)
        number = next(self._numbers)
        call: asyncio.Future[wire.Ended] = asyncio.get_running_loop().create_future()
        self._calls[number] = call
        try:
            process.order(wire.Call(number, verb, args))
            await process.told()
            ended = await asyncio.shield(call)
        except asyncio.CancelledError:
            process.order(wire.Cancel(number))
            if not (await asyncio.wait({call}, timeout=_MERCY))[0]:
                process.condemn(f"{verb} did not end when nobody waited for it any more")
            raise
        finally:
            self._calls.pop(number, None)
            call.cancel()
        if ended.fault:
            raise faults.error(ended.fault)
        return ended

    async def _hear(self, process: Process) -> None:
        """Take what the worker says, at a pace that leaves the hub to others."""
        pace = _Pace()
        try:
            while True:
                word, size = await process.word()
                self._heard += 1
                self._take(process, word, size)
                await pace.step()
        except wire.Garbage as garbage:
            process.condemn(str(garbage))
        except (EOFError, OSError):
            await process.explained()

    def _take(self, process: Process, word: wire.Word, size: int) -> None:
        match word:
            case wire.Ended(number=number):
                if (call := self._calls.get(number)) and not call.done():
                    call.set_result(word)
            case wire.Part():
                self._desk.take(word, size)
            case wire.Ask():
                self._desk.ask(word, process.order)
            case wire.Stalled(where=where, spins=True):
                process.condemn(f"it spun without a pause at {where}", stalled=True)
            case wire.Stalled(where=where):
                process.condemn(f"it blocked its loop for {self._workshop.budget.stall:g} s in {where}", stalled=True)
            case wire.Lost(reason=reason):
                self._workshop.lost(reason)
            case wire.Alive():
                pass

    async def _mind(self, process: Process) -> None:
        """Notice a worker that cannot even say that it stands still."""
        stall = self._workshop.budget.stall
        quiet, seen, before = 0, 0, 0.0
        while quiet < _LOOKS:
            await asyncio.sleep(2 * stall / _LOOKS)
            used = process.used()
            if self._heard != seen or not seen:
                quiet, seen, before = 0, self._heard, used
                continue
            quiet += 1
            if quiet >= _SILENT and used - before >= _KEPT * stall:
                return process.condemn(f"it kept its interpreter for {used - before:.1f} s", stalled=True)
        return process.condemn(f"it said nothing for {2 * stall:g} s", stalled=True)

    def _fail(self, process: Process) -> None:
        """Nothing that is open will be answered."""
        for call in self._calls.values():
            if not call.done():
                call.set_exception(_gone(process))

    async def _close(self, process: Process) -> None:
        """The worker's own chance to end."""
        if not process.over.done():
            with suppress(Exception):  # whatever came of it, the process is ended next
                async with asyncio.timeout(_MERCY):
                    await self._call("close")


def _gone(process: Process) -> OutcomeUnknown:
    return (Stalled if process.stalled else Gone)(process.over.result())


def _sure(outcome: Outcome | None) -> Outcome:
    return outcome if outcome is not None else OutcomeUnknown("the connector did not say what came of it")


async def _cancelled(works: Sequence[asyncio.Task[None]]) -> None:
    for work in works:
        work.cancel()
    await asyncio.wait(works)


class _Pace:
    """So many steps a second."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._left, self._at = _BURST, self._loop.time()

    async def step(self) -> None:
        """One more; after too many it waits."""
        now = self._loop.time()
        self._left = min(_BURST, self._left + (now - self._at) * _PACE) - 1
        self._at = now
        if self._left < 0:
            await asyncio.sleep(-self._left / _PACE)
