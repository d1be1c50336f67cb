"""A file looked at through a descriptor whose position stays where it is, and not further than allowed."""

from __future__ import annotations

import io
import os


class TooMuch(Exception):
    """A look would have to read more of the file than is allowed."""


class Window(io.RawIOBase):
    """A regular file for reading; the descriptor stays open where it was. Reads raise TooMuch, OSError."""

    def __init__(self, descriptor: int, budget: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._left = budget
        self._at = 0
        self.size = os.fstat(descriptor).st_size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError(offset)
        self._at = base + offset
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        rest = max(0, self.size - self._at)
        content = self.at(self._at, rest if size is None or size < 0 else min(size, rest))
        self._at += len(content)
        return content

    def at(self, offset: int, size: int) -> bytes:
        """Bytes from there on, fewer at the end. Raises TooMuch, OSError."""
        if size > self._left:
            raise TooMuch
        content = os.pread(self._descriptor, size, offset) if offset < self.size else b""
        self._left -= len(content)
        return content
