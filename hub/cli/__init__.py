"""The command line: words, colours and exit codes. 0 fine, 1 something is wrong, 2 usage."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from hub.cli import keeping, reading, running, writing

__all__ = ["app", "main"]

app = typer.Typer(
    name="hub",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Trục liên thông văn bản tỉnh (the provincial document hub).",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("lien-thong-hub"))
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Phiên bản (version).")
    ] = False,
) -> None:
    """Trục liên thông văn bản tỉnh (the provincial document hub)."""


app.command("run")(running.run_command)
app.command("check")(running.check)
app.command("plugins")(running.plugins)
app.command("status")(reading.status)
app.command("trace")(reading.trace)
app.command("deadletters")(reading.deadletters)
app.command("requeue")(writing.requeue)
app.add_typer(writing.quarantine, name="quarantine")
app.command("verify")(keeping.verify)
app.command("backup")(keeping.backup)
app.command("restore")(keeping.restore)


def main() -> None:
    """The `hub` program."""
    app()
