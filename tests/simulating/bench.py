"""A simulated central hub on a free port, raw calls to it over a socket, and packets to send."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from hub.config.systems import System
from hub.simulating.central import Central, Record, Setup, central, records
from hub.simulating.central.signing import digests, signed_headers, timestamp
from hub.standards import edxml
from hub.standards.addresses import Contact
from hub.vocabulary import Document, Unit

OFFICE, PROVINCE = "000.00.00.G22", "000.00.00.H48"
SECRETS = {OFFICE: "office-secret", PROVINCE: "test-secret-123", "000.00.00.H49": "other-secret"}
SYSTEMS = (
    System(OFFICE, "Văn phòng Chính phủ", SecretStr(SECRETS[OFFICE]), ("001.00.00.G22",)),
    System(PROVINCE, "UBND tỉnh Quảng Ngãi", SecretStr(SECRETS[PROVINCE])),
    System("000.00.00.H49", "UBND tỉnh Quảng Ninh", SecretStr(SECRETS["000.00.00.H49"])),
)
HOME_AFFAIRS, BINH_SON = "000.00.14.H48", "000.00.31.H48"
GUIDE = b"%PDF-1.4 x" * 20


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    http: int
    kind: str
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body.decode("ascii"))
        return told


@dataclass(frozen=True)
class Bench:
    """A hub that runs in this loop, and its records."""

    hub: Central
    data: Path

    async def call(
        self,
        operation: str,
        system: str = PROVINCE,
        body: bytes = b"",
        kind: str = "application/json",
        /,
        **headers: str,
    ) -> Answer:
        """A signed call with these logical headers."""
        raw = request(operation, signed(system, kind, **headers), body)
        return await asyncio.to_thread(exchange, self.hub.port, raw)

    async def waiting(self, message_type: str = "edoc", system: str = PROVINCE, **headers: str) -> list[dict[str, Any]]:
        answer = await self.call("getReceivedEdocList", system, servicetype="eDoc", messagetype=message_type, **headers)
        assert answer.json["ErrorCode"] == "0", answer
        return list(answer.json["data"])

    async def send(self, packet: bytes, system: str = OFFICE, sender: str = "", **headers: str) -> Answer:
        """sendEdoc as the vendor's client does it: the packet, then CRLF."""
        said = {
            "from": sender or system,
            "servicetype": "eDoc",
            "messagetype": "edoc",
            "hash-file": short_digest(packet),
            **headers,
        }
        return await self.call("sendEdoc", system, packet + b"\r\n", "application/octet-stream", **said)

    async def update(self, doc_id: str, status: str, system: str = PROVINCE) -> Answer:
        return await self.call("updateStatus", system, b"{}", docid=doc_id, status=status)

    def records(self) -> list[Record]:
        return records(self.data)


@asynccontextmanager
async def running(data: Path, **settings: Any) -> AsyncIterator[Bench]:
    async with central(Setup(**{"data": data, "systems": SYSTEMS, **settings})) as hub:
        yield Bench(hub, data)


def names(*given: str) -> Any:
    """docIds one after the other: the given ones, then n1, n2 ..."""
    more = (f"n{number}" for number in count(1))
    made: Iterator[str] = iter((*given, *(next(more) for _ in range(1000))))
    return lambda: next(made)


def short_digest(data: bytes) -> str:
    return min(digests(hashlib.sha256(data).digest()), key=len)


def signed(system: str, kind: str, /, **headers: str) -> dict[str, str]:
    logical = {"systemid": system, **headers, "timestamp": timestamp(datetime.now(UTC)), "Content-Type": kind}
    return signed_headers(SECRETS.get(system, "no-secret").encode(), logical)


def request(operation: str, headers: dict[str, str], body: bytes = b"", method: str = "", base: str = "base") -> bytes:
    """The bytes of a request."""
    verb = method or ("GET" if operation == "downloadEdoc" else "POST")
    lines = [f"{verb} /{base}/{operation} HTTP/1.1", "Host: hub.invalid", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def exchange(port: int, raw: bytes, body_after_continue: bytes | None = None) -> Answer:
    """Send these bytes, and a body once the server said 100 Continue; what comes back. Raises as http.client does."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(raw)
        if body_after_continue is not None:
            assert _head(connection).startswith(b"HTTP/1.1 100 ")
            connection.sendall(body_after_continue)
        with closing(http.client.HTTPResponse(connection)) as response:
            response.begin()
            return Answer(response.status, response.headers.get_content_type(), response.read())


def _head(connection: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        data += connection.recv(1)
    return data


def packet(
    number: str = "1234", to: tuple[str, ...] = (HOME_AFFAIRS,), sender: str = OFFICE, pdf: bytes = GUIDE
) -> bytes:
    """A document with one attachment, as the SDK writes it."""
    said = edxml.Outline(number, "VPCP-KSTT", date(2026, 11, 20), "Về việc hồi báo", "Công văn")
    document = edxml.draft(
        Unit("vpcp", "Văn phòng Chính phủ", sender), [Contact(code, code, code) for code in to], said
    )
    return b"".join(edxml.compose(document, [edxml.File("a.pdf", lambda: BytesIO(pdf))]))


def status(document: bytes, code: str = "01", by: str = HOME_AFFAIRS) -> bytes:
    """The status that `by` gives to a document."""
    body = edxml.read(BytesIO(document)).body
    assert isinstance(body, Document)
    return edxml.write_acknowledgement(edxml.answer(body, Unit("x", "Sở Nội vụ", by), code, datetime.now(UTC)))
