"""Programs of the hub that run beside the play: begun, seen to be ready, stopped gently."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO

from hub.errors import HubError

_READY, _STOP = 60.0, 40.0
_LAST_LINES = 5


class Stopped(HubError):
    """The play cannot go on."""


@dataclass(frozen=True, slots=True)
class Running:
    """A program that is ready."""

    name: str
    process: subprocess.Popen[str]
    log: Path
    #: what it said when it was ready: its addresses
    ready: str = ""

    def expect(self) -> None:
        """Raises Stopped, with the last lines of its log, where it has ended."""
        if self.process.poll() is not None:
            raise Stopped(last_words(self.name, self.log))


@contextmanager
def running(
    name: str,
    arguments: Sequence[str],
    log: Path,
    module: str = "hub.cli",
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Running]:
    """`hub ARGUMENTS` as its own process, ready; stopped at the end. Raises Stopped where it does not get ready.

    `module`: another program; `environment`: what it finds there besides.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as errors:
        # In a session of its own, so that Ctrl-C reaches it through us, once.
        process = subprocess.Popen(  # noqa: S603 - Python by its path and our own module, no shell
            [sys.executable, "-m", module, *arguments],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
        with process:
            try:
                assert process.stdout
                ready = _first_line(process.stdout, _READY)
                if not ready.startswith("ready"):
                    raise Stopped(f"{name} không khởi động được (did not start).\n{last_words(name, log)}")
                yield Running(name, process, log, ready)
            finally:
                _stop(process)


def last_words(name: str, log: Path) -> str:
    """Where a log is, and its last lines."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]
    return "\n".join([f"Nhật ký của {name} (its log): {log}", *lines])


def _first_line(stream: IO[str], seconds: float) -> str:
    """The first line, or "" when it does not come in time."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=lambda: lines.put(stream.readline()), daemon=True).start()
    try:
        return lines.get(timeout=seconds)
    except queue.Empty:
        return ""


def _stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
