"""A province whose hub serves the axis: two units with software of their own and one that drops files."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hub.ledger import Views, open_views
from hub.simulating.central.signing import signed_headers, timestamp
from hub.standards import edxml
from hub.testing import sample_packet
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document
from hub.vocabulary import Acknowledgement, Document
from tests.simulating.bench import Answer, exchange, request, short_digest

OFFICE = "000.00.00.H48"
#: threads that are not the hub's
_CLIENTS = ThreadPoolExecutor(32, "software")
_STREAM = "application/octet-stream"
SECRETS = {OFFICE: "test-secret-123", HOME_AFFAIRS: "so-nv-secret"}
_HUB = """
data: data
listen: 127.0.0.1:0
doors: {listen: "127.0.0.1:0"}
plugins: [folderdrop, eoffice]
province: {code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}
retry: {first: 100ms, most: 1s}
reserve: 1000000
"""
_UNITS = """
units:
  van-phong:
    name: Văn phòng UBND tỉnh
    code: 000.00.00.H48
    endpoint: {kind: eoffice-axis, systemid: 000.00.00.H48, secret: test-secret-123}
  so-nv:
    name: Sở Nội vụ
    code: 000.00.14.H48
    aliases: [H48.14]
    endpoint: {kind: eoffice-axis, systemid: 000.00.14.H48, secret: so-nv-secret}
  xa-binh-son:
    name: UBND xã Bình Sơn
    code: 000.00.31.H48
    endpoint: {kind: folderdrop, folder: shares/xa-binh-son, settle: 50ms, poll: 100ms}
"""


def province(home: Path, **settings: object) -> Path:
    """The configuration in a folder; `settings` are added to both axis endpoints."""
    more = "".join(f", {name}: {value}" for name, value in settings.items())
    (home / "hub.yaml").write_text(_HUB, "utf-8")
    (home / "units.yaml").write_text(
        _UNITS.replace("secret}", f"secret{more}}}").replace("123}", f"123{more}}}"), "utf-8"
    )
    return home


@dataclass(frozen=True)
class Software:
    """A unit's software: raw calls over a socket, signed by code that the hub does not share."""

    address: str
    system: str = HOME_AFFAIRS
    secret: str = ""

    async def call(
        self, operation: str, body: bytes = b"", kind: str = "application/json", /, **headers: str
    ) -> Answer:
        """A signed call with these logical headers."""
        raw = self.signed(operation, body, kind, **headers)
        return await asyncio.get_running_loop().run_in_executor(_CLIENTS, exchange, self.port, raw)

    def signed(self, operation: str, body: bytes, kind: str, /, **headers: str) -> bytes:
        """The bytes of such a call."""
        said = {"systemid": self.system, **headers, "timestamp": timestamp(datetime.now(UTC)), "Content-Type": kind}
        secret = self.secret or SECRETS[self.system]
        return request(operation, signed_headers(secret.encode(), said), body, base="vxp")

    @property
    def port(self) -> int:
        port = urlsplit(self.address).port
        assert port
        return port

    async def send(self, packet: bytes, **headers: str) -> Answer:
        """sendEdoc as the vendor's client does it: the packet, then CRLF."""
        return await self.call("sendEdoc", packet + b"\r\n", _STREAM, **{**self._said(packet), **headers})

    def sending(self, packet: bytes) -> bytes:
        """The bytes of that call."""
        return self.signed("sendEdoc", packet + b"\r\n", _STREAM, **self._said(packet))

    def _said(self, packet: bytes) -> dict[str, str]:
        return {"from": self.system, "servicetype": "eDoc", "messagetype": "edoc", "hash-file": short_digest(packet)}

    async def waiting(self, kind: str = "edoc") -> list[dict[str, Any]]:
        """What is listed."""
        answer = await self.call("getReceivedEdocList", servicetype="eDoc", messagetype=kind)
        return list(_data(answer))

    async def sent(self, kind: str = "edoc", **headers: str) -> list[dict[str, Any]]:
        """What became of what it sent."""
        answer = await self.call("getSentEdocList", servicetype="eDoc", messagetype=kind, **headers)
        return list(_data(answer))

    async def get(self, doc_id: str) -> Document | Acknowledgement:
        """What getEdoc gives."""
        answer = await self.call("getEdoc", b"{}", docId=doc_id, filePath="store")
        return edxml.read(io.BytesIO(base64.b64decode(_data(answer), validate=True))).body

    async def update(self, doc_id: str, status: str = "done", **headers: str) -> Answer:
        """updateStatus."""
        return await self.call("updateStatus", b"{}", docid=doc_id, status=status, **headers)

    async def take(self, kind: str = "edoc") -> list[Document | Acknowledgement]:
        """All that waits, confirmed."""
        found = []
        for row in await self.waiting(kind):
            found.append(await self.get(row["docId"]))
            assert (await self.update(row["docId"])).json["ErrorCode"] == "0"
        return found

    def packet(self, code: str = "12/BC-SNV", to: tuple[str, ...] = (BINH_SON,)) -> bytes:
        """A document of the unit's."""
        return sample_packet(a_document(code, self.system, to))


def word(answer: Answer) -> str:
    """The error code of an answer that the SDK accepts: three texts, the code 0 and OK only together (facts 3.3)."""
    told = answer.json
    assert answer.http == 200
    assert [str, str, str] == [type(told[name]) for name in ("status", "ErrorCode", "ErrorDesc")]
    assert (told["status"] == "OK") is (told["ErrorCode"] == "0")
    return str(told["ErrorCode"])


class CallAgain(OSError):
    """The hub said so: the unit's endpoint is away for a while."""


def _data(answer: Answer) -> Any:
    if (code := word(answer)) == "20":
        raise CallAgain
    assert code == "0", answer
    return answer.json["data"]


@contextmanager
def looking(home: Path) -> Iterator[Views]:
    """The ledger."""
    views = open_views("sqlite", home / "data")
    try:
        yield views
    finally:
        views.close()
