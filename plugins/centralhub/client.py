"""What the connector asks of a central hub, whichever interface it has: see `vxpclient` and `provincial.client`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Container
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Protocol

import aiohttp

from hub.carrying.failures import Barred, Busy, Denied, Outage, Spoilt
from hub.carrying.traffic import Traffic
from plugins.centralhub.failures import Failed
from plugins.centralhub.rows import Key, Received, Sent
from plugins.centralhub.settings import CentralhubSettings

#: Bytes of a small answer and of a list; rows of a list that are kept: the rest is in the next.
SMALL, LIST, ROWS = 1 << 20, 1 << 28, 10_000
#: Fetching goes as an urgent document does: many ordinary ones that go out do not hold it up.
RECEIVING = 1
_NO_SUCH = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED})

Sink = Callable[[bytes], Awaitable[None]]


class Clock(Protocol):
    """What is asked of time; the context's clock is one."""

    def now(self) -> datetime:
        """The wall clock, aware."""

    def monotonic(self) -> float:
        """Seconds that never jump."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One packet. `kind`: edoc or status; `to`: its recipients; none of a status, which says itself whose it is."""

    kind: str
    sender: str
    to: tuple[str, ...]
    #: SHA-256 of the packet, and its bytes
    digest: bytes
    size: int
    #: all of it where that is little; else `pieces` gives it, as often as it is asked
    content: bytes | None
    pieces: Callable[[], AsyncIterable[bytes]]
    urgency: int


class Client(Protocol):
    """Calls to one central hub. They raise Trouble: Outage, Denied, Resting, Failed, Spoilt."""

    traffic: Traffic

    @property
    def shows_ends(self) -> bool:
        """Whether a packet that was cut is seen to be: it ends in the middle of the answer."""

    @property
    def has_another_way(self) -> bool:
        """Whether what came can be compared with what another operation brings."""

    async def received(
        self, kind: str, since: datetime | None = None, known: Container[str] = ()
    ) -> tuple[list[Received], list[str]]:
        """The packets that wait for us, none twice, at most 10,000 beside `known` ones, and as many ids that nobody
        could ask for.

        `kind`: edoc or status. `since`: what came before is ours; None: that is not known.
        """

    async def sent(self, key: Key, since: datetime) -> list[Sent] | None:
        """The packets of ours that may be this one, the oldest first; None: no list tells what arrived."""

    def agencies(self, operation: str) -> AsyncIterator[bytes]:
        """The answer that lists agencies, as it comes, in the form that `Inbox.directory` reads."""

    async def probe(self) -> None:
        """A round trip that changes nothing. Raises Spoilt where it has no such operation."""

    async def confirm(self, doc_id: str, word: str) -> None:
        """Say what became of a packet: done or fail."""

    async def fetch(self, doc_id: str, sink: Sink, limit: int, *, as_it_stands: bool = False) -> int:
        """The packet's bytes into the sink; how many attachments came beside it. Raises what the sink raises; Refused
        of one that is too large; Undecodable, unless its text is wanted as it stands in the answer.
        """

    async def fetch_anew(self, doc_id: str, sink: Sink, limit: int) -> bool:
        """The same by another operation, whose answers show their end; False: the hub has no such one."""

    async def send(self, packet: Outgoing) -> str:
        """Hand a packet over. Returns the central hub's own id of it."""


def failure(settings: CentralhubSettings, code: str, text: str) -> Denied | Failed:
    """What an error code of the central hub's own means. `text` is the hub's, and shown to people."""
    named, clean = _printable(code)[:20], _printable(text)[:300]
    if code in settings.credential_errors:
        return Denied(f"trục trung ương không chấp nhận systemid hoặc khóa bí mật (mã lỗi {named}: {clean})")
    return Failed(named, clean)


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)


def is_missing(error: Spoilt) -> bool:
    """Whether it came of an operation that the hub does not have."""
    return isinstance(error.__cause__, Outage) and error.__cause__.status in _NO_SUCH


@asynccontextmanager
async def may_be_missing(operation: str) -> AsyncIterator[None]:
    """A hub that does not know this operation is well without it."""
    try:
        yield
    except Outage as error:
        if error.status in _NO_SUCH:
            raise Spoilt(f"trục trung ương không có {operation}") from error
        raise


@asynccontextmanager
async def alone(operation: str, refusal: type[Denied] = Barred) -> AsyncIterator[None]:
    """Such a refusal is about this call alone: who we are is refused where documents are listed, and at a login."""
    try:
        yield
    except refusal as error:
        raise Spoilt(f"{operation}: {error}") from error


@asynccontextmanager
async def soon(seconds: float) -> AsyncIterator[None]:
    """How it is, where it tells so in time: slower than that is no outage, other calls may take longer. Raises Busy."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Busy(f"trục trung ương chưa trả lời trong {seconds:g} giây", seconds) from None


@asynccontextmanager
async def one_packet(
    operation: str, answer: AbstractAsyncContextManager[aiohttp.ClientResponse], within: float
) -> AsyncIterator[aiohttp.ClientResponse]:
    """An answer about one packet alone: where it is none, the line may be well. Its head comes `within` seconds."""
    begun = False
    try:
        async with _whole_within(within) as head, alone(operation), answer as response:
            head.reschedule(None)
            begun = True
            yield response
    except Outage as error:
        # Who asks for a pause gets it, whatever it was about.
        if error.retry_after or not (begun or error.status):
            raise
        raise Spoilt(f"{operation}: {error}") from error


@asynccontextmanager
async def _whole_within(seconds: float) -> AsyncIterator[asyncio.Timeout]:
    """The head of an answer may not drip either: nobody else looks at how long it takes."""
    try:
        async with asyncio.timeout(seconds) as head:
            yield head
    except TimeoutError as error:
        raise Outage(f"trục trung ương chưa trả lời xong sau {seconds:g} giây") from error
