"""The simulated central hub as a server on this machine."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from hub import lock
from hub.log import logger
from hub.simulating.central import agencies, database, directory, store
from hub.simulating.central.answers import BAD_CREDENTIALS, SYSTEM_ERROR, Failed, failure
from hub.simulating.central.bodies import Bodies
from hub.simulating.central.calls import Calls, Visit
from hub.simulating.central.control import control
from hub.simulating.central.database import Desk
from hub.simulating.central.faults import Fault, Switches
from hub.simulating.central.provincial import Provincial, operation_of
from hub.simulating.central.replies import Reply, deliver, instead, keyless, said
from hub.simulating.central.setup import Setup
from hub.simulating.central.signing import verify

#: bytes of one header: a signed list of thousands of recipients
_HEADER = 512 << 10
#: seconds that calls may take to end when the server stops
_LAST = 5.0
_SEND, _DOWNLOAD = "sendEdoc", "downloadEdoc"
_Work = Callable[[str, web.Request, Mapping[str, Fault]], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Central:
    """A simulated hub that runs."""

    host: str
    port: int
    switches: Switches

    @property
    def url(self) -> str:
        """What a client's `endpoint` is, to which it appends the operation."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


@asynccontextmanager
async def central(settings: Setup) -> AsyncIterator[Central]:
    """Serve until the block ends. Raises AlreadyRunning, HubError (a mistake in the agencies' file), OSError."""
    async with AsyncExitStack() as stack:
        stack.enter_context(lock.hold(settings.data))
        desk = Desk(database.opened(settings.data))
        stack.callback(desk.close)
        bodies = Bodies(settings.data)
        await _prepare(settings, desk, bodies)
        switches = Switches(settings.faults)
        calls = Calls(settings, desk, bodies)
        front = _Front(settings, calls, Provincial(settings, calls, desk, bodies), switches)
        app = web.Application()
        control(app, switches)
        app.router.add_route("*", "/{path:.*}", front.answer)
        port = await _listening(app, settings, stack)
        yield Central(settings.host, port, switches)


async def _prepare(settings: Setup, desk: Desk, bodies: Bodies) -> None:
    bodies.tidy(await desk.look(store.files))
    at = settings.now().timestamp()
    await desk.do(partial(directory.fill, agencies=agencies.made_up(settings.agencies), at=at))
    for path in settings.agencies_files:
        await desk.do(partial(directory.fill, agencies=agencies.of_file(path), at=at))
    await desk.do(partial(directory.seat, systems=settings.systems, at=at))


async def _listening(app: web.Application, settings: Setup, stack: AsyncExitStack) -> int:
    """The port that it listens on until the stack is unwound."""
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=_LAST,
        max_field_size=_HEADER,
        max_line_size=_HEADER,
    )
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, settings.host, settings.port).start()
    port: int = runner.addresses[0][1]
    return port


class _Front:
    """From a request to its answer."""

    def __init__(self, settings: Setup, calls: Calls, provincial: Provincial, switches: Switches) -> None:
        self._settings, self._calls, self._provincial, self._switches = settings, calls, provincial, switches
        self._secrets = {each.code: each.secret.get_secret_value().encode() for each in settings.systems}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Whatever base path the client puts before the operation; below /v1 it is one of the provincial shape."""
        if provincial := operation_of(request.path):
            known = self._provincial.operations.get(provincial)
            method = known[0] if known else ""
            return await self._answered(request, provincial, method, self._provincial.reply)
        operation = request.path.rpartition("/")[2]
        method = "GET" if operation == _DOWNLOAD else "POST"
        return await self._answered(
            request, operation, method if operation in self._calls.operations else "", self._reply
        )

    async def _answered(self, request: web.Request, operation: str, method: str, work: _Work) -> web.StreamResponse:
        """`method`: how it must be called; "": there is no such operation."""
        if not method:
            return web.Response(status=404, text="Not Found")
        if request.method != method:
            return web.Response(status=405, text="Method Not Allowed")
        faults = self._switches.meet(operation)
        reply = instead(faults) or await work(operation, request, faults)
        return await deliver(request, reply, faults)

    async def _reply(self, operation: str, request: web.Request, faults: Mapping[str, Fault]) -> Reply:
        try:
            reply = await self._done(operation, request, faults)
        except Failed as failed:
            logger.info("{}: {}", operation, failed)
            reply = _failure(operation, failed, faults)
        except (sqlite3.Error, OSError) as error:
            logger.warning("{}: {}", operation, error)
            reply = _failure(operation, Failed(SYSTEM_ERROR, str(error)), faults)
        return keyless(reply) if "keyless" in faults else reply

    async def _done(self, operation: str, request: web.Request, faults: Mapping[str, Fault]) -> Reply:
        call = verify(request.raw_headers, self._secrets.get, self._settings.now(), self._settings.fresh)
        if faults.keys() & {"refuse", "no-docid"}:
            raise Failed(SYSTEM_ERROR, "loi gia")
        reply = await self._calls.operations[operation](Visit(call, request, faults))
        logger.debug("{}: {} OK", operation, call.system)
        return reply


def _failure(operation: str, failed: Failed, faults: Mapping[str, Fault]) -> Reply:
    doc_id = {"DocId": ""} if operation == _SEND and "no-docid" not in faults else {}
    http = 200
    if operation == _DOWNLOAD:
        # Else nobody could tell the failure from a packet.
        http = 401 if failed.code == BAD_CREDENTIALS else 404
    return said(failure(failed, **doc_id), http)
