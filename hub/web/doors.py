"""The outer listener: doors of connectors to which others come, over the network.

Who knocks is a stranger until a door knows better: connections, silence before a request, header lines and the pace of
a body are bounded here, for all of them.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from hub.config import Outer
from hub.errors import HubError
from hub.log import logger
from hub.serving import D, Door
from hub.web.reception import Reception, who_goes

#: Connections at once: every unit of a province, each with some.
_MOST = 1024
#: Seconds in which a request must begin, its header complete; and for which a connection is kept for the next.
_PATIENCE, _IDLE = 20.0, 15.0
#: Bytes of one header line: the signed list of thousands of recipients.
_HEADER = 512 << 10
#: Bytes of all that comes before a request is there; and of all connections together.
_HEAD, _HEADS = 2 << 20, 32 << 20
#: Seconds of silence in a body; after the first of them it must have come at so many bytes a second.
_SILENCE, _SLOWEST = 30.0, 1000
#: Seconds in which what still comes of a body that nobody wants is thrown away, so that the sender reads why.
_LINGER = 10.0
#: Bytes of a body handed over at once.
_PIECE = 256 << 10
#: Seconds that requests may take to end when the hub stops.
_LAST = 5.0
#: What strangers do wrong would fill the log; what doors do wrong is said by `Doorway`.
_SILENT = logging.getLogger("hub.doors")
_SILENT.setLevel(logging.CRITICAL)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Doorway:
    """The doors there are (`hub.serving.Doors`), by the first part of a request's path."""

    def __init__(self) -> None:
        self._doors: dict[str, Door] = {}
        #: whether there is an outer listener
        self.is_open = False

    def at(self, path: str, make: Callable[[], D]) -> D:
        """See `hub.serving.Doors`."""
        if not self.is_open:
            raise HubError(
                "hub.yaml chưa có doors: nên phần mềm của đơn vị không có nơi để gọi tới (no outer listener)"
            )
        made = make()
        door = self._doors.setdefault(path, made)
        if not isinstance(door, type(made)):
            raise HubError(f"another kind of door is at {path}")
        return door

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Let the door at its path answer."""
        visit = request.protocol
        assert isinstance(visit, _Visit)
        visit.begin()
        try:
            return await self._answered(request)
        except TimeoutError:
            return _last(web.Response(status=408, text="Request Timeout"))
        except ConnectionError:
            raise
        except Exception:
            logger.exception("the door at {} failed", request.path)
            raise
        finally:
            visit.wait()

    async def _answered(self, request: web.BaseRequest) -> web.StreamResponse:
        door = self._doors.get(f"/{request.path.lstrip('/').partition('/')[0]}")
        if door is None:
            return _last(web.Response(status=404, text="Not Found"))
        if request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(_CONTINUE)
            request.writer.output_size = 0
        return await door.answer(request, _paced(request))


def _last(response: web.Response) -> web.Response:
    """No other request is heard on this connection, and what of a body still comes is thrown away."""
    response.force_close()
    return response


async def _paced(request: web.BaseRequest) -> AsyncIterator[bytes]:
    """A body as it comes. Raises TimeoutError of one that stands still or drips."""
    clock = asyncio.get_running_loop().time
    began, size = clock(), 0
    pieces = request.content.iter_chunked(_PIECE)
    while True:
        try:
            async with asyncio.timeout(_SILENCE):
                piece = await anext(pieces)
        except StopAsyncIteration:
            return
        size += len(piece)
        if (took := clock() - began) > _SILENCE and size < took * _SLOWEST:
            raise TimeoutError
        yield piece


class _Crowd:
    """All connections. Strangers crowd out strangers: too many, and one goes that has waited long without a request."""

    def __init__(self) -> None:
        #: those that wait for a request, in the order in which they began to, each with the address that it comes from
        self.waiting: dict[_Visit, str] = {}
        #: bytes of requests that are not there yet
        self.heads = 0

    def admit(self, number: int) -> None:
        """One more is there."""
        if number > _MOST and self.waiting:
            gone = who_goes(self.waiting)
            del self.waiting[gone]
            gone.force_close()


class _Visit(web.RequestHandler):
    """A connection that is closed where no request begins in time, or where there are too many."""

    __slots__ = ("_address", "_before", "_crowd", "_patience", "_server")

    def __init__(self, server: web.Server, crowd: _Crowd) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=_IDLE,
            lingering_time=_LINGER,
            access_log=_SILENT,
            logger=_SILENT,
            max_line_size=_HEADER,
            max_field_size=_HEADER,
            auto_decompress=False,
        )
        self._server, self._crowd = server, crowd
        self._patience: asyncio.TimerHandle | None = None
        self._address = ""
        #: bytes since the next request is waited for; -1: it is there
        self._before = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.BaseProtocol`."""
        super().connection_made(transport)
        # None: it is gone already.
        self._address = (transport.get_extra_info("peername") or ("",))[0]
        self.wait()
        self._crowd.admit(len(self._server.connections))

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`. Many lines, each within its bound, are no header either."""
        if self._before >= 0:
            self._before += len(data)
            self._crowd.heads += len(data)
            if self._before > _HEAD or self._crowd.heads > _HEADS:
                self.force_close()
                return
        super().data_received(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        """See `asyncio.BaseProtocol`."""
        self.begin()
        super().connection_lost(exc)

    def wait(self) -> None:
        """From now on the next request is waited for."""
        self._before = 0
        if self.transport is not None:
            self._crowd.waiting[self] = self._address
            self._patience = asyncio.get_running_loop().call_later(_PATIENCE, self.force_close)

    def begin(self) -> None:
        """It is there."""
        self._crowd.waiting.pop(self, None)
        self._crowd.heads -= max(0, self._before)
        self._before = -1
        if self._patience:
            self._patience.cancel()


@dataclass(frozen=True, slots=True)
class Entrance:
    """The place of the outer listener, held."""

    _outer: Outer
    _reception: Reception

    @property
    def address(self) -> str:
        """Where it is, with the real port where that was given as 0."""
        return self._reception.address

    def open(self) -> None:
        """Let others in from now on: before, they are refused the connection. Raises HubError."""
        try:
            self._reception.open()
        except OSError as error:
            raise _unopened(self._outer, error) from error


@asynccontextmanager
async def opened_to(outer: Outer, doorway: Doorway) -> AsyncIterator[str]:
    """Let others in while the block runs; gives the address, with the real port where it is 0. Raises HubError."""
    async with held(outer, doorway) as entrance:
        entrance.open()
        yield entrance.address


@asynccontextmanager
async def held(outer: Outer, doorway: Doorway) -> AsyncIterator[Entrance]:
    """Hold the place while the block runs; nobody is let in until it is opened. Raises HubError."""
    server, crowd = web.Server(doorway.answer), _Crowd()
    try:
        tls = await asyncio.to_thread(_tls, outer) if outer.certificate else None
        reception = await asyncio.to_thread(Reception, *outer.listen, tls, lambda: _Visit(server, crowd))
    except OSError as error:
        raise _unopened(outer, error) from error
    doorway.is_open = True
    try:
        yield Entrance(outer, reception)
    finally:
        doorway.is_open = False
        await reception.close()
        server.pre_shutdown()
        await server.shutdown(_LAST)


def _unopened(outer: Outer, error: OSError) -> HubError:
    return HubError(f"doors: of hub.yaml cannot be opened at {':'.join(map(str, outer.listen))}: {error}")


def _tls(outer: Outer) -> ssl.SSLContext:
    assert outer.certificate
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(outer.certificate, outer.key, outer.password.get_secret_value())
    return context
