"""A hostile writer in a process of its own: keeps a dropped file open for reading, reopens it for writing when it can.

python -m tests.plugins.folder_writer UID FILE COUNT      drops COUNT files FILE-0, FILE-1 ..., one a line of stdin
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.plugins.folder import a_packet


def scribble(draft: Path, place: Path, packet: bytes) -> int:
    """Drop one file and try for a while to change it afterwards. Returns how often it could be opened."""
    draft.write_bytes(packet)
    descriptor = os.open(draft, os.O_RDONLY)
    draft.rename(place)
    end, opened = time.monotonic() + 0.05, 0
    while time.monotonic() < end:
        with suppress(OSError):
            again = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY)
            os.pwrite(again, b"#", 500)
            os.close(again)
            opened += 1
    os.close(descriptor)
    return opened


def main(user: int, place: str, count: int) -> None:
    packets = [a_packet(f"{number}/QĐ") for number in range(count)]
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    for number, packet in enumerate(packets):
        print(scribble(Path(place).with_name(".draft"), Path(f"{place}-{number}.edxml"), packet), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
