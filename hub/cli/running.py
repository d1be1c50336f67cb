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


SafeOption = Annotated[
    bool, typer.Option("--safe", help="Không nạp thành phần mở rộng, để sửa chữa (without plugins, to repair).")
]


@commands.command("run")
def run_command(
    config: ConfigOption = DEFAULT_CONFIG, ready_as_json: ReadyOption = False, safe: SafeOption = False
) -> None:
    """Chạy trục liên thông (run the hub until SIGTERM or Ctrl-C)."""
    settings = opening.to_repair(config) if safe else opening.settings(config)
    lock.check(settings.data)
    late("hosting").host(settings, ready_as_json=ready_as_json)
