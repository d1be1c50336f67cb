"""The hub's own log: one sink on stderr, people's colours on a terminal, JSON lines elsewhere."""

from __future__ import annotations

import json
import logging
import sys
from functools import partial
from typing import TYPE_CHECKING, TextIO

from loguru import logger

if TYPE_CHECKING:
    from loguru import Message

__all__ = ["logger", "set_up"]

_PEOPLE = "<dim>{time:HH:mm:ss}</dim> <level>{level: <7}</level> {message} <dim>{extra}</dim>"


def set_up(level: str = "INFO") -> None:
    """Send everything, the libraries' logging too, to stderr. Values never carry local variables."""
    logger.remove()
    stream = sys.stderr
    if stream.isatty():
        logger.add(stream, level=level, format=_PEOPLE, backtrace=False, diagnose=False)
    else:
        write = partial(_json_line, stream)
        logger.add(write, level=level, format="{message}", backtrace=False, diagnose=False)
    logging.basicConfig(handlers=[_Intercept()], level=logging.WARNING, force=True)


def _json_line(stream: TextIO, message: Message) -> None:
    record = message.record
    line: dict[str, object] = {
        "at": record["time"].isoformat(timespec="milliseconds"),
        "level": record["level"].name,
        "message": record["message"],
        **record["extra"],
    }
    if record["exception"]:
        line["traceback"] = str(message).partition("\n")[2]
    # ASCII escapes keep control and bidi characters from forging lines.
    stream.write(json.dumps(line, default=str) + "\n")


class _Intercept(logging.Handler):
    """Hand the standard library's log records to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        logger.opt(exception=record.exc_info).bind(source=record.name).log(record.levelname, "{}", record.getMessage())
