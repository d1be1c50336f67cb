"""Faults and gestures over HTTP while an office runs, from this machine only: for tests and demonstrations."""

from __future__ import annotations

import ipaddress
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from tests.counterparts.eoffice import looks
from tests.counterparts.eoffice.clerk import Clerk
from tests.counterparts.eoffice.core import Core
from tests.counterparts.eoffice.faults import NoFault
from tests.counterparts.eoffice.posting import Impossible
from tests.counterparts.eoffice.register import GESTURES

FAULTS, GESTURE, REGISTER = "/_office/faults", "/_office/gesture", "/_office/register"
_MOST = 4096
_PATIENCE = 10.0


def control(app: web.Application, core: Core, clerk: Clerk) -> None:
    """FAULTS: GET lists what is on, POST `{"faults": [TEXT]}` turns on, DELETE turns all off.

    GESTURE: POST `{"doc": N, "gesture": NAME, "words": TEXT}`, NAME of register.GESTURES; `{"done": BOOL}`.
    REGISTER: GET what came in: `{"incoming": [{"id", "code", "sender", "name", "state", "asks", "reason"}], "again":
    [CODE]}`; `asks`: it asks for a document back, or to change it; `again`: what was handed over although it was there.
    """

    async def faults(request: web.Request) -> web.Response:
        told = await _told(request)
        if request.method == "DELETE":
            core.switches.clear()
        elif request.method == "POST":
            try:
                core.switches.set(*map(str, told.get("faults", [])))
            except NoFault as error:
                return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"faults": core.switches.on()})

    async def gesture(request: web.Request) -> web.Response:
        told = await _told(request)
        if told.get("gesture") not in GESTURES or not isinstance(told.get("doc"), int):
            return web.json_response({"error": f"gesture: {', '.join(GESTURES)}"}, status=400)
        try:
            done = await clerk.gesture(told["doc"], told["gesture"], str(told.get("words", "")))
        except Impossible as error:
            return web.json_response({"error": str(error)}, status=409)
        return web.json_response({"done": done})

    async def register(request: web.Request) -> web.Response:
        await _told(request)
        lines = await core.look(looks.whole_register)
        rows = [
            {
                "id": line.id,
                "code": line.paper.code,
                "sender": line.paper.sender.code,
                "name": line.paper.sender.name,
                "state": line.row["state"],
                "asks": bool(line.row["business"]),
                "reason": line.paper.reason,
            }
            for line in lines
        ]
        return web.json_response({"incoming": rows, "again": await core.look(looks.again)})

    for method in ("GET", "POST", "DELETE"):
        app.router.add_route(method, FAULTS, faults)
    app.router.add_get(REGISTER, register)
    app.router.add_post(GESTURE, gesture)


def turn(url: str, faults: Sequence[str], *, clear: bool = False) -> list[str]:
    """Turn these on at the office of that URL, after all off where wanted; what is on then. Raises OSError."""
    on = _asked(url, "DELETE" if clear else "GET", {})
    return _asked(url, "POST", {"faults": list(faults)}) if faults else on


def _asked(url: str, method: str, body: dict[str, Any]) -> list[str]:
    request = urllib.request.Request(
        url.rstrip("/") + FAULTS, json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
            return [str(each) for each in json.loads(answer.read(1 << 20))["faults"]]
    except urllib.error.HTTPError as error:
        error.close()
        raise


async def _told(request: web.Request) -> dict[str, Any]:
    """What was sent, from this machine and by no web page. Raises HTTPForbidden, HTTPBadRequest."""
    if not _is_local(request) or request.content_type != "application/json":
        raise web.HTTPForbidden
    try:
        told = json.loads(await request.content.read(_MOST) or b"{}")
    except (ValueError, RecursionError) as error:
        raise web.HTTPBadRequest from error
    if not isinstance(told, dict):
        raise web.HTTPBadRequest
    return told


def _is_local(request: web.Request) -> bool:
    try:
        return ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        return False
