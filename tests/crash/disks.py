"""Disks that can lose their power or fill up: an ext4 in a file, a tmpfs. They need root."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SHUTDOWN = 0x8004587D
_WITHOUT_ITS_LOG = 2
#: Nothing is written out by time or by heuristics: only what was asked to be kept is kept.
_OPTIONS = "loop,noauto_da_alloc,commit=3600"


class Disk:
    """An ext4 on a loop device."""

    def __init__(self, image: Path, point: Path) -> None:
        self._image, self.point = image, point

    def cut(self) -> None:
        """The power fails: what was not flushed is gone. Nobody may use the disk any more."""
        descriptor = os.open(self.point, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _WITHOUT_ITS_LOG))
        finally:
            os.close(descriptor)

    def mount(self) -> None:
        """The power is back: the journal is replayed."""
        _run("mount", "-t", "ext4", "-o", _OPTIONS, str(self._image), str(self.point))

    def unmount(self) -> None:
        """Let go of it; waits for those who just ended."""
        for _ in range(200):
            if subprocess.run(["umount", self.point], capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.02)
        _run("umount", str(self.point))

    def restart(self) -> None:
        """A power cut and the start after it."""
        self.cut()
        self.unmount()
        self.mount()

    def sync(self) -> None:
        """Keep everything that is there now."""
        _run("sync", "-f", str(self.point))


@contextmanager
def ext4(folder: Path, megabytes: int = 96) -> Iterator[Disk]:
    """A new disk, mounted at `folder`."""
    folder.mkdir(parents=True)
    image = folder.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    _run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(image))
    disk = Disk(image, folder)
    disk.mount()
    try:
        yield disk
    finally:
        disk.unmount()
        image.unlink()


@contextmanager
def tmpfs(folder: Path, megabytes: int) -> Iterator[None]:
    """A small file system in memory, mounted at `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder))
    try:
        yield
    finally:
        _run("umount", str(folder))


@contextmanager
def bound(folder: Path, again: Path) -> Iterator[None]:
    """The same folder under a second name."""
    again.mkdir()
    _run("mount", "--bind", str(folder), str(again))
    try:
        yield
    finally:
        _run("umount", str(again))


def fill(folder: Path, leave: int) -> Path:
    """Fill a disk until only so many bytes are free. Returns the file that does it."""
    filler = folder / "filler"
    room = os.statvfs(folder)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize - leave)
    return filler


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
