"""The `hub` program, forked from a server that has brought it in: it starts in a fifth of the time.

What it does from there is the program's own: `python -m hub.cli` would run the same `main`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import DupFd
from types import TracebackType
from typing import IO, Any, Self

from hub.cli import main
from tests.forked import arm, forked

_CONTEXT = forked(__name__)


class Program:
    """One that runs; what it says on standard output can be read, what it says on the other goes into a file."""

    def __init__(self, words: Sequence[str], stderr: IO[bytes], environment: Mapping[str, str] = os.environ) -> None:
        read, write = os.pipe()
        self.stdout = os.fdopen(read, encoding="utf-8")
        streams = _Stream(write), _Stream(stderr.fileno())
        self._process: BaseProcess = _CONTEXT.Process(target=_be, args=(list(words), dict(environment), *streams))
        self._process.start()
        os.close(write)
        assert self._process.pid
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stdout.close()
        self.wait()

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.exitcode

    def wait(self, seconds: float | None = None) -> int:
        """How it ends. Raises subprocess.TimeoutExpired."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("hub", seconds or 0.0)
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """While it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


def said(words: Sequence[str], environment: Mapping[str, str] = os.environ) -> tuple[int, str, str]:
    """What `hub` says to these words: its code, its two streams. Raises subprocess.TimeoutExpired."""
    with tempfile.TemporaryFile() as stderr, Program(words, stderr, environment) as process:
        out, code = process.stdout.read(), process.wait(100)
        stderr.seek(0)
        return code, out, stderr.read().decode()


class _Stream:
    """A descriptor that goes along; it arrives as a number."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrived, (DupFd(self._number),)


def _arrived(carried: Any) -> int:
    return int(carried.detach())


def _be(words: Sequence[str], environment: Mapping[str, str], *streams: int) -> None:
    for number, inherited in zip((1, 2), streams, strict=True):
        os.dup2(inherited, number)
        os.close(inherited)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
    os.environ.clear()
    os.environ.update(environment)
    arm(environment.get("HUB_FAILPOINTS", ""), environment.get("HUB_FAILPOINTS_LOG", ""))
    sys.argv = ["hub", *words]
    main()
