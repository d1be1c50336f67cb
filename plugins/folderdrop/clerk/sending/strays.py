"""Documents that lie where nothing is sent from: answered once, never moved. Blocking."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import PurePath

from plugins.folderdrop import system
from plugins.folderdrop.clerk import arrivals, names
from plugins.folderdrop.clerk.files import digest_of, folders_in, opened
from plugins.folderdrop.clerk.sending import boxes, moving, placing, reasons
from plugins.folderdrop.clerk.sending.drops import RECALL, SENT, FileSeen, answer_name, is_paper
from plugins.folderdrop.clerk.sending.records import Fate, Posted
from plugins.folderdrop.stability import Look

_DOCUMENTS = frozenset({".pdf", ".doc", ".docx", ".xls", ".xlsx", ".edxml"})


class Strays:
    """What lies astray in one share. One call at a time."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._since: dict[str, tuple[Look, float]] = {}

    def answer(self, root: int, sizes: Collection[int], now: float, wall: datetime, hotline: str) -> None:
        """Tell a clerk about each that has lain still for a while; answers to what is gone are removed.

        `sizes`: of files of received documents; such a one may be a gesture. Raises OSError.
        """
        seen = {}
        for place in _places(root, placing.month(wall)):
            folder = boxes.seen_in(root, place, depth=0)
            boxes.clear_answers(root, folder)
            there = {each.name for each in folder.files}
            for each in folder.files:
                if not _is_astray(each, sizes) or answer_name(each.name) in there:
                    continue
                look, since = self._since.get(each.place, (None, now))
                seen[each.place] = (each.look, since if look == each.look else now)
                if now - seen[each.place][1] >= self._patience:
                    top = place.partition("/")[0] or "ngoài các ô"
                    said = reasons.text(reasons.wrong_place(top), wall, hotline, each.name)
                    arrivals.put(root, place, answer_name(each.name), said)
        self._since = seen


def rejoin(root: int, posted: Mapping[str, Posted], now: datetime) -> None:
    """A file that was moved to `thu-hoi` alone stands for its document while that can be stopped. Raises OSError."""
    box = boxes.spelt(root, RECALL)
    stoppable = [
        each for each in posted.values() if each.fate is Fate.SENT and datetime.fromisoformat(each.until) > now
    ]
    if not stoppable:
        return
    for file in boxes.seen_in(root, box, depth=0).files:
        sized = [each for each in stoppable if any(one.size == file.look.size for one in each.files)]
        if sized:
            with opened(root, box) as directory:
                digest = digest_of(directory, file.name)
            owners = [each for each in sized if any(one.digest == digest for one in each.files)]
            if len(owners) == 1:
                _join(root, box, file, owners[0])


def _join(root: int, box: str, file: FileSeen, posted: Posted) -> None:
    place = placing.lies(root, posted)
    if not place or place.startswith(f"{box}/"):
        return
    above, _, name = place.rpartition("/")
    with opened(root, box) as recall, opened(root, place) as folder, suppress(FileExistsError):
        system.rename_new(recall, os.fsencode(file.name), folder, os.fsencode(file.name))
    with opened(root, above) as home, opened(root, box) as recall:
        free = moving.free_name(recall, name)
        system.rename_new(home, os.fsencode(name), recall, os.fsencode(free))
        os.fsync(recall)


def _is_astray(file: FileSeen, sizes: Collection[int]) -> bool:
    named = PurePath(file.name).suffix.lower() in _DOCUMENTS and is_paper(file.name)
    return named and not (file.place.count("/") and file.look.size in sizes)


def _places(root: int, month: str) -> Iterator[str]:
    """The share's root, what was sent this month, `thu-hoi`, and the stages."""
    yield ""
    yield boxes.spelt(root, RECALL)
    sent = boxes.spelt(root, SENT)
    yield sent
    with opened(root, sent) as directory:
        yield from (f"{sent}/{each}" for each in folders_in(directory) if each == month)
    for name in folders_in(root):
        if names.is_incoming(name):
            yield name
            with opened(root, name) as directory:
                yield from (f"{name}/{each}" for each in folders_in(directory) if names.stage_of(each))
