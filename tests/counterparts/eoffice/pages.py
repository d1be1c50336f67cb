"""The clerk's pages: plain HTML without a script, for this machine unless it is told otherwise."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import web
from aiohttp.web_request import FileField

from tests.counterparts.eoffice import looks, markup
from tests.counterparts.eoffice.clerk import Clerk, Letter
from tests.counterparts.eoffice.core import Core
from tests.counterparts.eoffice.posting import Impossible
from tests.counterparts.eoffice.register import STATES

KINDS = ("Công văn", "Quyết định", "Thông báo", "Giấy mời", "Báo cáo", "Tờ trình", "Kế hoạch")
_COOKIE = "eoffice"
_VISITOR = web.RequestKey("visitor", str)
_SAFE = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_MOST = 500
_Work = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Pages:
    """Everything that a person sees."""

    def __init__(self, core: Core, clerk: Clerk) -> None:
        self._core, self._clerk, self._me = core, clerk, core.settings.me
        self._css = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
        self._key = _key(core.settings.data / "page.key")

    def open(self, app: web.Application) -> None:
        """Add its paths."""
        served: tuple[tuple[str, str, _Work], ...] = (
            ("GET", "/", self._front),
            ("GET", "/style.css", self._style),
            ("GET", "/den", self._came_list),
            ("GET", r"/den/{id:\d{1,15}}", self._came),
            ("GET", r"/{register:den|di}/{id:\d{1,15}}/tep/{n:\d{1,4}}", self._file),
            ("GET", "/di", self._went_list),
            ("GET", r"/di/{id:\d{1,15}}", self._went),
            ("GET", "/gui", self._send_form),
            ("POST", r"/den/{id:\d{1,15}}", self._gesture),
            ("POST", r"/di/{id:\d{1,15}}", self._take_back),
            ("POST", "/gui", self._send),
        )
        for method, path, work in served:
            app.router.add_route(method, path, self._guarded(work))

    # around every page -------------------------------------------------------------------------------------------

    def _guarded(self, work: _Work) -> _Work:
        async def guarded(request: web.Request) -> web.StreamResponse:
            self._check_host(request)
            try:
                answer = await work(request)
            except Impossible as error:
                answer = self._html(request, "Không thực hiện được", "", markup.notice(str(error), request.path), 409)
            answer.headers.update(_SAFE)
            return answer

        return guarded

    def _check_host(self, request: web.Request) -> None:
        """A page of another site must not reach this machine under a name of its own. Raises HTTPForbidden."""
        name = urlsplit(f"//{request.host}").hostname or ""
        if _is_loopback(self._core.settings.host) and not (name == "localhost" or _is_loopback(name)):
            raise web.HTTPForbidden

    def _html(self, request: web.Request, title: str, here: str, body: str, http: int = 200) -> web.Response:
        text = markup.page(title, here, self._me, body, refresh=request.path in {"/den", "/di"})
        answer = web.Response(text=text, content_type="text/html", status=http)
        answer.set_cookie(_COOKIE, self._visitor(request), httponly=True, samesite="Strict")
        return answer

    def _visitor(self, request: web.Request) -> str:
        """Who looks: a word that their browser keeps."""
        known = request.get(_VISITOR) or request.cookies.get(_COOKIE)
        request[_VISITOR] = known or secrets.token_urlsafe(24)
        return request[_VISITOR]

    def _token(self, request: web.Request) -> str:
        """What a form of theirs has to bring back."""
        return hmac.new(self._key, self._visitor(request).encode(), hashlib.sha256).hexdigest()

    async def _told(self, request: web.Request) -> Mapping[str, Any]:
        """A form that was sent by one of our own pages. Raises HTTPForbidden."""
        origin = request.headers.get("Origin")
        if not request.cookies.get(_COOKIE) or (origin is not None and urlsplit(origin).netloc != request.host):
            raise web.HTTPForbidden
        told: Any = await request.post()
        if not hmac.compare_digest(
            self._token(request), str(told.get("token", "")).encode("ascii", "replace").decode()
        ):
            raise web.HTTPForbidden
        return _Form(told)

    # what is shown -----------------------------------------------------------------------------------------------

    async def _front(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/den")

    async def _style(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text=self._css, content_type="text/css")

    async def _came_list(self, request: web.Request) -> web.StreamResponse:
        asked, number = request.query.get("trang-thai", ""), _number(request)
        state = asked if asked in STATES else ""
        lines = await self._core.look(partial(looks.incoming, state=state, page=number))
        counts = await self._core.look(looks.counts)
        return self._html(request, "Văn bản đến", "/den", markup.came_list(lines, counts, state, number))

    async def _came(self, request: web.Request) -> web.StreamResponse:
        line, events = await self._core.look(partial(looks.came, doc=_id(request)))
        return self._html(request, line.paper.code, "/den", markup.came_page(line, events, self._token(request)))

    async def _went_list(self, request: web.Request) -> web.StreamResponse:
        number = _number(request)
        lines = await self._core.look(partial(looks.outgoing, page=number))
        return self._html(request, "Văn bản đi", "/di", markup.went_list(lines, number))

    async def _went(self, request: web.Request) -> web.StreamResponse:
        line, events = await self._core.look(partial(looks.went, doc=_id(request)))
        return self._html(request, line.paper.code, "/di", markup.went_page(line, events, self._token(request)))

    async def _send_form(self, request: web.Request) -> web.StreamResponse:
        agencies = [each for each in await self._core.agencies() if each.code != self._me.code]
        form = markup.send_page(agencies[:_MOST], KINDS, self._token(request), {"signer": Letter("", "", "").signer})
        return self._html(request, "Gửi văn bản", "/gui", form)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        shown = looks.came if request.match_info["register"] == "den" else looks.went
        line, _ = await self._core.look(partial(shown, doc=_id(request)))
        number = int(request.match_info["n"])
        if number >= len(line.paper.files):
            raise web.HTTPNotFound
        file = line.paper.files[number]
        [content] = await self._core.contents((file,))
        name = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
        return web.Response(
            body=content, headers={"Content-Disposition": name}, content_type="application/octet-stream"
        )

    # what is done ------------------------------------------------------------------------------------------------

    async def _gesture(self, request: web.Request) -> web.StreamResponse:
        told = await self._told(request)
        name = str(told.get("gesture", ""))
        await self._clerk.gesture(_id(request), name, str(told.get("words", ""))[:_MOST])
        raise web.HTTPSeeOther(request.path)

    async def _take_back(self, request: web.Request) -> web.StreamResponse:
        told = await self._told(request)
        await self._clerk.take_back(_id(request), str(told.get("words", ""))[:_MOST])
        raise web.HTTPSeeOther(request.path)

    async def _send(self, request: web.Request) -> web.StreamResponse:
        told = await self._told(request)
        assert isinstance(told, _Form)
        words = {
            name: str(told.get(name, "")).strip()[:_MOST]
            for name in ("number", "notation", "subject", "kind", "signer")
        }
        urgency = str(told.get("urgency", "0"))
        letter = Letter(
            words["number"], words["notation"], words["subject"], words["kind"], signer=words["signer"],
            urgency=int(urgency) if urgency in {"0", "1", "2", "3"} else 0,
        )  # fmt: skip
        more = (code.strip() for code in str(told.get("more", "")).split(","))
        to = dict.fromkeys((*map(str, told.every("to")), *(code for code in more if code)))
        files = [
            (each.filename, each.file.read())
            for each in told.every("file")
            if isinstance(each, FileField) and each.filename
        ]
        doc = await self._clerk.send(letter, list(to), files)
        raise web.HTTPSeeOther(f"/di/{doc}")


class _Form(Mapping[str, Any]):
    """A form, of whose fields some stand there several times."""

    def __init__(self, told: Any) -> None:
        self._told = told

    def __getitem__(self, name: str) -> Any:
        return self._told[name]

    def __iter__(self) -> Any:
        return iter(self._told)

    def __len__(self) -> int:
        return len(self._told)

    def every(self, name: str) -> list[Any]:
        """All values of that name."""
        return list(self._told.getall(name, []))


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


def _number(request: web.Request) -> int:
    text = request.query.get("trang", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _key(path: Path) -> bytes:
    """Signs the forms' tokens; the same after a restart, so that an open form still works."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        made = secrets.token_bytes(32)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(made)
        return made
