"""One call as the profile has it: made, read whole, judged; once more with a new bearer where that helps."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import aiohttp
from yarl import URL

from hub import Refused
from hub.carrying.failures import Denied, Outage
from hub.carrying.spool import Spool
from plugins.eoffice.rest.bodies import Body
from plugins.eoffice.rest.cutting import JsonCutter, NotAnAnswer
from plugins.eoffice.rest.line import Asked, Line, pieces, retry_after
from plugins.eoffice.rest.login import Clock as Ticks
from plugins.eoffice.rest.login import Login
from plugins.eoffice.rest.reading import Judged, hidden, is_success, judge
from plugins.eoffice.rest.settings import RestSettings
from plugins.eoffice.rest.templates import Template, Values, in_address, in_header
from plugins.eoffice.rest.told import Told, told
from plugins.eoffice.rest.values import Now, values

#: Bytes of an answer that says only what became of a call.
SMALL = 1 << 20
_PAGE = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
#: Seconds by which clocks may differ before anybody is told.
_SKEW = 120.0


class Clock(Ticks, Now, Protocol):
    """What is asked of time; the context's clock is one."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked. `headers`: beside those of every call; `more`: names of this call alone.

    `body` is made anew for each try.
    """

    method: str
    path: Template
    headers: Mapping[str, Template] = field(default_factory=dict)
    more: Mapping[str, object] = field(default_factory=dict)
    body: Callable[[Values], Body | None] = field(default=lambda _: None)


@dataclass(frozen=True, slots=True)
class Room:
    """How much of an answer is read, and where its long texts, or all of it (`raw`), are put.

    `looks`: a page or an error in JSON in its place is none.
    """

    limit: int = SMALL
    spool: Callable[[], Spool] | None = None
    raw: bool = False
    looks: bool = True


#: Hears each answer, and what was made of it.
Heard = Callable[[Told, Judged], None]


class Caller:
    """Makes calls to one server."""

    def __init__(self, settings: RestSettings, line: Line, clock: Clock) -> None:
        self._settings, self._line, self._clock = settings, line, clock
        login = settings.profile.login
        self._login = Login(login, self._logged_in, clock) if login else None
        self.heard: Heard = _nobody

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody may read."""
        said = self._settings
        basic = f"{said.username}:{said.password.get_secret_value()}" if said.password else ""
        kept = (*said.secrets, *(self._login.held if self._login else ()))
        return (*kept, *filter(None, (base64.b64encode(basic.encode()).decode(),)))

    async def told(self, ask: Ask, patience: aiohttp.ClientTimeout, room: Room | None = None) -> tuple[Told, Judged]:
        """The answer and what it means. Raises Outage, Denied of who we are; and as the spool does."""
        refused, room = "", room or Room()
        while True:
            known = values(self._settings, self._clock.now()) | ask.more
            bearer = await self._login.bearer(known, refused) if self._login else ""
            asked = await self._made(ask, known | {"token": bearer})
            answer, judged = await self._answer(asked, patience, room)
            if judged.verdict != "denied" or not bearer or refused:
                break
            refused = bearer
        if judged.verdict == "denied":
            raise Denied(f"phần mềm của đơn vị không chấp nhận hub: {judged.reason}", answer.status)
        return answer, judged

    async def unsent(self, ask: Ask) -> Asked:
        """The request as it would go."""
        bearer = self._login.held[:1] if self._login else ()
        return await self._made(ask, values(self._settings, self._clock.now()) | ask.more | {"token": "".join(bearer)})

    async def _answer(self, asked: Asked, patience: aiohttp.ClientTimeout, room: Room) -> tuple[Told, Judged]:
        async with self._line.answer(asked, patience) as response:
            answer = await self._read(response, patience, room)
        judged = judge(self._settings.profile.answers, answer.status, answer.tree, answer.problem)
        if room.raw and answer.spool and answer.tree is None and not answer.problem:
            judged = Judged("ok")
        shown = Judged(judged.verdict, judged.code, self._words(answer, judged))
        self.heard(answer, shown)
        if shown.verdict in ("denied", "refuse") and answer.spool:
            await asyncio.to_thread(answer.spool.drop)
        return answer, shown

    async def _read(self, response: aiohttp.ClientResponse, patience: aiohttp.ClientTimeout, room: Room) -> Told:
        good = is_success(response.status)
        limit, form = room.limit if good else SMALL, self._settings.profile.format
        body = pieces(response, limit, patience.sock_read or 60.0)
        spool = room.spool() if good and room.spool else None
        try:
            if room.raw and spool:
                return await _whole(response, body, spool, looks=room.looks)
            return await told(response, body, form, spool, retry_after(response))
        except BaseException as error:
            if spool:
                with suppress(OSError):
                    await asyncio.shield(asyncio.to_thread(spool.drop))
            if isinstance(error, Refused):
                raise Outage(error.reason, response.status) from error
            raise

    def _words(self, answer: Told, judged: Judged) -> str:
        words = hidden(judged.reason, self.secrets)
        if judged.verdict == "denied" and abs(answer.ahead) > _SKEW:
            words += f" (đồng hồ của máy chủ lệch {answer.ahead:.0f} giây so với hub)"
        return words

    async def _made(self, ask: Ask, known: Values) -> Asked:
        """The request, signed where the profile says so."""
        settings = self._settings
        body = await asyncio.to_thread(ask.body, known)
        url = URL(settings.url + in_address(ask.path, known), encoded=True)
        if sign := settings.profile.sign:
            known |= {"method": ask.method, "path": url.raw_path_qs, "body_sha256": await _digest(body)}
            known |= {"signature": _signature(sign.over.fill(known), known, sign.digest, sign.written)}
        said = {**settings.profile.headers, **ask.headers}
        return Asked(ask.method, url, {name: in_header(each, known) for name, each in said.items()}, body)

    async def _logged_in(self, method: str, path: Template, known: Values, body: Body | None) -> tuple[Any, str]:
        """A call of the login: no bearer goes with it."""
        headers = {"Accept": "application/json"} if self._settings.profile.format == "json" else {}
        asked = Asked(method, URL(self._settings.url + in_address(path, known), encoded=True), headers, body)
        seconds = self._settings.timeout
        patience = aiohttp.ClientTimeout(total=seconds, sock_connect=seconds, sock_read=seconds)
        async with self._line.answer(asked, patience) as response:
            answer = await self._read(response, patience, Room())
        judged = judge(self._settings.profile.answers, answer.status, answer.tree, answer.problem)
        words = hidden(judged.reason, self.secrets)
        # Nobody is shown the answer itself: a bearer is in it.
        verdict = "ok" if answer.tree is not None and is_success(answer.status) else judged.verdict
        self.heard(replace(answer, tree=None), Judged(verdict, judged.code, words))
        if not is_success(answer.status) and judged.verdict in ("denied", "refuse"):
            raise Denied(f"phần mềm của đơn vị không cho đăng nhập: {words}", answer.status)
        if not is_success(answer.status) or answer.tree is None:
            raise Outage(words, answer.status, answer.retry_after)
        return answer.tree, words


