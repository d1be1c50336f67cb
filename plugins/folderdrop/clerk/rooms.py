"""The folders of a clerk's share: made where they are missing, and looked through for documents."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from plugins.folderdrop import naming
from plugins.folderdrop.clerk import names, texts
from plugins.folderdrop.clerk.cases import Case, Stage
from plugins.folderdrop.clerk.decisions import Seen
from plugins.folderdrop.clerk.files import digest_of, folders_in, make_folder, opened, sizes_in, text_of
from plugins.folderdrop.clerk.months import Months, is_filed
from plugins.folderdrop.clerk.names import Folders
from plugins.folderdrop.clerk.store import Store
from plugins.folderdrop.clerk.survey import Loose, Survey

_DELIVERY = re.compile(r'^ma_luot_chuyen: "?([\w\-]+)"?\s*$', re.MULTILINE)
#: How far below a stage a person's own folders are looked through.
_DEEPEST = 3


def has_all(files: Mapping[str, os.stat_result], case: Case) -> bool:
    """Whether every listed file is there in its size."""
    return all(each.name in files and files[each.name].st_size == each.size for each in case.present)


@dataclass(frozen=True, slots=True)
class _Spot:
    """A folder on the way to documents."""

    place: str
    stage: Stage | None
    person: str = ""

    def inner(self, name: str, *, assigns: bool) -> _Spot:
        """A folder in it."""
        return replace(self, place=f"{self.place}/{name}", person=name if assigns else self.person)


class Rooms:
    """Looks through one share. One call at a time."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._hashes: dict[tuple[int, int, int], str] = {}
        self._months = Months()
        #: open documents that no marked folder holds
        self._lost: frozenset[str] = frozenset()

    def survey(self, root: int, cases: Store, now: float) -> Survey:
        """See where every document lies; what is missing of the stages is made. Raises OSError.

        A folder that moves meanwhile may be seen twice or not at all: the grace outlasts that.
        """
        self._lost = frozenset()
        found = self._look(root, cases, now)
        lost = {case.delivery for case in cases.live.values() if _is_sought(case)} - found.seen.keys()
        if lost:
            # Only for what is nowhere: folders without a mark are known by their content, others' are opened.
            self._lost = frozenset(lost)
            found = self._look(root, cases, now)
        self._hashes = dict(list(self._hashes.items())[-10_000:])
        return found

    def _look(self, root: int, cases: Store, now: float) -> Survey:
        found = Survey()
        inside = folders_in(root)
        aside = [_Spot(name, None) for name in inside if not names.is_incoming(name)]
        incoming = self._incoming(root, inside)
        found.doubles += incoming[1:]
        for name in incoming:
            aside += self._stages(root, name, cases, found, now)
        self._months.add_to(found)
        asked = any(case.asked and case.placed for case in cases.live.values())
        self._complete(root, incoming[0], found, {case.stage for case in cases.live.values()}, asked=asked)
        if not any(names.folded(name) == names.folded(self._folders.recall) for name in inside):
            make_folder(root, self._folders.recall)
        for spot in aside if self._lost else ():
            self._search(root, spot, cases, found)
        return found

    def _incoming(self, root: int, inside: Sequence[str]) -> list[str]:
        """The folders of what came, however spelt, the usual one first; made where there is none."""
        usual = self._folders.incoming
        spelt = [name for name in inside if names.is_incoming(name)]
        if not spelt:
            make_folder(root, usual)
        return sorted(spelt or [usual], key=lambda name: (name != usual, name))

    def _complete(self, root: int, incoming: str, found: Survey, used: Collection[Stage], *, asked: bool) -> None:
        """Make the folders that are missing; those for the answers to a recall are there while one is owed."""
        ready = self._folders.given | set(used)
        wanted = {stage: name for stage, name in self._folders.stages.items() if stage in ready}
        wanted |= self._folders.answers if asked else {}
        missing = [(stage, name) for stage, name in wanted.items() if stage not in found.stages]
        if missing:
            with opened(root, incoming) as directory:
                for _stage, name in missing:
                    make_folder(directory, name)
        for place in () if asked else [found.stages[stage] for stage in self._folders.answers if stage in found.stages]:
            with suppress(OSError):  # something lies in it
                os.rmdir(os.fsencode(place), dir_fd=root)
        found.stages |= {stage: f"{incoming}/{name}" for stage, name in missing}

    def _stages(self, root: int, incoming: str, cases: Store, found: Survey, now: float) -> Iterator[_Spot]:
        """Look through the stages of one `van-ban-den`; what is no stage is returned."""
        with opened(root, incoming) as directory:
            inside = folders_in(directory)
        for name in sorted(inside, key=lambda name: (name not in self._folders.stages.values(), name)):
            spot = _Spot(f"{incoming}/{name}", names.stage_of(name))
            if spot.stage is None:
                yield spot
            else:
                if found.stages.setdefault(spot.stage, spot.place) != spot.place:
                    found.doubles.append(spot.place)
                self._stage(root, spot, cases, found, now)

    def _stage(self, root: int, stage: _Spot, cases: Store, found: Survey, now: float) -> None:
        self._note_loose(root, stage, cases, found)
        with opened(root, stage.place) as directory:
            inside = folders_in(directory)
        for name in inside:
            spot = stage.inner(name, assigns=stage.stage is Stage.ASSIGNED)
            if stage.stage is Stage.FINISHED:
                self._month(root, spot, cases, found, now)
            elif not self._note(root, replace(spot, person=""), cases, found):
                self._search(root, spot, cases, found, known=True)
            elif stage.stage is Stage.ASSIGNED:
                # A person's folder may have got a document's mark; what else lies in it is not lost by that.
                self._below(root, spot, cases, found)

    def _month(self, root: int, spot: _Spot, cases: Store, found: Survey, now: float) -> None:
        """Finished documents pile up: a folder of nothing else is listed anew only when it looks different."""
        with opened(root, spot.place) as directory:
            status = os.fstat(directory)
            known = self._months.knows(spot.place, status, now, cases)
            inside = [] if known else folders_in(directory)
        found.listed.add(spot.place)
        if known:
            return
        part = Survey()
        if not self._note(root, spot, cases, part):
            self._search(root, spot, cases, part, known=True)
        if is_filed(spot.place, inside, part, cases):
            self._months.keep(spot.place, status, os.fstat(root), now, part)
            return
        self._months.forget(spot.place)
        found.strangers |= part.strangers
        found.loose += part.loose
        found.unmarked += part.unmarked
        for delivery, listed in part.seen.items():
            found.seen.setdefault(delivery, []).extend(listed)

    def _search(
        self,
        root: int,
        spot: _Spot,
        cases: Store,
        found: Survey,
        depth: int = _DEEPEST,
        *,
        known: bool = False,
    ) -> None:
        """Look for documents in a folder and those below it."""
        if not known and self._note(root, spot, cases, found):
            return
        self._note_loose(root, spot, cases, found)
        if depth:
            self._below(root, spot, cases, found, depth)

    def _below(self, root: int, spot: _Spot, cases: Store, found: Survey, depth: int = _DEEPEST) -> None:
        with opened(root, spot.place) as directory:
            inside = folders_in(directory)
        for name in inside:
            self._search(root, spot.inner(name, assigns=False), cases, found, depth - 1)

    def _note(self, root: int, spot: _Spot, cases: Store, found: Survey) -> bool:
        """Whether a folder is a document's; then it is noted."""
        with opened(root, spot.place) as directory:
            files = sizes_in(directory)
            marked = _marked(directory, files, cases)
            case = cases.get(marked)
            if case and names.IDENTITY not in files and not any(each.name in files for each in case.files):
                return False  # the hub's own page alone is no document
            if case is None:
                found.strangers |= {marked} - {""}
                case = self._held_by(directory, spot, files, cases)
                if case is None:
                    return False
                found.unmarked.append((spot.place, case.delivery))
            reason, result = (
                texts.without_hint(text_of(directory, name)) if name in files else ""
                for name in (names.REASON, names.RESULT)
            )
        # What lies elsewhere on the share is looked for, and counts, only while its document is nowhere else.
        if spot.stage is not None or case.delivery in self._lost:
            seen = Seen(spot.place, spot.stage, spot.person, has_all(files, case), reason, result)
            found.seen.setdefault(case.delivery, []).append(seen)
        return True

    def _held_by(self, directory: int, spot: _Spot, files: Mapping[str, os.stat_result], cases: Store) -> Case | None:
        """The lost document that a folder without a mark holds whole; never what is a person's folder."""
        persons = spot.stage is Stage.ASSIGNED and not spot.person
        owners = (
            {self._owner(directory, name, status, cases) for name, status in files.items()} if self._lost else set()
        )
        [owner, *others] = sorted(owners & self._lost) or [""]
        case = cases.get(owner)
        return case if case and not others and not persons and has_all(files, case) else None

    def _note_loose(self, root: int, spot: _Spot, cases: Store, found: Survey) -> None:
        if spot.stage is None:
            return
        with opened(root, spot.place) as directory:
            for name, status in sizes_in(directory).items():
                if naming.is_temporary(os.fsencode(name)):
                    continue
                if owner := self._owner(directory, name, status, cases):
                    mark = f"{status.st_ino}/{status.st_size}/{status.st_mtime_ns}"
                    found.loose.append(Loose(f"{spot.place}/{name}", spot.stage, spot.person, owner, mark))

    def _owner(self, directory: int, name: str, status: os.stat_result, cases: Store) -> str:
        """The one open delivery that has a file with these bytes; "" for none or several."""
        sized = [
            (case.delivery, each.digest)
            for case in cases.live.values()
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


def _is_sought(case: Case) -> bool:
    """Whether its folder is looked for all over the share where it is in no stage."""
    return (case.open or case.to_cancel or bool(case.asked)) and not case.gone


def _marked(directory: int, files: Mapping[str, os.stat_result], cases: Store) -> str:
    """The delivery a folder bears by its mark, or by what `thong-tin.yaml` says; "" for none."""
    marked = text_of(directory, names.IDENTITY).strip() if names.IDENTITY in files else ""
    if marked in cases:
        return marked
    said = _DELIVERY.search(text_of(directory, names.INFORMATION)) if names.INFORMATION in files else None
    return said[1] if said else marked
