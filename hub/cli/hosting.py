"""Runs the hub in this process."""

from __future__ import annotations

import asyncio
import errno
import gc
import json
import os
import threading
from collections.abc import Coroutine
from typing import Any

from hub import log, surroundings
from hub.app import Hub
from hub.config import Config
from hub.errors import HubError
from hub.log import logger
from hub.pace import CountingLoop
from hub.plugins import Plugins
from hub.service import serve

#: Seconds after its last work that the process may take to end.
_GRACE = 3.0
_TAKEN = {errno.EADDRINUSE, errno.EADDRNOTAVAIL}


def host(settings: Config, *, ready_as_json: bool) -> None:
    """Run until SIGTERM or SIGINT; say `ready` on standard output. Raises HubError, OSError."""
    log.set_up(settings.log)
    surroundings.harden()
    try:
        with surroundings.muffled():
            plugins = Plugins(() if settings.safe else settings.plugins)
            _endure(serve(settings, plugins, lambda hub: _ready(hub, as_json=ready_as_json)))
    except OSError as error:
        if error.errno in _TAKEN:
            raise HubError(_taken(settings, error)) from error
        raise
    finally:
        log.finish()


def _endure(work: Coroutine[Any, Any, None]) -> None:
    """Run it to its end, also where a plugin's callback stops the loop or raises what ends programs."""
    code = 1
    with asyncio.Runner(loop_factory=CountingLoop) as runner:
        loop = runner.get_loop()
        task = loop.create_task(work)
        try:
            while not task.done():
                _turn(loop, task)
            task.result()
            code = 0
        finally:
            surroundings.end_within(_GRACE, code)


def _turn(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    try:
        loop.run_until_complete(task)
    except (SystemExit, KeyboardInterrupt, RuntimeError) as error:
        if task.done():
            raise
        logger.opt(exception=error).error("a plugin's callback would have ended the hub: {!r}", error)


def _taken(settings: Config, error: OSError) -> str:
    host, port = settings.listen
    return f"listen: {host}:{port} in hub.yaml cannot be used: {error.strerror or error}"


def _ready(hub: Hub, *, as_json: bool) -> None:
    # What the start made stays for ever: the collector need not walk over it again.
    gc.freeze()
    units, down = len(hub.config.endpoints), hub.down()
    doors = {"doors": hub.outer_address} if hub.outer_address else {}
    said = {"ready": hub.address, "units": units, "down": down, **doors}
    words = "".join(f" {name}={address}" for name, address in doors.items())
    line = json.dumps(said) if as_json else f"ready {hub.address} units={units} down={','.join(down) or '-'}{words}"
    # In a thread: a reader that stands still holds up nobody.
    threading.Thread(target=_say, args=(line,), name="ready", daemon=True).start()


def _say(line: str) -> None:
    try:
        os.write(1, f"{line}\n".encode())
    except OSError as error:
        logger.warning("nobody can be told that the hub is ready: {}", error)
