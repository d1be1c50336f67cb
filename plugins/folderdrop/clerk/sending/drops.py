"""What in `gui-di` belongs together as one document, and whether it is ready. Pure."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from plugins.folderdrop import naming
from plugins.folderdrop.clerk import names
from plugins.folderdrop.clerk.sending.titles import read_title
from plugins.folderdrop.stability import Look

OUTGOING, SENT, RETURNED = names.PLAIN.outgoing, names.PLAIN.sent, names.PLAIN.returned
RECALL, MANY = names.PLAIN.recall, names.PLAIN.many
SLIP, TEMPLATE = "PHIEU-GUI.txt", "MAU-PHIEU-GUI.txt"
RECEIPT, RECEIPT_TEXT = "BIEN-NHAN.html", "BIEN-NHAN.txt"
REASON_ENDING = ".LY-DO.txt"
#: Pages and marks of the hub's own, wherever a clerk may have dragged them.
_PAGES = ("HUONG-DAN.html", "theo-doi.html", "NHAC-VIEC.html", "NHAC-VIEC.txt")
_OURS = {name.lower() for name in (*names.OURS, names.REASON, TEMPLATE, RECEIPT, RECEIPT_TEXT, *_PAGES)}
_REGISTER = re.compile(r"so-van-ban-den-\d{4}\.xlsx", re.IGNORECASE)
_LONGEST_NAME = 240
_PACKETS = frozenset({".edxml", ".xml"})


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A regular file below `gui-di`."""

    #: from the share's root: "gui-di/So Noi vu/204-UBND-VX.pdf"
    place: str
    look: Look

    @property
    def name(self) -> str:
        """Its own name."""
        return self.place.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class FolderSeen:
    """A folder below `gui-di`, with what is in it."""

    place: str
    files: tuple[FileSeen, ...] = ()
    folders: tuple[FolderSeen, ...] = ()
    #: names of links, pipes and the like in it, and of folders that cannot be looked into
    odd: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its own name."""
        return self.place.rpartition("/")[2]

    def all_files(self) -> Iterator[FileSeen]:
        """Its files and those of the folders in it."""
        yield from self.files
        for folder in self.folders:
            yield from folder.all_files()

    def all_odd(self) -> Iterator[str]:
        """Names of what is neither file nor folder, here and in the folders in it."""
        yield from self.odd
        for folder in self.folders:
            yield from folder.all_odd()


#: How a drop looks: its files, those that a program has open, and what is no file.
Mark = tuple[frozenset[tuple[str, Look]], tuple[tuple[str, str], ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Drop:
    """What goes together as one document."""

    #: the folder itself, or the folder in which the files lie, from the share's root
    place: str
    #: the folder itself was dropped
    whole: bool
    #: the document's files, a slip among them
    files: tuple[FileSeen, ...]
    #: name of the folder that tells the recipient, "" where none does
    to: str
    #: what people call it: the folder's name, or a file's
    name: str
    #: files that a program has open say so beside themselves: name of the file, name of that mark
    locks: tuple[tuple[str, str], ...] = ()
    #: names of what is neither file nor folder: nothing is sent while such a thing is among it
    odd: tuple[str, ...] = ()

    @property
    def mark(self) -> Mark:
        """The same as long as nothing about it changes."""
        return frozenset((each.place, each.look) for each in self.files), self.locks, self.odd

    @property
    def slip(self) -> FileSeen | None:
        """Its slip, if there is one; a filled-in template counts where no slip is named as one."""
        slips = [each for each in self.files if is_slip(each.name)]
        return min(slips, key=lambda each: names.folded(each.name).startswith("mau"), default=None)

    @property
    def papers(self) -> tuple[FileSeen, ...]:
        """Its files without the slip."""
        return tuple(each for each in self.files if not is_slip(each.name))


def is_slip(name: str) -> bool:
    """Whether a file is a slip: "PHIEU-GUI.txt", "Phiếu gửi (1).txt"; or the template, filled in."""
    stem = names.folded(PurePath(name).stem)
    return name.lower().endswith(".txt") and stem.removeprefix("mau ").startswith("phieu gui")


def is_ours(name: str) -> bool:
    """Whether a file is a page or a mark of the hub's, or its answer to a drop."""
    return name.lower() in _OURS or name.endswith(REASON_ENDING) or _REGISTER.fullmatch(name) is not None


def answer_name(name: str) -> str:
    """What the answer to a drop of that name is called: `<tên>.LY-DO.txt`, cut where a disk would not take it."""
    whole, room = os.fsencode(name), _LONGEST_NAME - len(REASON_ENDING)
    if len(whole) > room:  # names that begin alike keep answers of their own
        tail = f"~{hashlib.sha256(whole).hexdigest()[:6]}"
        name = os.fsdecode(naming.cut(whole, room - len(tail))) + tail
    return name + REASON_ENDING


