"""What each operation does and is answered with (facts 3.4)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pybase64
from aiohttp import web

from hub.directory import normalise
from hub.simulating.central import directory, rows, store
from hub.simulating.central.agencies import Agency
from hub.simulating.central.answers import (
    INVALID_FILE,
    NOT_REGISTERED,
    SYSTEM_ERROR,
    Failed,
    encoded,
    ok,
)
from hub.simulating.central.bodies import PIECE, Bodies, Kept
from hub.simulating.central.database import Desk
from hub.simulating.central.directory import Listed
from hub.simulating.central.faults import Fault
from hub.simulating.central.listing import query, waiting
from hub.simulating.central.parcels import EDOC, STATUS
from hub.simulating.central.replies import Reply, said
from hub.simulating.central.sending import send
from hub.simulating.central.setup import Setup
from hub.simulating.central.signing import Call

#: bytes of a JSON body
_MOST_JSON = 64 << 10
#: of base64 input: whole groups of three bytes
GROUPS = PIECE - PIECE % 3
_STATUSES = (store.PROCESSING, store.DONE, store.FAIL)


@dataclass(frozen=True, slots=True)
class Visit:
    """One call while it is worked on."""

    call: Call
    request: web.Request
    faults: Mapping[str, Fault]


class Calls:
    """The operations, over one store."""

    def __init__(self, settings: Setup, desk: Desk, bodies: Bodies) -> None:
        self._settings, self._desk, self._bodies = settings, desk, bodies
        self.operations: Mapping[str, Callable[[Visit], Awaitable[Reply]]] = {
            "getReceivedEdocList": self._received,
            "getSentEdocList": self._sent,
            "countReceiveEdoc": partial(self._count, message_type=EDOC),
            "countReceiveStatus": partial(self._count, message_type=STATUS),
            "sendEdoc": self._send,
            "getEdoc": self._get,
            "downloadEdoc": self._download,
            "updateStatus": self._update,
            "getAgenciesList": partial(self._directory, row=rows.agency, deleted=False),
            "getAgenciesListQD20": partial(self._directory, row=rows.agency_qd20, deleted=False),
            "getSynchronizeUnit": partial(self._directory, row=rows.unit, deleted=True),
            "registerAgency": self._register,
            "deleteAgency": self._delete,
        }

    # packets -----------------------------------------------------------------------------------------

    async def _received(self, visit: Visit) -> Reply:
        wanted = query(visit.call, visit.faults, self._settings)
        return _streamed(self.packets(wanted, rows.received, 2 if "duplicate" in visit.faults else 1))

    async def _sent(self, visit: Visit) -> Reply:
        wanted = query(visit.call, visit.faults, self._settings, sent=True)
        return _streamed(self.packets(wanted, rows.sent, 1))

    async def packets(self, wanted: store.Query, row: Callable[[store.Row], Any], times: int) -> AsyncIterator[Any]:
        """The rows of a list, each so many times."""
        after = 0
        while page := await self._desk.look(partial(store.page, query=wanted, after=after)):
            for each in page:
                for _ in range(times):
                    yield row(each)
            after = page[-1].seq

    async def _count(self, visit: Visit, message_type: str) -> Reply:
        wanted = waiting(visit.call.system, message_type, visit.faults, self._settings)
        return said(ok(count=await self._desk.look(partial(store.count, query=wanted))))

    async def _send(self, visit: Visit) -> Reply:
        body = visit.request.content.iter_chunked(PIECE)
        return said(ok(DocId=await send(visit.call, body, self._settings, self._desk, self._bodies)))

    async def _get(self, visit: Visit) -> Reply:
        kept = await self.found(visit.call)
        lead, tail = encoded(ok(data="")).removesuffix(b'"}'), b'"}'
        length = len(lead) + (kept.size + 2) // 3 * 4 + len(tail)
        return Reply(in_base64(self.read(kept, GROUPS), lead, tail), length)

    async def _download(self, visit: Visit) -> Reply:
        kept = await self.found(visit.call)
        return Reply(self.read(kept, PIECE), kept.size, "application/octet-stream")

    async def found(self, call: Call) -> Kept:
        """The packet that the call names. Raises Failed (10) where it is none of the caller's."""
        doc_id = _needed(call, "docId", "docid")
        kept = await self._desk.look(lambda connection: store.body(connection, call.system, doc_id))
        if kept is None:
            raise Failed(INVALID_FILE, f"khong co goi tin {doc_id}")
        return kept

    async def read(self, kept: Kept, size: int) -> AsyncIterator[bytes]:
        """Its bytes, in pieces of that size."""
        with await self._desk.aside(self._bodies.open, kept) as file:
            while piece := await self._desk.aside(file.read, size):
                yield piece

    async def _update(self, visit: Visit) -> Reply:
        await self.update(visit.call)
        return said(ok())

    async def update(self, call: Call) -> None:
        """Note what a system says of one of its packets. Raises Failed."""
        doc_id, status = _needed(call, "docid", "docId"), call.get("status")
        if status not in _STATUSES:
            raise Failed(SYSTEM_ERROR, f"status phai la {', '.join(_STATUSES)}")
        note, at, on_fail = call.get("description"), self._settings.now().timestamp(), self._settings.on_fail
        known = await self._desk.do(
            lambda connection: store.confirm(connection, call.system, doc_id, status, note, at, on_fail)
        )
        if not known:
            raise Failed(INVALID_FILE, f"khong co goi tin {doc_id}")

    # organisations -----------------------------------------------------------------------------------

    async def _directory(self, visit: Visit, row: Callable[[Listed], Any], deleted: bool) -> Reply:
        return _streamed(self._agencies(row, deleted))

    async def _agencies(self, row: Callable[[Listed], Any], deleted: bool) -> AsyncIterator[Any]:
        after = 0
        while page := await self._desk.look(partial(directory.page, after=after, deleted=deleted)):
            for each in page:
                if (made := row(each)) is not None:
                    yield made
            after = page[-1].id

    async def _register(self, visit: Visit) -> Reply:
        wanted = registration(await json_of(visit.request), visit.call.system)
        await self._check_theirs(wanted.code, wanted.pcode, visit.call.system)
        at = self._settings.now().timestamp()
        await self._desk.do(lambda connection: directory.put(connection, wanted, at))
        return said(ok())

    async def _delete(self, visit: Visit) -> Reply:
        code, at = normalise(_needed(visit.call, "AgencyCode")), self._settings.now().timestamp()
        stands = await self._standings((code,))
        if not stands[code].exists or stands[code].system != visit.call.system:
            raise Failed(NOT_REGISTERED, code)
        await self._desk.do(lambda connection: directory.remove(connection, code, at))
        return said(ok())

    async def _check_theirs(self, code: str, parent: str, system: str) -> None:
        """A system registers what is its own by code, or what nobody has and stands below one of its own."""
        stands = await self._standings((code, parent))
        owner = stands[code].system or stands[parent].system
        if owner != system:
            raise Failed(NOT_REGISTERED, code)

    async def _standings(self, codes: tuple[str, ...]) -> Mapping[str, directory.Standing]:
        systems = self._settings.systems
        return await self._desk.look(lambda connection: directory.standings(connection, codes, systems))


