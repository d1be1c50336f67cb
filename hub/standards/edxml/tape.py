"""A window over a stream that is read once, in order, to its end."""

from __future__ import annotations

import re
from typing import BinaryIO

from hub.errors import Refused

CHUNK = 256 * 1024
_SPACE = re.compile(rb"[ \t\r\n]*")


class Tape:
    """Bytes of a packet: `data[at:]` is not used up yet; `data[0]` stands at byte `base` of the packet."""

    __slots__ = ("_file", "_limit", "at", "base", "data")

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file, self._limit = file, limit
        self.data, self.at, self.base = b"", 0, 0

    @property
    def place(self) -> int:
        """Where the cursor stands in the packet."""
        return self.base + self.at

    def more(self) -> bool:
        """Drop what is used up and read on. False at the end of the packet."""
        chunk = self._file.read(CHUNK)
        if not chunk:
            return False
        self.base += self.at
        self.data = self.data[self.at :] + chunk if self.at < len(self.data) else chunk
        self.at = 0
        if self.base + len(self.data) > self._limit:
            raise Refused("too-large", f"Gói tin lớn hơn {self._limit} byte.")
        return True

    def ahead(self, count: int) -> bytes:
        """The next bytes, fewer only at the end of the packet."""
        while len(self.data) - self.at < count and self.more():
            pass
        return self.data[self.at : self.at + count]

    def skip_space(self) -> None:
        """Move past white space."""
        while True:
            match = _SPACE.match(self.data, self.at)
            self.at = match.end() if match else self.at
            if self.at < len(self.data) or not self.more():
                return

    def drain(self) -> None:
        """Use up the rest."""
        self.at = len(self.data)
        while self.more():
            self.at = len(self.data)