def is_paper(name: str) -> bool:
    """Whether a file may be a document or a part of one."""
    return not naming.is_temporary(os.fsencode(name)) and not is_ours(name)


def find_drops(box: FolderSeen, is_recipient: Callable[[str], bool]) -> list[Drop]:
    """Every drop below `gui-di`. `is_recipient` tells whether a folder's name is that of a unit or a group."""
    found = _loose(box, "", template=True)
    for folder in box.folders:
        if names.folded(folder.name) == names.folded(MANY):
            found += _inside(folder, "")
        elif is_recipient(folder.name):
            found += _inside(folder, folder.name)
        else:
            found += _whole(folder, "")
    return found


def _inside(folder: FolderSeen, to: str) -> list[Drop]:
    """What lies in a folder that stays: its loose files, and each folder as one document."""
    return [*_loose(folder, to), *(drop for inner in folder.folders for drop in _whole(inner, to))]


def _whole(folder: FolderSeen, to: str) -> list[Drop]:
    everything = list(folder.all_files())
    files = tuple(each for each in everything if counts(each.name))
    odd = tuple(folder.all_odd())
    return [Drop(folder.place, True, files, to, folder.name, _locks(everything), odd)] if files or odd else []


def counts(name: str) -> bool:
    """Whether a file belongs to a drop: a paper or a slip."""
    return is_paper(name) or (is_slip(name) and not naming.is_temporary(os.fsencode(name)))


def _loose(folder: FolderSeen, to: str, *, template: bool = False) -> list[Drop]:
    """Files that lie beside each other: a packet is alone, one number goes together, a slip binds all."""
    files = [each for each in folder.files if counts(each.name)]
    if template:
        files = [each for each in files if each.name.lower() != TEMPLATE.lower()]
    packets = [each for each in files if PurePath(each.name).suffix.lower() in _PACKETS]
    rest = [each for each in files if each not in packets]
    slips = [each for each in rest if is_slip(each.name)]
    papers = [each for each in rest if each not in slips]
    groups = [[each] for each in packets]
    groups += [[*slips, *papers]] if slips else _by_number(papers)
    locks = _locks(folder.files)
    odd = [Drop(folder.place, False, (), to, name, odd=(name,)) for name in folder.odd]
    return [*(_of(folder.place, group, to, locks) for group in groups), *odd]


def _by_number(papers: Sequence[FileSeen]) -> list[list[FileSeen]]:
    """Papers of one number, and what bears none; where there is one number only, that goes with it."""
    groups: dict[str, list[FileSeen]] = {}
    for each in papers:
        title = read_title(each.name)
        groups.setdefault(names.plain(f"{title.number}/{title.notation}") if title.number else "", []).append(each)
    if len(groups) == 2 and "" in groups:
        return [list(papers)]
    return list(groups.values())


def _of(place: str, group: Sequence[FileSeen], to: str, locks: Sequence[tuple[str, str]]) -> Drop:
    papers = [each.name for each in group if not is_slip(each.name)]
    numbered = [name for name in papers if read_title(name).number]
    mine = tuple(lock for lock in locks if lock[0] in papers)
    return Drop(place, False, tuple(group), to, min(numbered or papers or (each.name for each in group)), mine)


def _locks(files: Sequence[FileSeen]) -> tuple[tuple[str, str], ...]:
    """Files that Word (`~$`, the first letters replaced) or LibreOffice (`.~lock.`) has open."""
    marks = [each.name for each in files if each.name.startswith(("~$", ".~lock."))]
    return tuple((each.name, mark) for each in files for mark in marks if _locked_by(each.name, mark))


def _locked_by(name: str, mark: str) -> bool:
    if mark.startswith(".~lock."):
        return mark == f".~lock.{name}#"
    return not name.startswith("~$") and mark in (f"~${name}", f"~${name[1:]}", f"~${name[2:]}")


class Patience:
    """Since when each drop, by its place and name, has looked as it looks now."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, str], tuple[Mark, float]] = {}

    def unchanged(self, drops: Sequence[Drop], now: float) -> dict[tuple[str, str], float]:
        """Seconds for each that lies there; the others are forgotten."""
        seen = {}
        for each in drops:
            key = (each.place, each.name)
            mark, since = self._since.get(key, (None, now))
            seen[key] = (each.mark, since if mark == each.mark else now)
        self._since = seen
        return {key: now - since for key, (_mark, since) in seen.items()}
