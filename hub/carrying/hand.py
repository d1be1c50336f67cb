"""Which packets were being read when the hub died: so that one that kills it is kept unread in the end."""

from __future__ import annotations

import errno
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from hub.connector import Inbox
from hub.errors import Quarantined

#: A packet that was in hand so often when the hub died is kept unread; so many are remembered.
_MOST_TRIES, _REMEMBERED = 2, 1000
UNREAD = Quarantined("poison", "Hub đã dừng đột ngột nhiều lần khi đọc gói tin này; quản trị viên cần xem.")


class Hand:
    """The packets of one list that are in hand, in a small file. `suspects`: those of an earlier run, until read."""

    def __init__(self, folder: Path, name: str) -> None:
        # No backup takes it along: what is in hand when it is made is none of a restored hub's deaths.
        self._path = folder / f".reading-{name}.json"
        self._held, self._lock = Counter[str](), Lock()
        self.suspects: frozenset[str] = frozenset()
        self._unread = set[str]()

    def begin(self) -> None:
        """Look what an earlier run had in hand when it ended. Blocking."""
        self.suspects = self.left()

    def left(self) -> frozenset[str]:
        """What is written down as in hand. Blocking."""
        with suppress(OSError, ValueError):
            said = json.loads(self._path.read_bytes().partition(b"\n")[0])
            return frozenset(map(str, said)) if isinstance(said, list) else frozenset()
        return frozenset()

    def take(self, ids: Iterable[str]) -> None:
        """These are in hand now, and no others; suspects stay written down. Blocking. Raises OSError."""
        names = list(dict.fromkeys([*ids, *sorted(self.suspects)]))
        line = f"{json.dumps(names[:_REMEMBERED])}\n".encode()
        # Written over, by one call: a file that takes its place each time is one made and one deleted each time.
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            if os.pwrite(file, line, 0) < len(line):
                raise OSError(errno.ENOSPC, "what is in hand was written down in part only")
        finally:
            os.close(file)

    @contextmanager
    def holding(self, ids: Iterable[str]) -> Iterator[None]:
        """These too are in hand meanwhile. Blocking, in any thread. Raises OSError."""
        these = Counter(ids)
        with self._lock:
            self._held += these
            self.take(self._held)
        try:
            yield
        finally:
            with self._lock, suppress(OSError):
                self._held -= these
                self.take(self._held)

    async def verdict(self, inbox: Inbox, name: str, source_key: str = "") -> Quarantined | None:
        """Of one that was in hand when an earlier run died: the try is counted before it is read. None: read it.

        One that is not read is not read later in this run either. `source_key`: its input's, where that is not its
        name. Raises StorageError.
        """
        if name not in self.suspects:
            return None
        if name not in self._unread:
            if await inbox.tries(source_key or name) <= _MOST_TRIES:
                self.suspects -= {name}
                return None
            self._unread.add(name)
        return UNREAD
