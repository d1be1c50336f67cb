"""Answers on their way out: whole small ones, and long ones piece by piece, never whole in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pybase64
from aiohttp import web

from hub.standards import vxp
from plugins.eoffice.axis.failures import Failed

JSON, RAW = "application/json", "application/octet-stream"
_PIECE = 192 << 10
#: Seconds for which a caller may stop reading.
_SILENCE = 60.0


def said(text: str = "", **fields: object) -> web.Response:
    """A success with these fields."""
    return web.Response(body=vxp.write_answer("0", text, **fields), content_type=JSON)


def failure(failed: Failed, *, doc_id: bool = False, status: int = 200) -> web.Response:
    """What went wrong; sendEdoc's has a DocId all the same (facts 3.4)."""
    fields: dict[str, object] = {"DocId": ""} if doc_id else {}
    return web.Response(body=vxp.write_answer(failed.code, failed.text, **fields), content_type=JSON, status=status)


async def listed(request: web.BaseRequest, rows: AsyncIterator[Mapping[str, Any]]) -> web.StreamResponse:
    """A success whose `data` are these rows."""
    return await _streamed(request, JSON, _rows(rows))


async def in_base64(request: web.BaseRequest, pieces: AsyncIterator[bytes]) -> web.StreamResponse:
    """A success whose `data` are these bytes in base64."""
    return await _streamed(request, JSON, _base64(pieces))


async def raw(request: web.BaseRequest, pieces: AsyncIterator[bytes]) -> web.StreamResponse:
    """These bytes alone."""
    return await _streamed(request, RAW, pieces)


async def _streamed(request: web.BaseRequest, kind: str, pieces: AsyncIterator[bytes]) -> web.StreamResponse:
    """What fails before the first piece is the caller's to answer; later the connection is cut, so that it shows."""
    first = await anext(pieces, b"")
    response = web.StreamResponse(headers={"Content-Type": kind})
    await response.prepare(request)
    try:
        await _write(response, first)
        async for piece in pieces:
            await _write(response, piece)
    except Exception as error:  # whatever broke: what was written is no answer
        if request.transport:
            request.transport.abort()
        raise ConnectionError(f"an answer was cut short: {error}") from error
    await response.write_eof()
    return response


async def _write(response: web.StreamResponse, piece: bytes) -> None:
    async with asyncio.timeout(_SILENCE):
        await response.write(piece)


async def _rows(rows: AsyncIterator[Mapping[str, Any]]) -> AsyncIterator[bytes]:
    """The rows as an answer's `data`, some at a time."""
    lead, tail = vxp.write_answer(data=[]).rsplit(b"]", 1)
    gathered, joint = bytearray(lead), b""
    async for row in rows:
        gathered += joint + json.dumps(row, separators=(",", ":")).encode()
        joint = b","
        if len(gathered) > _PIECE:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered) + b"]" + tail


async def _base64(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Base64 in whole groups of three bytes, between what stands before and behind it."""
    lead, tail = vxp.write_answer(data="").rsplit(b'"', 1)
    held = b""
    text = lead
    async for piece in pieces:
        held += piece
        cut = len(held) - len(held) % 3
        yield text + pybase64.b64encode(held[:cut])
        text, held = b"", held[cut:]
    yield text + pybase64.b64encode(held) + b'"' + tail
