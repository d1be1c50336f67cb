"""Small steps on a clerk's share, each through held descriptors and never through a link."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from plugins.folderdrop import system
from plugins.folderdrop.clerk import texts
from plugins.folderdrop.share import Owner

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CHUNK = 1 << 20
_LONGEST_TEXT = 20_000


@contextmanager
def opened(root: int, place: str) -> Iterator[int]:
    """Hold one folder of the share open; never through a link. Raises OSError."""
    descriptor = system.open_directory(root, os.fsencode(place)) if place else os.dup(root)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def folders_in(directory: int) -> list[str]:
    """Names of the folders there, hidden ones left aside. Raises OSError."""
    with os.scandir(directory) as entries:
        found = [each.name for each in entries if each.is_dir(follow_symlinks=False)]
    return sorted(name for name in found if not name.startswith("."))


def sizes_in(directory: int) -> dict[str, os.stat_result]:
    """Names of the regular files there, and what a look at them shows. Raises OSError."""
    found = {}
    with os.scandir(directory) as entries:
        for each in entries:
            with suppress(FileNotFoundError):
                status = each.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    found[each.name] = status
    return found


def make_folder(parent: int, name: str) -> None:
    """Make a folder for the same people as the one it is in, unless it is there. Raises OSError."""
    with suppress(FileExistsError):
        os.mkdir(os.fsencode(name), 0o700, dir_fd=parent)
        above = os.fstat(parent)
        with opened(parent, name) as made:
            Owner(above.st_uid, above.st_gid, stat.S_IMODE(above.st_mode)).restore(made)
        os.fsync(parent)


def open_file(directory: int, name: str) -> int:
    """Open a regular file for reading; the caller closes it. Raises OSError."""
    descriptor = os.open(os.fsencode(name), _READ, dir_fd=directory)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise FileNotFoundError(name)


def digest_of(directory: int, name: str) -> str:
    """SHA-256 of a file in hex. Raises OSError."""
    hashing = hashlib.sha256()
    with os.fdopen(open_file(directory, name), "rb") as file:
        while chunk := file.read(_CHUNK):
            hashing.update(chunk)
    return hashing.hexdigest()


def text_of(directory: int, name: str) -> str:
    """What a person wrote into a small file; "" where there is none. Raises OSError."""
    try:
        with os.fdopen(open_file(directory, name), "rb") as file:
            return texts.decoded(file.read(_LONGEST_TEXT))
    except FileNotFoundError:
        return ""
