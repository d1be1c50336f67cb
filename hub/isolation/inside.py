"""What a worker lends its connector: an inbox and bodies that are the hub's, at the other end of a socket."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import sys
import threading
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from hub.agencies import Enrolled
from hub.blobs import Blobs
from hub.errors import Refused, StorageFailed
from hub.isolation import faults, wire
from hub.standards.addresses import AddressBook, Contact
from hub.vocabulary import Acceptance, Blob, Incoming, Story

#: Questions from threads, at the same time.
_SMALL = 16


class Line:
    """The worker's end of the socket, for every thread. When the hub ends, the process ends."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket, self._lock = connection, threading.Lock()
        self._file = connection.makefile("rb")
        self._numbers = itertools.count(1)
        self._asked: dict[int, tuple[Future[Any], Callable[[], object]]] = {}

    def orders(self) -> Iterator[wire.Order]:
        """What the hub says, without the answers to what was asked; it ends with the hub."""
        while (head := self._file.read(wire.HEAD.size)) and len(head) == wire.HEAD.size:
            (size,) = wire.HEAD.unpack(head)
            order = wire.unpack(self._file.read(size))
            if isinstance(order, wire.Answer):
                self._answered(order)
            else:
                yield order

    def say(self, *frames: bytes) -> None:
        """Say it, waiting where the hub does not listen yet."""
        try:
            with self._lock:
                for frame in frames:
                    self._socket.sendall(frame)
        except ConnectionError:
            os._exit(0)
        except OSError as error:
            # The hub is there: the connector closed what is not its own.
            sys.stderr.write(f"the line to the hub is broken: {error}\n")
            os._exit(1)

    def number(self) -> int:
        """A new one, for a question."""
        return next(self._numbers)

    def ask(self, number: int, frames: Sequence[bytes], done: Callable[[], object]) -> Future[Any]:
        """Ask the hub; `done` is called once it answered, whether somebody still waits or not."""
        future: Future[Any] = Future()
        self._asked[number] = future, done
        self.say(*frames)
        return future

    def _answered(self, answer: wire.Answer) -> None:
        future, done = self._asked.pop(answer.number)
        done()
        if not future.set_running_or_notify_cancel():
            return
        if answer.fault:
            future.set_exception(faults.error(answer.fault))
        else:
            future.set_result(answer.value)


class Gate:
    """Lets so much pass at a time, in the order of coming. For one loop."""

    def __init__(self, requests: int, volume: int) -> None:
        self._requests, self._volume = requests, volume
        self._turn, self._freed = asyncio.Lock(), asyncio.Event()
        self._open = self._size = 0

    async def enter(self, size: int) -> None:
        """Wait for room. Raises ValueError where there will never be any."""
        if size > self._volume:
            raise ValueError(f"{size} bytes are more than may be handed over at once: {self._volume}")
        async with self._turn:
            while self._open >= self._requests or self._size + size > self._volume:
                self._freed.clear()
                await self._freed.wait()
            self._open += 1
            self._size += size

    def leave(self, size: int) -> None:
        """Make room."""
        self._open -= 1
        self._size -= size
        self._freed.set()


