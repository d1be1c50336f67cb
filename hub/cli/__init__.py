"""The command line: words, colours and exit codes. 0 fine, 1 something is wrong, 2 usage."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from importlib.metadata import version
from io import FileIO, TextIOWrapper
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from hub.cli import common
from hub.errors import HubError
from hub.surroundings import end_within

__all__ = ["app", "main"]

#: The one place of late imports, so that no command pays for another's libraries: command -> the module that brings it.
HOMES = {
    "run": "running",
    "check": "checking",
    "plugins": "plugging",
    "profile": "profiling",
    "routes": "ruling",
    "calendar": "calendar",
    "status": "reading",
    "trace": "reading",
    "duties": "owing",
    "deadletters": "reading",
    "requeue": "writing",
    "orphans": "orphans",
    "quarantine": "writing",
    "units": "units",
    "directory": "agencies",
    "reconcile": "reconciling",
    "verify": "keeping",
    "checkpoints": "checkpoints",
    "backup": "keeping",
    "restore": "keeping",
    "report": "reporting",
    "simulate": "simulating",
}


#: Seconds after its last word that the program may take to end.
_GRACE = 3.0


def late(name: str) -> Any:
    """A module of this package, imported when it is needed."""
    return importlib.import_module(f"hub.cli.{name}")


class _Commands(TyperGroup):
    """The commands, each from its own module, and the one place where an error becomes words and a 1."""

    def list_commands(self, _: Any) -> list[str]:
        return list(HOMES)

    def get_command(self, _: Any, name: str) -> Any:
        for wanted in [name] if name in HOMES else HOMES:
            if wanted not in self.commands:
                self.commands[wanted] = typer.main.get_group(late(HOMES[wanted]).commands).commands[wanted]
        return self.commands.get(name)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Who reads the answers has gone, as `| head` does. What is left must not be said at exit either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except (HubError, OSError) as error:
            common.show_error(error, as_json=common.wants_json(ctx))
        raise typer.Exit(common.WRONG)


app = typer.Typer(
    name="hub",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Trục liên thông văn bản tỉnh (the provincial document hub).",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hub {version('lien-thong-hub')}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Phiên bản (version).")
    ] = False,
) -> None:
    """Trục liên thông văn bản tỉnh (the provincial document hub)."""


def collect_seldom() -> None:
    """What a start brings in stays; a collector that starts as often as it likes walks over it again and again."""
    gc.set_threshold(20_000, 20, 20)


def main() -> None:
    """The `hub` program."""
    collect_seldom()
    _stand_in()
    for stream in (sys.stdout, sys.stderr):
        # A terminal of another encoding shows escapes instead of ending the command.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except SystemExit as end:
        # A thread that a broken plugin left must not keep the program.
        end_within(_GRACE, end.code if isinstance(end.code, int) else common.WRONG)
        raise


def _stand_in() -> None:
    """Open what the caller closed: else the next file opened would get the number, and what is said would go there."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, TextIOWrapper(FileIO(os.devnull, mode), encoding="utf-8"))
