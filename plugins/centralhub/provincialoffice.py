"""A small hub of the provincial REST shape, in memory, for the contract of connectors and for tests of the wire."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import BodyPartReader, web

from hub import VIETNAM, Acknowledgement, Document, Refused
from hub.standards import edxml
from plugins.centralhub.office import SECRET, SYSTEM, Office, Posted

USERNAME, PASSWORD = "tinh.quangngai", "mat-khau-cua-hop-dong"
_UNAUTHORIZED = "licenseInfo:invalid"


@dataclass(frozen=True, slots=True)
class Heard:
    """One call as it came."""

    method: str
    path: str
    headers: dict[str, str]
    query: dict[str, str]
    body: bytes = field(repr=False)


class ProvincialOffice(Office):
    """One system, ours. `bearers`: those that were given out and still count."""

    def __init__(self, home: Path, answered: Callable[[Document], Acknowledgement]) -> None:
        super().__init__(home, answered)
        self.heard: list[Heard] = []
        self.bearers: list[str] = []
        #: how getEdoc writes a packet: base64 or plain
        self.edxml = "base64"

    def reached_by(self) -> dict[str, Any]:
        """The settings of this profile."""
        ours = {"profile": "provincial-rest", "username": USERNAME, "password": PASSWORD, "application_code": "QLVB"}
        return {**super().reached_by(), **ours}

    def asked(self, operation: str) -> list[Heard]:
        """The calls of that operation."""
        return [each for each in self.heard if each.path == f"/v1/{operation}"]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        heard = Heard(request.method, request.path, dict(request.headers), dict(request.query), b"")
        if not request.path.endswith("/sendEdoc"):
            heard = Heard(heard.method, heard.path, heard.headers, heard.query, await request.read())
        self.heard.append(heard)
        if self.fault and (answer := await self.fault(request)):
            return answer
        if heard.path == "/v1/auth/login":
            return self._login(json.loads(heard.body))
        if refusal := self._refusal(heard):
            return web.Response(status=401, text=refusal)
        return await self._answer(heard, request)

    async def take(self, request: web.Request) -> str:
        """The id of the packet that sendEdoc brings. Raises Refused of what is no edXML."""
        kind, content = "", b""
        form = await request.multipart()
        while isinstance(part := await form.next(), BodyPartReader):
            data = bytes(await part.read())
            kind, content = (kind, data) if part.name == "edocFile" else (data.decode(), content)
        posted = _posted(self.number(), kind, content)
        self.posted.append(posted)
        return posted.doc_id

    def _login(self, told: dict[str, Any]) -> web.Response:
        if (told["username"], told["password"]) != (USERNAME, PASSWORD):
            return web.json_response({"code": 401, "message": "Sai ten dang nhap hoac mat khau", "data": None})
        self.bearers.append(f"bearer-{self.number()}")
        return web.json_response({"code": 200, "message": "OK", "data": {"token": self.bearers[-1], "name": "tinh"}})

    def _refusal(self, heard: Heard) -> str:
        if heard.headers.get("Authorization", "").removeprefix("Bearer ") not in self.bearers:
            return _UNAUTHORIZED
        ours = heard.headers.get("X-SystemId"), heard.headers.get("X-SecretKey")
        return "" if ours == (SYSTEM, SECRET) or heard.path.endswith("/getAgenciesList") else "Unauthorized"

    async def _answer(self, heard: Heard, request: web.Request) -> web.StreamResponse:
        match heard.path:
            case "/v1/sendEdoc":
                return await self._sent_here(request)
            case "/v1/syncReceivedEdocList":
                return self._synchronised(heard.query["messageType"])
            case "/v1/getEdoc":
                return self._got(heard.query["docId"])
            case "/v1/updateStatus":
                told = json.loads(heard.body)
                self.waiting[told["docId"]].words.append(told["status"])
                return web.json_response({"success": True, "message": "OK"})
        return web.Response(status=404)

    async def _sent_here(self, request: web.Request) -> web.Response:
        try:
            return web.json_response({"success": True, "message": "OK", "docId": await self.take(request)})
        except Refused as refused:
            return web.json_response(failed("22", refused.reason))

    def _synchronised(self, kind: str) -> web.Response:
        rows = [
            {"docId": one.doc_id, "messageType": kind, "from": "", "to": one.to, "status": "initial"}
            for one in self.waiting.values()
            if one.kind == kind and not one.words
        ]
        return web.json_response({"success": True, "message": "OK", "count": len(rows), "data": rows})

    def _got(self, doc_id: str) -> web.Response:
        content = self.waiting[doc_id].content
        text = base64.b64encode(content).decode() if self.edxml == "base64" else content.decode()
        return web.json_response({"success": True, "message": "OK", "data": {"docId": doc_id, "edxml": text}})


def failed(code: str, text: str) -> dict[str, Any]:
    """A failure with a code of its own."""
    data = {"docId": None, "status": "error", "errorCode": code, "errorDesc": text}
    return {"success": False, "message": text, "data": data}


def _posted(doc_id: str, kind: str, content: bytes) -> Posted:
    said, now = edxml.read(io.BytesIO(content)).body, datetime.now(VIETNAM)
    if isinstance(said, Acknowledgement):
        about = said.response_for
        return Posted(doc_id, kind, said.sender.id, about.organ_id, about.code, "", content, now)
    return Posted(doc_id, kind, said.sender.id, said.to[0].id, said.code, said.subject, content, now)
