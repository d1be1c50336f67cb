"""One hub per data folder: an flock that dies with its process, and a note of who holds it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.errors import AlreadyRunning

#: Seconds in which a look at the lock by another command has passed.
_LOOK = 0.5


@contextmanager
def hold(data: Path) -> Iterator[None]:
    """Hold the data folder, making it if need be. Raises AlreadyRunning, naming the holder."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(data / "hub.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _taken(descriptor):
            raise _refusal(descriptor, data)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def check(data: Path) -> None:
    """Raises AlreadyRunning, naming the holder, where a hub runs on this data folder."""
    try:
        descriptor = os.open(data / "hub.lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not _locked(descriptor, fcntl.LOCK_SH):
            raise _refusal(descriptor, data)
    finally:
        os.close(descriptor)


def held(data: Path) -> bool:
    """Whether a hub runs on this data folder."""
    try:
        check(data)
    except AlreadyRunning:
        return True
    return False


def _taken(descriptor: int) -> bool:
    """Take the lock. One who only looks holds it for a moment: that is waited for."""
    end = time.monotonic() + _LOOK
    while not _locked(descriptor, fcntl.LOCK_EX):
        if time.monotonic() > end:
            return False
        time.sleep(_LOOK / 20)
    return True


def _locked(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _refusal(descriptor: int, data: Path) -> AlreadyRunning:
    holder = os.pread(descriptor, 64, 0).decode(errors="replace").strip() or "unknown"
    return AlreadyRunning(f"process {holder} holds {data}")
