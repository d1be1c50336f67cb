"""Who we are to a server that wants a login: a bearer that is fetched, kept, and renewed before it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from hub.carrying.failures import Denied, NotReached, Outage, Trouble
from plugins.eoffice.rest.bodies import Body, form_body, json_body
from plugins.eoffice.rest.calls import Login as LoginSays
from plugins.eoffice.rest.picks import NothingThere, Pick
from plugins.eoffice.rest.templates import Template, Tree, Values

#: The part of a bearer's life after which it is renewed.
_RENEWED = 0.8
#: Seconds that a login holds at least, whatever the answer says.
_SHORTEST = 5.0


class Clock(Protocol):
    """What is asked of time."""

    def monotonic(self) -> float:
        """Seconds that never jump."""


#: Makes one call and gives the tree of its answer and what it says for people: method, path, values, body.
#: Raises Denied, Outage.
Call = Callable[[str, Template, Values, Body | None], Awaitable[tuple[Any, str]]]


class Login:
    """One for all calls to one server. Those who wait for it share what comes of it: a wrong password goes once."""

    def __init__(self, says: LoginSays, call: Call, clock: Clock) -> None:
        self._says, self._call, self._clock = says, call, clock
        self._turn = asyncio.Lock()
        self._token = self._renewal = ""
        self._until, self._logins = 0.0, 0
        self._failed: Trouble | None = None

    @property
    def held(self) -> tuple[str, ...]:
        """What nobody may read: the bearer that we have, if any, and what renews it."""
        return tuple(filter(None, (self._token, self._renewal)))

    async def bearer(self, values: Values, refused: str = "") -> str:
        """One that holds, another than `refused`. Raises Denied, NotReached."""
        logins = self._logins
        async with self._turn:
            if self._logins != logins and self._failed:
                raise self._failed
            if self._token and self._token != refused and self._clock.monotonic() < self._until:
                return self._token
            await self._renew(values)
            return self._token

    async def _renew(self, values: Values) -> None:
        self._logins += 1
        self._failed = None
        try:
            if not (self._renewal and await self._renewed(values)):
                await self._logged_in(values)
        except Trouble as error:
            self._token, self._failed = "", error
            raise

    async def _renewed(self, values: Values) -> bool:
        """Whether the one that we had could be renewed without the password."""
        says, more = self._says.renew, values | {"renewal": self._renewal, "token": self._token}
        assert says
        self._renewal = ""
        try:
            tree, _ = await self._call(says.call.method, says.call.path, more, _body(says.json_, says.form, more))
        except (Denied, Outage):
            return False
        return self._take(tree)

    async def _logged_in(self, values: Values) -> None:
        says = self._says
        try:
            body = _body(says.json_, says.form, values)
            tree, words = await self._call(says.call.method, says.call.path, values, body)
        except Outage as error:
            # Of no other call: nothing was handed over.
            raise NotReached(f"đăng nhập: {error}", error.status, error.retry_after, ("login",)) from error
        if not self._take(tree):
            raise Denied(f"phần mềm của đơn vị không cho đăng nhập: {words or 'không có mã token'}")

    def _take(self, tree: Any) -> bool:
        """Keep what an answer brings. Whether it was a bearer."""
        token = _asked(self._says.token, tree)
        if not (token and token.isascii() and token.isprintable()):
            return False
        lasts = _asked(self._says.expires, tree)
        seconds = float(lasts) if lasts.isdecimal() and len(lasts) < 10 else self._says.lasts
        self._token = token
        self._renewal = _asked(self._says.renew.renewal, tree) if self._says.renew else ""
        self._until = self._clock.monotonic() + max(_SHORTEST, seconds) * _RENEWED
        return True


def _asked(pick: Pick | None, tree: Any) -> str:
    try:
        return pick.text(tree) if pick else ""
    except NothingThere:
        return ""


def _body(tree: Tree, form: Mapping[str, Template], values: Values) -> Body | None:
    if form:
        return form_body(form, values)
    return json_body(tree, values) if tree is not None else None
