"""Who we are to a provincial hub: a bearer that is fetched, kept, and renewed before it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, NoReturn

import aiohttp

from hub import Refused
from hub.carrying.failures import Denied, NotReached, Outage, Trouble
from hub.standards.json_pieces import NotAnAnswer
from plugins.centralhub.client import SMALL, Clock
from plugins.centralhub.line import Asked, Line, bounded
from plugins.centralhub.patience import CHECKING, Patience
from plugins.centralhub.provincial.answers import refusal, token
from plugins.centralhub.provincial.scanner import Scanner
from plugins.centralhub.settings import CentralhubSettings

_PATH = "/auth/login?allow_anonymous=true"
#: The part of a bearer's life after which it is renewed.
_RENEWED = 0.8
#: What HTTP says of a name and password that are none.
_REFUSED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})


class Login:
    """One for all calls to one hub. Those who wait for a login share what comes of it: a wrong password goes once."""

    def __init__(self, settings: CentralhubSettings, line: Line, clock: Clock) -> None:
        self._settings, self._line, self._clock = settings, line, clock
        self._patience = Patience(settings)
        self._turn = asyncio.Lock()
        self._token, self._until = "", 0.0
        #: came in place of a refused one, and no call was taken with it yet
        self._doubted = ""
        self._logins = 0
        self._failed: Trouble | None = None

    async def bearer(self, refused: str = "") -> str:
        """One that holds, another than `refused`. Raises Denied, NotReached."""
        logins = self._logins
        async with self._turn:
            if self._logins != logins and self._failed:
                raise self._failed
            if self._token and self._token != refused and self._clock.monotonic() < self._until:
                return self._token
            await self._renew()
            self._doubted = self._token if refused else ""
            return self._token

    def given_up(self, bearer: str) -> bool:
        """Whether it was fetched because another was refused, and never worked: a third would be no better now."""
        if bearer != self._doubted:
            return False
        if bearer == self._token:
            self._token = ""
        return True

    def taken(self, bearer: str) -> None:
        """The hub took a call with it."""
        if bearer == self._doubted:
            self._doubted = ""

    @property
    def held(self) -> str:
        """The bearer that we have, if any."""
        return self._token

    async def _renew(self) -> None:
        self._logins += 1
        self._token, self._failed = "", None
        began = self._clock.monotonic()
        try:
            self._token = await self._logged_in()
        except Trouble as error:
            self._failed = error
            raise
        self._until = began + self._settings.token_lifetime * _RENEWED

    async def _logged_in(self) -> str:
        try:
            async with self._line.answer(self._asked(), self._patience.small(CHECKING)) as response:
                return await self._read(response)
        except Denied as error:
            _denied(f"HTTP {error.status}", error.status)
        except Outage as error:
            if error.status in _REFUSED:
                _denied(f"HTTP {error.status}", error.status)
            # Of no other call: nothing was handed over, and it is not that operation that is missing.
            raise NotReached(f"đăng nhập: {error}", retry_after=error.retry_after) from error

    async def _read(self, response: aiohttp.ClientResponse) -> str:
        scanner = Scanner()
        try:
            async for piece in _pieces(response):
                scanner.feed(piece)
            fields = scanner.end()
            found = token(fields)
        except NotAnAnswer as error:
            raise Outage(f"trục trả lời không đúng dạng: {error}") from error
        if found is None:
            _denied(hidden(refusal(fields), self._settings))
        return found

    def _asked(self) -> Asked:
        settings = self._settings
        body: dict[str, Any] = {
            "username": settings.username,
            "password": _password(settings),
            "applicationCode": settings.application_code,
            "otp": None,
            "twoFactorProvider": None,
            "typeObjs": [0, 1],
        }
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        return Asked("POST", settings.prefix + _PATH, headers, json.dumps(body).encode())


def hidden(text: str, settings: CentralhubSettings, *tokens: str) -> str:
    """The hub's words without what nobody may read, should it repeat it; printable, not long."""
    # One may contain another.
    for secret in sorted((settings.secret.get_secret_value(), _password(settings), *tokens), key=len, reverse=True):
        text = text.replace(secret, "***") if secret else text
    return "".join(sign if sign.isprintable() else " " for sign in text)[:300]


def _password(settings: CentralhubSettings) -> str:
    return settings.password.get_secret_value() if settings.password else ""


def _denied(why: str, status: int = 0) -> NoReturn:
    raise Denied(f"trục không chấp nhận username hoặc password ({why})", status) from None


async def _pieces(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for piece in bounded(response, SMALL):
            yield piece
    except Refused as error:
        raise NotAnAnswer("the answer is too long") from error
