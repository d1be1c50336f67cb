"""What was fetched as a packet in a file of ours: read once, hashed, synced, and then in the hub's custody."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hub.carrying.spool import Spool, translated
from hub.connector import Context
from hub.containment import attempted
from hub.errors import Quarantined, Refused
from hub.log import logger
from hub.standards import edxml
from hub.vocabulary import Blob, Packet

_NO_ADOPTION = frozenset({errno.EXDEV, errno.EMLINK, errno.EPERM})


@dataclass(frozen=True, slots=True)
class Landed:
    """A packet that came whole. `path` holds its bytes until the blobs do; None: nothing of it is kept."""

    packet: Packet | Refused
    blob: Blob | None
    path: Path | None


def landed(spool: Spool, verdict: Refused | None = None) -> Landed:
    """The packet in the spool, or the verdict that was made before it was read. Blocking. Raises StorageError."""
    spool.finish()
    packet = verdict or _read(spool.path)
    if isinstance(packet, Refused) and packet.code == "secret":
        spool.drop()
        return Landed(packet, None, None)
    if isinstance(packet, Refused) and not isinstance(packet, Quarantined):
        packet = Quarantined(packet.code, packet.reason, packet.where)
    try:
        _seal(spool.path)
    except OSError as error:
        raise translated(error) from error
    return Landed(packet, Blob(spool.digest, spool.size), spool.path)


def adopt(context: Context, found: Sequence[Landed], largest: int) -> None:
    """Make the bodies durable as blobs, all at once. Blocking. Raises NoRoom, StorageError."""
    claims = [(each.path, each.blob) for each in found if each.path and each.blob]
    try:
        context.bodies.adopt(claims)
    except OSError as error:
        if error.errno not in _NO_ADOPTION:
            raise translated(error) from error
        for path, _ in claims:
            with path.open("rb") as source:
                context.bodies.store(source, largest)


def remove(found: Sequence[Landed]) -> None:
    """The hub has them, or they will come again. Blocking."""
    for each in found:
        if each.path:
            with suppress(OSError):
                each.path.unlink()


def _read(path: Path) -> Packet | Refused:
    try:
        with path.open("rb") as file:
            said = attempted(lambda: edxml.read(file))
    except OSError as error:
        raise translated(error) from error
    if isinstance(said, OSError):
        raise translated(said) from said
    if isinstance(said, Packet | Refused):
        return said
    # a mistake in the reader must not stop the other packets
    logger.opt(exception=said).error("the reader broke on a packet")
    return Quarantined("reader-broke", "Hub gặp lỗi khi đọc gói tin này; quản trị viên cần xem.")


def _seal(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fchmod(descriptor, 0o400)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
