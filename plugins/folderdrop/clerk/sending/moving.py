"""Renames between the claims and the folders of people, and the places these end in. Blocking."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress

from plugins.folderdrop import naming, system
from plugins.folderdrop.claims import Held
from plugins.folderdrop.clerk.files import make_folder, opened
from plugins.folderdrop.clerk.sending import boxes
from plugins.folderdrop.clerk.sending.drops import OUTGOING
from plugins.folderdrop.share import Owner, owner_of

#: Bytes of a name that disks take.
_LONGEST = 255


def move_out(root: int, place: str, target: str, name: str) -> str:
    """Rename a file or folder out of the claims, the people's own again. Returns the name it got. Raises OSError."""
    above, _, old = place.rpartition("/")
    with opened(root, above) as source, opened(root, target) as directory:
        _give(source, old, owner_of(directory), os.fstat(directory).st_mode & 0o777)
        free = free_name(directory, name)
        system.rename_new(source, os.fsencode(old), directory, os.fsencode(free))
        os.fsync(directory)
    return free


def _give(parent: int, name: str, owner: Owner, folder_mode: int) -> None:
    """Make everything there the people's again."""
    try:
        inside = system.open_directory(parent, os.fsencode(name))
    except NotADirectoryError:
        with suppress(OSError):  # a link or a pipe: it is moved as it is
            held = Held.open(parent, os.fsencode(name))
            owner.restore(held.descriptor)
            held.close()
        return
    try:
        for each in os.listdir(inside):
            _give(inside, os.fsdecode(each), owner, folder_mode)
        Owner(owner.uid, owner.gid, folder_mode).restore(inside)
    finally:
        os.close(inside)


def free_name(directory: int, name: str, taken: Sequence[str] = ()) -> str:
    """The name, or the name with a number before its extension, that is not taken yet. Raises OSError."""
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > 8:
        stem, dot, extension = name, "", ""
    turn, free = 1, name
    while free in taken or system.exists(directory, os.fsencode(free)):
        turn += 1
        mark = f" ({turn}){dot}{extension}"
        free = os.fsdecode(naming.cut(os.fsencode(stem), _LONGEST - len(os.fsencode(mark)))) + mark
    return free


def make_place(root: int, top: str, month: str) -> str:
    """A month's folder in one of the top folders. Raises OSError."""
    with opened(root, top) as directory:
        make_folder(directory, month)
    return f"{top}/{month}"


def place_again(root: int, place: str) -> str:
    """A folder below `gui-di`, found under its new spelling or made again where a person took it away since.

    Where that cannot be, `gui-di` itself. Raises OSError.
    """
    top, _, rest = place.partition("/")
    box = there = boxes.spelt(root, top or OUTGOING)
    try:
        for name in filter(None, rest.split("/")):
            with opened(root, there) as directory:
                make_folder(directory, name)
            there = f"{there}/{name}"
        with opened(root, there):
            return there
    except OSError:
        return box
