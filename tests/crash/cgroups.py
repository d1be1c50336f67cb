"""A bound of memory that the kernel keeps, by cgroups of whichever version this machine has."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Bound:
    """A group of processes that may use so much memory together."""

    folder: Path
    _peak: str

    @property
    def procs(self) -> Path:
        """The file that takes a process in."""
        return self.folder / "cgroup.procs"

    def peak(self) -> int:
        """The most bytes they ever used, pages of files that the kernel could drop again too."""
        return int((self.folder / self._peak).read_text())


@contextmanager
def bound(size: int) -> Iterator[Bound]:
    """A new group of that many bytes; its processes must be gone at the end."""
    second = (_ROOT / "cgroup.controllers").exists()
    folder = (_ROOT if second else _ROOT / "memory") / f"hub-test-{os.getpid()}-{time.monotonic_ns()}"
    if second:
        (_ROOT / "cgroup.subtree_control").write_text("+memory")
    folder.mkdir()
    (folder / ("memory.max" if second else "memory.limit_in_bytes")).write_text(str(size))
    try:
        yield Bound(folder, "memory.peak" if second else "memory.max_usage_in_bytes")
    finally:
        deadline = time.monotonic() + 10
        while folder.exists() and time.monotonic() < deadline:
            with suppress(OSError):
                folder.rmdir()
            time.sleep(0.02)
