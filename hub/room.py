"""Whether a folder's disk takes anything: how much room it has, and whether it may be written at all."""

from __future__ import annotations

import errno
import os
import time
from dataclasses import dataclass
from pathlib import Path

_PROBE = ".writable"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A disk took nothing: why, and when, in monotonic seconds."""

    why: str
    at: float

    @classmethod
    def now(cls, error: Exception) -> Refusal:
        """What happens just now."""
        return cls(str(error), time.monotonic())

    def within(self, seconds: float) -> bool:
        """Whether it was so lately."""
        return time.monotonic() - self.at < seconds


def free(folder: Path) -> int:
    """Bytes free on the folder's file system. Raises OSError."""
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize


def mounted_read_only(folder: Path) -> bool:
    """Whether its file system says so of itself. Raises OSError."""
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def read_only(folder: Path) -> bool:
    """Whether nothing can be written there because the disk is read-only, found out by trying."""
    probe = folder / _PROBE
    try:
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        probe.unlink()
    except OSError as error:
        return error.errno == errno.EROFS
    return False


def sync_folder(folder: Path) -> None:
    """Have the names in a folder kept. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
