"""What wakes a folder's scan. A nudge may be lost and may lie: the listing is the truth, this only saves waiting."""

from __future__ import annotations

import asyncio
import os
import struct
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from watchdog.events import (
    FileClosedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from plugins.folderdrop import system

_CLOSE_WRITE, _MOVED_TO, _CREATE = 0x08, 0x80, 0x100
_EVENT = struct.Struct("iIII")
#: Seconds after a bare creation: a file that is being written says more when it is closed, a link never does.
_LATER = 0.25


class Nudges(Protocol):
    """One way to learn that something happened in `out/`."""

    def arm(self, directory: int) -> bool:
        """Watch the open directory from now on; the same one again is fine. False: there are no events."""

    async def wait(self, seconds: float) -> None:
        """Return at the first nudge since the last return, or after that long."""

    def renamed(self) -> frozenset[bytes]:
        """Names that were renamed into place since the last call."""

    def close(self) -> None:
        """Stop watching."""


class Polling:
    """No events: network and FUSE mounts do not tell what other machines write."""

    def arm(self, directory: int) -> bool:
        """Nothing to watch."""
        return False

    async def wait(self, seconds: float) -> None:
        """Sleep."""
        await asyncio.sleep(seconds)

    def renamed(self) -> frozenset[bytes]:
        """Unknown."""
        return frozenset()

    def close(self) -> None:
        """Nothing to stop."""


class _Bell:
    """Wakes one waiter; what rings while nobody waits is not lost."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    def hush(self) -> None:
        self._rung.clear()

    async def wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            # Not wait_for: in Python 3.11 it swallows a cancellation that meets the event.
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        self._rung.clear()


class Inotify:
    """Events straight from the kernel. Raises OSError where there is no inotify."""

    def __init__(self) -> None:
        self._descriptor = system.inotify_open()
        self._watch: int | None = None
        self._bell = _Bell()
        self._later: asyncio.TimerHandle | None = None
        self._renamed: set[bytes] = set()
        self._loop = asyncio.get_running_loop()

    def arm(self, directory: int) -> bool:
        """See Nudges."""
        watch = system.inotify_add(self._descriptor, directory, _CLOSE_WRITE | _MOVED_TO | _CREATE)
        if self._watch not in {None, watch}:
            system.inotify_remove(self._descriptor, self._watch or 0)
        self._watch = watch
        return True

    async def wait(self, seconds: float) -> None:
        """See Nudges. The loop looks at the events only while somebody waits: one wake-up a scan, not one a file."""
        self._loop.add_reader(self._descriptor, self._read)
        try:
            await self._bell.wait(seconds)
        finally:
            self._loop.remove_reader(self._descriptor)

    def renamed(self) -> frozenset[bytes]:
        """See Nudges."""
        with suppress(BlockingIOError):
            while True:
                self._read()
        # The listing that follows shows all of these.
        self._bell.hush()
        names = frozenset(self._renamed)
        self._renamed.clear()
        return names

    def close(self) -> None:
        """See Nudges."""
        if self._later:
            self._later.cancel()
        os.close(self._descriptor)

    def _read(self) -> None:
        buffer = os.read(self._descriptor, 64 * 1024)
        offset, seen = 0, 0
        while offset < len(buffer):
            _watch, mask, _cookie, length = _EVENT.unpack_from(buffer, offset)
            offset += _EVENT.size
            if mask & _MOVED_TO:
                self._renamed.add(buffer[offset : offset + length].rstrip(b"\0"))
            offset += length
            seen |= mask
        if seen & ~_CREATE:
            self._bell.ring()
        elif self._later is None:
            self._later = self._loop.call_later(_LATER, self._ring_later)

    def _ring_later(self) -> None:
        self._later = None
        self._bell.ring()


class Watchdog(FileSystemEventHandler):
    """Events by the watchdog library: where the fast path is missing, or an admin asks for it.

    The whole share is watched: a move out of the watched tree, which a claim would be, holds up every
    later event for half a second. Opening is not asked for: our own looks would nudge us.
    """

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.get_running_loop()
        self._bell = _Bell()
        self._observer = Observer()
        wanted: list[type[FileSystemEvent]] = [FileCreatedEvent, FileClosedEvent, FileMovedEvent]
        self._observer.schedule(self, str(folder), recursive=True, event_filter=wanted)
        self._observer.start()
        self._out = os.fsencode(folder / "out") + b"/"

    def arm(self, directory: int) -> bool:
        """The observer watches by path already."""
        return self._observer.is_alive()

    async def wait(self, seconds: float) -> None:
        """See Nudges."""
        await self._bell.wait(seconds)

    def renamed(self) -> frozenset[bytes]:
        """Not told: the settle time decides."""
        return frozenset()

    def close(self) -> None:
        """See Nudges."""
        self._observer.stop()
        self._observer.join(timeout=2)

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Called in the library's thread."""
        place = event.dest_path if isinstance(event, FileMovedEvent) else event.src_path
        if os.fsencode(place).startswith(self._out):
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._bell.ring)


def nudges(wanted: str, *, local: bool, folder: Path) -> Nudges:
    """The watch for a share's mount: as set, or on local disks inotify, else watchdog; polling elsewhere."""
    if wanted == "poll" or (wanted == "auto" and not local):
        return Polling()
    with suppress(OSError):
        return Watchdog(folder) if wanted == "watchdog" else Inotify()
    with suppress(OSError):
        return Watchdog(folder)
    return Polling()
