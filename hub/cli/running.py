"""hub run."""

from __future__ import annotations

import asyncio
import errno
import json
import sys
from typing import Annotated

import typer

from hub import log
from hub.app import Hub, run
from hub.cli import opening
from hub.cli.common import DEFAULT_CONFIG, ConfigOption
from hub.config import Config
from hub.errors import HubError
from hub.plugins import Plugins

commands = typer.Typer()
_TAKEN = {errno.EADDRINUSE, errno.EADDRNOTAVAIL}

# Not the other commands' --json: here standard output carries the line `ready` and nothing else, errors neither.
ReadyOption = Annotated[bool, typer.Option("--json", help="Dòng ready là JSON (say `ready` as JSON).")]


@commands.command("run")
def run_command(config: ConfigOption = DEFAULT_CONFIG, ready_as_json: ReadyOption = False) -> None:
    """Chạy trục liên thông (run the hub until SIGTERM or Ctrl-C)."""
    settings = opening.settings(config)
    log.set_up(settings.log)
    try:
        asyncio.run(run(settings, Plugins(settings.plugins), lambda hub: _ready(hub, as_json=ready_as_json)))
    except OSError as error:
        if error.errno in _TAKEN:
            raise HubError(_taken(settings, error)) from error
        raise


def _taken(settings: Config, error: OSError) -> str:
    host, port = settings.listen
    return f"listen: {host}:{port} in hub.yaml cannot be used: {error.strerror or error}"


def _ready(hub: Hub, *, as_json: bool) -> None:
    units, down = len(hub.config.endpoints), hub.down()
    said = {"ready": hub.address, "units": units, "down": down}
    line = json.dumps(said) if as_json else f"ready {hub.address} units={units} down={','.join(down) or '-'}"
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
