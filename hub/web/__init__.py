"""The hub's own HTTP listener: /healthz for now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Handler

Health = Callable[[], dict[str, object]]


@asynccontextmanager
async def listening(host: str, port: int, health: Health) -> AsyncIterator[str]:
    """Serve while the block runs; gives the address, with the real port where `port` is 0. Raises OSError."""
    application = web.Application(client_max_size=64 * 1024)
    application.add_routes([web.get("/healthz", _healthz(health))])
    runner = web.AppRunner(application, handle_signals=False, shutdown_timeout=2.0, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound = runner.addresses[0]
        yield f"http://{bound[0]}:{bound[1]}"
    finally:
        await runner.cleanup()


def _healthz(health: Health) -> Handler:
    async def healthz(_: web.Request) -> web.StreamResponse:
        said = health()
        return web.json_response(said, status=200 if said["ok"] else 503)

    return healthz
