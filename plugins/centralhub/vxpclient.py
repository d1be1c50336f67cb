"""VXP's calls to a central hub, each over HTTP as its own clients make it. What comes is bounded and read in pieces."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterable, AsyncIterator, Callable, Container, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from typing import Any

import aiohttp

from hub import Refused
from hub.carrying.failures import Denied, Outage, Spoilt
from hub.carrying.traffic import FIRST, Traffic
from hub.standards import vxp
from plugins.centralhub.client import (
    LIST,
    RECEIVING,
    ROWS,
    SMALL,
    Clock,
    Outgoing,
    Sink,
    alone,
    failure,
    is_missing,
    may_be_missing,
    one_packet,
    soon,
)
from plugins.centralhub.line import Asked, Line, bounded
from plugins.centralhub.patience import CHECKING, Patience
from plugins.centralhub.rows import Key, Received, Sent, Waiting, sent
from plugins.centralhub.settings import CentralhubSettings
from plugins.centralhub.unwrapping import Unwrapped

_CHUNK = 64 * 1024
_HTML = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
#: What SDKs send behind every file (facts of sendEdoc).
_LINE_END = b"\r\n"
#: the client's own path, which the SDK lets slip into the call
_STORE = "store"


class VxpClient:
    """A `Client` of a hub that speaks VXP."""

    def __init__(self, settings: CentralhubSettings, line: Line, traffic: Traffic, clock: Clock) -> None:
        self._settings, self._line, self._clock, self.traffic = settings, line, clock, traffic
        self._patience = Patience(settings)
        #: which ways to a packet there are
        self._downloads, self._encodes = settings.download != "getEdoc", settings.download != "downloadEdoc"

    async def received(
        self, kind: str, since: datetime | None = None, known: Container[str] = ()
    ) -> tuple[list[Received], list[str]]:
        """See `Client.received`."""
        waiting, operation = Waiting(ROWS, known), "getReceivedEdocList"
        async with self.traffic.turn(RECEIVING), nullcontext() if kind == "edoc" else alone(operation):
            await self._listed(operation, kind, waiting.keep, self._patience.listing())
        return waiting.rows, waiting.strange

    async def sent(self, key: Key, since: datetime) -> list[Sent] | None:
        """By getSentEdocList, if the settings believe it."""
        if not self._settings.sent_list:
            return None
        found: list[Sent] = []

        def keep(said: Mapping[str, Any]) -> None:
            if len(found) < ROWS and (row := sent(said, key, since)):
                found.append(row)

        operation = "getSentEdocList"
        async with self.traffic.turn(RECEIVING, self._patience.waits), may_be_missing(operation), alone(operation):
            await self._listed(operation, key.kind, keep, self._patience.settling())
        return sorted(found, key=lambda row: row.at.timestamp() if row.at else 0.0)

    async def agencies(self, operation: str) -> AsyncIterator[bytes]:
        """The answer that lists agencies, as it comes; of the codes of QĐ 20 those of level 1, as the SDK asks."""
        fields = {"level": "1"} if operation == "getAgenciesListQD20" else {}
        async with (
            self.traffic.turn(RECEIVING),
            may_be_missing(operation),
            alone(operation, Denied),
            self._asked(operation, fields, self._patience.listing()) as response,
        ):
            async for piece in bounded(response, LIST):
                yield piece

    async def probe(self) -> None:
        """Ask how many documents wait."""
        async with soon(CHECKING), self.traffic.turn(FIRST, CHECKING), may_be_missing("countReceiveEdoc"):
            said = await self._told("countReceiveEdoc", {}, self._patience.small())
        if not isinstance(said.fields.get("count"), int | str):
            raise Outage("câu trả lời countReceiveEdoc không có số lượng")

    async def confirm(self, doc_id: str, word: str) -> None:
        """By updateStatus."""
        answer = self._asked("updateStatus", {"docId": doc_id, "status": word}, self._patience.small())
        async with self.traffic.turn(RECEIVING), one_packet("updateStatus", answer, self._settings.timeout) as response:
            await self._read(response, vxp.Scanner(), SMALL)

    async def fetch(self, doc_id: str, sink: Sink, limit: int, *, as_it_stands: bool = False) -> int:
        """By downloadEdoc or getEdoc; see `Client.fetch`. Nothing comes beside a packet."""
        if self._downloads:
            try:
                await self._download(doc_id, sink, limit)
            except Spoilt as error:
                if not self._encodes or not is_missing(error):
                    raise
                self._downloads = False
            else:
                return 0
        await self._get(doc_id, sink, limit, as_it_stands=as_it_stands)
        return 0

    @property
    def shows_ends(self) -> bool:
        """Whether an answer that was cut is seen to be: it ends in the middle of its JSON."""
        return not self._downloads

    @property
    def has_another_way(self) -> bool:
        """Whether what came can be compared with what getEdoc brings."""
        return self._downloads and self._encodes

    async def fetch_anew(self, doc_id: str, sink: Sink, limit: int) -> bool:
        """The same by getEdoc, whose answers show their end; False: the hub has no such operation."""
        try:
            await self._get(doc_id, sink, limit)
        except Spoilt as error:
            if not is_missing(error):
                raise
            self._encodes = False
        return self._encodes

    async def send(self, packet: Outgoing) -> str:
        """By sendEdoc, a line end behind the packet."""
        headers = {"Content-Length": str(packet.size + len(_LINE_END))}
        content = packet.content + _LINE_END if packet.content is not None else _ended(packet.pieces())
        patience = self._patience.sending(packet.size)
        async with (
            self.traffic.turn(packet.urgency, self._patience.waits),
            alone("sendEdoc"),
            self._asked("sendEdoc", self._fields(packet), patience, content, headers) as response,
        ):
            said = await self._read(response, vxp.Scanner(), SMALL)
        doc_id = said.fields.get("DocId")
        if not isinstance(doc_id, str | int) or not str(doc_id).strip():
            raise Outage("trục trung ương nhận văn bản mà không trả mã DocId")
        return str(doc_id).strip()

    def _fields(self, packet: Outgoing) -> dict[str, str]:
        return {
            "servicetype": self._settings.servicetype,
            "messagetype": packet.kind,
            "from": packet.sender,
            **({"to": json.dumps(packet.to)} if packet.to else {}),
            "hash-file": vxp.hash_file(packet.digest),
        }

    def _asked(
        self,
        operation: str,
        fields: Mapping[str, str],
        patience: aiohttp.ClientTimeout,
        content: bytes | AsyncIterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """The signed call of that operation; see `Line.answer`."""
        secret = self._settings.secret.get_secret_value()
        call = vxp.request(operation, self._settings.systemid, secret, self._clock.now(), fields)
        body = content if content is not None else call.body or None
        return self._line.answer(Asked(call.method, call.path, {**call.headers, **(headers or {})}, body), patience)

    async def _listed(
        self, operation: str, kind: str, keep: Callable[[dict[str, Any]], None], patience: aiohttp.ClientTimeout
    ) -> None:
        fields = {"servicetype": self._settings.servicetype, "messagetype": kind}
        async with self._asked(operation, fields, patience) as response:
            await self._read(response, vxp.Scanner(row=keep), LIST, data=True)

    async def _told(self, operation: str, fields: Mapping[str, str], patience: aiohttp.ClientTimeout) -> vxp.Said:
        async with self._asked(operation, fields, patience) as response:
            return await self._read(response, vxp.Scanner(), SMALL)

    async def _download(self, doc_id: str, sink: Sink, limit: int) -> None:
        fields = {"docId": doc_id, "filePath": _STORE}
        async with self.traffic.turn(RECEIVING), self._packet("downloadEdoc", fields, limit) as response:
            pieces = self._patience.steady(bounded(response, limit))
            head = await anext(pieces, b"")
            if not head.strip() or _HTML.match(head):
                raise Spoilt(f"downloadEdoc {doc_id}: nhận được trang trống hoặc trang web thay cho gói tin")
            if head.lstrip().startswith(b"{"):
                head = await self._looked_at(head, pieces)
            await sink(head)
            async for piece in pieces:
                await sink(piece)

    async def _looked_at(self, head: bytes, pieces: AsyncIterator[bytes]) -> bytes:
        """What begins as JSON, so much of it as an error may have; it is one, or a packet in that form."""
        async for piece in pieces:
            head += piece
            if len(head) > _CHUNK:
                return head
        try:
            said = json.loads(head)
        except (ValueError, RecursionError):
            return head
        if isinstance(said, dict) and "ErrorCode" in said:
            raise failure(self._settings, str(said["ErrorCode"]), str(said.get("ErrorDesc") or ""))
        return head

    async def _get(self, doc_id: str, sink: Sink, limit: int, *, as_it_stands: bool = False) -> None:
        texts: list[str] = []
        scanner, packet = vxp.Scanner(text=texts.append), Unwrapped("plain" if as_it_stands else "base64", doc_id)
        fields = {"docId": doc_id, "filePath": _STORE}
        async with self.traffic.turn(RECEIVING), self._packet("getEdoc", fields, limit * 4 // 3) as response:
            try:
                async for piece in self._patience.steady(bounded(response, limit * 4 // 3 + _CHUNK)):
                    scanner.feed(piece)
                    await sink(packet.feed("".join(texts)))
                    texts.clear()
                said = scanner.end(data=True)
            except vxp.NotAnAnswer as error:
                raise Spoilt(f"getEdoc {doc_id}: {error}") from error
            if not said.ok:
                raise failure(self._settings, said.code, said.text)
            await sink(packet.finish())

    def _packet(
        self, operation: str, fields: Mapping[str, str], limit: int
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        answer = self._asked(operation, fields, self._patience.fetching(limit))
        return one_packet(operation, answer, self._settings.transfer_timeout)

    async def _read(
        self, response: aiohttp.ClientResponse, scanner: vxp.Scanner, limit: int, *, data: bool = False
    ) -> vxp.Said:
        """A whole answer. Raises Outage where it is none, Denied, Failed."""
        try:
            async for piece in bounded(response, limit):
                scanner.feed(piece)
            said = scanner.end(data=data)
        except vxp.NotAnAnswer as error:
            raise Outage(f"trục trung ương trả lời không đúng dạng: {error}") from error
        except Refused as error:
            raise Outage(f"câu trả lời của trục trung ương quá dài: hơn {limit} byte") from error
        if not said.ok:
            raise failure(self._settings, said.code, said.text)
        return said


async def _ended(pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    async for piece in pieces:
        yield piece
    yield _LINE_END
