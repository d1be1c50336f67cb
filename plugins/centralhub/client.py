"""The calls to a central hub, each over HTTP as its own clients make it. What comes is bounded and read in pieces."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from http import HTTPStatus
from math import inf
from typing import Any

import aiohttp

from hub import Refused
from hub.standards import vxp
from hub.standards.edxml.base64text import Base64Text
from plugins.centralhub.failures import Denied, Failed, Outage, Spoilt
from plugins.centralhub.line import Line, bounded
from plugins.centralhub.pacing import paced
from plugins.centralhub.rows import Key, Received, Sent, received, sent
from plugins.centralhub.settings import CentralhubSettings
from plugins.centralhub.traffic import FIRST, Traffic

_CHUNK = 64 * 1024
#: Bytes of a small answer and of a list; rows of a list that are kept: the rest is in the next.
_SMALL, _LIST, _ROWS = 1 << 20, 1 << 28, 10_000
#: A list may take so many times the silence that it is given; a transfer goes at least so fast, in bytes a second.
_LISTING, _SLOWEST = 10, 50_000
#: What goes out has the hub's own patience: parts of `send_timeout`, and a second for so many bytes more.
_WAITS, _LASTS, _FASTER = 0.3, 0.6, 250_000
#: Seconds that a check waits for its turn, and for its answer.
_CHECKING = 10.0
_HTML = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_NO_SUCH = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED})
#: Fetching goes as an urgent document does: many ordinary ones that go out do not hold it up.
_RECEIVING = 1
#: the client's own path, which the SDK lets slip into the call
_STORE = "store"

Sink = Callable[[bytes], Awaitable[None]]


class Client:
    """Calls to one central hub. They raise Trouble: Outage, Denied, Resting, Failed, Spoilt."""

    def __init__(self, settings: CentralhubSettings, line: Line, traffic: Traffic) -> None:
        self._settings, self._line, self.traffic = settings, line, traffic
        #: which ways to a packet there are
        self._downloads, self._encodes = settings.download != "getEdoc", settings.download != "downloadEdoc"

    async def received(self, kind: str) -> tuple[list[Received], list[str]]:
        """The packets that wait for us, none twice, at most 10,000, and as many ids that nobody could ask for.

        `kind`: edoc or status.
        """
        rows: dict[str, Received] = {}
        strange: list[str] = []

        def keep(said: Mapping[str, Any]) -> None:
            row = received(said)
            if row is None and len(strange) < _ROWS:
                strange.append(ascii(said.get("docId"))[:60])
            elif row and len(rows) < _ROWS and not row.is_over:
                rows.setdefault(row.doc_id, row)

        async with self.traffic.turn(_RECEIVING):
            await self._listed("getReceivedEdocList", kind, keep, self._settings.timeout * _LISTING)
        return list(rows.values()), strange

    async def sent(self, key: Key, since: datetime) -> list[Sent]:
        """The packets of ours that may be this one, the oldest first, as far as the list tells."""
        found: list[Sent] = []

        def keep(said: Mapping[str, Any]) -> None:
            if len(found) < _ROWS and (row := sent(said, key, since)):
                found.append(row)

        waits, lasts = self._shares()
        async with self.traffic.turn(_RECEIVING, waits), _may_be_missing("getSentEdocList"):
            await self._listed("getSentEdocList", key.kind, keep, lasts)
        return sorted(found, key=lambda row: row.at.timestamp() if row.at else 0.0)

    async def agencies(self, operation: str) -> AsyncIterator[bytes]:
        """The answer that lists agencies, as it comes; of the codes of QĐ 20 those of level 1, as the SDK asks."""
        fields = {"level": "1"} if operation == "getAgenciesListQD20" else {}
        patience = self._line.patience(self._settings.timeout, self._settings.timeout * _LISTING)
        async with (
            self.traffic.turn(_RECEIVING),
            _may_be_missing(operation),
            self._line.answer(operation, fields, patience) as response,
        ):
            async for piece in bounded(response, _LIST):
                yield piece

    async def count(self) -> int:
        """How many documents wait, a round trip that changes nothing. Raises Spoilt where it has no such operation."""
        async with self.traffic.turn(FIRST, _CHECKING), _may_be_missing("countReceiveEdoc"):
            said = await self._told("countReceiveEdoc", {}, _CHECKING)
        count = said.fields.get("count")
        if not isinstance(count, int | str):
            raise Outage("câu trả lời countReceiveEdoc không có số lượng")
        return int(count) if str(count).isdecimal() else 0

    async def confirm(self, doc_id: str, word: str) -> None:
        """Say what became of a packet: processing, done or fail."""
        async with self.traffic.turn(_RECEIVING):
            await self._told("updateStatus", {"docId": doc_id, "status": word})

    async def fetch(self, doc_id: str, sink: Sink, limit: int) -> None:
        """The packet's bytes into the sink. Raises what the sink raises; Refused of one that is too large."""
        if not self._downloads:
            return await self._get(doc_id, sink, limit)
        try:
            return await self._download(doc_id, sink, limit)
        except Spoilt as error:
            if not self._encodes or not _is_missing(error):
                raise
        self._downloads = False
        return await self._get(doc_id, sink, limit)

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
            if not _is_missing(error):
                raise
            self._encodes = False
        return self._encodes

    async def send(
        self, fields: Mapping[str, str], content: bytes | AsyncIterable[bytes], size: int, urgency: int
    ) -> str:
        """Hand a packet over, its line end behind it: `size` bytes in all. Returns the central hub's own id of it."""
        headers = {"Content-Length": str(size)}
        waits, lasts = self._shares()
        patience = self._line.patience(self._settings.transfer_timeout, lasts + size / _FASTER)
        async with (
            self.traffic.turn(urgency, waits),
            self._line.answer("sendEdoc", fields, patience, content, headers) as response,
        ):
            said = await self._read(response, vxp.Scanner(), _SMALL)
        doc_id = said.fields.get("DocId")
        if not isinstance(doc_id, str | int) or not str(doc_id).strip():
            raise Outage("trục trung ương nhận văn bản mà không trả mã DocId")
        return str(doc_id).strip()

    async def _listed(self, operation: str, kind: str, keep: Callable[[dict[str, Any]], None], total: float) -> None:
        fields = {"servicetype": self._settings.servicetype, "messagetype": kind}
        async with self._line.answer(operation, fields, self._line.patience(self._settings.timeout, total)) as response:
            await self._read(response, vxp.Scanner(row=keep), _LIST, data=True)

    async def _told(self, operation: str, fields: Mapping[str, str], total: float = inf) -> vxp.Said:
        patience = self._line.patience(self._settings.timeout, min(total, self._settings.timeout))
        async with self._line.answer(operation, fields, patience) as response:
            return await self._read(response, vxp.Scanner(), _SMALL)

    async def _download(self, doc_id: str, sink: Sink, limit: int) -> None:
        fields = {"docId": doc_id, "filePath": _STORE}
        async with self.traffic.turn(_RECEIVING), self._packet("downloadEdoc", fields, limit) as response:
            pieces = self._steady(response, limit)
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
        except ValueError:
            return head
        if isinstance(said, dict) and "ErrorCode" in said:
            raise self._failure(str(said["ErrorCode"]), str(said.get("ErrorDesc") or ""))
        return head

    async def _get(self, doc_id: str, sink: Sink, limit: int) -> None:
        texts: list[str] = []
        scanner, decoder = vxp.Scanner(text=texts.append), Base64Text(f"getEdoc {doc_id}", b"")
        fields = {"docId": doc_id, "filePath": _STORE}
        async with self.traffic.turn(_RECEIVING), self._packet("getEdoc", fields, limit * 4 // 3) as response:
            try:
                async for piece in self._steady(response, limit * 4 // 3 + _CHUNK):
                    scanner.feed(piece)
                    await sink(decoder.decode("".join(texts).encode("ascii", "replace")))
                    texts.clear()
                said = scanner.end(data=True)
                decoder.finish()
            except vxp.NotAnAnswer as error:
                raise Spoilt(f"getEdoc {doc_id}: {error}") from error
            except Refused as error:
                if error.code == "too-large":
                    raise
                raise Spoilt(f"getEdoc {doc_id}: {error.reason}") from error
            if not said.ok:
                raise self._failure(said.code, said.text)

    @asynccontextmanager
    async def _packet(
        self, operation: str, fields: Mapping[str, str], limit: int
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer that carries one packet: where it is none, the line itself may be well."""
        begun = False
        try:
            async with (
                _whole_within(self._settings.transfer_timeout) as head,
                self._line.answer(operation, fields, self._transfer(limit)) as response,
            ):
                head.reschedule(None)
                begun = True
                yield response
        except Outage as error:
            # Who asks for a pause gets it, whatever it was about.
            if error.retry_after or not (begun or error.status):
                raise
            raise Spoilt(f"{operation}: {error}") from error

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
            raise self._failure(said.code, said.text)
        return said

    def _shares(self) -> tuple[float, float]:
        """Of the seconds that the hub gives a send: so many it may wait for its turn, and so many its call may last."""
        return self._settings.send_timeout * _WAITS, self._settings.send_timeout * _LASTS

    def _steady(self, response: aiohttp.ClientResponse, limit: int) -> AsyncIterator[bytes]:
        return paced(bounded(response, limit), self._settings.transfer_timeout, _SLOWEST)

    def _transfer(self, size: int) -> aiohttp.ClientTimeout:
        silence = self._settings.transfer_timeout
        return self._line.patience(silence, silence + size / _SLOWEST)

    def _failure(self, code: str, text: str) -> Denied | Failed:
        clean = "".join(sign if sign.isprintable() else " " for sign in text)[:300]
        if code in self._settings.credential_errors:
            return Denied(f"trục trung ương không chấp nhận systemid hoặc khóa bí mật (mã lỗi {code[:20]}: {clean})")
        return Failed(code[:20], clean)


def _is_missing(error: Spoilt) -> bool:
    """Whether it came of an operation that the hub does not have."""
    return isinstance(error.__cause__, Outage) and error.__cause__.status in _NO_SUCH


@asynccontextmanager
async def _whole_within(seconds: float) -> AsyncIterator[asyncio.Timeout]:
    """The head of an answer may not drip either: nobody else looks at how long it takes."""
    try:
        async with asyncio.timeout(seconds) as head:
            yield head
    except TimeoutError as error:
        raise Outage(f"trục trung ương chưa trả lời xong sau {seconds:g} giây") from error


@asynccontextmanager
async def _may_be_missing(operation: str) -> AsyncIterator[None]:
    """A hub that does not know this operation is well without it."""
    try:
        yield
    except Outage as error:
        if error.status in _NO_SUCH:
            raise Spoilt(f"trục trung ương không có {operation}") from error
        raise
