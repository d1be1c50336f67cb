"""A REST server whose every answer a test writes itself, and a profile to speak to it."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Answer = Callable[["Heard"], Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """One call as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Desk:
    """`answers`: "METHOD /path" -> what is said: a response, or what becomes JSON."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.answers: dict[str, Answer] = {"GET /list": lambda _: {"rows": []}, "POST /in": lambda _: {"id": 7}}
        self.url = ""

    def asked(self, call: str) -> list[Heard]:
        return [each for each in self.heard if f"{each.method} {each.path}" == call]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        heard = Heard(
            request.method, request.path, dict(request.query), dict(request.headers), bytes(await request.read())
        )
        self.heard.append(heard)
        answer = self.answers.get(f"{heard.method} {heard.path}")
        said = answer(heard) if answer else web.Response(status=404)
        return said if isinstance(said, web.StreamResponse) else web.json_response(said)


@asynccontextmanager
async def desk(tls: ssl.SSLContext | None = None) -> AsyncIterator[Desk]:
    """It serves until the block ends."""
    made = Desk()
    app = web.Application(client_max_size=1 << 28)
    app.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        made.url = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()


def profile(**other: Any) -> dict[str, Any]:
    """The smallest that there is, some parts different."""
    made: dict[str, Any] = {
        "name": "thu",
        "receive": {
            "packets": {
                "list": {"call": "GET /list", "rows": "rows", "id": "id"},
                "fetch": {"call": "GET /one/{id}", "packet": "packet"},
                "confirm": {"call": "POST /done/{id}", "json": {"word": "{word}", "why": "{reason}"}},
            }
        },
        "send": {"packets": {"call": "POST /in", "raw": "application/xml", "id": "id"}},
    }
    return {**made, **other}
