"""What a worker is just now about, where its watcher sees it, even after the worker died."""

from __future__ import annotations

import mmap
import struct
import time
from dataclasses import dataclass
from pathlib import Path

_HEAD = struct.Struct("<QddQ")
ROOM = 8 << 20


@dataclass(frozen=True, slots=True)
class Seen:
    """How many inputs are done, and since when the next one runs; 0.0: none runs."""

    done: int
    #: monotonic
    since: float
    #: of the worker's own processor time
    used: float
    data: bytes


class Slot:
    """A file that worker and watcher share."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.truncate(ROOM)
            self._map = mmap.mmap(file.fileno(), ROOM)

    def begin(self, done: int, data: bytes) -> None:
        """This input runs from now on."""
        kept = data[: ROOM - _HEAD.size]
        self._map[_HEAD.size : _HEAD.size + len(kept)] = kept
        _HEAD.pack_into(self._map, 0, done, time.monotonic(), time.process_time(), len(kept))

    def rest(self, done: int) -> None:
        """Nothing runs."""
        _HEAD.pack_into(self._map, 0, done, 0.0, 0.0, 0)

    def seen(self) -> Seen:
        """What runs now."""
        done, since, used, length = _HEAD.unpack_from(self._map, 0)
        return Seen(done, since, used, self._map[_HEAD.size : _HEAD.size + length])
