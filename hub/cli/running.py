"""hub run: what comes before the hub's own libraries are loaded, so that a second hub is refused at once."""

from __future__ import annotations

from typing import Annotated

import typer

from hub import lock
from hub.cli import late, opening
from hub.cli.common import DEFAULT_CONFIG, ConfigOption

commands = typer.Typer()

# Not the other commands' --json: here standard output carries the line `ready` and nothing else, errors neither.
ReadyOption = Annotated[bool, typer.Option("--json", help="Dòng ready là JSON (say `ready` as JSON).")]


@commands.command("run")
def run_command(config: ConfigOption = DEFAULT_CONFIG, ready_as_json: ReadyOption = False) -> None:
    """Chạy trục liên thông (run the hub until SIGTERM or Ctrl-C)."""
    settings = opening.settings(config)
    lock.check(settings.data)
    late("hosting").host(settings, ready_as_json=ready_as_json)
