"""A hub's life: what is opened for it, until it is told to stop and has drained."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

from hub import lock
from hub.app import NODE, Hub, answering
from hub.blobs import Blobs
from hub.clock import Clock, SystemClock
from hub.config import Config
from hub.errors import NoRoom
from hub.keeping.sealing import check_begun, check_reached
from hub.ledger import Ledger
from hub.log import logger
from hub.plugins import Plugins
from hub.stopping import first, stopping
from hub.threads import in_thread
from hub.vocabulary import Event
from hub.web import listening
from hub.web.doors import Entrance, held


@asynccontextmanager
async def opened(config: Config, clock: Clock) -> AsyncIterator[tuple[Blobs, Ledger]]:
    """Hold the data folder and open what is stored in it. Raises AlreadyRunning, StorageError."""
    async with AsyncExitStack() as stack:
        stack.enter_context(lock.hold(config.data))
        database, blobs = config.database.get_secret_value(), Blobs(config.data / "blobs")
        await in_thread(check_begun, database, config.data)
        await in_thread(blobs.open_store)
        stack.push_async_callback(in_thread, blobs.close_store)
        ledger = await stack.enter_async_context(Ledger(database, config.data, NODE, clock, answering(config)))
        await in_thread(check_reached, config.data, ledger.views)
        yield blobs, ledger


async def serve(config: Config, plugins: Plugins, ready: Callable[[Hub], None]) -> None:
    """Run until SIGTERM or SIGINT. Raises as `run` does."""
    async with stopping() as stop:
        await run(config, plugins, ready, stop)


async def run(config: Config, plugins: Plugins, ready: Callable[[Hub], None], stop: asyncio.Event) -> None:
    """Run until `stop` is set, then drain. Raises AlreadyRunning, StorageError, OSError (the listener)."""
    os.umask(0o077)
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        blobs, ledger = await stack.enter_async_context(opened(config, clock))
        hub = Hub(config, plugins, clock, blobs, ledger, await in_thread(ledger.views.stalls))
        hub.address = await stack.enter_async_context(listening(*config.listen, hub.health))
        entrance = await stack.enter_async_context(held(config.doors, hub.doors)) if config.doors else None
        await ledger.begin()
        await hub.learn()
        with _followed(hub):
            await _work(hub, stop, ready, entrance)
        await _take_leave(hub)


async def _take_leave(hub: Hub) -> None:
    """The last words in the ledger. Nothing depends on them: without room for them the hub has stopped all the same."""
    try:
        await hub.ledger.record(Event("stopped", hub.clock.now()))
    except NoRoom as error:
        logger.warning("that the hub was stopped is not in the ledger: {}", error)
    await hub.sealer.seal()


@contextmanager
def _followed(hub: Hub) -> Iterator[None]:
    """SIGHUP has the rules read again; the watchdog watches."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, hub.follower.ask)
    watchdog = hub.watch()
    try:
        yield
    finally:
        watchdog.stop()
        loop.remove_signal_handler(signal.SIGHUP)


def _let_in(hub: Hub, entrance: Entrance | None) -> None:
    """Open the doors. Not earlier: of an endpoint that is not there yet they would say that nobody knows its unit."""
    if entrance:
        entrance.open()
        hub.outer_address = entrance.address


async def _work(hub: Hub, stop: asyncio.Event, ready: Callable[[Hub], None], entrance: Entrance | None) -> None:
    if hub.config.safe:
        hub.supervisor.leave_down(hub.config.endpoints, "safe mode")
    connectors = asyncio.create_task(hub.supervisor.run())
    await first(hub.supervisor.tried(), stop.wait(), connectors)
    works = [connectors, *map(asyncio.create_task, hub.works())]
    try:
        if not stop.is_set():
            _let_in(hub, entrance)
            ready(hub)
        await first(stop.wait(), *works)
        hub.supervisor.hush()
        await hub.dispatcher.drain(hub.config.drain)
    finally:
        for task in works:
            task.cancel()
        await asyncio.wait(works)
    for task in works:
        if not task.cancelled() and (error := task.exception()):
            raise error
