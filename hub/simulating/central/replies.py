"""An answer on its way out, whole or as the faults that are on will have it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from hub.simulating.central.answers import encoded
from hub.simulating.central.faults import Fault

JSON = "application/json"
_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1><hr>proxy</body></html>"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; `length` in bytes, None: not known beforehand."""

    pieces: AsyncIterator[bytes]
    length: int | None
    kind: str = JSON
    http: int = 200


def said(fields: Mapping[str, Any], http: int = 200) -> Reply:
    """A small JSON answer."""
    return _whole(encoded(fields), JSON, http)


def plain(text: str, http: int) -> Reply:
    """A short text."""
    return _whole(text.encode(), "text/plain", http)


def instead(faults: Mapping[str, Fault]) -> Reply | None:
    """What is answered in place of doing anything, where a fault will have that."""
    if "html502" in faults:
        return _whole(_PAGE, "text/html", 502)
    if "html200" in faults:
        return _whole(_PAGE, "text/html")
    if "http500" in faults:
        return _whole(b"", "text/plain", 500)
    return _whole(b"", JSON) if "empty" in faults else None


def keyless(reply: Reply, key: str = "ErrorCode") -> Reply:
    """The same answer under a wrong name for that key: in other capitals."""
    if reply.kind != JSON:
        return reply
    return replace(reply, pieces=_renamed(reply.pieces, f'"{key}"'.encode(), f'"{key.swapcase()}"'.encode()))


async def _renamed(pieces: AsyncIterator[bytes], key: bytes, other: bytes) -> AsyncIterator[bytes]:
    first = True
    async for piece in pieces:
        yield piece.replace(key, other, 1) if first else piece
        first = False


async def deliver(request: web.Request, reply: Reply, faults: Mapping[str, Fault]) -> web.StreamResponse:
    """Send it. Where the caller is gone, that is no error of ours."""
    if "slow" in faults:
        await asyncio.sleep(faults["slow"].seconds)
    if "lost" in faults:
        return _hung_up(request)
    try:
        return await _written(request, reply, faults)
    except ConnectionError:
        return _hung_up(request)


async def _written(request: web.Request, reply: Reply, faults: Mapping[str, Fault]) -> web.StreamResponse:
    if "truncated" in faults:
        reply = await _halved(reply)
    response = web.StreamResponse(status=reply.http, headers={"Content-Type": reply.kind})
    response.content_length = reply.length
    await response.prepare(request)
    pieces = (await _halved(reply)).pieces if "cut" in faults else reply.pieces
    async for piece in pieces:
        await response.write(piece)
    if "cut" in faults:
        return _hung_up(request)
    await response.write_eof()
    return response


def _whole(data: bytes, kind: str, http: int = 200) -> Reply:
    return Reply(_once(data), len(data), kind, http)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _halved(reply: Reply) -> Reply:
    """Its first half; of an answer of unknown length half of the first piece."""
    if reply.length is not None:
        half = reply.length // 2
        return replace(reply, pieces=_up_to(reply.pieces, half), length=half)
    first = await anext(reply.pieces)
    data = first[: len(first) // 2]
    return replace(reply, pieces=_once(data), length=len(data))


async def _up_to(pieces: AsyncIterator[bytes], left: int) -> AsyncIterator[bytes]:
    async for piece in pieces:
        yield piece[:left]
        left -= len(piece)
        if left <= 0:
            return


def _hung_up(request: web.Request) -> web.StreamResponse:
    if request.transport:
        request.transport.close()
    return web.Response()
