"""The folders of a clerk's share: made where they are missing, and looked through for documents."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from plugins.folderdrop import naming, system
from plugins.folderdrop.clerk import names, texts
from plugins.folderdrop.clerk.cases import Case, Stage
from plugins.folderdrop.clerk.gestures import Seen

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CHUNK = 1 << 20
_DELIVERY = re.compile(r'^ma_luot_chuyen: "?([\w\-]+)"?\s*$', re.MULTILINE)
_LONGEST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Loose:
    """One of a document's files, alone in a stage."""

    place: str
    stage: Stage
    person: str
    delivery: str
    #: what names this very file, unchanged
    mark: str


@dataclass(slots=True)
class Survey:
    """What one look through the share found."""

    #: stage -> its folder, the usual one first
    stages: dict[Stage, str] = field(default_factory=dict)
    #: delivery -> where its folders lie
    seen: dict[str, list[Seen]] = field(default_factory=dict)
    loose: list[Loose] = field(default_factory=list)


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
    """Make a folder for the unit's people, unless it is there. Raises OSError."""
    with suppress(FileExistsError):
        os.mkdir(os.fsencode(name), 0o775, dir_fd=parent)
        above = os.fstat(parent)
        if os.geteuid() == 0:
            os.chown(os.fsencode(name), above.st_uid, above.st_gid, dir_fd=parent, follow_symlinks=False)
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


def has_all(files: Mapping[str, os.stat_result], case: Case) -> bool:
    """Whether every listed file is there in its size."""
    return all(each.name in files and files[each.name].st_size == each.size for each in case.files)


class Rooms:
    """Looks through one share. One call at a time."""

    def __init__(self) -> None:
        self._hashes: dict[tuple[int, int, int], str] = {}

    def survey(self, root: int, cases: Mapping[str, Case]) -> Survey:
        """See where every document lies; what is missing of the stages is made. Raises OSError.

        A folder that moves meanwhile may be seen twice or not at all: the grace outlasts that.
        """
        found = Survey()
        for name in folders_in(root) or [""]:
            if name and not names.is_incoming(name):
                self._aside(root, name, cases, found)
        for incoming in self._incoming(root):
            self._stages(root, incoming, cases, found)
        self._complete(root, cases, found)
        self._hashes = dict(list(self._hashes.items())[-10_000:])
        return found

    def _incoming(self, root: int) -> list[str]:
        spelt = [name for name in folders_in(root) if names.is_incoming(name)]
        if not spelt:
            make_folder(root, names.INCOMING)
        return sorted(spelt or [names.INCOMING], key=lambda name: (name != names.INCOMING, name))

    def _stages(self, root: int, incoming: str, cases: Mapping[str, Case], found: Survey) -> None:
        with opened(root, incoming) as directory:
            inside = folders_in(directory)
        for name in sorted(inside, key=lambda name: (name not in names.STAGES.values(), name)):
            stage, place = names.stage_of(name), f"{incoming}/{name}"
            if stage is None:
                self._aside(root, place, cases, found)
            else:
                found.stages.setdefault(stage, place)
                self._stage(root, place, stage, cases, found)

    def _complete(self, root: int, cases: Mapping[str, Case], found: Survey) -> None:
        incoming = self._incoming(root)[0]
        for stage, name in names.STAGES.items():
            if stage not in found.stages:
                with opened(root, incoming) as directory:
                    make_folder(directory, name)
                found.stages[stage] = f"{incoming}/{name}"

    def _stage(self, root: int, place: str, stage: Stage, cases: Mapping[str, Case], found: Survey) -> None:
        self._note_loose(root, place, stage, "", cases, found)
        with opened(root, place) as directory:
            inside = folders_in(directory)
        for name in inside:
            inner = f"{place}/{name}"
            if self._note(root, inner, stage, "", cases, found):
                continue
            person = name if stage is Stage.ASSIGNED else ""
            if stage in (Stage.ASSIGNED, Stage.FINISHED):
                self._within(root, inner, stage, person, cases, found)
                self._note_loose(root, inner, stage, person, cases, found)

    def _within(
        self, root: int, place: str, stage: Stage | None, person: str, cases: Mapping[str, Case], found: Survey
    ) -> None:
        with opened(root, place) as directory:
            inside = folders_in(directory)
        for name in inside:
            self._note(root, f"{place}/{name}", stage, person, cases, found)

    def _aside(self, root: int, place: str, cases: Mapping[str, Case], found: Survey) -> None:
        """A folder that is none of ours may still hold documents: they are not lost."""
        if not self._note(root, place, None, "", cases, found):
            self._within(root, place, None, "", cases, found)

    def _note(
        self, root: int, place: str, stage: Stage | None, person: str, cases: Mapping[str, Case], found: Survey
    ) -> bool:
        """Whether a folder is a document's; then it is noted."""
        with opened(root, place) as directory:
            files = sizes_in(directory)
            case = cases.get(self._delivery(directory, files, cases))
            if case is None:
                return False
            reason, result = (
                texts.without_hint(text_of(directory, name)) if name in files else ""
                for name in (names.REASON, names.RESULT)
            )
        seen = Seen(place, stage, person, has_all(files, case), reason, result)
        found.seen.setdefault(case.delivery, []).append(seen)
        return True

    def _delivery(self, directory: int, files: Mapping[str, os.stat_result], cases: Mapping[str, Case]) -> str:
        """The delivery a folder bears: by its mark, by what `thong-tin.yaml` says, by its content; "" for none."""
        if names.IDENTITY in files and (marked := text_of(directory, names.IDENTITY).strip()) in cases:
            return marked
        if names.INFORMATION in files and (said := _DELIVERY.search(text_of(directory, names.INFORMATION))):
            return said[1]
        known = {self._owner(directory, name, status, cases) for name, status in files.items()} - {""}
        return known.pop() if len(known) == 1 else ""

    def _note_loose(
        self, root: int, place: str, stage: Stage, person: str, cases: Mapping[str, Case], found: Survey
    ) -> None:
        with opened(root, place) as directory:
            for name, status in sizes_in(directory).items():
                if not naming.is_temporary(os.fsencode(name)) and (
                    owner := self._owner(directory, name, status, cases)
                ):
                    mark = f"{status.st_ino}/{status.st_size}/{status.st_mtime_ns}"
                    found.loose.append(Loose(f"{place}/{name}", stage, person, owner, mark))

    def _owner(self, directory: int, name: str, status: os.stat_result, cases: Mapping[str, Case]) -> str:
        """The one open delivery that has a file with these bytes; "" for none or several."""
        sized = [
            (case.delivery, each.digest)
            for case in cases.values()
            if case.open
            for each in case.files
            if each.size == status.st_size
        ]
        if not sized:
            return ""
        key = (status.st_ino, status.st_size, status.st_mtime_ns)
        if key not in self._hashes:
            self._hashes[key] = digest_of(directory, name)
        owners = {delivery for delivery, digest in sized if digest == self._hashes[key]}
        return owners.pop() if len(owners) == 1 else ""
