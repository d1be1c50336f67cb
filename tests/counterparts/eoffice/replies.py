"""An answer on its way out, whole or as the faults that are on will have it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from tests.counterparts.eoffice.faults import Fault

JSON = "application/json"
PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1><hr>proxy</body></html>"
_PIECE = 256 << 10


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    body: bytes
    http: int = 200
    kind: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def said(fields: object, http: int = 200) -> Reply:
    """A JSON answer in UTF-8."""
    return Reply(json.dumps(fields, ensure_ascii=False).encode(), http)


def plain(text: str, http: int) -> Reply:
    """A short text."""
    return Reply(text.encode(), http, "text/plain")


def instead(faults: Mapping[str, Fault], request: web.Request) -> Reply | None:
    """What is answered in place of doing anything, where a fault will have that."""
    if "http500" in faults:
        return Reply(b"", 500, "text/plain")
    if "http502" in faults:
        return Reply(PAGE, 502, "text/html")
    if "http503" in faults:
        return Reply(b"", 503, "text/plain", {"Retry-After": "1"})
    if "html200" in faults:
        return Reply(PAGE, 200, "text/html")
    if "redirect" in faults:
        return Reply(b"", 307, "text/plain", {"Location": request.path_qs})
    return Reply(b"") if "empty" in faults else None


def spoilt(reply: Reply, faults: Mapping[str, Fault], matters: Collection[str]) -> Reply:
    """The answer with its fields missing, its letters broken, or its end cut. `matters`: the fields that go missing."""
    if reply.kind != JSON or not reply.body:
        return reply
    if "missing" in faults:
        body = json.dumps(_without(json.loads(reply.body), matters), ensure_ascii=False).encode()
        reply = replace(reply, body=body)
    if "mojibake" in faults:
        reply = replace(reply, body=mojibake(reply.body))
    return replace(reply, body=reply.body[: len(reply.body) // 2]) if "truncated" in faults else reply


def mojibake(content: bytes) -> bytes:
    """UTF-8 that somebody read as Latin-1."""
    return content.decode("latin-1").encode()


async def deliver(request: web.Request, reply: Reply, faults: Mapping[str, Fault]) -> web.StreamResponse:
    """Send it. Where the caller is gone, that is no error of ours."""
    if "slow" in faults:
        await asyncio.sleep(faults["slow"].amount)
    if "lost" in faults:
        return hung_up(request)
    try:
        if "huge" in faults:
            return await _huge(request, int(faults["huge"].amount))
        return await _written(request, reply, longer="length" in faults)
    except ConnectionError:
        return hung_up(request)


async def _written(request: web.Request, reply: Reply, *, longer: bool) -> web.StreamResponse:
    response = web.StreamResponse(status=reply.http, headers={"Content-Type": reply.kind, **reply.headers})
    response.content_length = len(reply.body) + (1000 if longer else 0)
    await response.prepare(request)
    await response.write(reply.body)
    if longer:
        return hung_up(request)
    await response.write_eof()
    return response


async def _huge(request: web.Request, size: int) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": JSON})
    await response.prepare(request)
    await response.write(b'{"data":"')
    piece = b"A" * _PIECE
    for left in range(size, 0, -_PIECE):
        await response.write(piece[:left])
    await response.write(b'"}')
    await response.write_eof()
    return response


def hung_up(request: web.Request) -> web.StreamResponse:
    """The connection is closed, whatever was said."""
    if request.transport:
        request.transport.close()
    return web.Response()


def _without(value: Any, names: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(each, names) for name, each in value.items() if name not in names}
    return [_without(each, names) for each in value] if isinstance(value, list) else value
