"""What wakes a folder's scan. A nudge may be lost and may lie: the listing is the truth, this only saves waiting."""

from __future__ import annotations

import asyncio
import os
import struct
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from plugins.folderdrop import system

_CLOSE_WRITE, _MOVED_TO = 0x08, 0x80
_EVENT = struct.Struct("iIII")


class Nudges(Protocol):
    """One way to learn that something happened in `out/`."""

    def arm(self, directory: int) -> None:
        """Watch the open directory from now on; the same one again is fine."""

    async def wait(self, seconds: float) -> None:
        """Return at the first nudge since the last return, or after that long."""

    def renamed(self) -> frozenset[bytes]:
        """Names that were renamed into place since the last call."""

    def close(self) -> None:
        """Stop watching."""


class Polling:
    """No events: network and FUSE mounts do not tell what other machines write."""

    def arm(self, directory: int) -> None:
        """Nothing to watch."""

    async def wait(self, seconds: float) -> None:
        """Sleep."""
        await asyncio.sleep(seconds)

    def renamed(self) -> frozenset[bytes]:
        """Unknown."""
        return frozenset()

    def close(self) -> None:
        """Nothing to stop."""


class Inotify:
    """Events straight from the kernel. Raises OSError where there is no inotify."""

    def __init__(self) -> None:
        self._descriptor = system.inotify_open()
        self._watch: int | None = None
        self._nudge = asyncio.Event()
        self._renamed: set[bytes] = set()
        asyncio.get_running_loop().add_reader(self._descriptor, self._read)

    def arm(self, directory: int) -> None:
        """See Nudges."""
        watch = system.inotify_add(self._descriptor, directory, _CLOSE_WRITE | _MOVED_TO)
        if self._watch not in {None, watch}:
            system.inotify_remove(self._descriptor, self._watch or 0)
        self._watch = watch

    async def wait(self, seconds: float) -> None:
        """See Nudges."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._nudge.wait(), seconds)
        self._nudge.clear()

    def renamed(self) -> frozenset[bytes]:
        """See Nudges."""
        names = frozenset(self._renamed)
        self._renamed.clear()
        return names

    def close(self) -> None:
        """See Nudges."""
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)

    def _read(self) -> None:
        buffer = os.read(self._descriptor, 64 * 1024)
        offset = 0
        while offset < len(buffer):
            _watch, mask, _cookie, length = _EVENT.unpack_from(buffer, offset)
            offset += _EVENT.size
            if mask & _MOVED_TO:
                self._renamed.add(buffer[offset : offset + length].rstrip(b"\0"))
            offset += length
        self._nudge.set()


class Watchdog(FileSystemEventHandler):
    """Events by the watchdog library: where the fast path is missing, or an admin asks for it."""

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.get_running_loop()
        self._nudge = asyncio.Event()
        self._observer = Observer()
        self._observer.schedule(self, str(folder))
        self._observer.start()

    def arm(self, directory: int) -> None:
        """The observer watches by path already."""

    async def wait(self, seconds: float) -> None:
        """See Nudges."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._nudge.wait(), seconds)
        self._nudge.clear()

    def renamed(self) -> frozenset[bytes]:
        """The library tells moves half a second late, when the settle time has told more."""
        return frozenset()

    def close(self) -> None:
        """See Nudges."""
        self._observer.stop()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Called in the library's thread."""
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._nudge.set)


def nudges(wanted: str, *, local: bool, folder: Path) -> Nudges:
    """The watch for a mount: as set, or inotify, else watchdog, on local disks, and polling elsewhere."""
    if wanted == "poll" or (wanted == "auto" and not local):
        return Polling()
    if wanted in {"auto", "inotify"}:
        with suppress(OSError):
            return Inotify()
    return Watchdog(folder)
