"""Runs the hub in this process."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import threading

from hub import log
from hub.app import Hub, run
from hub.config import Config
from hub.errors import HubError
from hub.plugins import Plugins

_TAKEN = {errno.EADDRINUSE, errno.EADDRNOTAVAIL}


def host(settings: Config, *, ready_as_json: bool) -> None:
    """Run until SIGTERM or SIGINT; say `ready` on standard output. Raises HubError, OSError."""
    log.set_up(settings.log)
    try:
        asyncio.run(run(settings, Plugins(settings.plugins), lambda hub: _ready(hub, as_json=ready_as_json)))
    except OSError as error:
        if error.errno in _TAKEN:
            raise HubError(_taken(settings, error)) from error
        raise
    finally:
        log.finish()


def _taken(settings: Config, error: OSError) -> str:
    host, port = settings.listen
    return f"listen: {host}:{port} in hub.yaml cannot be used: {error.strerror or error}"


def _ready(hub: Hub, *, as_json: bool) -> None:
    units, down = len(hub.config.endpoints), hub.down()
    said = {"ready": hub.address, "units": units, "down": down}
    line = json.dumps(said) if as_json else f"ready {hub.address} units={units} down={','.join(down) or '-'}"
    # In a thread: a reader that stands still holds up nobody.
    threading.Thread(target=_say, args=(line,), name="ready", daemon=True).start()


def _say(line: str) -> None:
    try:
        os.write(1, f"{line}\n".encode())
    except OSError as error:
        log.logger.warning("nobody can be told that the hub is ready: {}", error)
