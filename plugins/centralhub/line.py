"""The line to a central hub: one HTTP request, and what HTTP says of its answer."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from ssl import SSLContext

import aiohttp

from hub import Refused
from hub.carrying.failures import Barred, Denied, NotReached, Outage, words
from hub.carrying.pacing import asked_pause
from plugins.centralhub.settings import CentralhubSettings

_CHUNK = 64 * 1024
_DENIED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED})


class SdkRequest(aiohttp.ClientRequest):
    """Says Expect as the SDK does, and sends its two bytes without waiting for leave: some servers never give it."""

    def update_expect_continue(self, expect: bool = False) -> None:
        """Leave the header as it is."""


@dataclass(frozen=True, slots=True)
class Way:
    """How the central hub is reached, besides its address."""

    tls: SSLContext | None = None
    #: who we are to the proxy
    proxy_headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `path` is appended to the address, and may have a query."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | AsyncIterable[bytes] | None = field(default=None, repr=False)


class Line:
    """Makes requests. `session` is made with SdkRequest."""

    def __init__(self, settings: CentralhubSettings, session: aiohttp.ClientSession, way: Way) -> None:
        self._settings, self._session, self._way = settings, session, way

    @asynccontextmanager
    async def answer(self, asked: Asked, patience: aiohttp.ClientTimeout) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer's head has come, and it is a success of HTTP. Raises Outage, Denied; within the block too."""
        settings = self._settings
        proxied = {} if settings.url.startswith("https:") else self._way.proxy_headers
        try:
            async with self._session.request(
                asked.method,
                settings.url + asked.path,
                headers={**asked.headers, **proxied},
                data=asked.content,
                timeout=patience,
                allow_redirects=False,
                proxy=settings.proxy or None,
                proxy_headers=dict(self._way.proxy_headers) if settings.proxy else None,
                ssl=self._way.tls or True,
            ) as response:
                _judge(response)
                yield response
        except aiohttp.ClientConnectorError as error:
            raise NotReached(f"không kết nối được với trục trung ương: {words(error)}") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Outage(f"đường truyền tới trục trung ương bị ngắt: {words(error)}") from error


def _judge(response: aiohttp.ClientResponse) -> None:
    """Raises Denied, Outage."""
    if response.status in _DENIED:
        reason = f"trục trung ương không chấp nhận systemid hoặc khóa bí mật (HTTP {response.status})"
        raise (Barred if response.status == HTTPStatus.FORBIDDEN else Denied)(reason, response.status)
    if response.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
        pause = asked_pause(response.headers.get("Retry-After", ""))
        raise Outage(f"trục trung ương trả lời HTTP {response.status}", response.status, pause)


async def bounded(response: aiohttp.ClientResponse, limit: int) -> AsyncIterator[bytes]:
    """The body in pieces. Raises Refused where there is more than that."""
    size = 0
    async for piece in response.content.iter_chunked(_CHUNK):
        size += len(piece)
        if size > limit:
            raise Refused("too-large", f"Gói tin lớn hơn mức cho phép ({limit} byte).")
        yield piece
