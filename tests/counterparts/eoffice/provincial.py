"""A unit's software with the REST shape of one province (facts 3.7, first): the office serves, the hub calls."""

from __future__ import annotations

import base64
import secrets
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import BodyPartReader, web

from tests.counterparts.eoffice import posting
from tests.counterparts.eoffice.core import Core, NotOurs
from tests.counterparts.eoffice.door import Door, Visit, json_of, same
from tests.counterparts.eoffice.model import VIETNAM, Unreadable, wire_time
from tests.counterparts.eoffice.replies import Reply, plain, said

_PIECE = 256 << 10
_STATES = ("initial", "processing", "done", "fail")
_DESCRIBED = {"initial": "Khởi tạo", "processing": "Đang xử lý", "done": "Thành công", "fail": "Thất bại"}
#: bearers that are kept
_MOST = 1000


class Unauthorized(Exception):
    """The call is answered with HTTP 401 and this text."""


class Failed(Exception):
    """The call is answered with this error."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Provincial(Door):
    """Everything below `/v1`."""

    name = "provincial"
    matters = frozenset({"success", "docId", "edxml", "token"})

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._bearers: dict[str, float] = {}

    def open(self, app: web.Application) -> None:
        """Add its paths."""
        self.serve(app, "POST", "/v1/auth/login", self._login)
        self.serve(app, "POST", "/v1/sendEdoc", self._guarded(self._send))
        self.serve(app, "GET", "/v1/syncReceivedEdocList", self._guarded(self._list))
        self.serve(app, "GET", "/v1/getEdoc", self._guarded(self._get))
        self.serve(app, "POST", "/v1/updateStatus", self._guarded(self._update))
        self.serve(app, "GET", "/v1/getAgenciesList", self._guarded(self._agencies, signed=False))

    def broken(self) -> Reply:
        """Its own error, said with HTTP 200."""
        return _failure(Failed("20", "Loi he thong"))

    # who calls ---------------------------------------------------------------------------------------------------

    def _guarded(self, work: Any, *, signed: bool = True) -> Any:
        async def guarded(visit: Visit) -> Reply:
            try:
                self._check(visit, signed=signed)
                reply: Reply = await work(visit)
            except Unauthorized as refused:
                return plain(str(refused), 401)
            except Failed as failed:
                return _failure(failed)
            return reply

        return guarded

    def _check(self, visit: Visit, *, signed: bool) -> None:
        word, _, bearer = visit.request.headers.get("Authorization", "").partition(" ")
        if "expired" in visit.faults:
            self._bearers.pop(bearer, None)
        until = self._bearers.get(bearer, 0.0)
        if word != "Bearer" or self.core.now(visit.faults).timestamp() >= until:
            raise Unauthorized("licenseInfo:invalid")
        told = visit.request.headers
        if signed and not (
            told.get("X-SystemId") == (self.settings.system or self.settings.code)
            and same(self.settings.secrets.key, told.get("X-SecretKey", ""))
        ):
            raise Unauthorized("Unauthorized")

    async def _login(self, visit: Visit) -> Reply:
        told = await json_of(visit.request)
        if told.get("username") != self.settings.username or not same(
            self.settings.secrets.password, str(told.get("password"))
        ):
            return said({"code": 401, "message": "Sai tên đăng nhập hoặc mật khẩu", "data": None})
        if not told.get("applicationCode"):
            return said({"code": 400, "message": "Thiếu applicationCode", "data": None})
        bearer = secrets.token_urlsafe(24)
        self._bearers[bearer] = self.core.now().timestamp() + self.settings.token_life
        while len(self._bearers) > _MOST:
            del self._bearers[next(iter(self._bearers))]
        data = {"token": bearer, "id": 1, "username": self.settings.username, "name": self.settings.name}
        return said({"code": 200, "message": "OK", "data": data})

    # into the office ---------------------------------------------------------------------------------------------

    async def _send(self, visit: Visit) -> Reply:
        if visit.request.content_length is None:
            raise Failed("20", "Unexpected end of Stream")
        if not visit.request.content_type.startswith("multipart/form-data"):
            raise Failed("10", "khong phai multipart/form-data")
        content, kind = await self._form(visit.request)
        if kind not in {"edoc", "status"}:
            raise Failed("10", "messageType khong dung")
        try:
            arrival = await self.core.take(content, self.name)
        except Unreadable as error:
            await self.core.refused(self.name, str(error))
            raise Failed("22", str(error)) from error
        except NotOurs as error:
            await self.core.refused(self.name, str(error))
            raise Failed("18", str(error)) from error
        return said({"success": True, "message": "OK", "docId": arrival.uid})

    async def _form(self, request: web.Request) -> tuple[bytes, str]:
        """The file, and messageType."""
        content, kind = b"", ""
        try:
            form = await request.multipart()
            while (part := await form.next()) is not None:
                if not isinstance(part, BodyPartReader):
                    raise Failed("10", "multipart trong multipart")
                if part.name == "edocFile" and (part.filename or "").endswith(".edxml"):
                    content = await self._whole(part)
                elif part.name == "messageType":
                    kind = (await part.read_chunk(100)).decode("ascii", "replace")
        except ValueError as error:
            raise Failed("10", "khong phai multipart/form-data") from error
        if not content:
            raise Failed("10", "thieu edocFile")
        return content, kind

    async def _whole(self, part: BodyPartReader) -> bytes:
        gathered = bytearray()
        while piece := await part.read_chunk(_PIECE):
            gathered += piece
            if len(gathered) > self.settings.largest:
                raise Failed("10", f"tep lon hon {self.settings.largest} byte")
        return bytes(gathered)

    # out of the office -------------------------------------------------------------------------------------------

    async def _list(self, visit: Visit) -> Reply:
        asked = visit.request.query
        states = _STATES if self.settings.list_done else _STATES[:2]
        first, last = _day(asked.get("fromDate")), _day(asked.get("toDate"))
        rows = [
            _row(row)
            for row in await self.core.waiting(asked.get("messageType", ""), states)
            if _within(row["created"], first, last)
            for _ in range(visit.times)
        ]
        return said({"success": True, "message": "OK", "count": len(rows), "data": rows})

    async def _get(self, visit: Visit) -> Reply:
        row = await self.core.outbox(visit.request.query.get("docId", ""))
        if row is None:
            raise Failed("10", "khong co goi tin")
        content = await self.core.packet(row["uid"], self.name)
        plainly = self.settings.edxml == "plain"
        data = {
            "docId": row["uid"],
            "from": row["sender"],
            "fromName": self.settings.name,
            "edocCode": posting.body_of(row).code,
            "edocAbstract": row["title"],
            "edxml": content.decode() if plainly else base64.b64encode(content).decode(),
        }
        return said({"success": True, "message": "OK", "data": data})

    async def _update(self, visit: Visit) -> Reply:
        told = await json_of(visit.request)
        state = str(told.get("status", "")).lower()
        if state not in _STATES[1:]:
            raise Failed("20", "status khong dung")
        if not await self.core.confirm(str(told.get("docId", "")), state, self.name):
            raise Failed("10", "khong co goi tin")
        return said({"success": True, "message": "OK"})

    async def _agencies(self, visit: Visit) -> Reply:
        rows = [
            {"orgCode": each.code, "orgName": each.name, "parentCode": "", "address": "", "email": "", "phone": ""}
            for each in await self.core.agencies()
        ]
        return said({"success": True, "message": "OK", "data": rows})


def _row(row: sqlite3.Row) -> Mapping[str, Any]:
    created, updated = (datetime.fromtimestamp(row[name], VIETNAM) for name in ("created", "updated"))
    return {
        "serviceType": "eDoc",
        "createdTime": wire_time(created),
        "updatedTime": wire_time(updated),
        "messageType": row["kind"],
        "docId": row["uid"],
        "from": row["sender"],
        "to": row["recipients"],
        "status": row["state"],
        "statusDesc": _DESCRIBED[row["state"]],
    }


def _day(text: str | None) -> str:
    """yyyy/MM/dd, or nothing. Raises Failed."""
    if not text:
        return ""
    try:
        return f"{datetime.strptime(text, '%Y/%m/%d').replace(tzinfo=VIETNAM):%Y/%m/%d}"
    except ValueError as error:
        raise Failed("20", "fromDate, toDate: yyyy/MM/dd") from error


def _within(at: float, first: str, last: str) -> bool:
    day = f"{datetime.fromtimestamp(at, VIETNAM):%Y/%m/%d}"
    return (not first or first <= day) and (not last or day <= last)


def _failure(failed: Failed) -> Reply:
    data = {"docId": None, "status": "error", "errorCode": failed.code, "errorDesc": str(failed)}
    return said({"success": False, "message": str(failed), "data": data})
