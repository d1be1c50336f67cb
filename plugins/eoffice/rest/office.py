"""A small REST server of a unit, in memory: the other side for the contract of connectors."""

from __future__ import annotations

import base64
import io
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from aiohttp import web

from hub import Acknowledgement, Delivery, Document
from hub.standards import edxml
from plugins.eoffice.rest.connector import EofficeRest

SECRET = "khoa-bi-mat-cua-hop-dong"  # noqa: S105 - of a server that lives for one check
_LARGEST = 1 << 30
_PROFILE: dict[str, Any] = {
    "name": "office",
    "headers": {"Authorization": "Bearer {secret}"},
    "answers": {"ok": "ok", "text": "text"},
    "receive": {
        "packets": {
            "list": {"call": "GET /list", "rows": "rows", "id": "id"},
            "fetch": {"call": "GET /packet/{id}", "packet": "packet", "written": "base64"},
            "confirm": {"call": "POST /done/{id}", "json": {"word": "{word}", "why": "{reason}"}, "refused": "fail"},
        }
    },
    "send": {"packets": {"call": "POST /in/{delivery}", "raw": "application/xml", "id": "id"}},
    "find": {"packets": {"call": "GET /in/{delivery}", "there": "id", "id": "id"}},
}


class Office:
    """Knows our deliveries by their ids, so that it acts on each once. `answered` makes the 03 to a document."""

    connector: ClassVar[type[EofficeRest]] = EofficeRest

    def __init__(self, answered: Callable[[Document], Acknowledgement]) -> None:
        self._answered = answered
        self._numbers = itertools.count(1)
        self._waiting: dict[str, bytes] = {}
        self._taken: dict[str, int] = {}
        pauses = {"poll": "100ms", "poll_busy": "50ms", "pause": "50ms", "pause_most": "200ms"}
        self.settings: dict[str, Any] = {
            "kind": "eoffice-rest", "profile": _PROFILE, "secret": SECRET, "retry_credentials": "200ms", **pauses,
        }  # fmt: skip

    def effects(self) -> list[str]:
        """What it took."""
        return list(self._taken)

    async def offer(self, name: str, packet: bytes) -> None:
        """It is in the list until it is confirmed."""
        self._put(packet)

    async def answer(self, delivery: Delivery) -> None:
        """The unit answers."""
        document = delivery.envelope.body
        assert isinstance(document, Document)
        self._put(edxml.write_acknowledgement(self._answered(document)))

    def _put(self, packet: bytes) -> None:
        self._waiting[str(next(self._numbers))] = packet

    async def handle(self, request: web.Request) -> web.Response:
        """One call."""
        if request.headers.get("Authorization") != f"Bearer {SECRET}":
            return web.json_response({"ok": False, "text": "sai khóa"}, status=401)
        content = await request.read()
        _, operation, *more = request.path.split("/")
        said = self._said(f"{request.method} {operation}", "".join(more), content)
        return web.json_response({"ok": said is not None, **(said or {})}, status=200 if said is not None else 404)

    def _said(self, call: str, key: str, content: bytes) -> dict[str, Any] | None:
        match call:
            case "GET list":
                return {"rows": [{"id": each} for each in self._waiting]}
            case "GET packet" if key in self._waiting:
                return {"packet": base64.b64encode(self._waiting[key]).decode()}
            case "POST done":
                json.loads(content)
                self._waiting.pop(key, None)
                return {}
            case "POST in":
                edxml.read(io.BytesIO(content))
                return {"id": self._taken.setdefault(key, next(self._numbers))}
            case "GET in" if key in self._taken:
                return {"id": self._taken[key]}
        return None


@asynccontextmanager
async def serving(answered: Callable[[Document], Acknowledgement]) -> AsyncIterator[Office]:
    """It runs; at the end it is gone."""
    made, application = Office(answered), web.Application(client_max_size=_LARGEST)
    application.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.settings["url"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()
