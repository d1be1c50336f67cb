"""Reading a claimed file once: what the reader makes of it, and what it hashes to."""

from __future__ import annotations

import hashlib
import io
import os
from typing import BinaryIO, cast

from hub import Blob, Packet, Quarantined, Refused, logger
from hub.standards import edxml
from plugins.folderdrop import naming
from plugins.folderdrop.claims import Hashing, Held

_CHUNK = 1 << 17
#: A file so small is read in one piece.
_SMALL = 1 << 21


def parsed(held: Held, largest: int, verdict: Refused | None = None) -> tuple[Packet | Refused, Blob | None]:
    """The packet, or why it is refused, and the blob of its bytes. A verdict already made is not judged again."""
    if held.look.size > largest:
        return Refused("too-large", f"Tệp lớn hơn mức cho phép ({largest} byte)."), None
    if held.look.size <= _SMALL:
        content = os.pread(held.descriptor, held.look.size + 1, 0)
        packet = verdict or _packet(io.BytesIO(content), held.name)
        return packet, Blob(hashlib.sha256(content).hexdigest(), len(content))
    hashing = Hashing(held.descriptor)
    with io.BufferedReader(hashing, max(1, min(held.look.size, _CHUNK))) as file:
        packet = verdict or _packet(cast("BinaryIO", file), held.name)
        while file.read(_CHUNK):
            pass
        return packet, Blob(hashing.digest, hashing.size)


def _packet(file: BinaryIO, name: bytes) -> Packet | Refused:
    try:
        return edxml.read(file)
    except Refused as refused:
        return refused
    except OSError:
        raise
    except Exception:  # a mistake in the reader must not take the other files with it
        logger.opt(exception=True).bind(file=naming.shown(name)).error("the reader broke on a file")
        return Quarantined("reader-broke", "Hub gặp lỗi khi đọc tệp này; quản trị viên cần xem.")
