"""The line to a central hub: one HTTP request as its own clients make it, and what HTTP says of it."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from ssl import SSLContext
from typing import Protocol

import aiohttp

from hub import Refused
from hub.standards import vxp
from plugins.centralhub.failures import Denied, NotReached, Outage
from plugins.centralhub.settings import CentralhubSettings

_CHUNK = 64 * 1024
_DENIED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED})


class Clock(Protocol):
    """What is asked of time; the context's clock is one."""

    def now(self) -> datetime:
        """The wall clock, aware."""


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


class Line:
    """Makes requests, signed. `session` is made with SdkRequest."""

    def __init__(self, settings: CentralhubSettings, clock: Clock, session: aiohttp.ClientSession, way: Way) -> None:
        self._settings, self._clock, self._session, self._way = settings, clock, session, way

    @asynccontextmanager
    async def answer(
        self,
        operation: str,
        fields: Mapping[str, str],
        patience: aiohttp.ClientTimeout,
        content: bytes | AsyncIterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer's head has come, and it is a success of HTTP. Raises Outage, Denied; within the block too."""
        settings, secret = self._settings, self._settings.secret.get_secret_value()
        call = vxp.request(operation, settings.systemid, secret, self._clock.now(), fields)
        proxied = {} if settings.url.startswith("https:") else self._way.proxy_headers
        try:
            async with self._session.request(
                call.method,
                settings.url + call.path,
                headers={**call.headers, **proxied, **(headers or {})},
                data=content if content is not None else call.body or None,
                timeout=patience,
                allow_redirects=False,
                proxy=settings.proxy or None,
                proxy_headers=dict(self._way.proxy_headers) if settings.proxy else None,
                ssl=self._way.tls or True,
            ) as response:
                _judge(response)
                yield response
        except aiohttp.ClientConnectorError as error:
            raise NotReached(f"không kết nối được với trục trung ương: {_words(error)}") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Outage(f"đường truyền tới trục trung ương bị ngắt: {_words(error)}") from error

    def patience(self, silence: float, total: float) -> aiohttp.ClientTimeout:
        """Seconds for all of it, for a silence in it, and for a connection."""
        return aiohttp.ClientTimeout(total=total, sock_connect=self._settings.timeout, sock_read=silence)


def _words(error: BaseException) -> str:
    return str(error)[:300] or type(error).__name__


def _judge(response: aiohttp.ClientResponse) -> None:
    """Raises Denied, Outage."""
    if response.status in _DENIED:
        raise Denied(f"trục trung ương không chấp nhận systemid hoặc khóa bí mật (HTTP {response.status})")
    if response.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
        pause = _pause(response.headers.get("Retry-After", ""))
        raise Outage(f"trục trung ương trả lời HTTP {response.status}", response.status, pause)


def _pause(said: str) -> float:
    """Seconds that it asks to be left alone."""
    return float(said) if said.isdecimal() and len(said) < 6 else 0.0


async def bounded(response: aiohttp.ClientResponse, limit: int) -> AsyncIterator[bytes]:
    """The body in pieces. Raises Refused where there is more than that."""
    size = 0
    async for piece in response.content.iter_chunked(_CHUNK):
        size += len(piece)
        if size > limit:
            raise Refused("too-large", f"Gói tin lớn hơn mức cho phép ({limit} byte).")
        yield piece
