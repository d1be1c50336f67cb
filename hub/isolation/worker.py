"""The worker process: builds one connector and carries out its verbs. `python -m hub.isolation.worker SOCKET UNIT`."""

from __future__ import annotations

import asyncio
import ctypes
import os
import pickle
import signal
import socket
import sys
import sysconfig
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from hub import log
from hub.clock import SystemClock
from hub.connector import Connector, Context
from hub.containment import ACTOR, Actor, outcome
from hub.errors import HubError
from hub.isolation import wire
from hub.isolation.faults import Fault, fault
from hub.isolation.inside import Gate, Line, WorkerBodies, WorkerInbox
from hub.pace import CountingLoop, Paces
from hub.plugins import Plugins
from hub.vocabulary import Health

_PR_SET_PDEATHSIG = 1
#: Looks at the loop in the span that it may stand still. It must not have moved at any of them: a process that was
#: stopped as a whole and goes on has stood still for no look.
_LOOKS = 8
#: The hub goes before, and where the machine has no memory left a worker is killed first.
_NICE, _FIRST_TO_GO = 5, 500


_Kind = type[Connector[Any]] | HubError


class Worker:
    """One connector, and what the hub asks of it."""

    def __init__(self, line: Line, birth: wire.Birth, kind: _Kind) -> None:
        self._line, self._birth, self._kind = line, birth, kind
        loop = asyncio.get_running_loop()
        assert isinstance(loop, CountingLoop)
        self._loop = loop
        self._inbox = WorkerInbox(line, Gate(birth.requests, birth.volume))
        self._clock = SystemClock()
        self._connector: Connector[Any] | None = None
        self._calls: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> NoReturn:  # type: ignore[misc]  # the process ends where the hub says so, or ends itself
        """Serve until the process ends."""
        threading.Thread(target=self._hear, name="orders", daemon=True).start()
        threading.Thread(target=self._beat, name="beat", daemon=True).start()
        await asyncio.Event().wait()

    def _hear(self) -> None:
        for order in self._line.orders():
            self._loop.call_soon_threadsafe(self._obey, order)
        os._exit(0)

    def _obey(self, order: wire.Order) -> None:
        match order:
            case wire.Call(number=number):
                task = self._calls[number] = asyncio.create_task(self._carry_out(order))
                task.add_done_callback(lambda _: self._calls.pop(number))
            case wire.Cancel(number=number) if number in self._calls:
                self._calls[number].cancel()

    async def _carry_out(self, call: wire.Call) -> None:
        # What the connector begins inherits it: by that its steps are counted.
        ACTOR.set(Actor(self._birth.unit.id, self._birth.kind))
        verb: Callable[..., Any] = getattr(self, f"_{call.verb}")
        try:
            found = await outcome(verb(*call.args))
        except asyncio.CancelledError:
            self._line.say(wire.write(wire.Ended(call.number)))
            raise
        self._line.say(_ended(call, found))
        if call.verb == "close":
            log.finish()
            os._exit(0)

    async def _open(self) -> None:
        if isinstance(self._kind, Exception):
            raise self._kind
        self._connector = self._kind(pickle.loads(self._birth.settings), self._context())  # noqa: S301 - from the hub
        await self._connector.__aenter__()

    async def _close(self) -> None:
        for task in set(self._calls.values()) - {asyncio.current_task()}:
            task.cancel()
        if self._connector:
            await self._connector.__aexit__()

    async def _check(self) -> Any:
        return await self._real.check()

    async def _listen(self) -> None:
        await self._real.listen(self._inbox)

    async def _send_many(self, deliveries: Any) -> Any:
        return await self._real.send_many(deliveries)

    async def _find(self, delivery: Any) -> Any:
        return await self._real.find(delivery)

    async def _remind(self, reminders: Any) -> None:
        await self._real.remind(reminders)

    @property
    def _real(self) -> Connector[Any]:
        assert self._connector
        return self._connector

    def _context(self) -> Context:
        birth = self._birth
        return Context(
            unit=birth.unit,
            province=birth.province,
            root=birth.root,
            bodies=WorkerBodies(birth.blobs, self._line),
            clock=self._clock,
            codes=birth.codes,
            state=birth.state,
            hotline=birth.hotline,
            trial=birth.trial,
            names=birth.names,
        )

    def _moves(self, moved: threading.Event) -> bool:
        """Whether the loop did within one look; the hub hears that this thread does, at least."""
        self._line.say(wire.write(wire.Alive()))
        return moved.wait(self._birth.stall / _LOOKS)

    def _beat(self) -> None:
        """Say that the loop goes round, or where it stands or spins; follow a machine's clock that was set."""
        thread, paces, last = threading.main_thread().ident, Paces(), time.monotonic()
        while True:
            moved = threading.Event()
            self._loop.call_soon_threadsafe(moved.set)
            if not any(self._moves(moved) for _look in range(_LOOKS)):
                frame = sys._current_frames().get(thread or 0)  # noqa: SLF001 - the documented way to look
                self._line.say(wire.write(wire.Stalled(standing(frame))))
                moved.wait()
            self._line.say(wire.write(wire.Alive()))
            now = time.monotonic()
            for unit in paces.look(self._loop.steps, now - last):
                self._line.say(wire.write(wire.Stalled(self._loop.newest[unit].place, spins=True)))
            last = now
            self._clock.adopt(self._clock.jump())
            threading.Event().wait(self._birth.stall / _LOOKS)


