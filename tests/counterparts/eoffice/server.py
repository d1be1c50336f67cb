"""An office as a server on this machine."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.counterparts.eoffice.axis import Axis
from tests.counterparts.eoffice.bkav import Bkav
from tests.counterparts.eoffice.clerk import Clerk
from tests.counterparts.eoffice.control import control
from tests.counterparts.eoffice.core import Core
from tests.counterparts.eoffice.database import Desk, Files
from tests.counterparts.eoffice.door import Door
from tests.counterparts.eoffice.faults import Switches
from tests.counterparts.eoffice.pages import Pages
from tests.counterparts.eoffice.provincial import Provincial
from tests.counterparts.eoffice.records import Records
from tests.counterparts.eoffice.setup import Setup
from tests.counterparts.eoffice.third import Third

SERVED: Mapping[str, type[Door]] = {door.name: door for door in (Provincial, Bkav, Third)}
#: seconds that calls may take to end when the office stops
_LAST = 2.0


class Busy(Exception):
    """Another office runs on that folder."""


@dataclass(frozen=True, slots=True)
class Office:
    """An office that runs. `faults`: `set("slow@bkav=2")`, `clear()`, `on()`."""

    url: str
    settings: Setup
    records: Records
    clerk: Clerk
    faults: Switches
    core: Core


@asynccontextmanager
async def eoffice(settings: Setup) -> AsyncIterator[Office]:
    """Serve until the block ends. Raises Busy, OSError, NoFault."""
    async with AsyncExitStack() as stack:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        stack.enter_context(_alone(settings))
        desk = Desk(settings.data)
        stack.push_async_callback(desk.close)
        core = Core(settings, desk, Files(settings.data), Switches(settings.faults))
        await core.learn(settings.agencies)
        app = web.Application(client_max_size=settings.largest)
        clerk = Clerk(core)
        control(app, core, clerk)
        Pages(core, clerk).open(app)
        for name in settings.doors:
            if name in SERVED:
                SERVED[name](core).open(app)
        port = await _listening(app, settings, stack)
        if "axis" in settings.doors:
            await _calling(Axis(core), stack)
        url = f"http://{f'[{settings.host}]' if ':' in settings.host else settings.host}:{port}"
        yield Office(url, settings, Records(settings.data), clerk, core.switches, core)


async def _calling(axis: Axis, stack: AsyncExitStack) -> None:
    """It calls until the stack is unwound. What went wrong in it besides calls is raised then."""
    task = asyncio.create_task(axis.run())

    async def ended() -> None:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()

    stack.push_async_callback(ended)


async def _listening(app: web.Application, settings: Setup, stack: AsyncExitStack) -> int:
    """The port that it listens on until the stack is unwound."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=_LAST)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, settings.host, settings.port).start()
    port: int = runner.addresses[0][1]
    return port


def _alone(settings: Setup) -> Any:
    """Nobody else runs on the folder while this is open. Raises Busy."""
    file = (settings.data / "eoffice.lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise Busy(f"{os.fspath(settings.data)}: another office runs here") from error
    return file
