"""A unit's software with the REST shape of Bkav eDoc (facts 3.7): the office serves, the hub calls.

All that a call says travels in headers; answers are HTTP 200 with `status`, `code` and `errors`, but for a wrong
token. Ids are numbers.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from tests.counterparts.eoffice.core import NotOurs
from tests.counterparts.eoffice.door import Door, Visit, json_of, same
from tests.counterparts.eoffice.model import Unreadable, folded
from tests.counterparts.eoffice.replies import Reply, said

_KINDS = {"EDOC": "edoc", "STATUS": "status"}
_BASE = "/EdocService"


class Failed(Exception):
    """The call is answered with this error."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Bkav(Door):
    """Everything below `/EdocService`."""

    name = "bkav"
    matters = frozenset({"status", "docId", "docIDs", "data"})

    def open(self, app: web.Application) -> None:
        """Add its paths. Of two operations sources differ on the method; both are taken."""
        self.serve(app, "POST", f"{_BASE}/sendDocument", self._guarded(self._send))
        for method in ("GET", "POST"):
            self.serve(app, method, f"{_BASE}/getPendingDocIds", self._guarded(self._pending))
            self.serve(app, method, f"{_BASE}/getOrganizations", self._guarded(self._organizations))
        self.serve(app, "POST", f"{_BASE}/getDocument", self._guarded(self._get))
        self.serve(app, "POST", f"{_BASE}/confirmReceived", self._guarded(self._confirm))
        self.serve(app, "POST", f"{_BASE}/checkExistDocument", self._guarded(self._exists))

    def broken(self) -> Reply:
        """Its own error, said with HTTP 200."""
        return _failure("Error", [("E.Server", "null")])

    def _guarded(self, work: Any) -> Any:
        async def guarded(visit: Visit) -> Reply:
            told, settings = visit.request.headers, self.settings
            if (
                "expired" in visit.faults
                or told.get("organid") != (settings.organ or settings.code)
                or not same(settings.secrets.token, told.get("authorization", ""))
            ):
                return _failure("False", [("M.Authorization", "Permission denied")], 401)
            try:
                reply: Reply = await work(visit)
            except Failed as failed:
                return _failure("Error", [(failed.code, str(failed))])
            return reply

        return guarded

    async def _send(self, visit: Visit) -> Reply:
        if visit.request.content_type != "application/octet-stream":
            return Reply(b"", 415, "text/plain")
        _kind(visit.request)
        try:
            arrival = await self.core.take(await visit.request.read(), self.name)
        except Unreadable as error:
            await self.core.refused(self.name, str(error))
            return _failure("Error", [("E.Server", str(error))], docId=0)
        except NotOurs as error:
            await self.core.refused(self.name, str(error))
            return _failure("Fail", [("M.ResponseFor.OrganId", str(error))], docId=0)
        if arrival.outcome == "duplicate" and arrival.business == 0:
            return _failure("Fail", [("ExistDoc", "Document is exist on ESB !!!!")], docId=0)
        return _success(docId=arrival.id)

    async def _pending(self, visit: Visit) -> Reply:
        rows = await self.core.waiting(_kind(visit.request))
        return _success(docIDs=[row["id"] for row in rows for _ in range(visit.times)])

    async def _get(self, visit: Visit) -> Reply:
        row = await self._wanted(visit.request)
        if row["kind"] != _kind(visit.request):
            raise Failed("M.GetDocument", "Get document from database error !")
        content = await self.core.packet(row["uid"], self.name)
        return _success(data=base64.b64encode(content).decode(), filePath=f"GetDocument_{row['id']}")

    async def _confirm(self, visit: Visit) -> Reply:
        row = await self._wanted(visit.request)
        await self.core.confirm(row["uid"], "done", self.name)
        return _success()

    async def _exists(self, visit: Visit) -> Reply:
        told = await json_of(visit.request)
        sender, code = str(told.get("fromOrgan", "")), str(told.get("docCode", ""))
        query = "SELECT 1 FROM incoming WHERE key LIKE ? || '|%' AND code = ? LIMIT 1"
        found = await self.core.do(lambda db: db.execute(query, (folded(sender), code)).fetchone())
        return _success(isExist=found is not None)

    async def _organizations(self, visit: Visit) -> Reply:
        rows = [
            {"organId": each.code, "organizationInCharge": "", "organName": each.name, "organAdd": "", "email": "",
             "telephone": "", "fax": "", "website": ""}
            for each in await self.core.agencies()
        ]  # fmt: skip
        return _success(organizations=rows)

    async def _wanted(self, request: web.Request) -> Any:
        told = request.headers.get("docid", "")
        row = await self.core.outbox(told) if told.isascii() and told.isdigit() else None
        if row is None:
            raise Failed("R.DocID", "DocId must init !!!!")
        return row


def _kind(request: web.Request) -> str:
    told = request.headers.get("type", "")
    if told not in _KINDS:
        raise Failed("M.MessageType", "UnSupport Message Type !!!")
    return _KINDS[told]


def _success(**fields: Any) -> Reply:
    return said({"status": "Success", "code": "0", **fields, "errors": []})


def _failure(status: str, errors: Sequence[tuple[str, str]], http: int = 200, **fields: Any) -> Reply:
    told = [{"errorCode": code, "description": text} for code, text in errors]
    return said({"status": status, "code": "9999", **fields, "errors": told}, http)