def registration(told: Mapping[str, Any], system: str) -> Agency:
    """The organisation that a registerAgency body describes. Raises Failed where code, name or mail is missing."""
    texts = {name: str(told.get(name) or "").strip() for name in ("pcode", "code", "name", "mail", "mobile", "fax")}
    missing = [name for name in ("code", "name", "mail") if not texts[name]]
    if missing:
        raise Failed(SYSTEM_ERROR, f"thieu {', '.join(missing)}")
    return Agency(
        code=normalise(texts["code"]),
        name=texts["name"],
        pcode=normalise(texts["pcode"]),
        mail=texts["mail"],
        mobile=texts["mobile"],
        fax=texts["fax"],
        system=system,
    )


def _needed(call: Call, *names: str) -> str:
    value = call.get(*names)
    if not value:
        raise Failed(SYSTEM_ERROR, f"thieu {names[0]}")
    return value


async def json_of(request: web.Request) -> Mapping[str, Any]:
    """The small JSON object that is a request's body. Raises Failed (20)."""
    data = bytearray()
    async for piece in request.content.iter_chunked(_MOST_JSON):
        data += piece
        if len(data) > _MOST_JSON:
            raise Failed(SYSTEM_ERROR, "JSON qua lon")
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Failed(SYSTEM_ERROR, "noi dung khong phai JSON") from error
    if not isinstance(told, dict):
        raise Failed(SYSTEM_ERROR, "noi dung khong phai JSON")
    return told


def _streamed(items: AsyncIterator[Any]) -> Reply:
    """An answer with this `data`, which is never whole in memory."""
    return Reply(listed(items, encoded(ok(data=[])).removesuffix(b"]}"), b"]}"), None)


async def listed(items: AsyncIterator[Any], lead: bytes, tail: bytes) -> AsyncIterator[bytes]:
    """A JSON array's items in pieces, between what stands before and behind them."""
    gathered = bytearray(lead)
    first = True
    async for item in items:
        gathered += b"" if first else b","
        gathered += encoded(item)
        first = False
        if len(gathered) > PIECE:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered) + tail


async def in_base64(pieces: AsyncIterator[bytes], lead: bytes, tail: bytes) -> AsyncIterator[bytes]:
    """Base64 between two texts; `pieces` are of whole groups of three bytes (GROUPS), but for the last."""
    yield lead
    async for piece in pieces:
        yield pybase64.b64encode(piece)
    yield tail