def standing(frame: FrameType | None) -> str:
    """Where a thread is, by the innermost line that is not the standard library's."""
    library = sysconfig.get_path("stdlib")
    here = frame
    while here and here.f_code.co_filename.startswith(library) and "site-packages" not in here.f_code.co_filename:
        here = here.f_back
    found = here or frame
    return f"{found.f_code.co_filename}:{found.f_lineno} ({found.f_code.co_name})" if found else "code without a line"


def _ended(call: wire.Call, found: Any) -> bytes:
    """The frame that tells how a call ended; what a connector must not answer is a bug of its."""
    try:
        if isinstance(found, Exception):
            return wire.write(wire.Ended(call.number, fault=fault(found)))
        if call.verb == "check":
            return wire.write(wire.Ended(call.number, health=Health(bool(found.ok), str(found.detail))))
        if call.verb == "send_many":
            return wire.write(wire.Ended(call.number, ends=tuple(map(wire.end, found))))
        if call.verb == "find":
            return wire.write(wire.Ended(call.number, ends=(wire.end(found),)))
        return wire.write(wire.Ended(call.number))
    except (TypeError, ValueError, AttributeError) as wrong:
        return wire.write(wire.Ended(call.number, fault=Fault("", f"{call.verb}: {wrong}"[:1000])))


def _brought(birth: wire.Birth) -> _Kind:
    """The connector's class, or why there is none."""
    try:
        kind = Plugins([birth.plugin]).connectors.get(birth.kind)
    except HubError as error:
        return error
    return kind or HubError(f"the plugin {birth.plugin} brings no kind {birth.kind} in a worker")


async def _serve(line: Line, birth: wire.Birth, kind: _Kind) -> None:
    await Worker(line, birth, kind).run()


def main() -> None:
    """The program."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # A service manager says SIGTERM to every process of the hub; the hub ends its workers in its own order.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    line = Line(socket.socket(fileno=int(sys.argv[1])))
    birth = next(line.orders(), None)
    if not isinstance(birth, wire.Birth):
        return
    os.environ.pop("PYTHONPATH", None)
    if birth.python_path is not None:
        os.environ["PYTHONPATH"] = birth.python_path
    log.set_up(birth.log)
    # Before the loop begins: what is imported may take its time.
    kind = _brought(birth)
    os.nice(_NICE)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_FIRST_TO_GO))
    with asyncio.Runner(loop_factory=CountingLoop) as runner:
        runner.run(_serve(line, birth, kind))


if __name__ == "__main__":
    main()
