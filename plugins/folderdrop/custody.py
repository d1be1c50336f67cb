"""What the folders need of the hub's custody of bytes."""

from __future__ import annotations

from typing import BinaryIO, Protocol

from hub import Blob


class Bodies(Protocol):
    """Stored bytes, as `Context.bodies` has them. Blocking."""

    def store(self, source: BinaryIO, limit: int) -> Blob:
        """Copy a stream to a durable blob. Raises NoRoom, StorageFailed, Refused."""

    def open(self, blob: Blob) -> BinaryIO:
        """Read a blob. Raises Damaged."""
