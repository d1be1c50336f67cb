"""The zip that older writers put around a single file, told from files that are zips themselves."""

from __future__ import annotations

import struct
from dataclasses import dataclass

#: as much of an attachment's beginning and end as is looked at
HEAD = 4096
TAIL = 66 * 1024
LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
#: names that say: this file is a zip by itself
_KINDS = frozenset(
    [
        "zip",
        "docx",
        "docm",
        "dotx",
        "xlsx",
        "xlsm",
        "xltx",
        "pptx",
        "pptm",
        "ppsx",
        "odt",
        "ods",
        "odp",
        "odg",
        "jar",
        "apk",
        "epub",
        "kmz",
        "3mf",
    ]
)
STORED, DEFLATED = 0, 8


@dataclass(frozen=True, slots=True)
class Entry:
    """The only entry of a zip."""

    extension: str
    method: int
    crc: int
    packed: int
    size: int


def extension(name: str) -> str:
    """Lower-cased, without the dot; "" where there is none."""
    stem, dot, ext = name.rpartition(".")
    return ext.strip().lower() if dot and stem else ""


def single_entry(head: bytes, tail: bytes, size: int) -> Entry | None:
    """The one entry of a zip that can be unpacked while it streams by, or None.

    `head` and `tail` are the first and last bytes of the `size` bytes.
    """
    end = tail.rfind(b"PK\x05\x06")
    if len(head) < LOCAL.size or not head.startswith(b"PK\x03\x04") or end < 0 or len(tail) - end < _END.size:
        return None
    _, disk, start_disk, here, total, central_size, _, comment = _END.unpack_from(tail, end)
    central = end - central_size
    if disk or start_disk or (here, total) != (1, 1) or comment != len(tail) - end - _END.size:
        return None
    if central_size < _CENTRAL.size or central < 0 or not tail.startswith(b"PK\x01\x02", central):
        return None
    return _entry(head, tail, central, size)


def _entry(head: bytes, tail: bytes, central: int, size: int) -> Entry | None:
    _, _, _, flags, method, _, _, crc, packed, unpacked, name_length, *_, offset = _CENTRAL.unpack_from(tail, central)
    _, _, local_flags, local_method, *_, local_name, local_extra = LOCAL.unpack_from(head)
    start = central + _CENTRAL.size
    name = tail[start : start + name_length].decode("utf-8", "replace")
    encrypted = (flags | local_flags) & 1
    streams = method == DEFLATED or (method == STORED and not local_flags & 8)
    fits = LOCAL.size + local_name + local_extra + packed <= size
    if offset or encrypted or method != local_method or not streams or not fits or name.endswith("/"):
        return None
    return Entry(extension(name), method, crc, packed, unpacked)


def is_wrapper(name: str, entry: Entry) -> bool:
    """Whether a zip with that only entry is a wrapper around the attachment of that name."""
    ext = extension(name)
    return ext not in _KINDS or (ext == entry.extension and ext != "zip")
