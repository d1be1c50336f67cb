"""A whole hub inside the test's own process."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from hub.app import Hub
from hub.config import load, load_hub
from hub.plugins import Plugins
from hub.service import run


class RunningHub:
    """A whole hub in this process, on the configuration in `home`; `async with` hands it over once it is ready.

    `plugins` are objects with hooks, under the names by which they shall be known, beside those that hub.yaml names.
    Stopped as SIGTERM would stop it. What breaks it is raised. For the main thread: it takes SIGHUP.
    """

    def __init__(self, home: Path, **plugins: object) -> None:
        self._home, self._given = home, plugins
        self._work: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._umask = 0

    async def __aenter__(self) -> Hub:
        plugins = Plugins(load_hub(self._home).plugins, self._given)
        ready: asyncio.Future[Hub] = asyncio.get_running_loop().create_future()
        config = load(self._home, lambda _: plugins.settings)
        self._umask = os.umask(0o077)
        self._work = work = asyncio.create_task(run(config, plugins, ready.set_result, self._stop))
        either: set[asyncio.Future[Any]] = {ready, work}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            os.umask(self._umask)
            work.result()
        return ready.result()

    async def __aexit__(self, *_: object) -> None:
        assert self._work is not None
        try:
            self._stop.set()
            await self._work
        finally:
            os.umask(self._umask)
