"""The form of sendEdoc: multipart/form-data whose length is known beforehand, the packet streamed in its middle."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Form:
    """The field `edocFile`, a file, and `messageType` behind it."""

    message_type: str
    boundary: str = field(default_factory=lambda: f"----{secrets.token_hex(16)}")

    @property
    def content_type(self) -> str:
        """What the header says."""
        return f"multipart/form-data; boundary={self.boundary}"

    def length(self, size: int) -> int:
        """Bytes of all of it, where the packet has so many."""
        return len(self._head) + size + len(self._tail)

    def whole(self, packet: bytes) -> bytes:
        """All of it."""
        return self._head + packet + self._tail

    async def around(self, packet: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """All of it, piece by piece."""
        yield self._head
        async for piece in packet:
            yield piece
        yield self._tail

    @property
    def _head(self) -> bytes:
        return (
            f"--{self.boundary}\r\n"
            'Content-Disposition: form-data; name="edocFile"; filename="edoc.edxml"\r\n'
            "Content-Type: application/xml\r\n\r\n"
        ).encode()

    @property
    def _tail(self) -> bytes:
        return (
            f"\r\n--{self.boundary}\r\n"
            'Content-Disposition: form-data; name="messageType"\r\n\r\n'
            f"{self.message_type}\r\n--{self.boundary}--\r\n"
        ).encode()
