"""The door at /push: a unit's software gives its packets itself, or says that there is something to fetch."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from hub import Context, Inbox, Incoming, Packet, Quarantined, Refused, StorageError
from hub.carrying.hand import UNREAD, Hand
from hub.carrying.landing import Landed, adopt, landed, remove
from hub.carrying.pacing import paced
from hub.carrying.sparing import Sparing
from hub.carrying.spool import Spool
from plugins.eoffice.rest.settings import Push
from plugins.eoffice.rest.signing import Claim, Forged, Proof, claim

PATH = "/push"
_JSON = "application/json"
_PACKETS = frozenset({"application/xml", "text/xml", "application/octet-stream"})
#: Bytes of a nudge, the ids in it and their signs; so many nudges are remembered.
_NUDGE, _IDS, _ID, _REMEMBERED = 64 << 10, 1000, 200, 10_000
#: Calls of one unit whose bodies are on their way; more are told to come later, in so many seconds.
_MOST, _LATER = 16, "5"
#: Seconds of silence in a body, and bytes of each further one: who drips holds a place that others need.
_SILENCE, _SLOWEST = 30.0, 50_000
_REFUSED = {"too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE}


class Answered(Exception):
    """A call that brings nothing: what it is told."""

    def __init__(self, status: HTTPStatus, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.status, self.code, self.reason = status, code, reason


@dataclass(slots=True)
class Desk:
    """Where the pushes of one unit go. `look` makes the connector look at its lists at once."""

    settings: Push
    context: Context
    folder: Path
    look: Callable[[], None]
    hand: Hand
    #: none while the endpoint does not listen
    inbox: Inbox | None = None
    _open: int = 0
    #: nudges that were heard: the same call again does nothing more
    _heard: OrderedDict[str, None] = field(default_factory=OrderedDict)

    async def answer(self, request: web.BaseRequest, body: AsyncIterator[bytes]) -> web.Response:
        """One call. Raises Answered, Forged, Refused, StorageError."""
        claimed = claim(request.headers, self.context.clock.now(), self.settings.fresh)
        inbox, kind = self.inbox, request.content_type
        if inbox is None or self._open >= _MOST:
            raise Answered(HTTPStatus.SERVICE_UNAVAILABLE, "busy", "Hub đang bận hoặc đang khởi động, xin gửi lại sau.")
        if kind != _JSON and kind not in _PACKETS:
            raise Answered(HTTPStatus.BAD_REQUEST, "content-type", f"Content-Type phải là {_JSON} hoặc application/xml")
        self._open += 1
        body = paced(body, _SILENCE, _SLOWEST)
        try:
            if kind == _JSON:
                return await self._nudged(claimed, body)
            return await self._pushed(claimed, request.content_length or 0, body, inbox)
        finally:
            self._open -= 1

    async def _nudged(self, claimed: Claim, body: AsyncIterator[bytes]) -> web.Response:
        proof, said = self._proof(claimed), bytearray()
        async for piece in body:
            said += piece
            if len(said) > _NUDGE:
                raise Refused("too-large", f"JSON dài hơn mức cho phép ({_NUDGE} byte).")
        proof.feed(bytes(said))
        name, ids = proof.name(), _ids(bytes(said))
        if name not in self._heard:
            self._heard[name] = None
            while len(self._heard) > _REMEMBERED:
                self._heard.popitem(last=False)
            self.look()
        return _said(HTTPStatus.ACCEPTED, ids[0])

    async def _pushed(self, claimed: Claim, size: int, body: AsyncIterator[bytes], inbox: Inbox) -> web.Response:
        largest = self.settings.largest * 10**6
        if size > largest:
            raise Refused("too-large", f"Gói tin lớn hơn mức cho phép ({largest} byte).")
        spool = Spool(self.folder, largest, inbox.has_room)
        try:
            name = await self._received(self._proof(claimed), spool, body)
            await asyncio.to_thread(spool.finish)
            if spool.digest in self.hand.suspects:
                # Whenever it is pushed again: the call would be another each time.
                name = spool.digest
            verdict = await self.hand.verdict(inbox, spool.digest, f"push/{name}")
            found = _told(await asyncio.to_thread(self._read, spool, verdict))
            return await self._accepted(name, found, inbox)
        finally:
            await asyncio.shield(asyncio.to_thread(spool.drop))

    def _read(self, spool: Spool, verdict: Refused | None) -> Landed:
        with self.hand.holding([spool.digest]):
            return landed(spool, verdict)

    async def _received(self, proof: Proof, spool: Spool, body: AsyncIterator[bytes]) -> str:
        async for piece in body:
            proof.feed(piece)
            await spool.write(piece)
        return proof.name()

    async def _accepted(self, name: str, found: Landed, inbox: Inbox) -> web.Response:
        """It is durable, body and record, when this returns; the same call again is the same input."""
        try:
            await asyncio.to_thread(adopt, self.context, [found], self.settings.largest * 10**6)
            [verdict] = await inbox.accept([Incoming(f"push/{name}", f"{name[:32]}.edxml", found.packet, found.blob)])
        finally:
            await asyncio.shield(asyncio.to_thread(remove, [found]))
        if isinstance(verdict, Quarantined):
            return _said(HTTPStatus.ACCEPTED, name, code=verdict.code, reason=_KEPT)
        if isinstance(verdict, Refused):
            readable = isinstance(found.packet, Packet)
            status = HTTPStatus.CONFLICT if readable else _REFUSED.get(verdict.code, HTTPStatus.BAD_REQUEST)
            raise Answered(status, verdict.code, _reason(verdict))
        return _said(HTTPStatus.OK, verdict.envelope_id)

    def _proof(self, claimed: Claim) -> Proof:
        return Proof(claimed, self.settings.secret.get_secret_value())


class PushDoor:
    """Answers every unit's pushes (`hub.serving.Door`)."""

    def __init__(self) -> None:
        #: by unit
        self.desks: dict[str, Desk] = {}
        self._sparing = Sparing()

    async def answer(self, request: web.BaseRequest, body: AsyncIterator[bytes]) -> web.StreamResponse:
        """See `hub.serving.Door`."""
        unit = request.path.removeprefix(f"{PATH}/")
        desk = self.desks.get(unit)
        if desk is None:
            return _failure(Answered(HTTPStatus.NOT_FOUND, "unknown-unit", "Không có cửa nào ở địa chỉ này."))
        if request.method != "POST":
            return _failure(Answered(HTTPStatus.METHOD_NOT_ALLOWED, "method", "Chỉ nhận POST."))
        try:
            return await desk.answer(request, body)
        except Answered as answered:
            said = _failure(answered)
        except Forged as forged:
            said = _failure(Answered(HTTPStatus.UNAUTHORIZED, "signature", str(forged)))
        except Refused as refused:
            status = _REFUSED.get(refused.code, HTTPStatus.BAD_REQUEST)
            said = _failure(Answered(status, refused.code, _reason(refused)))
        except StorageError as error:
            self._sparing.say((unit, "storage"), f"{unit}: {error}", "WARNING")
            reason = "Hub tạm không lưu được, xin gửi lại sau."
            said = _failure(Answered(HTTPStatus.SERVICE_UNAVAILABLE, "storage", reason))
        self._sparing.say((unit, said.status), f"{unit}: a push was answered with HTTP {said.status}")
        return said


