"""The bytes of a packet as they are stored. Nothing is ever sent that is not what the hub took."""

from __future__ import annotations

import hashlib
import io
from typing import BinaryIO, Protocol

from hub.errors import Damaged
from hub.vocabulary import Blob

#: Bytes of a packet that is small: whoever needs it has it in memory.
SMALL = 1 << 18
_CHUNK = 1 << 20


class _Bodies(Protocol):
    """See `hub.connector.Bodies`."""

    def open(self, blob: Blob) -> BinaryIO: ...


def intact(bodies: _Bodies, blob: Blob) -> BinaryIO:
    """A packet from its beginning, a small one in memory, to be closed. Blocking.

    Raises Damaged where it is missing, or is not what was stored any more.
    """
    source = bodies.open(blob)
    try:
        content = _checked(source, blob)
        if blob.size > SMALL:
            source.seek(0)
            return source
    except BaseException:
        source.close()
        raise
    source.close()
    return io.BytesIO(content)


def _checked(source: BinaryIO, blob: Blob) -> bytes:
    """Read to its end: what it holds, of a small one. Raises Damaged."""
    digest, left, kept = hashlib.sha256(), blob.size, [b""]
    try:
        # No more room than it needs: a megabyte for each small packet costs more than reading it.
        while left > 0 and (piece := source.read(min(left, _CHUNK))):
            digest.update(piece)
            left -= len(piece)
            if blob.size <= SMALL:
                kept.append(piece)
    except OSError as error:
        raise Damaged(f"the blob {blob.digest} cannot be read: {error}") from error
    if digest.hexdigest() != blob.digest:
        raise Damaged(f"the blob {blob.digest} has other content: {digest.hexdigest()}")
    return b"".join(kept)
