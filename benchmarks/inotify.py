"""What appears in a folder, and when, straight from the kernel: Linux inotify without a library."""

from __future__ import annotations

import ctypes
import os
import select
import struct
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

CLOSE_WRITE = 0x00000008
MOVED_TO = 0x00000080
CREATE = 0x00000100
_OVERFLOW = 0x00004000

_HEAD = struct.Struct("iIII")
_LIBC = ctypes.CDLL(None, use_errno=True)


class Seen(NamedTuple):
    """One name, and when its event was read (time.monotonic)."""

    name: str
    at: float


class Watch:
    """The names that appear in one folder by the given events. Names with a leading dot are left out."""

    def __init__(self, folder: Path, events: int) -> None:
        self._fd = _checked(_LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        _checked(_LIBC.inotify_add_watch(self._fd, os.fsencode(folder), events))
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._fd)

    def read(self, timeout: float) -> list[Seen]:
        """What appeared since the last call; waits up to `timeout` seconds for the first."""
        if not self._poll.poll(max(0.0, timeout) * 1000):
            return []
        data = os.read(self._fd, 1 << 18)
        return list(_events(data, time.monotonic()))


def _checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def _events(data: bytes, now: float) -> list[Seen]:
    seen, at = [], 0
    while at < len(data):
        _, mask, _, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        name = data[at : at + length].rstrip(b"\0")
        at += length
        if mask & _OVERFLOW:
            raise OverflowError("the kernel dropped events: this measurement cannot be trusted")
        if name and not name.startswith(b"."):
            seen.append(Seen(os.fsdecode(name), now))
    return seen
