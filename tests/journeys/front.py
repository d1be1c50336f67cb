"""What stands between a hub and a simulated central hub, and does what servers do that are ill, byte for byte."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import struct
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_KEPT = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)
_ENDLESS = b" " * (1 << 20)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, whole."""

    operation: str
    head: bytes
    body: bytes


@dataclass(slots=True)
class Call:
    """When it came and how long the caller stayed, in seconds of the loop's clock; `size`: bytes that it was sent."""

    operation: str
    at: float
    lasted: float = 0.0
    size: int = 0


#: Does something else than answer. Afterwards the connection is closed.
Misdeed = Callable[["Front", Asked, asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Front:
    """`misdeed` meets the first `each` calls of every operation, or of `only`."""

    behind: str
    misdeed: Misdeed | None = None
    each: int = 2
    only: frozenset[str] = frozenset()
    url: str = ""
    calls: list[Call] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        task = asyncio.current_task()
        assert task
        self.tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                await self._served(await _read(reader), writer)
        finally:
            writer.close()
            self.tasks.discard(task)

    async def _served(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        self.calls.append(call := Call(asked.operation, asyncio.get_running_loop().time()))
        try:
            await self._answer(asked, writer)
        finally:
            call.lasted = asyncio.get_running_loop().time() - call.at

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        if self.misdeed and asked.operation in (self.only or {asked.operation}) and self._meets(asked.operation):
            return await self.misdeed(self, asked, writer)
        first, body = await self.answered(asked)
        await written(writer, _head(first, len(body)) + body)
        return None

    def _meets(self, operation: str) -> bool:
        self.met[operation] += 1
        return self.met[operation] <= self.each

    async def answered(self, asked: Asked) -> tuple[bytes, bytes]:
        """The status line and the body of what the simulator says to it: the call is carried out."""
        at = urlsplit(self.behind)
        reader, writer = await asyncio.open_connection(at.hostname, at.port)
        # HTTP/1.0: its answer is whole when it closes, in one piece.
        try:
            writer.write(_KEPT.sub(b"", asked.head.replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", 1)) + asked.body)
            head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
        finally:
            writer.close()
        return head.partition(b"\r\n")[0].partition(b" ")[2], body

    def longest(self) -> Mapping[str, float]:
        """Seconds, by operation."""
        return {
            each.operation: max(c.lasted for c in self.calls if c.operation == each.operation) for each in self.calls
        }


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = await reader.readuntil(b"\r\n\r\n")
    found = _LENGTH.search(head)
    body = await reader.readexactly(int(found[1])) if found else b""
    return Asked(head.split(b" ", 2)[1].rpartition(b"/")[2].decode(), head, body)


def _head(first: bytes, length: int, *others: bytes) -> bytes:
    lines = (b"HTTP/1.1 " + first, b"Content-Length: %d" % length, b"Connection: close", *others)
    return b"\r\n".join(lines) + b"\r\n\r\n"


async def written(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Sent, as far as the other side takes it."""
    writer.write(data)
    await writer.drain()


def status(first: bytes, *others: bytes, body: bytes = b"", done: bool = False) -> Misdeed:
    """This status in place of an answer. `done`: the call is carried out nevertheless."""

    async def misdeed(front: Front, asked: Asked, writer: asyncio.StreamWriter) -> None:
        if done:
            await front.answered(asked)
        await written(writer, _head(first, len(body), *others) + body)

    return misdeed


def reset(*, after: bool) -> Misdeed:
    """RST in place of an answer, or `after` half of it."""

    async def misdeed(front: Front, asked: Asked, writer: asyncio.StreamWriter) -> None:
        if after:
            first, body = await front.answered(asked)
            await written(writer, (_head(first, len(body)) + body)[: -1 - len(body) // 2])
            await asyncio.sleep(0.05)
        taken: socket.socket = writer.get_extra_info("socket")
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return misdeed


def drip(*, head: bool) -> Misdeed:
    """An answer of which a byte comes each tenth of a second, of its head or of its body, without an end."""

    async def misdeed(front: Front, asked: Asked, writer: asyncio.StreamWriter) -> None:
        first, body = await front.answered(asked)
        whole = b"HTTP/1.1 200 OK\r\nX: " if head else _head(first, 1 << 20) + body[:-1]
        await written(writer, whole)
        while not writer.transport.is_closing():
            await written(writer, b" ")
            await asyncio.sleep(0.1)

    return misdeed


def held(gate: asyncio.Event, *, lost: bool) -> Misdeed:
    """The call is carried out; its answer waits for the gate, and then comes or never does."""

    async def misdeed(front: Front, asked: Asked, writer: asyncio.StreamWriter) -> None:
        first, body = await front.answered(asked)
        await gate.wait()
        if not lost:
            await written(writer, _head(first, len(body)) + body)

    return misdeed


def length(by: int, *, more: bytes = b"") -> Misdeed:
    """A Content-Length that is wrong `by` so many bytes; `more` follows what was announced."""

    async def misdeed(front: Front, asked: Asked, writer: asyncio.StreamWriter) -> None:
        first, body = await front.answered(asked)
        said = _head(first, max(1, len(body) + by)).replace(b"Connection: close\r\n", b"")
        await written(writer, said + body + more)
        await asyncio.sleep(0.3)

    return misdeed


def endless(size: int, start: Mapping[str, bytes]) -> Misdeed:
    """So many bytes, behind a beginning that looks right."""

    async def misdeed(front: Front, asked: Asked, writer: asyncio.StreamWriter) -> None:
        call, begun = front.calls[-1], start.get(asked.operation, b"{")
        await written(writer, _head(b"200 OK", size) + begun)
        while call.size < size - len(begun):
            await written(writer, _ENDLESS)
            call.size += len(_ENDLESS)

    return misdeed


@asynccontextmanager
async def front(behind: str, context: ssl.SSLContext | None = None) -> AsyncIterator[Front]:
    """It stands until the block ends."""
    made = Front(behind)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, limit=1 << 22, ssl=context)
    made.url = f"{'https' if context else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        async with server:
            yield made
    finally:
        left = list(made.tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