_OURS = frozenset({"reader-broke", UNREAD.code})
_KEPT = "Hub giữ lại để quản trị viên xem, không cần gửi lại."


def _ids(body: bytes) -> list[str]:
    """What a nudge names. Raises Answered."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    ids = said.get("ids", [said.get("id")]) if isinstance(said, dict) else None
    if not isinstance(ids, list) or not 0 < len(ids) <= _IDS or not all(map(_is_id, ids)):
        raise Answered(HTTPStatus.BAD_REQUEST, "json", 'JSON phải là {"id": "..."} hoặc {"ids": ["..."]}')
    return [str(each) for each in ids]


def _is_id(said: object) -> bool:
    return isinstance(said, str) and 0 < len(said) <= _ID


def _told(found: Landed) -> Landed:
    """What cannot be read is given back with its reason; only what our own reader broke on, or died of, is kept."""
    packet = found.packet
    if not isinstance(packet, Quarantined) or packet.code in _OURS:
        return found
    return Landed(Refused(packet.code, packet.reason, packet.where), None, found.path)


def _reason(refused: Refused) -> str:
    return f"{refused.reason} ({refused.where})" if refused.where else refused.reason


def _said(status: HTTPStatus, id_: str, **more: str) -> web.Response:
    return web.json_response({"ok": True, "id": id_, **more}, status=status)


def _failure(answered: Answered) -> web.Response:
    """What is left of a body that is not taken is not waited for."""
    response = web.json_response(
        {"ok": False, "code": answered.code, "reason": answered.reason}, status=answered.status
    )
    if answered.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = _LATER
    response.force_close()
    return response