def _nobody(answer: Told, judged: Judged) -> None:
    """Nobody listens."""


async def _whole(response: aiohttp.ClientResponse, body: Any, spool: Spool, *, looks: bool) -> Told:
    """An answer that is a packet or a file itself."""
    async for piece in body:
        await spool.write(piece)
    await asyncio.to_thread(spool.flush)
    tree, problem = await asyncio.to_thread(_looked_at, spool) if looks else (None, "")
    ends = response.content_length is not None or "chunked" in response.headers.get("Transfer-Encoding", "").lower()
    return Told(response.status, tree, problem, spool=spool, ends=ends)


def _looked_at(spool: Spool) -> tuple[Any, str]:
    """What stands in place of a packet: an answer in JSON, a page, nothing. Blocking."""
    head = next(spool.blocks(), b"") if spool.size else b""
    if not head.strip():
        return None, "câu trả lời trống"
    if _PAGE.match(head):
        return None, "nhận được trang web thay cho văn bản"
    if spool.size > SMALL or not head.lstrip().startswith(b"{"):
        return None, ""
    reader = JsonCutter()
    try:
        for block in spool.blocks():
            reader.feed(block)
        return reader.end(), ""
    except NotAnAnswer:
        return None, ""


async def _digest(body: Body | None) -> str:
    return await asyncio.to_thread(body.sha256) if body else hashlib.sha256(b"").hexdigest()


def _signature(over: str, known: Values, digest: str, written: str) -> str:
    made = hmac.new(str(known.named["secret"]).encode(), over.encode(), digest).digest()
    return base64.b64encode(made).decode() if written == "base64" else made.hex()
