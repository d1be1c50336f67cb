"""A small central hub that speaks VXP, in memory: the other side for the contract of connectors."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from aiohttp import web

from hub import VIETNAM, Acknowledgement, Delivery, Document, Refused
from hub.carrying.journal import read
from hub.standards import edxml, vxp
from plugins.centralhub.connector import Centralhub
from plugins.centralhub.rows import folded

SYSTEM, SECRET = "000.00.00.H48", "khoa-bi-mat-cua-hop-dong"
_LARGEST = 1 << 30
Operation = Callable[[vxp.Call, bytes], web.StreamResponse]
#: Answers a request in place of the central hub; None: it answers itself.
Fault = Callable[[web.Request], Awaitable[web.StreamResponse | None]]

Made = TypeVar("Made", bound="Office")


@dataclass(slots=True)
class Waiting:
    """A packet for us. `words`: what we said of it."""

    doc_id: str
    kind: str
    content: bytes
    to: str
    words: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Posted:
    """A packet of ours, for one recipient."""

    doc_id: str
    kind: str
    sender: str
    to: str
    code: str
    title: str
    content: bytes
    at: datetime

    @property
    def name(self) -> str:
        """As the connector's journal has it."""
        return "|".join((self.kind, *map(folded, (self.sender, self.to, self.code))))


class Office:
    """A central hub with one system, ours. `answered` makes the 03 to a document."""

    connector: ClassVar[type[Centralhub]] = Centralhub

    def __init__(self, home: Path, answered: Callable[[Document], Acknowledgement]) -> None:
        self.home, self._answered = home, answered
        self.settings: dict[str, Any] = {}
        self.waiting: dict[str, Waiting] = {}
        self.posted: list[Posted] = []
        #: operations as they were called, with what they said
        self.calls: list[tuple[str, vxp.Call]] = []
        self.fault: Fault | None = None
        self._numbers = itertools.count(1)

    def effects(self) -> list[str]:
        """What was posted, by the deliveries that the connector wrote down under those names."""
        lines = list(read(self.home / "data" / "endpoints" / "xa-binh-son" / "sent.jsonl"))
        return [next(each for each, name, _ in lines if name == posted.name) for posted in self.posted]

    async def offer(self, name: str, packet: bytes) -> None:
        """It is in the list until it is confirmed."""
        self.put(packet)

    async def answer(self, delivery: Delivery) -> None:
        """The office answers."""
        document = delivery.envelope.body
        assert isinstance(document, Document)
        self.put(edxml.write_acknowledgement(self._answered(document)), "status")

    def reached_by(self) -> dict[str, Any]:
        """What `endpoint:` says to reach it, but for its address."""
        return {
            "kind": "centralhub",
            "systemid": SYSTEM,
            "secret": SECRET,
            "poll": "100ms",
            "poll_busy": "50ms",
            "directory": [],
            "pause": "50ms",
            "pause_most": "200ms",
            "retry_credentials": "200ms",
            "rate": 0,
        }

    def number(self) -> str:
        """The next id."""
        return f"{next(self._numbers):024x}"

    def put(self, content: bytes, kind: str = "edoc", to: str = SYSTEM) -> Waiting:
        """One more packet for us."""
        packet = Waiting(self.number(), kind, content, to)
        self.waiting[packet.doc_id] = packet
        return packet

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        said = vxp.verify(request.headers, {SYSTEM: SECRET}.get)
        name = request.path.strip("/")
        body = await request.read()
        if isinstance(said, vxp.Call):
            self.calls.append((name, said))
        if self.fault and (answer := await self.fault(request)):
            return answer
        if isinstance(said, vxp.Fault):
            return _json(vxp.write_answer(said.code, said.text, DocId=""))
        return self._operations[name](said, body)

    @property
    def _operations(self) -> dict[str, Operation]:
        return {
            "getReceivedEdocList": self._received,
            "getSentEdocList": self._sent,
            "downloadEdoc": self._download,
            "getEdoc": self._get,
            "updateStatus": self._update,
            "countReceiveEdoc": self._count,
            "sendEdoc": self._send,
        }

    def _received(self, call: vxp.Call, _: bytes) -> web.StreamResponse:
        kind = call.get("messagetype")
        rows = [
            {"docId": one.doc_id, "messageType": kind, "from": "", "to": one.to, "status": "initial"}
            for one in self.waiting.values()
            if one.kind == kind and not one.words
        ]
        return _json(vxp.write_answer(data=rows))

    def _sent(self, call: vxp.Call, _: bytes) -> web.StreamResponse:
        kind = call.get("messagetype")
        rows = [
            {
                "senderDocId": one.doc_id,
                "fromCode": one.sender,
                "toCode": one.to,
                "notation": one.code,
                "title": one.title,
                "sentTime": f"{one.at.astimezone(VIETNAM):%Y/%m/%d %H:%M:%S}",
            }
            for one in self.posted
            if one.kind == kind
        ]
        return _json(vxp.write_answer(data=rows))

    def _download(self, call: vxp.Call, _: bytes) -> web.StreamResponse:
        return web.Response(body=self.waiting[call.get("docId")].content, content_type="application/octet-stream")

    def _get(self, call: vxp.Call, _: bytes) -> web.StreamResponse:
        return _json(vxp.write_answer(data=base64.b64encode(self.waiting[call.get("docId")].content).decode()))

    def _update(self, call: vxp.Call, _: bytes) -> web.StreamResponse:
        self.waiting[call.get("docId")].words.append(call.get("status"))
        return _json(vxp.write_answer())

    def _count(self, _: vxp.Call, __: bytes) -> web.StreamResponse:
        return _json(vxp.write_answer(count=sum(not one.words for one in self.waiting.values())))

    def _send(self, call: vxp.Call, body: bytes) -> web.StreamResponse:
        content = body.removesuffix(b"\r\n")
        if not vxp.is_hash_of(call.get("hash-file"), hashlib.sha256(content).digest()):
            return _json(vxp.write_answer("21", "hash-file khong khop", DocId=""))
        try:
            said = edxml.read(io.BytesIO(content)).body
        except Refused as refused:
            return _json(vxp.write_answer("22", refused.reason, DocId=""))
        doc_id = self.number()
        self.posted += _posted(doc_id, call, said, content)
        return _json(vxp.write_answer(DocId=doc_id))


def _posted(doc_id: str, call: vxp.Call, said: Document | Acknowledgement, content: bytes) -> list[Posted]:
    """One for each recipient."""
    sender, kind, now = call.get("from"), call.get("messagetype"), datetime.now(VIETNAM)
    if isinstance(said, Acknowledgement):
        about = said.response_for
        return [Posted(doc_id, kind, sender, about.organ_id, about.code, "", content, now)]
    recipients = json.loads(call.get("to"))
    return [Posted(doc_id, kind, sender, to, said.code, said.subject, content, now) for to in recipients]


def _json(content: bytes) -> web.Response:
    return web.Response(body=content, content_type="application/json")


@asynccontextmanager
async def serving(made: Made, tls: ssl.SSLContext | None = None) -> AsyncIterator[Made]:
    """It runs, over TLS where that is given; at the end it is gone."""
    application = web.Application(client_max_size=_LARGEST)
    application.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        address = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
        made.settings = {**made.reached_by(), "url": address}
        yield made
    finally:
        await runner.cleanup()
