"""A whole hub inside the test's own process."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hub.app import Hub, run
from hub.config import load
from hub.plugins import Plugins


@asynccontextmanager
async def running(home: Path, plugins: Plugins | None = None) -> AsyncIterator[Hub]:
    """A hub that is ready; stopped as an administrator would stop it. What breaks it breaks the test."""
    used = plugins or Plugins(["folderdrop"])
    ready: asyncio.Future[Hub] = asyncio.get_running_loop().create_future()
    work = asyncio.create_task(run(load(home, lambda _: used.settings), used, ready.set_result))
    either: set[asyncio.Future[Any]] = {ready, work}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if work.done():
        work.result()
    try:
        yield ready.result()
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        await work
