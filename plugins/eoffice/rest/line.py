"""The line to a unit's software: one HTTP request, and what comes back. No redirect is ever followed."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp
from yarl import URL

from hub.carrying.failures import NotReached, Outage, words
from hub.carrying.pacing import asked_pause, paced
from plugins.eoffice.rest.bodies import Body
from plugins.eoffice.rest.packing import streamed

CHUNK = 64 * 1024
#: Bytes of a second, at least, of a transfer that is not silent: what drips for hours holds up what waits behind it.
_SLOWEST = 50_000
#: Seconds that a connection is kept for the next call: less than any server closes it after.
IDLE = 3.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    url: URL
    headers: Mapping[str, str] = field(repr=False)
    body: Body | None = field(default=None, repr=False)


#: Hears each request before it goes.
Watch = Callable[[Asked], None]


class Line:
    """Makes requests."""

    def __init__(self, session: aiohttp.ClientSession, tls: ssl.SSLContext | None, watch: Watch | None = None) -> None:
        self._session, self._tls, self.watch = session, tls, watch

    @asynccontextmanager
    async def answer(self, asked: Asked, patience: aiohttp.ClientTimeout) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer's head has come. Raises NotReached, Outage; within the block too."""
        if self.watch:
            self.watch(asked)
        try:
            async with self._session.request(
                asked.method,
                asked.url,
                headers={**_length(asked.body), **asked.headers},
                data=await _content(asked.body),
                timeout=patience,
                allow_redirects=False,
                ssl=self._tls or True,
            ) as response:
                _refuse_redirect(response)
                yield response
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotReached(f"không kết nối được với phần mềm của đơn vị: {words(error)}") from error
        except TimeoutError as error:
            raise Outage(f"phần mềm của đơn vị không trả lời kịp ({words(error)})") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Outage(f"đường truyền tới phần mềm của đơn vị bị ngắt: {words(error)}") from error


def _length(body: Body | None) -> dict[str, str]:
    return {"Content-Type": body.content_type, "Content-Length": str(body.size)} if body else {}


async def _content(body: Body | None) -> bytes | AsyncIterator[bytes] | None:
    if body is None:
        return None
    return await asyncio.to_thread(b"".join, body.blocks()) if body.is_small else streamed(body.blocks())


def _refuse_redirect(response: aiohttp.ClientResponse) -> None:
    if HTTPStatus.MULTIPLE_CHOICES <= response.status < HTTPStatus.BAD_REQUEST:
        to = _place(response.headers.get("Location", "")) or "nơi khác"
        reason = f"phần mềm của đơn vị chuyển hướng (HTTP {response.status}) tới {to}: hub không đi theo"
        raise Outage(reason, response.status)


def _place(address: str) -> str:
    """The server alone: what stands behind it may repeat our secrets."""
    try:
        host = URL(address).host or ""
    except ValueError:
        return ""
    return "".join(sign for sign in host if sign.isprintable())[:100]


async def pieces(response: aiohttp.ClientResponse, limit: int, silence: float) -> AsyncIterator[bytes]:
    """The body in pieces, not more than `limit` bytes; it may not drip. Raises Outage."""
    size = 0
    async for piece in paced(response.content.iter_chunked(CHUNK), silence, _SLOWEST):
        size += len(piece)
        if size > limit:
            raise Outage(f"câu trả lời dài hơn mức cho phép ({limit} byte)", response.status)
        yield piece


def retry_after(response: aiohttp.ClientResponse) -> float:
    """Seconds that it asks to be left alone."""
    return asked_pause(response.headers.get("Retry-After", ""))
