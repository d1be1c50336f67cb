"""The same hub in the REST shape of one province (facts 3.7), below `/v1`: over the same records and directory."""

from __future__ import annotations

import codecs
import hmac
import json
import secrets
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import BodyPartReader, web

from hub.log import logger
from hub.simulating.central import directory, rows, store
from hub.simulating.central.answers import INVALID_FILE, SYSTEM_ERROR, Failed, encoded
from hub.simulating.central.bodies import PIECE, Bodies, Incoming
from hub.simulating.central.calls import GROUPS, Calls, in_base64, json_of, listed
from hub.simulating.central.database import Desk
from hub.simulating.central.faults import Fault
from hub.simulating.central.listing import query
from hub.simulating.central.parcels import opened
from hub.simulating.central.replies import Reply, keyless, plain, said
from hub.simulating.central.sending import accept, take
from hub.simulating.central.setup import Setup
from hub.simulating.central.signing import Call
from hub.standards.edxml import Limits

#: what stands before an operation of this shape
PREFIX = "v1"
_SERVICE = {"servicetype": "eDoc"}
#: characters of a form's small field
_SHORT = 100
#: bearers that are kept
_MOST = 10_000


class Unauthorized(Exception):
    """The call is answered with HTTP 401 and this text."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One call while it is worked on."""

    system: str
    request: web.Request
    faults: Mapping[str, Fault]

    def call(self, **said: str) -> Call:
        """As the operations over the records take it."""
        return Call(self.system, {**_SERVICE, **said})


def operation_of(path: str) -> str:
    """The operation of this shape that a path means; "": none."""
    before, _, operation = path.rpartition("/")
    if before.endswith(f"/{PREFIX}/auth") and operation == "login":
        return operation
    return operation if before.endswith(f"/{PREFIX}") else ""


