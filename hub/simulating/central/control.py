"""Faults turned on and off while the simulator runs, from this machine only."""

from __future__ import annotations

import ipaddress
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from hub.errors import HubError
from hub.simulating.central.faults import Switches, fault

PATH = "/_simulator/faults"
_MOST = 4096
_PATIENCE = 10.0


def control(app: web.Application, switches: Switches) -> None:
    """Serve PATH: GET lists the faults that are on, POST `{"fault": TEXT}` turns one on, DELETE all off."""

    async def told(request: web.Request) -> web.Response:
        _must_be_local(request)
        if request.method == "POST":
            return await _turned_on(request, switches)
        if request.method == "DELETE":
            switches.clear()
        return _answer(switches)

    for method in ("GET", "POST", "DELETE"):
        app.router.add_route(method, PATH, told)


def turn(url: str, faults: Sequence[str], *, clear: bool = False) -> list[str]:
    """Turn these on at the simulator of that URL, after all off where wanted; what is on then.

    Raises HubError where one is no fault, OSError where no simulator answers.
    """
    wanted = [{"fault": str(fault(text))} for text in faults]
    on = _asked(url, "DELETE" if clear else "GET", None)
    for each in wanted:
        on = _asked(url, "POST", each)
    return on


def _asked(url: str, method: str, body: dict[str, str] | None) -> list[str]:
    if not url.startswith(("http://", "https://")):
        raise HubError(f"{url}: không phải địa chỉ http (no http address)")
    request = urllib.request.Request(  # noqa: S310 - http or https, seen above
        url.rstrip("/") + PATH,
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - http or https, seen above
            told: dict[str, Any] = json.loads(answer.read(1 << 20))
    except urllib.error.HTTPError as error:
        error.close()
        raise
    return [str(each) for each in told["faults"]]


async def _turned_on(request: web.Request, switches: Switches) -> web.Response:
    if request.content_type != "application/json":
        return web.json_response({"error": "Content-Type: application/json"}, status=415)
    try:
        told = json.loads(await request.content.read(_MOST))
        switches.set(fault(str(told["fault"])))
    except (HubError, ValueError, TypeError, KeyError, RecursionError) as error:
        return web.json_response({"error": str(error)}, status=400)
    return _answer(switches)


def _answer(switches: Switches) -> web.Response:
    return web.json_response({"faults": [str(each) for each in switches.on()]})


def _must_be_local(request: web.Request) -> None:
    try:
        local = ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        local = False
    if not local:
        raise web.HTTPForbidden