class WorkerInbox:
    """The hub's inbox (`hub.connector.Inbox`)."""

    def __init__(self, line: Line, gate: Gate) -> None:
        self._line, self._gate = line, gate
        self._loop = asyncio.get_running_loop()
        self._small = threading.BoundedSemaphore(_SMALL)

    async def accept(self, found: Sequence[Incoming]) -> Sequence[Acceptance | Refused]:
        """See `hub.connector.Inbox`."""
        number = self._line.number()
        verdicts = await self._ask(number, [*wire.parts(number, found), wire.write(wire.Ask(number, "accept"))])
        return [_verdict(each) for each in verdicts]

    async def tries(self, source_key: str) -> int:
        """See `hub.connector.Inbox`."""
        number = self._line.number()
        tries: int = await self._ask(number, [wire.write(wire.Ask(number, "tries", (source_key,)))])
        return tries

    def has_room(self, size: int) -> bool:
        """See `hub.connector.Inbox`."""
        return bool(self._ask_now(wire.Ask(self._line.number(), "has_room", size=size)))

    async def withdraw(self, envelope_id: str) -> bool:
        """See `hub.connector.Inbox`."""
        number = self._line.number()
        return bool(await self._ask(number, [wire.write(wire.Ask(number, "withdraw", (envelope_id,)))]))

    async def stories(self, envelope_ids: Sequence[str]) -> Sequence[Story]:
        """See `hub.connector.Inbox`."""
        number = self._line.number()
        found: list[Story] = await self._ask(number, [wire.write(wire.Ask(number, "stories", tuple(envelope_ids)))])
        return found

    def addressees(self) -> AddressBook:
        """See `hub.connector.Inbox`."""
        book: AddressBook = self._ask_now(wire.Ask(self._line.number(), "addressees"))
        return book

    async def nearby(self, names: Sequence[str]) -> Mapping[str, Sequence[Contact]]:
        """See `hub.connector.Inbox`."""
        number = self._line.number()
        found: dict[str, Sequence[Contact]] = await self._ask(
            number, [wire.write(wire.Ask(number, "nearby", tuple(names)))]
        )
        return found

    async def directory(self, kind: str, chunks: AsyncIterable[bytes]) -> Enrolled:
        """See `hub.connector.Inbox`."""
        number = self._line.number()
        whole = self._say(wire.Ask(number, "directory", (kind,)))
        try:
            async for chunk in chunks:
                for start in range(0, len(chunk), wire.PIECE):
                    await self._piece(number, wire.text_of(chunk[start : start + wire.PIECE]))
                if whole.done():
                    break
            await self._piece(number, "")
        except BaseException:
            whole.cancel()
            broken_off = self._say(wire.Ask(self._line.number(), "piece", (str(number), wire.BROKEN_OFF)))
            broken_off.cancel()
            raise
        done: Enrolled = await whole
        return done

    async def _piece(self, number: int, piece: str) -> None:
        """Hand it over; the next one may come."""
        await self._say(wire.Ask(self._line.number(), "piece", (str(number), piece)))

    def _say(self, ask: wire.Ask) -> asyncio.Future[Any]:
        """Ask what is no input: it does not wait for room."""
        return asyncio.wrap_future(self._line.ask(ask.number, [wire.write(ask)], _nothing))

    async def _ask(self, number: int, frames: Sequence[bytes]) -> Any:
        size = sum(map(len, frames))
        await self._gate.enter(size)
        future = self._line.ask(number, frames, partial(self._loop.call_soon_threadsafe, self._gate.leave, size))
        return await asyncio.wrap_future(future)

    def _ask_now(self, ask: wire.Ask) -> Any:
        """From any thread, the loop's own too: another one takes the answer."""
        with self._small:
            return self._line.ask(ask.number, [wire.write(ask)], _nothing).result()


def _nothing() -> None:
    pass


def _verdict(said: Any) -> Acceptance | Refused:
    found = faults.error(said) if isinstance(said, faults.Fault) else said
    assert isinstance(found, Acceptance | Refused)
    return found


class WorkerBodies:
    """The hub's bodies (`hub.connector.Bodies`), worked on here; the hub is told where one is not durable."""

    def __init__(self, folder: Path, line: Line) -> None:
        self._blobs, self._line = Blobs(folder), line

    def adopt(self, claims: Iterable[tuple[str | Path, Blob]]) -> None:
        """See `hub.connector.Bodies`."""
        with self._telling():
            self._blobs.adopt(claims)

    def store(self, source: BinaryIO, limit: int) -> Blob:
        """See `hub.connector.Bodies`."""
        with self._telling():
            return self._blobs.store(source, limit)

    def put(self, bodies: Sequence[tuple[Blob, bytes]]) -> None:
        """See `hub.connector.Bodies`. One by one: the journal is the hub's own process's."""
        with self._telling():
            self._blobs.put(bodies)

    def open(self, blob: Blob) -> BinaryIO:
        """See `hub.connector.Bodies`."""
        return self._blobs.open(blob)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except StorageFailed as failed:
            self._line.say(wire.write(wire.Lost(str(failed))))
            raise
