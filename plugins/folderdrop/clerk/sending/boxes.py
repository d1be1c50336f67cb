"""The folders a clerk sends through: made where they are missing, looked through, never through a link. Blocking."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

from plugins.folderdrop import system
from plugins.folderdrop.claims import as_look
from plugins.folderdrop.clerk import arrivals, names
from plugins.folderdrop.clerk.files import folders_in, make_folder, opened, sizes_in, text_of
from plugins.folderdrop.clerk.names import Folders
from plugins.folderdrop.clerk.sending.drops import (
    REASON_ENDING,
    TEMPLATE,
    FileSeen,
    FolderSeen,
    answer_name,
)

#: How deep a dropped folder is looked into; what lies deeper counts as odd.
_DEEPEST = 40


def spelt(root: int, name: str) -> str:
    """The folder of that meaning as it is spelt here; made so where there is none. Raises OSError."""
    wanted = names.folded(name)
    found = [each for each in folders_in(root) if names.folded(each) == wanted]
    if found:
        return name if name in found else found[0]
    make_folder(root, name)
    return name


def prepare(root: int, folders: Folders, recipients: Sequence[str], template: bytes) -> str:
    """Make what a clerk needs for sending. Returns the place of `gui-di`. Raises OSError."""
    for each in (folders.sent, folders.returned, folders.recall):
        spelt(root, each)
    box = spelt(root, folders.outgoing)
    with opened(root, box) as directory:
        there = {names.folded(each) for each in folders_in(directory)}
        for name in (folders.many, *recipients):
            if names.folded(name) not in there:
                make_folder(directory, name)
        missing = TEMPLATE not in sizes_in(directory)
    if missing:
        arrivals.put(root, box, TEMPLATE, template)
    return box


def seen_in(root: int, place: str, depth: int = _DEEPEST) -> FolderSeen:
    """A folder with everything in it; of links and pipes the names. Raises OSError."""
    with opened(root, place) as directory:
        found = sizes_in(directory)
        inside = folders_in(directory)
        odd = [name for name in os.listdir(directory) if name not in found and name not in inside and name[0] != "."]
        odd = [name for name in odd if system.exists(directory, os.fsencode(name))]
    below = f"{place}/" if place else ""
    files = tuple(FileSeen(below + name, as_look(found[name])) for name in sorted(found))
    folders = []
    for name in inside if depth else ():
        try:
            folders.append(seen_in(root, below + name, depth - 1))
        except (FileNotFoundError, NotADirectoryError):  # gone since it was listed
            continue
        except OSError:
            odd.append(name)
    return FolderSeen(place, files, tuple(folders), tuple(sorted(odd)))


def marked(root: int, folder: FolderSeen) -> str:
    """What a folder's hidden mark says, "" where it bears none. Raises OSError."""
    with opened(root, folder.place) as directory:
        return text_of(directory, names.IDENTITY).strip()


def clear_answers(root: int, box: FolderSeen) -> None:
    """Remove answers to drops that no longer lie beside them. Raises OSError."""
    here = {each.name for each in box.files} | {each.name for each in box.folders} | {*box.odd}
    answers = {each.name for each in box.files if each.name.endswith(REASON_ENDING)}
    stale = answers - set(map(answer_name, here))
    if stale:
        with opened(root, box.place) as directory:
            remove(directory, stale)
    for folder in box.folders:
        clear_answers(root, folder)


def remove(directory: int, files: Collection[str]) -> None:
    """Unlink files of the hub's own; one that is gone is gone. Raises OSError."""
    for name in files:
        try:
            os.unlink(os.fsencode(name), dir_fd=directory)
        except FileNotFoundError:
            continue
