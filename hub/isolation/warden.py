"""Stands between the hub and one worker, and ends everything that the worker began.

A program of its own that knows nothing of the hub: `python warden.py UNIT`. Its standard input is a socket to the
hub. The first line there is what to run; the lines it answers are how that goes. When the hub ends, in whatever way,
the socket ends, and so does the worker. The warden is the reaper of all descendants of the worker, however far they
got away, and it counts their memory.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
#: Seconds between looks at what the worker uses.
_LOOK = 0.5
#: Seconds after which what cannot be killed (it hangs in the kernel) is left to end by itself.
_PATIENCE = 5.0
_PAGE = os.sysconf("SC_PAGE_SIZE")
#: Bytes that one process may reserve beyond twice what it may use: the look comes after the deed, and the stacks of
#: threads are reserved, not used.
_SLACK = 1 << 30


class Warden:
    """One worker, its descendants, and the word about them to the hub."""

    def __init__(self, hub: socket.socket) -> None:
        self._hub = hub
        self._orders: dict[str, Any] = json.loads(hub.makefile("rb").readline())
        self._worker = 0
        #: how the worker ended
        self._status: int | None = None

    def run(self) -> None:
        """Until the worker has ended, must end, or the hub has ended."""
        self._worker = self._begin()
        self._say(pid=self._worker)
        ended = os.pidfd_open(self._worker)
        poll = select.poll()
        poll.register(ended, select.POLLIN)
        poll.register(self._hub, select.POLLIN)
        while not (poll.poll(_LOOK * 1000) or self._reap()):
            if why := self._excess():
                self._say(why=why)
                return
        self._reap()
        if self._status is not None:
            self._say(why=_in_words(self._status))

    def end(self) -> None:
        """Kill every descendant, and theirs, until there is none."""
        patience = time.monotonic() + _PATIENCE
        if self._worker:
            with suppress(ProcessLookupError):
                os.killpg(self._worker, signal.SIGKILL)
        while (left := list(_descendants(os.getpid()))) and time.monotonic() < patience:
            # Stopped first: one that begins others faster than they are killed would win.
            for number in (signal.SIGSTOP, signal.SIGKILL):
                for pid in left:
                    with suppress(ProcessLookupError):
                        os.kill(pid, number)
            time.sleep(0.005)
            self._reap()

    def _begin(self) -> int:
        most = 2 * self._orders["memory"] + _SLACK
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        process = subprocess.Popen(  # noqa: S603 - the hub's own command, over a socket that nobody else has; no shell
            self._orders["command"],
            stdin=subprocess.DEVNULL,
            pass_fds=self._orders["pass"],
            start_new_session=True,
        )
        process.returncode = 0  # it is waited for here, not there
        for descriptor in self._orders["pass"]:
            os.close(descriptor)
        return process.pid

    def _reap(self) -> bool:
        """Bury who has ended. Whether the worker has."""
        with suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] == self._worker:
                    self._status = os.waitstatus_to_exitcode(found[1])
        return self._status is not None

    def _excess(self) -> str:
        """What is too much; "": nothing."""
        pids, most = list(_descendants(os.getpid())), self._orders["memory"]
        if len(pids) > self._orders["processes"]:
            return f"it began more than {self._orders['processes']} processes"
        # Pages that several share count more than once in the quick sum, and once in the slow one.
        if sum(map(_resident, pids)) > most and (used := sum(map(_share, pids))) > most:
            return f"it used {used // 10**6} MB of memory, {most // 10**6} MB are allowed"
        return ""

    def _say(self, **said: object) -> None:
        with suppress(OSError):
            self._hub.sendall(json.dumps(said).encode() + b"\n")


def _descendants(pid: int) -> Iterator[int]:
    for child in _children(pid):
        yield child
        yield from _descendants(child)


def _children(pid: int) -> Iterator[int]:
    """Of each of its threads."""
    with suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError):
                yield from map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())


def _resident(pid: int) -> int:
    with suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    return 0


def _share(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    return _resident(pid)


def _in_words(status: int) -> str:
    if status >= 0:
        return f"it ended with exit code {status}"
    with suppress(ValueError):
        return f"it was killed by {signal.Signals(-status).name}"
    return f"it was killed by signal {-status}"


def _orphaned(*_: object) -> NoReturn:
    raise SystemExit


def main() -> None:
    """The program."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    # Not SIGTERM: a service manager says that to every process of the hub, and the hub ends them in its order.
    signal.signal(signal.SIGUSR1, _orphaned)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGUSR1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    warden = Warden(socket.socket(fileno=0))
    try:
        warden.run()
    finally:
        warden.end()


if __name__ == "__main__":
    main()