class Provincial:
    """The operations, by their names: the method, and what they do."""

    def __init__(self, settings: Setup, calls: Calls, desk: Desk, bodies: Bodies) -> None:
        self._settings, self._calls, self._desk, self._bodies = settings, calls, desk, bodies
        #: bearer -> system, and until when, in seconds since 1970
        self._bearers: dict[str, tuple[str, float]] = {}
        self.operations: Mapping[str, tuple[str, Callable[[Visit], Awaitable[Reply]]]] = {
            "login": ("POST", self._login),
            "sendEdoc": ("POST", self._send),
            "syncReceivedEdocList": ("GET", self._list),
            "getEdoc": ("GET", self._get),
            "updateStatus": ("POST", self._update),
            "getAgenciesList": ("GET", self._agencies),
        }

    async def reply(self, operation: str, request: web.Request, faults: Mapping[str, Fault]) -> Reply:
        """What is answered."""
        try:
            reply = await self._done(operation, request, faults)
        except Unauthorized as refused:
            logger.info("{}: {}", operation, refused)
            return plain(str(refused), 401)
        except Failed as failed:
            logger.info("{}: {}", operation, failed)
            reply = _failure(failed, faults)
        except (sqlite3.Error, OSError) as error:
            logger.warning("{}: {}", operation, error)
            reply = _failure(Failed(SYSTEM_ERROR, str(error)), faults)
        return keyless(reply, "success") if "keyless" in faults else reply

    async def _done(self, operation: str, request: web.Request, faults: Mapping[str, Fault]) -> Reply:
        _, work = self.operations[operation]
        system = "" if operation == "login" else self._caller(request, faults, signed=operation != "getAgenciesList")
        if faults.keys() & {"refuse", "no-docid"}:
            raise Failed(SYSTEM_ERROR, "loi gia")
        return await work(Visit(system, request, faults))

    # who calls -----------------------------------------------------------------------------------------

    def _caller(self, request: web.Request, faults: Mapping[str, Fault], *, signed: bool) -> str:
        """The system whose call it is. Raises Unauthorized."""
        word, _, bearer = request.headers.get("Authorization", "").partition(" ")
        system, until = self._bearers.get(bearer, ("", 0.0))
        if word != "Bearer" or not system or self._now() >= until or "expired" in faults:
            raise Unauthorized("licenseInfo:invalid")
        if signed and not self._is_signed(system, request):
            raise Unauthorized("Unauthorized")
        return system

    def _is_signed(self, system: str, request: web.Request) -> bool:
        secret = next(each.secret for each in self._settings.systems if each.code == system).get_secret_value()
        told = request.headers.get("X-SecretKey", "")
        return request.headers.get("X-SystemId") == system and _same(secret, told)

    async def _login(self, visit: Visit) -> Reply:
        told = await json_of(visit.request)
        name, password = told.get("username"), told.get("password")
        found = next((each for each in self._settings.systems if each.username and each.username == name), None)
        if found is None or not _same(found.password.get_secret_value(), str(password)):
            return said({"code": 401, "message": "Sai ten dang nhap hoac mat khau", "data": None})
        if not told.get("applicationCode") or told.get("typeObjs") != [0, 1]:
            return said({"code": 400, "message": "Thieu applicationCode hoac typeObjs", "data": None})
        bearer = secrets.token_urlsafe(24)
        self._bearers[bearer] = found.code, self._now() + self._settings.rest_token
        while len(self._bearers) > _MOST:
            del self._bearers[next(iter(self._bearers))]
        data = {"token": bearer, "id": found.code, "username": found.username, "name": found.name}
        return said({"code": 200, "message": "OK", "data": data})

    def _now(self) -> float:
        return self._settings.now().timestamp()

    # packets -------------------------------------------------------------------------------------------

    async def _send(self, visit: Visit) -> Reply:
        if visit.request.content_length is None:
            raise Failed(SYSTEM_ERROR, "Unexpected end of Stream")
        if not visit.request.content_type.startswith("multipart/form-data"):
            raise Failed(INVALID_FILE, "khong phai multipart/form-data")
        with Incoming(self._bodies.spool, self._settings.max_packet) as incoming:
            kind = await self._form(visit.request, incoming)
            digest = incoming.finish()
            packet = await self._desk.aside(opened, incoming.reader(), Limits(packet=self._settings.max_packet + 2))
            said_of = {"from": packet.body.sender.id, "hash-file": digest.hex(), "messagetype": kind}
            call, source = visit.call(**said_of), incoming.reader()
            doc_id = await accept(call, digest, source, self._settings, self._desk, self._bodies)
        return said({"success": True, "message": "OK", "docId": doc_id})

    async def _form(self, request: web.Request, incoming: Incoming) -> str:
        """The file goes into `incoming`; messageType."""
        kind, files = "", 0
        try:
            form = await request.multipart()
            while (part := await form.next()) is not None:
                if not isinstance(part, BodyPartReader):
                    raise Failed(INVALID_FILE, "multipart trong multipart")
                if part.name == "edocFile" and (part.filename or "").endswith(".edxml"):
                    files += 1
                    while piece := await part.read_chunk(PIECE):
                        await take(incoming, piece, self._desk)
                elif part.name == "messageType":
                    kind = bytes(await part.read_chunk(_SHORT)).decode("ascii", "replace")
        except ValueError as error:
            raise Failed(INVALID_FILE, str(error)) from error
        if files != 1 or not kind:
            raise Failed(INVALID_FILE, "thieu edocFile hoac messageType")
        return kind

    async def _list(self, visit: Visit) -> Reply:
        asked = visit.request.query
        names = ("fromDate", "toDate")
        if any(not asked.get(name) for name in names):
            raise Failed(SYSTEM_ERROR, "thieu fromDate, toDate")
        call = visit.call(messagetype=asked.get("messageType", ""), **{name: asked[name] for name in names})
        wanted = query(call, visit.faults, self._settings)
        count = await self._desk.look(partial(store.count, query=wanted))
        lead = encoded({"success": True, "message": "OK", "count": count, "data": []}).removesuffix(b"]}")
        found = self._calls.packets(wanted, rows.synchronised, 2 if "duplicate" in visit.faults else 1)
        return Reply(listed(found, lead, b"]}"), None)

    async def _get(self, visit: Visit) -> Reply:
        call = visit.call(docId=visit.request.query.get("docId", ""))
        kept = await self._calls.found(call)
        wanted = store.Query(call.system, doc_id=call.get("docId"), confirmed=True)
        (row, *_) = await self._desk.look(partial(store.page, query=wanted))
        data = {
            "docId": row.doc_id,
            "from": row.sender,
            "edocCode": row.notation,
            "edocAbstract": row.title,
            "edxml": "",
        }
        lead = encoded({"success": True, "message": "OK", "data": data}).removesuffix(b'"}}')
        if self._settings.rest_edxml == "plain":
            return Reply(_escaped(self._calls.read(kept, PIECE), lead, b'"}}'), None)
        length = len(lead) + (kept.size + 2) // 3 * 4 + 3
        return Reply(in_base64(self._calls.read(kept, GROUPS), lead, b'"}}'), length)

    async def _update(self, visit: Visit) -> Reply:
        told = await json_of(visit.request)
        await self._calls.update(visit.call(docId=str(told.get("docId", "")), status=str(told.get("status", ""))))
        return said({"success": True, "message": "OK"})

    # organisations -------------------------------------------------------------------------------------

    async def _agencies(self, visit: Visit) -> Reply:
        if self._settings.rest_agencies == "array":
            return Reply(listed(self._organisations(), b"[", b"]"), None)
        lead = encoded({"success": True, "message": "OK", "data": []}).removesuffix(b"]}")
        return Reply(listed(self._organisations(), lead, b"]}"), None)

    async def _organisations(self) -> AsyncIterator[Any]:
        after = 0
        while page := await self._desk.look(partial(directory.page, after=after, deleted=False)):
            parents = await self._desk.look(partial(directory.codes, ids=[each.pid for each in page]))
            for each in page:
                yield rows.organisation(each, parents)
            after = page[-1].id


def _failure(failed: Failed, faults: Mapping[str, Fault]) -> Reply:
    doc_id = {} if "no-docid" in faults else {"docId": None}
    data = {**doc_id, "status": "error", "errorCode": failed.code, "errorDesc": failed.text}
    return said({"success": False, "message": failed.text, "data": data})


def _same(true: str, told: str) -> bool:
    return bool(true) and hmac.compare_digest(true.encode(), told.encode("utf-8", "surrogatepass"))


async def _escaped(pieces: AsyncIterator[bytes], lead: bytes, tail: bytes) -> AsyncIterator[bytes]:
    """A packet as a JSON text between two others."""
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    yield lead
    async for piece in pieces:
        yield json.dumps(decode(piece))[1:-1].encode("ascii")
    yield tail
