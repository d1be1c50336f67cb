"""What every command shares: its options, how it speaks to people or to programs, exit codes."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from hub.clock import VIETNAM
from hub.errors import ConfigError, Mistake

FINE, WRONG, USAGE = 0, 1, 2
DEFAULT_CONFIG = Path("config")
_JSON = "hub.cli.json"


def _note_json(context: typer.Context, wanted: bool) -> bool:
    context.meta[_JSON] = wanted
    return wanted


def wants_json(context: typer.Context) -> bool:
    """Whether the command that runs was asked for one JSON value: then an error is one too."""
    return bool(context.meta.get(_JSON))


ConfigOption = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="HUB_CONFIG", help="Thư mục cấu hình (configuration folder).", metavar="DIR"),
]
JsonOption = Annotated[
    bool, typer.Option("--json", callback=_note_json, help="In ra một giá trị JSON (print one JSON value).")
]

#: Without a terminal nothing is wrapped, so that lines can be read by programs.
_WIDE = 100_000


def _console(*, stderr: bool) -> Console:
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    width = None if terminal else _WIDE
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False, soft_wrap=not terminal)


def out() -> Console:
    """Where answers go."""
    return _console(stderr=False)


def err() -> Console:
    """Where everything else goes."""
    return _console(stderr=True)


def say_json(value: object) -> None:
    """Print one JSON value and nothing else. Control and bidi characters are escaped."""
    sys.stdout.write(json.dumps(value, ensure_ascii=True, default=_plain) + "\n")
    sys.stdout.flush()


def _plain(value: object) -> object:
    """Datetimes as ISO 8601 UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    raise TypeError(f"{type(value).__name__} is not JSON")


def clean(text: str, style: str = "") -> Text:
    """Text out of a packet or a file, safe on a terminal: control and bidi characters are made visible."""
    return Text("".join(sign if _visible(sign) else f"\\u{ord(sign):04x}" for sign in text), style=style)


def _visible(sign: str) -> bool:
    return unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def named(code: str, name: str) -> str:
    """A unit, or a code outside, with its name where that is known."""
    return f"{code} ({name})" if name else code


def naming(code: str, names: Mapping[str, str]) -> dict[str, str]:
    """The same for programs: a field `name` where it is known."""
    return {"name": names[code]} if code in names else {}


def local(at: datetime) -> str:
    """A time as people here read it."""
    return at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")


def warn(message: str) -> None:
    """Say something beside the answer."""
    err().print(clean(message, "yellow"))


def show_error(error: Exception, *, as_json: bool = False) -> None:
    """Say what went wrong, every mistake of a configuration in its own line."""
    if isinstance(error, ConfigError):
        show_mistakes(err(), error.mistakes)
    else:
        for line in str(error).splitlines():
            err().print(clean(line, "bold red"))
    if as_json:
        say_json({"error": str(error)})


def show_mistakes(console: Console, mistakes: Iterable[Mistake], style: str = "red", word: str = "") -> None:
    """One line each: file:line:column, then what is wrong."""
    for mistake in mistakes:
        place = clean(f"{mistake.file}:{mistake.line}:{mistake.column}: ", "bold")
        console.print(place + Text(word, style=f"bold {style}") + clean(mistake.message, style))


def tell(message: str, said: dict[str, Any], *, as_json: bool, style: str = "green") -> None:
    """One answer, for people or for programs."""
    if as_json:
        say_json(said)
    else:
        out().print(clean(message, style))
