"""Calls to an office's REST doors, by rules of their own: what a hub would say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

_WORDS = itertools.count(10_000_000)


@dataclass(frozen=True)
class Answer:
    http: int
    kind: str
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told


async def ask(method: str, url: str, body: Any = None, **headers: str) -> Answer:
    """One call, no redirect followed. Raises aiohttp.ClientError."""
    timeout = aiohttp.ClientTimeout(total=20)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.request(method, URL(url, encoded=True), data=body, headers=headers, allow_redirects=False) as response,
    ):
        return Answer(response.status, response.content_type, await response.read())


class ProvincialCaller:
    """Logs in once."""

    def __init__(self, url: str, system: str, key: str = "khoa-thu", password: str = "mat-khau-thu") -> None:
        self._url, self._system, self._key, self._password = url, system, key, password
        self.bearer = ""

    async def login(self) -> Answer:
        body = {"username": "truc-lien-thong", "password": self._password, "applicationCode": "QLVB", "otp": None,
                "twoFactorProvider": None, "typeObjs": [0, 1]}  # fmt: skip
        answer = await ask("POST", f"{self._url}/v1/auth/login?allow_anonymous=true", json.dumps(body))
        self.bearer = ((answer.json if answer.http == 200 else {}).get("data") or {}).get("token", "")
        return answer

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        said = {"Authorization": f"Bearer {self.bearer}", "X-SystemId": self._system, "X-SecretKey": self._key}
        return await ask(method, f"{self._url}/v1/{path}", body, **{**said, **headers})

    async def send(self, packet: bytes, kind: str = "edoc") -> Answer:
        form = aiohttp.FormData()
        form.add_field("edocFile", packet, filename="a.edxml", content_type="application/xml")
        form.add_field("messageType", kind)
        return await self.call("POST", "sendEdoc", form)

    async def waiting(self, kind: str = "edoc") -> list[dict[str, Any]]:
        rows = (await self.call("GET", f"syncReceivedEdocList?messageType={kind}")).json["data"]
        return [row for row in rows if row["status"] == "initial"]

    async def fetch(self, doc_id: str) -> bytes:
        return base64.b64decode((await self.call("GET", f"getEdoc?docId={doc_id}")).json["data"]["edxml"])

    async def update(self, doc_id: str, status: str = "done") -> Answer:
        return await self.call("POST", "updateStatus", json.dumps({"docId": doc_id, "status": status}))


class BkavCaller:
    def __init__(self, url: str, organ: str, token: str = "token-thu") -> None:
        self._url, self._said = url, {"organid": organ, "authorization": token}

    async def call(self, operation: str, body: Any = b"", *, method: str = "POST", **headers: str) -> Answer:
        return await ask(method, f"{self._url}/EdocService/{operation}", body, **{**self._said, **headers})

    async def send(self, packet: bytes, kind: str = "EDOC") -> dict[str, Any]:
        said = {"Content-Type": "application/octet-stream", "type": kind}
        return (await self.call("sendDocument", packet, **said)).json

    async def waiting(self, kind: str = "EDOC") -> list[int]:
        return list((await self.call("getPendingDocIds", None, method="GET", type=kind)).json["docIDs"])

    async def fetch(self, doc_id: int, kind: str = "EDOC") -> bytes:
        answer = await self.call("getDocument", type=kind, docid=str(doc_id))
        return base64.b64decode(answer.json["data"])

    async def confirm(self, doc_id: int, kind: str = "EDOC") -> dict[str, Any]:
        return (await self.call("confirmReceived", type=kind, docid=str(doc_id))).json


class ThirdCaller:
    """Signs as third-api.md has it."""

    def __init__(self, url: str, secret: str = "bi-mat-thu-ba") -> None:
        self._url, self._secret = url, secret
        self.ahead = 0.0
        self.word = ""

    async def answer(self, method: str, path: str, said: Any = None) -> Answer:
        url = f"{self._url}/lien-thong/v3/{path}"
        body = b"" if said is None else json.dumps(said, ensure_ascii=False).encode()
        local = datetime.now(UTC).astimezone(timezone(timedelta(hours=7))) + timedelta(seconds=self.ahead)
        at, word = f"{local:%d/%m/%Y %H:%M:%S}", self.word or str(next(_WORDS))
        where = urlsplit(url)
        path_query = where.path + (f"?{where.query}" if where.query else "")
        text = "\n".join((method, path_query, at, word, hashlib.sha256(body).hexdigest()))
        signature = base64.b64encode(hmac.new(self._secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
        headers = {"X-Ung-Dung": "truc-lien-thong", "X-Thoi-Gian": at, "X-Ma-Ngau-Nhien": word, "X-Chu-Ky": signature}
        return await ask(method, url, body or None, **headers)

    async def call(self, method: str, path: str, said: Any = None) -> dict[str, Any]:
        return (await self.answer(method, path, said)).json

    async def well(self, method: str, path: str, said: Any = None) -> Any:
        told = await self.call(method, path, said)
        assert told["ok"], told
        return told["ketQua"]
