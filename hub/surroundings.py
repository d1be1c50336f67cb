"""What belongs to the whole process, and what a plugin that changes it may not take from the others."""

from __future__ import annotations

import gc
import locale
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOBase
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from hub.log import logger

#: Characters that programs' own prints may cost the log, and the seconds after which they may cost as many again.
_PRINTED, _PER = 20_000, 60.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPROF, signal.SIGCHLD, signal.SIGPIPE)


def harden() -> None:
    """Make of this process one that foreign code finds harder to hurt (docs/operating.md, Plugins that misbehave)."""
    os.fork = os.forkpty = _refuse_fork
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@contextmanager
def muffled() -> Iterator[None]:
    """What foreign code prints in the block goes into the log, so much a minute; the rest is dropped."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Muffled("stdout"), _Muffled("stderr")
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def _refuse_fork() -> NoReturn:
    raise RuntimeError("a copy of the hub must not run: start a program (asyncio.create_subprocess_exec), do not fork")


class _Muffled(TextIOBase):
    """A stream whose text goes into the log, as far as it is not too much."""

    encoding = "utf-8"

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._left, self._until = _PRINTED, 0.0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if (now := time.monotonic()) > self._until:
            self._left, self._until = _PRINTED, now + _PER
        if self._left > 0 and (shown := text[: self._left].strip()):
            self._left -= len(text)
            more = " ... (the rest of this minute is dropped)" if self._left <= 0 else ""
            logger.warning("a plugin printed to {}: {}{}", self._name, shown, more)
        return len(text)


@dataclass(frozen=True, slots=True)
class _Part:
    """One thing of the process: what it is now, and how it is put back."""

    read: Callable[[], Any]
    put: Callable[[Any], object]


def _umask() -> int:
    """Read without a moment in which it is another one."""
    status = Path("/proc/self/status").read_text("ascii", "replace")
    return int(status.partition("Umask:")[2].split(maxsplit=1)[0], 8)


def _set_stream(name: str) -> Callable[[Any], None]:
    return lambda stream: setattr(sys, name, stream)


def _handler(number: signal.Signals) -> _Part:
    return _Part(lambda: signal.getsignal(number), lambda handler: signal.signal(number, handler))


_PARTS: Mapping[str, _Part] = MappingProxyType(
    {
        "the working directory": _Part(os.getcwd, os.chdir),
        "the umask": _Part(_umask, os.umask),
        "the locale": _Part(
            lambda: locale.setlocale(locale.LC_ALL), lambda said: locale.setlocale(locale.LC_ALL, said)
        ),
        "the recursion limit": _Part(sys.getrecursionlimit, sys.setrecursionlimit),
        "the sockets' time-out": _Part(socket.getdefaulttimeout, socket.setdefaulttimeout),
        "standard output": _Part(lambda: sys.stdout, _set_stream("stdout")),
        "standard error": _Part(lambda: sys.stderr, _set_stream("stderr")),
        "the garbage collector": _Part(gc.isenabled, lambda on: gc.enable() if on else gc.disable()),
        "the thread switch interval": _Part(sys.getswitchinterval, sys.setswitchinterval),
        **{f"the handler of {number.name}": _handler(number) for number in _SIGNALS},
    }
)


class Surroundings:
    """How the process was when the hub was ready. Main thread only."""

    def __init__(self) -> None:
        self._was = {name: part.read() for name, part in _PARTS.items()}

    def mend(self) -> list[str]:
        """Put back what was changed. Returns its names."""
        changed = [name for name, part in _PARTS.items() if self._is_changed(name, part)]
        for name in changed:
            logger.error("a plugin changed {}, which belongs to the whole hub: it is put back", name)
            _PARTS[name].put(self._was[name])
        return changed

    def _is_changed(self, name: str, part: _Part) -> bool:
        try:
            return bool(part.read() != self._was[name])
        except OSError:  # the working directory is no more
            return True


def end_within(seconds: float, code: int) -> None:
    """End the process by then, whatever threads or exit handlers of plugins would still keep it."""
    threading.Thread(target=_end, args=(seconds, code), daemon=True).start()


def _end(seconds: float, code: int) -> None:
    threading.Event().wait(seconds)
    kept = [each.name for each in threading.enumerate() if not each.daemon and each is not threading.main_thread()]
    logger.error("the process is ended by force; what kept it: {}", ", ".join(kept[:20]) or "a plugin's exit handler")
    os._exit(code)
