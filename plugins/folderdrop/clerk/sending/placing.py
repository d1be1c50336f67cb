"""Where a judged drop goes: to `da-gui` with its receipt, or to `tra-lai` with the reason. Blocking.

Each step done again after a crash is as done once.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import PurePath

from hub import VIETNAM
from plugins.folderdrop import naming, system
from plugins.folderdrop.clerk import arrivals, names
from plugins.folderdrop.clerk.files import folders_in, opened, sizes_in, text_of
from plugins.folderdrop.clerk.sending import boxes, claiming, moving
from plugins.folderdrop.clerk.sending.claiming import Claimed
from plugins.folderdrop.clerk.sending.drops import (
    OUTGOING,
    RECALL,
    RETURNED,
    SENT,
    answer_name,
)
from plugins.folderdrop.clerk.sending.records import Posted

_LONGEST_CODE = 40


def folder_for(code: str, tail: str, at: datetime) -> str:
    """Where a sent document lies below `da-gui`: "2026-11/1254-UBND-KGVX ~7K3"."""
    plain = naming.safe(names.bare(code).encode("ascii", "ignore").decode(), _LONGEST_CODE) or "van-ban"
    return f"{month(at)}/{plain} ~{tail}"


def month(at: datetime) -> str:
    """The month's folder."""
    return f"{at.astimezone(VIETNAM):%Y-%m}"


def keep_sent(root: int, claimed: Claimed, posted: Posted) -> None:
    """Move a drop's files to where a clerk finds what was sent. Raises OSError."""
    target, _, name = posted.folder.rpartition("/")
    place = moving.make_place(root, boxes.spelt(root, SENT), target)
    with opened(root, f"{claiming.CLAIMS}/{claimed.id}") as claim:
        there = bool(folders_in(claim))
    if there:
        with opened(root, claimed.files) as files:
            if names.IDENTITY in sizes_in(files):  # a note of the hub's, from when it was stopped
                boxes.remove(files, [names.NOTE])
        arrivals.put(root, claimed.files, names.IDENTITY, posted.id.encode() + b"\n")
        moving.move_out(root, claimed.files, place, name)
    claiming.forget(root, claimed)


def give_back(root: int, claimed: Claimed, reason: bytes, now: datetime) -> str:
    """Move a drop's files to `tra-lai`, the reason first. Returns where they lie. Raises OSError."""
    place = moving.make_place(root, boxes.spelt(root, RETURNED), month(now))
    files = [] if claimed.whole else claiming.files_of(root, claimed)
    alone = len(files) == 1
    name = claimed.name if claimed.whole or alone else PurePath(claimed.name).stem
    with opened(root, place) as directory:
        free = moving.free_name(directory, files[0] if alone else name)
    arrivals.put(root, place, answer_name(free), reason)
    moving.move_out(root, f"{claimed.files}/{files[0]}" if alone else claimed.files, place, free)
    claiming.forget(root, claimed)
    return f"{place}/{free}"


def answer_beside(root: int, place: str, reason: bytes) -> None:
    """Write the reason beside a file or folder that stays where it lies. Raises OSError."""
    above, _, name = place.rpartition("/")
    arrivals.put(root, above, answer_name(name), reason)


def forget_answer(root: int, name: str) -> None:
    """What was sent now had come back before: the answer that it left behind in `tra-lai` goes. Raises OSError."""
    box = boxes.spelt(root, RETURNED)
    with opened(root, box) as directory:
        months = folders_in(directory)
    for each in months:
        with opened(root, f"{box}/{each}") as directory:
            there = {*sizes_in(directory), *folders_in(directory)}
            if answer_name(name) in there and name not in there:
                boxes.remove(directory, [answer_name(name)])


def lies_at_home(root: int, posted: Posted) -> bool:
    """Whether a sent document's folder is where the hub put it. Raises OSError."""
    return _bears(root, f"{boxes.spelt(root, SENT)}/{posted.folder}", posted)


def lies(root: int, posted: Posted) -> str:
    """Where a sent document's folder lies now, "" where it is gone. Raises OSError."""
    usual = f"{boxes.spelt(root, SENT)}/{posted.folder}"
    if _bears(root, usual, posted):
        return usual
    return next((place for place in _everywhere(root) if _bears(root, place, posted)), "")


def unknown(root: int, known: Collection[str]) -> Iterator[str]:
    """Folders of sent documents that bear a mark which is none of these. Raises OSError."""
    for place in _everywhere(root):
        with opened(root, place) as folder:
            marked = text_of(folder, names.IDENTITY).strip() if names.IDENTITY in sizes_in(folder) else ""
        if marked and marked not in known:
            yield place


def recalled(root: int) -> Iterator[tuple[str, str]]:
    """Each folder in `thu-hoi` that bears a mark, and the mark. Raises OSError."""
    box = boxes.spelt(root, RECALL)
    with opened(root, box) as directory:
        inside = folders_in(directory)
    for name in inside:
        with opened(root, f"{box}/{name}") as folder:
            yield f"{box}/{name}", text_of(folder, names.IDENTITY).strip()


def bring_back(root: int, place: str, posted: Posted) -> str:
    """Put a sent document's folder back to where it belongs. Returns its place. Raises OSError."""
    above, _, name = place.rpartition("/")
    target, _, own = posted.folder.rpartition("/")
    home = moving.make_place(root, boxes.spelt(root, SENT), target)
    with opened(root, above) as source, opened(root, home) as directory:
        free = moving.free_name(directory, own)
        system.rename_new(source, os.fsencode(name), directory, os.fsencode(free))
        os.fsync(directory)
    return f"{home}/{free}"


def _everywhere(root: int) -> Iterator[str]:
    """Folders of documents in every folder of the share but those with another meaning; `da-gui` may be renamed."""
    others = {names.folded(OUTGOING), names.folded(names.INCOMING)}
    for top in (each for each in folders_in(root) if names.folded(each) not in others):
        with opened(root, top) as directory:
            inside = folders_in(directory)
        for name in inside:
            yield f"{top}/{name}"
            with opened(root, f"{top}/{name}") as directory:
                below = folders_in(directory)
            yield from (f"{top}/{name}/{each}" for each in below)


def _bears(root: int, place: str, posted: Posted) -> bool:
    try:
        with opened(root, place) as folder:
            return text_of(folder, names.IDENTITY).strip() == posted.id
    except FileNotFoundError:
        return False
