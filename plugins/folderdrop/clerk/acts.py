"""What was decided, done on the share. Each step done again after a crash is as done once."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from hub import VIETNAM, Context
from plugins.folderdrop import system
from plugins.folderdrop.clerk import arrivals, names, notes, noticing, texts
from plugins.folderdrop.clerk.cases import ANSWERS, Case, Stage, answered
from plugins.folderdrop.clerk.decisions import (
    Act,
    AskReason,
    Cancel,
    DropTwin,
    GiveUp,
    PutBack,
    Restore,
    Return,
    Tell,
    Why,
)
from plugins.folderdrop.clerk.files import digest_of, make_folder, opened, sizes_in, text_of
from plugins.folderdrop.clerk.gestures import legal, skipped
from plugins.folderdrop.clerk.names import Folders
from plugins.folderdrop.clerk.survey import Loose, Survey
from plugins.folderdrop.share import owner_of

_TEMPORARY = ".hub/tmp"


class Doer:
    """Carries out decisions in one survey's share."""

    def __init__(self, root: int, context: Context, survey: Survey, folders: Folders) -> None:
        self._root, self._bodies, self._survey = root, context.bodies, survey
        self._folders, self._clock = folders, context.clock
        self._hotline, self._staff = context.hotline, context.unit.staff

    def do(self, case: Case, act: Act) -> Case | None:
        """The case afterwards, or None: not to be done after all. Raises OSError, Damaged, Refused."""
        match act:
            case Tell():
                return self._tell(case, act)
            case AskReason(place, stage):
                self._ask(place, stage, new=case.awaited is None)
            case PutBack(place, why):
                self._put_back(case, place, why)
            case DropTwin(place, other):
                self._drop(case, place, other)
            case Restore(bare):
                return self._restore(case, bare=bare)
            case Return(place) if not case.asked:
                self._move(place, self._home(case))
            case Cancel(places):
                return self._cancel(case, places)
            case GiveUp():
                return replace(case, gone=True)
        return case

    def join(self, case: Case, loose: Loose) -> None:
        """A file that was moved alone: back into its folder, and the folder to where the file was dragged."""
        [seen] = self._survey.seen[case.delivery]
        place, _, name = loose.place.rpartition("/")
        with opened(self._root, place) as source, opened(self._root, seen.place) as folder:
            digest = digest_of(source, name)
            listed = next((each for each in case.files if each.digest == digest), None)
            if listed is None:
                return
            try:
                system.rename_new(source, os.fsencode(name), folder, os.fsencode(listed.name))
            except FileExistsError:
                if digest_of(folder, listed.name) != digest:
                    return
                os.unlink(os.fsencode(name), dir_fd=source)
            os.fsync(folder)
        if legal(case, loose.stage, loose.person):
            self._move(seen.place, place)

    def roll(self, case: Case, now: datetime) -> None:
        """Put what is finished into the folder of its month. Raises OSError."""
        home = self._survey.stages[Stage.FINISHED]
        for seen in self._survey.seen.get(case.delivery, ()):
            if case.stage is seen.stage is Stage.FINISHED and seen.place.rpartition("/")[0] == home:
                month = _month(now)
                with opened(self._root, home) as directory:
                    make_folder(directory, month)
                with suppress(NotADirectoryError):  # a person's file bears that name: it stays where it is
                    self._move(seen.place, f"{home}/{month}")

    def _cancel(self, case: Case, places: Sequence[str]) -> Case:
        """A note in place of the hub's own files; what people added, or changed, stays."""
        case = replace(case, bare=True)
        for place in places:
            noticing.put(self._root, place, case, self._hotline, self._folders)
            with opened(self._root, place) as directory:
                there = sizes_in(directory)
                for each in case.files:
                    if each.name in there and digest_of(directory, each.name) == each.digest:
                        os.unlink(os.fsencode(each.name), dir_fd=directory)
                os.fsync(directory)
        return case

    def _restore(self, case: Case, *, bare: bool) -> Case:
        """Put a deleted folder there again, where it last stood."""
        target = self._home(case)
        document = arrivals.document_of(self._bodies, case)
        with opened(self._root, target) as directory:
            owner = owner_of(directory)
            case = replace(case, folder=_free(directory, case.folder), restored=True, gone=False)
        case = replace(case, bare=case.bare or bare)
        arrivals.write(self._root, self._bodies, case, document, owner, self._folders)
        arrivals.appear(self._root, case, target)
        if not bare:
            arrivals.put(self._root, f"{target}/{case.folder}", names.NOTE, texts.deleted(self._hotline))
        return case

    def _tell(self, case: Case, act: Tell) -> Case | None:
        # A copy may have its sizes before its bytes.
        if act.copied and not self._equal(act.seen.place, case):
            return None
        assert act.seen.stage is not None
        self._clear_question(act.seen.place)
        said = tuple(replace(each, email=self._email(each.staff)) for each in act.said)
        case = replace(case, said=(*case.said, *said), gone=False)
        if act.seen.stage in ANSWERS:
            return answered(case, act.seen.stage, said[-1])
        case = replace(case, stage=act.seen.stage, person=act.seen.person)
        return replace(case, skipped=skipped(case))

    def _email(self, name: str) -> str:
        known = names.folded(name)
        return next((email for each, email in self._staff.items() if known and names.folded(each) == known), "")

    def _ask(self, place: str, stage: Stage, *, new: bool) -> None:
        with opened(self._root, place) as directory:
            asked = names.REASON in sizes_in(directory)
        if new or not asked:
            arrivals.put(self._root, place, names.NOTE, texts.no_reason(self._hotline, stage))
        if not asked:
            arrivals.put(self._root, place, names.REASON, texts.blank_reason(stage))

    def _clear_question(self, place: str) -> None:
        """What was asked or noted before holds no more. What a person wrote, or has open, stays."""
        with opened(self._root, place) as directory:
            there = sizes_in(directory)
            with suppress(OSError):
                if names.NOTE in there and notes.is_ours(text_of(directory, names.NOTE)):
                    os.unlink(names.NOTE, dir_fd=directory)
            with suppress(OSError):
                if names.REASON in there and texts.is_blank_reason(text_of(directory, names.REASON)):
                    os.unlink(names.REASON, dir_fd=directory)

    def _put_back(self, case: Case, place: str, why: Why) -> None:
        back = self._move(place, self._home(case))
        stage = self._survey.stages[case.stage].rpartition("/")[2]
        shown = "\\".join(filter(None, (stage, self._part(case))))
        arrivals.put(self._root, back, names.NOTE, notes.put_back(case, why, shown, self._hotline))

    def _part(self, case: Case) -> str:
        """The folder in its stage where a document lies, or will in a moment; "" where that is the stage itself."""
        if case.stage is Stage.FINISHED:
            return _month(self._clock.now())
        return case.person if case.stage is Stage.ASSIGNED else ""

    def _drop(self, case: Case, place: str, other: str) -> None:
        """Remove a copy; looked at again when it is out of everybody's reach. One that differs is kept."""
        if not self._is_copy(place, other, case):
            self._note_copy(place, other)
            return
        above, _, name = place.rpartition("/")
        hidden = f".twin-{secrets.token_hex(8)}"
        with opened(self._root, above) as source, opened(self._root, _TEMPORARY) as temporary:
            system.rename_new(source, os.fsencode(name), temporary, hidden.encode())
            if self._is_copy(f"{_TEMPORARY}/{hidden}", other, case):
                shutil.rmtree(hidden, dir_fd=temporary)
            else:
                system.rename_new(temporary, hidden.encode(), source, os.fsencode(name))

    def _note_copy(self, place: str, other: str) -> None:
        note = texts.kept_twin(other)
        with opened(self._root, place) as directory:
            said = text_of(directory, names.NOTE)
        if said != texts.decoded(note):
            arrivals.put(self._root, place, names.NOTE, note)

    def _is_copy(self, place: str, other: str, case: Case) -> bool:
        return self._equal(place, case) and self._equal(other, case) and self._nothing_more(place, other, case)

    def _equal(self, place: str, case: Case) -> bool:
        with opened(self._root, place) as directory:
            there = sizes_in(directory)
            return all(each.name in there and digest_of(directory, each.name) == each.digest for each in case.present)

    def _nothing_more(self, place: str, other: str, case: Case) -> bool:
        """Whether a copy holds nothing of a person's that the one that stays has not."""
        ours = names.OURS | {each.name for each in case.files}
        with opened(self._root, place) as copy, opened(self._root, other) as stays:
            kept = sizes_in(stays)
            with os.scandir(copy) as entries:
                more = [each.name for each in entries if each.name not in ours]
            if not texts.without_hint(text_of(copy, names.REASON)):
                more = [name for name in more if name != names.REASON]
            files = sizes_in(copy)
            return all(
                name in files and name in kept and digest_of(copy, name) == digest_of(stays, name) for name in more
            )

    def _home(self, case: Case) -> str:
        home = self._survey.stages[case.stage]
        if case.stage is not Stage.ASSIGNED or not case.person:
            return home
        with opened(self._root, home) as directory:
            make_folder(directory, case.person)
        return f"{home}/{case.person}"

    def _move(self, place: str, target: str) -> str:
        above, _, name = place.rpartition("/")
        with opened(self._root, above) as source, opened(self._root, target) as directory:
            free = _free(directory, name)
            system.rename_new(source, os.fsencode(name), directory, os.fsencode(free))
            os.fsync(directory)
        return f"{target}/{free}"


def _month(now: datetime) -> str:
    return f"{now.astimezone(VIETNAM):%Y-%m}"


def _free(directory: int, name: str) -> str:
    turn, free = 1, name
    while system.exists(directory, os.fsencode(free)):
        turn += 1
        free = f"{name} ({turn})"
    return free


def first_seen(survey: Survey, known: Mapping[str, Case], now: datetime, *, told: bool = True) -> list[Case]:
    """Cases whose folder is in place, which a crash kept from being noted."""
    return [case.arrived(now, told=told) for case in known.values() if not case.placed and case.delivery in survey.seen]
