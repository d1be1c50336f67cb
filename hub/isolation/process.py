"""The hub's hand on one worker process: begun through its warden, spoken to over a socket, ended whole."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from hub.isolation import wire
from hub.isolation.output import Output
from hub.log import logger

_WARDEN = Path(__file__).with_name("warden.py")
#: Of a processor's time, in a second.
_TICKS = os.sysconf("SC_CLK_TCK")
#: Seconds that the warden may take to end everything.
_PATIENCE = 6.0
#: Seconds between the end of what a worker says and the warden's word why, which comes late on a machine that is busy.
_EXPLAIN = 5.0
#: Where the configuration finds secrets: a worker has those of its own settings, and they come over the socket.
_SECRETS = ("HUB_SECRET_", "CREDENTIALS_DIRECTORY")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the warden watches over."""

    #: bytes that the worker and all that it began may use
    memory: int
    processes: int


class Process:
    """One worker process. `over` says why it ended, or must end."""

    def __init__(self, unit: str, bounds: Bounds) -> None:
        """Begin it. To be called in the thread that lives as long as the hub: the warden ends with that thread."""
        self.unit = unit
        self._words: asyncio.StreamReader | None = None
        self._orders: asyncio.StreamWriter | None = None
        self._held: asyncio.StreamWriter | None = None
        self._watch: asyncio.Task[None] | None = None
        #: it had to be ended because it kept its loop
        self.stalled = False
        self.over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._pid = 0
        with ExitStack() as theirs, ExitStack() as ours:
            self._life, life = map(_held, socket.socketpair(), (ours, theirs))
            self._socket, worker = map(_held, socket.socketpair(), (ours, theirs))
            pipe, output = os.pipe()
            ours.callback(os.close, pipe)
            theirs.callback(os.close, output)
            self._warden = subprocess.Popen(  # noqa: S603 - Python and a file of ours by their paths, no shell, nothing of a plugin's in it
                [sys.executable, "-I", "-S", str(_WARDEN), unit],
                stdin=life.fileno(),
                stdout=output,
                stderr=output,
                pass_fds=[worker.fileno()],
                env=_environment(),
                start_new_session=True,
            )
            self._life.sendall(_orders(unit, worker.fileno(), bounds))
            # Now, so that its end needs no descriptor that may not be there.
            self._ended = os.pidfd_open(self._warden.pid)
            ours.pop_all()
        self._output = Output(unit, pipe)

    async def attach(self) -> None:
        """Get ready to speak and to listen."""
        self._words, self._orders = await asyncio.open_connection(sock=self._socket)
        news, self._held = await asyncio.open_connection(sock=self._life)
        self._watch = asyncio.create_task(self._follow(news))

    async def word(self) -> tuple[wire.Word, int]:
        """What the worker says next, and its bytes. Raises Garbage; EOFError, OSError where nothing comes any more."""
        assert self._words
        (size,) = wire.HEAD.unpack(await self._words.readexactly(wire.HEAD.size))
        if size > wire.MOST:
            raise wire.Garbage(f"it said {size} bytes at once")
        return wire.read(await self._words.readexactly(size)), size

    def order(self, order: wire.Order) -> None:
        """Tell the worker; nothing where it is gone."""
        if self._orders and not self._orders.is_closing():
            self._orders.write(wire.pack(order))

    async def told(self) -> None:
        """Wait while it does not listen and much is said already."""
        if self._orders:
            with suppress(OSError):
                await self._orders.drain()

    def used(self) -> float:
        """Seconds of a processor that the worker itself has used so far; 0.0: it is not there."""
        with suppress(OSError):
            fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / _TICKS
        return 0.0

    def condemn(self, reason: str, *, stalled: bool = False) -> None:
        """It must end, now, for this reason unless there is one already."""
        if not self.over.done():
            self.stalled = stalled
            self.over.set_result(reason)
            with suppress(OSError):
                self._life.shutdown(socket.SHUT_RDWR)

    async def explained(self) -> None:
        """It says nothing any more: the warden is given a while to say why."""
        await asyncio.wait({self.over}, timeout=_EXPLAIN)
        self.condemn("it closed its connection to the hub")

    async def end(self) -> None:
        """Kill it and all that it began; return when they are gone. Given up, it leaves nothing behind."""
        self.condemn("it was ended")
        try:
            if not await _readable(self._ended, _PATIENCE):
                logger.error("the warden of {} does not end and is killed", self.unit)
                self._warden.kill()
            if await asyncio.to_thread(self._warden.wait) and self._pid:
                with suppress(ProcessLookupError):
                    os.killpg(self._pid, signal.SIGKILL)
        finally:
            self._let_go()

    def _let_go(self) -> None:
        os.close(self._ended)
        if self._watch:
            self._watch.cancel()
        for end in (self._orders, self._held):
            if end:
                end.close()
        self._output.close()
        if self._warden.poll() is None:
            # It ends by itself, and only its parent can bury it.
            threading.Thread(target=self._warden.wait, daemon=True).start()

    async def _follow(self, news: asyncio.StreamReader) -> None:
        """What the warden says, until it has ended."""
        with suppress(OSError):
            async for line in news:
                said = json.loads(line)
                self._pid = said.get("pid", self._pid)
                if why := said.get("why"):
                    self.condemn(why)
        self.condemn("its warden was killed")


def _held(end: socket.socket, stack: ExitStack) -> socket.socket:
    return stack.enter_context(end)


def _orders(unit: str, descriptor: int, bounds: Bounds) -> bytes:
    command = [sys.executable, "-P", "-m", "hub.isolation.worker", str(descriptor), unit]
    said = {"command": command, "pass": [descriptor], "memory": bounds.memory, "processes": bounds.processes}
    return json.dumps(said).encode() + b"\n"


def _environment() -> dict[str, str]:
    """Ours, with the places where we find our modules, without the secrets of others."""
    # An empty entry is the working directory, as Python itself reads it.
    path = os.pathsep.join(place or str(Path.cwd()) for place in sys.path)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_SECRETS)}
    return {**kept, "PYTHONPATH": path}


async def _readable(descriptor: int, seconds: float) -> bool:
    """Whether it became so in time; of a process: whether it has ended."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        async with asyncio.timeout(seconds):
            await ended.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(descriptor)
    return True
