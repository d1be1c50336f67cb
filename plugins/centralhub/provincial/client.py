"""The calls of the provincial REST shape (facts 3.7). What comes is bounded and read in pieces."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Container, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import aiohttp

from hub import VIETNAM, Refused
from hub.carrying.failures import Denied, Outage, Spoilt
from hub.carrying.traffic import FIRST, Traffic
from hub.standards.json_pieces import NotAnAnswer
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
    may_be_missing,
    one_packet,
    soon,
)
from plugins.centralhub.failures import Failed
from plugins.centralhub.line import Asked, Line, bounded
from plugins.centralhub.patience import CHECKING, Patience
from plugins.centralhub.provincial import answers
from plugins.centralhub.provincial.form import Form
from plugins.centralhub.provincial.login import Login, hidden
from plugins.centralhub.provincial.scanner import Scanner
from plugins.centralhub.rows import Key, Received, Sent, Waiting
from plugins.centralhub.settings import CentralhubSettings
from plugins.centralhub.unwrapping import Unwrapped

_CHUNK = 64 * 1024
_LISTED = "/syncReceivedEdocList"
_JSON: Mapping[str, str] = {"Content-Type": "application/json"}
#: Bytes of an answer for one byte of its packet, at most: base64, and the same attachments once more beside it.
_WIDER = 3
#: Days that a list goes back, at most, after an outage.
_FURTHEST = timedelta(days=366)


class ProvincialClient:
    """A `Client` of a hub of the provincial REST shape."""

    shows_ends, has_another_way = True, False

    def __init__(self, settings: CentralhubSettings, line: Line, traffic: Traffic, clock: Clock) -> None:
        self._settings, self._line, self._clock, self.traffic = settings, line, clock, traffic
        self._patience = Patience(settings)
        self._login = Login(settings, line, clock)

    async def received(
        self, kind: str, since: datetime | None = None, known: Container[str] = ()
    ) -> tuple[list[Received], list[str]]:
        """By syncReceivedEdocList; see `Client.received`."""
        waiting, call = Waiting(ROWS, known), self._list_of(kind, self._first_day(since))
        async with (
            self.traffic.turn(RECEIVING),
            nullcontext() if kind == "edoc" else alone(_LISTED),
            self._asked(call, self._patience.listing()) as response,
        ):
            scanner = Scanner(rows_at={"data": waiting.keep})
            fields = await self._read(response, scanner, LIST)
            if not answers.is_list(fields, scanner.counts):
                raise Outage("câu trả lời của trục không có danh sách")
        return waiting.rows, waiting.strange

    async def sent(self, key: Key, since: datetime) -> list[Sent] | None:
        """None: no operation is known that tells what arrived."""
        return None

    async def agencies(self, operation: str) -> AsyncIterator[bytes]:
        """getAgenciesList, an array or an object with `data`, as VXP's; the bearer alone is asked of it."""
        rows: list[bytes] = []

        def keep(row: Mapping[str, Any]) -> None:
            rows.append(answers.agency(row))

        call = Asked("GET", f"/{operation}", {})
        async with (
            self.traffic.turn(RECEIVING),
            may_be_missing(operation),
            alone(operation, Denied),
            self._asked(call, self._patience.listing(), signed=False) as response,
        ):
            scanner, lead = Scanner(rows_at={"": keep, "data": keep}), answers.AGENCIES_HEAD
            try:
                async for piece in bounded(response, LIST):
                    scanner.feed(piece)
                    if rows:
                        told = b"".join(rows)
                        yield lead + (told.removeprefix(b",") if lead else told)
                        lead = b""
                        rows.clear()
                self._check_agencies(scanner)
            except NotAnAnswer as error:
                raise Spoilt(f"trục trả lời không đúng dạng: {error}") from error
            yield lead + answers.AGENCIES_TAIL

    def _check_agencies(self, scanner: Scanner) -> None:
        fields = scanner.end()
        told = answers.said(fields, lenient=True) if fields else None
        if told and not told.ok:
            raise self._failed(told)
        if not scanner.counts.keys() & {"", "data"}:
            raise NotAnAnswer("it has no list")

    async def probe(self) -> None:
        """Log in, and look at the list of documents of today."""
        call = self._list_of("edoc", self._clock.now())
        turn = self.traffic.turn(FIRST, CHECKING)
        async with soon(CHECKING), turn, self._asked(call, self._patience.small()) as response:
            await self._read(response, Scanner(rows_at={"data": lambda _: None}), LIST)

    async def confirm(self, doc_id: str, word: str) -> None:
        """By updateStatus. Its answer is not known: what says no failure is none, for the list shows the rest."""
        body = json.dumps({"docId": doc_id, "status": word}).encode()
        call = Asked("POST", "/updateStatus", _JSON, body)
        answer = self._asked(call, self._patience.small())
        async with self.traffic.turn(RECEIVING), one_packet("updateStatus", answer, self._settings.timeout) as response:
            await self._read(response, Scanner(), SMALL, lenient=True)

    async def fetch(self, doc_id: str, sink: Sink, limit: int, *, as_it_stands: bool = False) -> int:
        """By getEdoc; see `Client.fetch`."""
        call = Asked("GET", f"/getEdoc?{urlencode({'docId': doc_id})}", {})
        answer = self._asked(call, self._patience.fetching(limit * _WIDER))
        within = self._settings.transfer_timeout
        async with self.traffic.turn(RECEIVING), one_packet("getEdoc", answer, within) as response:
            packet = Unwrapped("plain" if as_it_stands else self._settings.edxml, doc_id)
            try:
                return await self._unwrapped(response, doc_id, packet, sink, limit)
            except NotAnAnswer as error:
                raise Spoilt(f"getEdoc {doc_id}: {error}") from error

    async def fetch_anew(self, doc_id: str, sink: Sink, limit: int) -> bool:
        """There is no other operation."""
        return False

    async def send(self, packet: Outgoing) -> str:
        """By sendEdoc, a form of known length; see `Client.send`."""
        form = Form("edoc" if packet.kind == "edoc" else self._settings.status_type)
        headers = {"Content-Type": form.content_type, "Content-Length": str(form.length(packet.size))}

        def call() -> Asked:
            content = form.around(packet.pieces()) if packet.content is None else form.whole(packet.content)
            return Asked("POST", "/sendEdoc", headers, content)

        async with self.traffic.turn(packet.urgency, self._patience.waits), alone("sendEdoc"):
            began = self._clock.monotonic()
            bearer = await self._login.bearer()
            patience = self._patience.sending(packet.size, self._clock.monotonic() - began)
            async with self._called(call, patience, bearer) as response:
                fields = await self._read(response, Scanner(), SMALL)
        if not (doc_id := answers.doc_id(fields)):
            raise Outage("trục nhận văn bản mà không trả mã docId")
        return doc_id

    # calls ---------------------------------------------------------------------------------------------

    def _first_day(self, since: datetime | None) -> datetime:
        """`look_back` ago, and sooner after a longer outage; a day more, for the hub's clock may be behind."""
        now = self._clock.now()
        first = now - timedelta(seconds=self._settings.look_back)
        return min(first, max(since - timedelta(days=1), now - _FURTHEST)) if since else first

    def _list_of(self, kind: str, first: datetime) -> Asked:
        """The call that lists packets from that day to tomorrow: the hub's clock may be ahead."""
        said = {
            "messageType": "edoc" if kind == "edoc" else self._settings.status_type,
            "fromDate": f"{first.astimezone(VIETNAM):%Y/%m/%d}",
            "toDate": f"{self._clock.now().astimezone(VIETNAM) + timedelta(days=1):%Y/%m/%d}",
        }
        return Asked("GET", f"{_LISTED}?{urlencode(said, safe='/')}", {})

    @asynccontextmanager
    async def _asked(
        self, call: Asked, patience: aiohttp.ClientTimeout, *, signed: bool = True
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer to a call that can be made again; see `Line.answer`."""
        bearer = await self._login.bearer()
        async with self._called(lambda: call, patience, bearer, signed=signed) as response:
            yield response

    @asynccontextmanager
    async def _called(
        self, call: Callable[[], Asked], patience: aiohttp.ClientTimeout, bearer: str, *, signed: bool = True
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer; where the bearer is not taken, that of one more try with a new one: nothing was done then."""
        async with AsyncExitStack() as stack:
            try:
                answer = self._line.answer(self._with(call(), bearer, signed=signed), patience)
                response = await stack.enter_async_context(answer)
            except Denied as error:
                if error.status != HTTPStatus.UNAUTHORIZED or self._login.given_up(bearer):
                    raise
                bearer = await self._login.bearer(bearer)
                answer = self._line.answer(self._with(call(), bearer, signed=signed), patience)
                response = await stack.enter_async_context(answer)
            self._login.taken(bearer)
            yield response

    def _with(self, call: Asked, bearer: str, *, signed: bool) -> Asked:
        """The same under our prefix, with the headers that say who we are."""
        settings = self._settings
        ours = {"X-SystemId": settings.systemid, "X-SecretKey": settings.secret.get_secret_value()} if signed else {}
        headers = {"Accept": "application/json", "Authorization": f"Bearer {bearer}", **ours, **call.headers}
        return replace(call, path=settings.prefix + call.path, headers=headers)

    async def _unwrapped(
        self, response: aiohttp.ClientResponse, doc_id: str, packet: Unwrapped, sink: Sink, limit: int
    ) -> int:
        texts: list[str] = []
        scanner = Scanner(text_at={"data.edxml": texts.append})
        async for piece in self._patience.steady(bounded(response, limit * _WIDER + _CHUNK)):
            scanner.feed(piece)
            if texts:
                await sink(packet.feed("".join(texts)))
                texts.clear()
        told = answers.said(scanner.end())
        if not told.ok:
            raise self._failed(told)
        if (told_id := answers.doc_id(scanner.fields)) not in ("", doc_id):
            raise Spoilt(f"getEdoc {doc_id}: trục trả về gói tin khác: {ascii(told_id)[:60]}")
        await sink(packet.finish())
        if not packet.size:
            raise NotAnAnswer("there is no edxml in it")
        return answers.beside(scanner.fields, scanner.counts)

    async def _read(
        self, response: aiohttp.ClientResponse, scanner: Scanner, limit: int, *, lenient: bool = False
    ) -> Mapping[str, Any]:
        """The fields of a whole answer. Raises Outage where it is none, Denied, Failed."""
        try:
            async for piece in bounded(response, limit):
                scanner.feed(piece)
            fields = scanner.end()
            told = answers.said(fields, lenient=lenient)
        except NotAnAnswer as error:
            raise Outage(f"trục trả lời không đúng dạng: {error}") from error
        except Refused as error:
            raise Outage(f"câu trả lời của trục quá dài: hơn {limit} byte") from error
        if not told.ok:
            raise self._failed(told)
        return fields

    def _failed(self, told: answers.Said) -> Denied | Failed:
        code, text = (hidden(said, self._settings, self._login.held) for said in (told.code, told.text))
        return failure(self._settings, code, text)
