"""Trees of `gui-di` as a look shows them, and papers as an inspection does, without a disk."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Sequence
from typing import Any

from plugins.folderdrop.clerk.sending.drops import FileSeen, FolderSeen
from plugins.folderdrop.clerk.sending.judging import Paper
from plugins.folderdrop.clerk.sending.records import Inspection, Kind
from plugins.folderdrop.stability import Look

BOX = "gui-di"
_KINDS = {"pdf": Kind.PDF, "docx": Kind.OFFICE, "xlsx": Kind.OFFICE, "zip": Kind.ARCHIVE, "exe": Kind.PROGRAM}


def look(size: int = 1, inode: int = 1) -> Look:
    return Look(inode, size, 0, stat.S_IFREG | 0o644, 1)


def tree(*places: str, odd: Sequence[str] = ()) -> FolderSeen:
    """`gui-di` with these files; a place that ends in a stroke is an empty folder."""
    return _folder(BOX, sorted(places), sorted(odd))


def _folder(place: str, inside: Sequence[str], odd: Sequence[str]) -> FolderSeen:
    below: dict[str, tuple[list[str], list[str]]] = {}
    for index, each in [*((0, each) for each in inside), *((1, each) for each in odd)]:
        name, stroke, rest = each.partition("/")
        if stroke:
            found = below.setdefault(name, ([], []))
            if rest:
                found[index].append(rest)
    return FolderSeen(
        place,
        tuple(FileSeen(f"{place}/{each}", look()) for each in inside if "/" not in each),
        tuple(_folder(f"{place}/{name}", files, links) for name, (files, links) in sorted(below.items())),
        tuple(each for each in odd if "/" not in each),
    )


def paper(place: str, content: str = "", **seen: Any) -> Paper:
    """A file of a drop; its kind by its name."""
    kind = _KINDS.get(place.rpartition(".")[2].lower(), Kind.OTHER)
    digest = hashlib.sha256((content or place).encode()).hexdigest()
    return Paper(place, seen.pop("size", 100), digest, Inspection(**({"kind": kind} | seen)))
