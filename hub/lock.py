"""One hub per data folder: an flock that dies with its process, and a note of who holds it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.errors import AlreadyRunning


@contextmanager
def hold(data: Path) -> Iterator[None]:
    """Hold the data folder, making it if need be. Raises AlreadyRunning, naming the holder."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(data / "hub.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 64, 0).decode(errors="replace").strip() or "unknown"
            raise AlreadyRunning(f"process {holder} holds {data}") from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def held(data: Path) -> bool:
    """Whether a hub runs on this data folder."""
    try:
        descriptor = os.open(data / "hub.lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
