"""What every command shares: finding the configuration, speaking to people or programs, exit codes."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from hub.clock import VIETNAM
from hub.config import Config, load
from hub.errors import ConfigError, HubError, Mistake
from hub.ledger import Views, open_views
from hub.plugins import Plugins

FINE, WRONG, USAGE = 0, 1, 2

ConfigOption = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="HUB_CONFIG", help="Thư mục cấu hình (configuration folder).", metavar="DIR"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="In ra một giá trị JSON (print one JSON value).")]
DEFAULT_CONFIG = Path("config")

#: Without a terminal nothing is wrapped, so that lines can be read by programs.
_WIDE = 100_000


def _console(*, stderr: bool) -> Console:
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(
        stderr=stderr, width=None if terminal else _WIDE, highlight=False, markup=False, soft_wrap=not terminal
    )


def out() -> Console:
    """Where answers go."""
    return _console(stderr=False)


def err() -> Console:
    """Where everything else goes."""
    return _console(stderr=True)


def say_json(value: object) -> None:
    """Print one JSON value and nothing else. Control and bidi characters are escaped."""
    sys.stdout.write(json.dumps(value, ensure_ascii=True, default=as_json) + "\n")


def as_json(value: object) -> object:
    """Datetimes as ISO 8601 UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    raise TypeError(f"{type(value).__name__} is not JSON")


def clean(text: str, style: str = "") -> Text:
    """Text out of a packet or a file, safe on a terminal: control and bidi characters are made visible."""
    return Text("".join(sign if _visible(sign) else f"\\u{ord(sign):04x}" for sign in text), style=style)


def _visible(sign: str) -> bool:
    return unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def local(at: datetime) -> str:
    """A time as people here read it."""
    return at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")


def fail(message: str) -> NoReturn:
    """Say what is wrong and end with 1."""
    err().print(Text(message, style="bold red"))
    raise typer.Exit(WRONG)


def settings(folder: Path) -> Config:
    """The configuration; every mistake is printed and the command ends with 1."""
    try:
        return load(folder, lambda names: Plugins(names).settings)
    except ConfigError as error:
        show_mistakes(error.mistakes)
        raise typer.Exit(WRONG) from error


def show_mistakes(mistakes: list[Mistake], style: str = "red", word: str = "") -> None:
    """One line each: file:line:column, then what is wrong."""
    for mistake in mistakes:
        place = Text(f"{mistake.file}:{mistake.line}:{mistake.column}: ", style="bold")
        err().print(place + Text(word, style=style) + clean(mistake.message, style))


@contextmanager
def views(config: Config) -> Iterator[Views | None]:
    """The ledger for reading; None where the hub never ran on this data folder."""
    try:
        looking = open_views(config.database.get_secret_value(), config.data)
    except FileNotFoundError:
        yield None
        return
    try:
        yield looking
    except HubError as error:
        fail(str(error))
    finally:
        looking.close()


def never_ran(config: Config) -> str:
    """What to say where there is no ledger yet."""
    return f"Chưa có sổ cái trong {config.data}: trục chưa chạy lần nào (no ledger yet; start with: hub run)."
