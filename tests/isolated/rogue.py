"""A plugin whose connector does one bad deed in its first life, and afterwards what a connector should."""

from __future__ import annotations

import asyncio
import ctypes
import io
import locale
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Literal

from hub import Connector, Delivery, Health, Inbox, Incoming, Receipt, Refused, Settings, hookimpl, logger
from hub.standards import edxml

hub_api = 1


class RogueSettings(Settings):
    """What it does, and in which verb."""

    kind: Literal["rogue"]
    #: where it writes what it did, and finds what it is to hand over
    folder: Path
    deed: str = ""
    verb: Literal["open", "check", "listen", "send", "find", ""] = ""


class Rogue(Connector[RogueSettings]):
    """Hands over what lies in `in/`, keeps what it is sent in `out/`."""

    kind: ClassVar[str] = "rogue"
    settings_type = RogueSettings

    async def open(self) -> None:
        self.lives = self.note("lives", os.getpid())
        self._stack.callback(self.note, "closed", os.getpid())
        await self._act("open")

    async def check(self) -> Health:
        await self._act("check")
        return Health(True, f"life {self.lives}")

    async def listen(self, inbox: Inbox) -> None:
        self.inbox = inbox
        await self._act("listen")
        taken: set[Path] = set()
        while True:
            for path in sorted(set((self.settings.folder / "in").iterdir()) - taken):
                taken.add(path)
                [outcome] = await inbox.accept([await asyncio.to_thread(self.incoming, path)])
                self.note("verdicts", outcome)
                path.unlink()
            await asyncio.sleep(0.02)

    async def send(self, delivery: Delivery) -> Receipt:
        self.note("sent", f"{delivery.id} {delivery.possible_duplicate}")
        self.delivery = delivery
        await self._act("send")
        return self.keep(delivery)

    async def find(self, delivery: Delivery) -> Receipt | None:
        self.note("asked", delivery.id)
        await self._act("find")
        return Receipt("found") if (self.settings.folder / "out" / delivery.id).exists() else None

    def keep(self, delivery: Delivery) -> Receipt:
        """The counterpart has it now."""
        with self.context.bodies.open(delivery.envelope.blob) as source:
            (self.settings.folder / "out" / delivery.id).write_bytes(source.read())
        return Receipt(delivery.id)

    def incoming(self, path: Path) -> Incoming:
        """A file, read."""
        content = path.read_bytes()
        packet = edxml.read(io.BytesIO(content))
        return Incoming(path.name, path.name, packet, self.context.bodies.store(io.BytesIO(content), 10**9))

    def note(self, name: str, what: object) -> int:
        """Write a line. Returns how many there are."""
        with (self.settings.folder / name).open("a+") as lines:
            lines.write(f"{what}\n")
            lines.seek(0)
            return len(lines.readlines())

    async def _act(self, verb: str) -> None:
        if self.settings.verb == verb and self.lives == 1:
            self.note("deeds", verb)
            await DEEDS[self.settings.deed](self)


async def block(_: Rogue) -> None:
    time.sleep(1e6)  # noqa: ASYNC251 - the deed


async def spin(_: Rogue) -> None:
    while True:  # noqa: ASYNC110 - the deed
        await asyncio.sleep(0)


async def hang(_: Rogue) -> None:
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(1e6)


async def hold_the_interpreter(_: Rogue) -> None:
    """No thread of this process runs any more."""
    ctypes.PyDLL(None).sleep(1000)


async def keep_the_interpreter(_: Rogue) -> None:
    """The same, with a processor for itself."""
    re.fullmatch(r"(a+)+", "a" * 60 + "b")


async def burn(rogue: Rogue) -> None:
    for _each in range(4):
        subprocess.Popen([sys.executable, "-c", "while True: pass"])  # noqa: ASYNC220 - the deed
    rogue.note("burning", "")


async def leak(_: Rogue) -> None:
    kept = []
    while True:
        kept.append(b"x" * 4_000_000)
        await asyncio.sleep(0.005)


async def leak_at_once(_: Rogue) -> None:
    bytearray(10**10)


async def fork(rogue: Rogue) -> None:
    """Children and grandchildren, one of them a daemon; then it ends without them."""
    for _each in range(3):
        _forked(rogue, depth=2)
    await asyncio.sleep(0.3)
    os._exit(0)


def _forked(rogue: Rogue, depth: int) -> None:
    if os.fork():
        return
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    rogue.note("children", os.getpid())
    if depth:
        _forked(rogue, depth - 1)
    if depth == 1:
        os._exit(0)
    time.sleep(1e6)


async def breed(rogue: Rogue) -> None:
    while True:
        if not os.fork():
            rogue.note("children", os.getpid())
            time.sleep(1e6)  # noqa: ASYNC251 - the deed


async def flood(rogue: Rogue) -> None:
    """Many more at once than it may have open."""
    refused = Refused("rogue", "x" * 20_000)
    found = [Incoming(f"flood {turn}", f"{turn}.edxml", refused, None) for turn in range(600)]
    outcomes = await asyncio.gather(*(rogue.inbox.accept([each]) for each in found))
    rogue.note("flooded", sum(len(each) for each in outcomes))


