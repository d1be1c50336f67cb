"""The hub's own log: one sink on stderr, people's colours on a terminal, JSON lines elsewhere."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING

from loguru import logger

if TYPE_CHECKING:
    from loguru import Message

__all__ = ["finish", "logger", "set_up"]

_PEOPLE = "<dim>{time:HH:mm:ss}</dim> <level>{level: <7}</level> {message} <dim>{extra}</dim>"
_STDERR = 2
#: Lines that wait at most for a reader that is slow.
_MOST = 10_000
#: Seconds that the end of the process waits for its last lines.
_LAST = 1.0


class _Pen:
    """Writes lines in a thread of its own: a full pipe holds up nobody, and what is too much is only counted."""

    def __init__(self) -> None:
        self._lines: Queue[str] = Queue(_MOST)
        self._lost, self._counting = 0, threading.Lock()
        self._thread = threading.Thread(target=self._work, name="log", daemon=True)

    def write(self, line: str) -> None:
        """Have it written soon."""
        if not self._thread.is_alive():
            with suppress(RuntimeError):  # another was quicker
                self._thread.start()
        try:
            self._lines.put_nowait(line)
        except Full:
            self._lose(1)

    def finish(self) -> None:
        """Wait for what is still to be written, a moment at most."""
        with self._lines.all_tasks_done:
            self._lines.all_tasks_done.wait_for(lambda: not self._lines.unfinished_tasks, _LAST)

    def _work(self) -> None:
        while True:
            self._put(self._lines.get())
            with suppress(Empty):
                while True:
                    self._lines.task_done()
                    self._put(self._lines.get_nowait())

    def _put(self, line: str) -> None:
        lost = self._lose(-self._lost)
        rest = (_gap(lost) + line).encode(errors="backslashreplace")
        try:
            while rest:
                rest = rest[os.write(_STDERR, rest) :]
        except OSError:  # its disk is full, its reader is gone, or it is closed
            self._lose(lost + 1)

    def _lose(self, lines: int) -> int:
        """Count them, or, with a minus, what was counted. Returns how many are no longer counted."""
        with self._counting:
            before = self._lost
            self._lost = max(0, before + lines)
            return before - self._lost


def _gap(lost: int) -> str:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    said = {"at": now, "level": "WARNING", "message": f"{lost} lines of the log are lost here"}
    return json.dumps(said) + "\n" if lost else ""


_pen = _Pen()
finish = _pen.finish


def set_up(level: str = "INFO") -> None:
    """Send everything, the libraries' logging too, to stderr. Values never carry local variables."""
    logger.remove()
    if sys.stderr.isatty():
        logger.add(_pen.write, level=level, format=_PEOPLE, colorize=True, backtrace=False, diagnose=False)
    else:
        logger.add(_json_line, level=level, format="{message}", backtrace=False, diagnose=False)
    logging.basicConfig(handlers=[_Intercept()], level=logging.WARNING, force=True)


def _json_line(message: Message) -> None:
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
    _pen.write(json.dumps(line, default=str) + "\n")


class _Intercept(logging.Handler):
    """Hand the standard library's log records to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        logger.opt(exception=record.exc_info).bind(source=record.name).log(record.levelname, "{}", record.getMessage())