async def hand_over_too_much(rogue: Rogue) -> None:
    refused = Refused("rogue", "x" * 100_000)
    await rogue.inbox.accept([Incoming(f"{turn}", "a.edxml", refused, None) for turn in range(50)])


async def ask_from_threads(rogue: Rogue) -> None:
    """Fifty at a time, while the loop asks too."""

    def ask() -> None:
        for _each in range(20):
            rogue.note("rooms", rogue.inbox.has_room(1))

    threads = [threading.Thread(target=ask) for _each in range(50)]
    for thread in threads:
        thread.start()
    rogue.note("book", len(rogue.inbox.addressees().contacts))
    for thread in threads:
        await asyncio.to_thread(thread.join)


async def bring_the_directory(rogue: Rogue) -> None:
    """One whole answer, one that breaks off, one that the hub does not believe."""

    async def pieces(end: bytes) -> AsyncIterator[bytes]:
        yield b'{"ErrorCode":"0","data":['
        for row in range(4000):
            yield b'{"id":"%d","code":"H48.%d","name":"%s"},' % (row, row, b"x" * 400)
        if not end:
            raise ConnectionResetError("cut")
        yield end

    for end in (b"null]}", b"", b"]"):
        try:
            done = await rogue.inbox.directory("getAgenciesList", pieces(end))
            rogue.note("directory", f"{done.rows} {sum(done.skipped.values())}")
        except (Refused, ConnectionResetError) as error:
            rogue.note("directory", getattr(error, "code", error))


async def print_much(rogue: Rogue) -> None:
    """A gigabyte, in lines and without."""

    def write() -> None:
        for _each in range(10_000):
            os.write(1, (b"y" * 99 + b"\n") * 500)
            os.write(2, b"z" * 50_000)
        rogue.note("printed", "all")

    threading.Thread(target=write, daemon=True).start()


async def log_much(rogue: Rogue) -> None:
    for turn in range(5000):
        logger.warning("rogue {}", turn)
    logging.getLogger("library").warning("from a library")


def _wire() -> socket.socket:
    """The worker's own connection to the hub, as an accident may find it."""
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            target = Path(f"/proc/self/fd/{name}").readlink()
            if str(target).startswith("socket:") and int(name) == int(sys.argv[1]):
                return socket.socket(fileno=int(name))
    raise AssertionError


async def say_garbage(_: Rogue) -> None:
    _wire().sendall(b"\0\0\0\5hello")
    await asyncio.sleep(1e6)


async def say_too_much(_: Rogue) -> None:
    _wire().sendall(b"\xff\xff\xff\xff")
    await asyncio.sleep(1e6)


async def say_a_part(_: Rogue) -> None:
    """A digest that is a path."""
    found = (
        b'{"source_key":"a","name":"a","hold":0.0,"digest":"../../../etc/passwd","size":1,"packet":null,"refused":null}'
    )
    said = b'{"number":7,"found":[' + found + b'],"kind":"part"}'
    _wire().sendall(len(said).to_bytes(4, "big") + said)
    await asyncio.sleep(1e6)


async def close_all(_: Rogue) -> None:
    os.closerange(3, 1000)
    await asyncio.sleep(1e6)


async def exit_softly(_: Rogue) -> None:
    raise SystemExit(3)


async def exit_hard(_: Rogue) -> None:
    os._exit(3)


async def crash(_: Rogue) -> None:
    ctypes.string_at(0)


async def kill(_: Rogue) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def kill_the_warden(rogue: Rogue) -> None:
    rogue.note("children", os.getpid())
    os.kill(os.getppid(), signal.SIGKILL)
    await asyncio.sleep(1e6)


async def keep_and_die(rogue: Rogue) -> None:
    """The counterpart has it, and nobody ever hears so."""
    rogue.keep(rogue.delivery)
    os.kill(os.getpid(), signal.SIGKILL)


async def raise_a_bug(_: Rogue) -> None:
    raise LookupError("no such thing")


async def change_the_world(_: Rogue) -> None:
    os.chdir("/")
    os.umask(0)
    os.environ["HOME"] = "/nowhere"
    locale.setlocale(locale.LC_ALL, "C")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_IGN)
    sys.setrecursionlimit(60)


Deed = Callable[[Rogue], Any]
DEEDS: Mapping[str, Deed] = {
    deed.__name__: deed
    for deed in (
        block,
        spin,
        hang,
        hold_the_interpreter,
        keep_the_interpreter,
        burn,
        leak,
        leak_at_once,
        fork,
        breed,
        flood,
        hand_over_too_much,
        ask_from_threads,
        bring_the_directory,
        print_much,
        log_much,
        say_garbage,
        say_too_much,
        say_a_part,
        close_all,
        exit_softly,
        exit_hard,
        crash,
        kill,
        kill_the_warden,
        keep_and_die,
        raise_a_bug,
        change_the_world,
    )
}


@hookimpl
def hub_connectors() -> Sequence[type[Rogue]]:
    """The rogue alone."""
    return [Rogue]
