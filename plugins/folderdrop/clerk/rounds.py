"""One look at a clerk's share and everything that follows from it; and a document's way onto it. Blocking."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

from hub import (
    VIETNAM,
    Acknowledgement,
    Context,
    Damaged,
    Delivery,
    Document,
    OutcomeUnknown,
    Receipt,
    Refused,
    Reminder,
    logger,
)
from plugins.folderdrop.clerk import arrivals, chores, clouds, decisions, gestures, names, recalls, texts
from plugins.folderdrop.clerk.acts import Doer, first_seen
from plugins.folderdrop.clerk.asking import Asking
from plugins.folderdrop.clerk.boards import Boards
from plugins.folderdrop.clerk.cases import Case, Said, Stage
from plugins.folderdrop.clerk.decisions import DropTwin, Moment, Pending, PutBack, Spans, Verdict
from plugins.folderdrop.clerk.files import opened
from plugins.folderdrop.clerk.gestures import CROWD
from plugins.folderdrop.clerk.guide import Sending
from plugins.folderdrop.clerk.names import Folders
from plugins.folderdrop.clerk.rooms import Rooms
from plugins.folderdrop.clerk.sheets import ARRIVED, Sheets
from plugins.folderdrop.clerk.store import Store
from plugins.folderdrop.clerk.survey import Survey
from plugins.folderdrop.share import Share, owner_of

_DOUBLE = "Có hai thư mục cùng nghĩa, hệ thống theo dõi cả hai, nên bỏ bớt một (two folders of one meaning): {}."


@dataclass(slots=True)
class Round:
    """What one look led to."""

    #: monotonic time of the next thing that falls due
    due: float | None = None
    troubles: list[str] = field(default_factory=list)
    #: what works, and should not stay so
    warnings: list[str] = field(default_factory=list)
    #: an answered document was put elsewhere
    moved: bool = False
    #: by which programs the share is copied to a cloud
    synced: list[str] = field(default_factory=list)


class Desk:
    """Everything that blocks about one clerk's share. Its calls take turns."""

    def __init__(
        self,
        share: Share,
        context: Context,
        spans: Spans,
        folders: Folders = names.PLAIN,
        keep: int = 0,
        *,
        testifies: bool = True,
    ) -> None:
        self._share, self._context, self._spans = share, context, spans
        #: months that finished documents stay (0: for ever), and the day they were last looked through
        self._keep, self._shelved = keep, date.min
        #: whether a 01 is given when a document is in place
        self._testifies = testifies
        self._store = Store(context.state / "clerk")
        self._rooms, self._folders, self._turn = Rooms(folders), folders, threading.Lock()
        self._pendings: dict[str, Pending] = {}
        #: what was seen of files that lie alone, and since when
        self._loose: dict[tuple[str, str], float] = {}
        self._crowds: set[Stage] = set()
        self._sheets, self._boards = Sheets(context, folders), Boards(context, spans, folders)
        self._asking = Asking(context, self._store)

    def open(self) -> None:
        """Read what is known, see the share made, remove what is half written. Raises Outage, OSError, Damaged."""
        self._store.load()
        if restored := self._share.restored:
            self._store.doubt(restored)
        self._sheets.resume(self._store.live)
        self._boards.reminding.load()
        self._share.establish()

    def _new_case(self, delivery: Delivery, document: Document) -> Case:
        context, sender = self._context, document.sender
        called = sender.name.strip() or context.name_of(sender.id)
        case = arrivals.new_case(delivery, document, called, self._store.tails, context.clock.now())
        return replace(case, trial=context.is_trial(sender.id))

    def clear(self) -> None:
        """Remove what an earlier run left half written. Raises Outage, OSError."""
        with self._turn, self._share.rooted() as root:
            arrivals.clear(root)

    def _survey(self, root: int) -> Survey:
        return self._rooms.survey(root, self._store, self._context.clock.monotonic())

    # A document comes

    def place(self, delivery: Delivery, document: Document) -> Receipt:
        """Put a document's folder into the first stage. Raises Outage, Deferred, Refused, OutcomeUnknown."""
        with self._turn, self._share.rooted() as root:
            if (told := self._asked(root, delivery, document)) is not None:
                return told
            known = self._store.get(delivery.id)
            case = known or self._new_case(delivery, document)
            # One begun before may lie there, and a requeued delivery counts its attempts anew.
            if case.placed or ((known or delivery.attempt > 1) and self._found(root, case)):
                return Receipt(case.folder)
            try:
                survey = self._survey(root)
                with opened(root, survey.stages[Stage.NEW]) as stage:
                    owner = owner_of(stage)
                case = arrivals.write(root, self._context.bodies, case, document, owner, self._folders)
                self._store.keep(case)
                if self._lies_there(root, case, survey):
                    return Receipt(case.folder)
                # Before the document is there: a crash between must not let it be taken for told.
                self._sheets.changed(*self._asking.by_document(document, delivery.id, case.folder))
                case = self._store[delivery.id]
            except Damaged as error:
                raise Refused("damaged", f"Bản lưu của văn bản bị hỏng: {error}") from error
            except OSError as error:
                raise arrivals.put_off(error) from error
            try:
                arrivals.appear(root, case, survey.stages[Stage.NEW])
                self._store.keep(case.arrived(self._context.clock.now(), told=self._testifies))
            except OSError as error:
                raise OutcomeUnknown(f"the share failed: {error}") from error
            return Receipt(case.folder)

    def _asked(self, root: int, delivery: Delivery, document: Document) -> Receipt | None:
        """The receipt of a packet that only asks for a document back which is here; None: it is a paper of its own."""
        if not recalls.is_bare_request(document) or self._store.get(delivery.id):
            return None
        found = self._asking.by_document(document, delivery.id, "")
        self._sheets.changed(*found)
        if found:
            self._survey(root)  # makes the folders for the answer
        return Receipt(found[0].folder) if found else None

    def recall(self, delivery: Delivery, answer: Acknowledgement) -> Receipt:
        """A sender wants a document back: its folder says so at once. Raises Outage, OSError, Damaged."""
        with self._turn, self._share.rooted() as root:
            case = self._asking.by_answer(answer, delivery.id)
            place = self._survey(root).stages[Stage.NEW]  # makes the folders for the answer, too
            if case is not None:
                self._sheets.changed(case)
                return Receipt(case.folder)
            return Receipt(f"{place}/{self._asking.leave_word(root, place, delivery, answer)}")

    def _lies_there(self, root: int, case: Case, survey: Survey) -> bool:
        """Whether it was placed by a hub of which this one is an older copy. Raises OSError."""
        if case.delivery not in survey.strangers or not self._found(root, case):
            return False
        arrivals.drop_draft(root, case)
        return True

    def find(self, delivery: Delivery) -> Receipt | None:
        """The receipt of a document whose folder is there, wherever it lies. Raises Outage, OSError."""
        with self._turn, self._share.rooted() as root:
            case = self._store.get(delivery.id)
            return Receipt(case.folder) if case and (case.placed or self._found(root, case)) else None

    def _found(self, root: int, case: Case) -> bool:
        survey = self._survey(root)
        if case.delivery not in survey.seen:
            return False
        for seen in survey.seen[case.delivery]:
            with opened(root, seen.place.rpartition("/")[0]) as above:
                os.fsync(above)
        self._store.keep(case.arrived(self._context.clock.now(), told=self._testifies))
        return True

    # A folder moves

    def look(self) -> Round:
        """See what moved, and do what it means. Raises Outage, OSError."""
        done = Round()
        with self._turn, self._share.rooted() as root:
            survey = self._survey(root)
            now = Moment(self._context.clock.monotonic(), self._context.clock.now())
            for case in first_seen(survey, self._store.live, now.wall, told=self._testifies):
                self._store.keep(case)
            for place, delivery in survey.unmarked:
                self._guard(self._store[delivery], done, partial(arrivals.mark, root, place, delivery))
            if self._join(root, survey, now, done):
                survey = self._survey(root)
            doer = Doer(root, self._context, survey, self._folders)
            for case, verdict in self._verdicts(survey, now):
                self._guard(case, done, partial(self._carry_out, doer, case, verdict, done))
                self._guard(case, done, partial(doer.roll, case, now.wall))
            self._note_crowds(root, survey, done)
            self._shelve(root, survey, now.wall.astimezone(VIETNAM).date())
            # What is left from before, or was answered now, may just have been put elsewhere.
            self._sheets.lie((self._survey(root) if self._sheets.due or done.moved else survey).seen)
            done.warnings = [_DOUBLE.format(place) for place in survey.doubles]
            done.synced = clouds.signs(root, self._share.mount.kind)
        return done

    def _verdicts(self, survey: Survey, now: Moment) -> list[tuple[Case, Verdict]]:
        cases = [case for case in self._store.live.values() if _matters(case, survey)]
        closed = self._store.closed
        away = [key for key in closed.keys() & survey.seen.keys() if survey.moved(closed[key].stage, key)]
        cases += [self._store[key] for key in away if key not in self._store.live]
        first = {case.delivery: self._decide(case, survey, now, self._pendings) for case in cases}
        waiting = {delivery: verdict.pending for delivery, verdict in first.items() if verdict.pending}
        self._pendings = gestures.crowded(waiting)
        return [(case, self._decide(case, survey, now, self._pendings)) for case in cases]

    def _decide(self, case: Case, survey: Survey, now: Moment, pendings: Mapping[str, Pending]) -> Verdict:
        seen = survey.seen.get(case.delivery, [])
        return gestures.decide(case, seen, pendings.get(case.delivery), now, self._spans)

    def _carry_out(self, doer: Doer, case: Case, verdict: Verdict, done: Round) -> None:
        if verdict.due is not None:
            done.due = verdict.due if done.due is None else min(done.due, verdict.due)
        awaited = gestures.awaited(verdict.pending)
        for act in verdict.acts:
            try:
                after = doer.do(case, act)
            except (Damaged, Refused) as error:
                after = replace(case, gone=True)
                done.troubles.append(f"{case.code}: {error}")
            if after is None or after != case or isinstance(act, DropTwin | PutBack):
                self._pendings.pop(case.delivery, None)
                awaited = None
            if after is not None:
                case = replace(after, awaited=awaited)
                self._store.keep(case)
            if isinstance(act, decisions.Cancel):
                self._sheets.changed(case)
            done.moved = done.moved or isinstance(act, decisions.Return)
        self._store.keep(replace(case, awaited=awaited))

    def _join(self, root: int, survey: Survey, now: Moment, done: Round) -> bool:
        """Files that were moved alone, and have lain still since. Whether there were any."""
        doer, joined = Doer(root, self._context, survey, self._folders), set()
        marks = [(each.place, each.mark) for each in survey.loose]
        self._loose = {mark: self._loose.get(mark, now.monotonic) for mark in marks}
        for each, mark in zip(survey.loose, marks, strict=True):
            still = now.monotonic - self._loose[mark] >= self._spans.settle
            if still and each.delivery not in joined and each.apart(survey.seen.get(each.delivery, ())):
                joined.add(each.delivery)
                del self._loose[mark]
                case = self._store[each.delivery]
                self._guard(case, done, partial(doer.join, case, each))
        return bool(joined)

    def _guard(self, case: Case, done: Round, work: Callable[[], None]) -> None:
        """A folder's trouble, an open file in it say, stays its own: it is tried again in the next round."""
        try:
            work()
        except OSError as error:
            logger.bind(unit=self._context.unit.id, folder=case.folder).warning("cannot handle a folder: {}", error)
            done.troubles.append(f"{case.folder}: {error.strerror or error}")

    def _shelve(self, root: int, survey: Survey, today: date) -> None:
        if self._keep and self._shelved != today:
            chores.shelve(root, survey, chores.oldest_kept(today, self._keep))
            self._shelved = today

    def finish(self, mentions: Sequence[str], reply: str) -> None:
        """Drag to the last stage what a sent document replies to. Raises Outage, OSError."""
        with self._turn, self._share.rooted() as root:
            for mention in mentions:
                case = chores.replied_to(mention, self._store.live.values())
                if case is not None:
                    chores.finish(root, case, self._survey(root), reply)

    def _note_crowds(self, root: int, survey: Survey, done: Round) -> None:
        waiting = [each.stage for each in self._pendings.values() if each.crowd and each.stage]
        crowds = {stage for stage in waiting if waiting.count(stage) > CROWD}
        for stage in crowds - self._crowds:
            shown = survey.stages[stage].rpartition("/")[2]
            note = texts.crowd(waiting.count(stage), shown, self._spans.grace_refusal)
            try:
                arrivals.put(root, survey.stages[stage], names.NOTE, note)
            except OSError as error:
                done.troubles.append(str(error))
        self._crowds = crowds

    @property
    def sizes(self) -> set[int]:
        """Of the files of every open document."""
        return {each.size for case in list(self._store.live.values()) if case.open for each in case.files}

    # What the hub is to hear, and what clerks see

    def untold(self) -> list[tuple[Case, Said]]:
        """Answers that are written down, and not with the hub yet, in their order."""
        with self._turn:
            return [(case, said) for case in self._store.live.values() for said in case.untold]

    def document(self, case: Case, said: Said) -> Document:
        """What an answer is about: that document, or the one that changes or replaces it. Raises Damaged, OSError."""
        asking = self._store.get(said.about) if said.about else None
        return arrivals.document_of(self._context.bodies, asking or case)

    def told(self, case: Case, said: Said, refused: str) -> None:
        """The hub has judged that answer. Raises OSError."""
        with self._turn:
            self._store.keep(self._store[case.delivery].told(said, refused, self._context.clock.now()))
            if said.code != ARRIVED:
                self._sheets.changed(case)

    def kept(self) -> tuple[int, set[int]]:
        """A number that grows with every change of a case, and the years that have a register."""
        with self._turn:
            return self._store.version, self._store.years

    def of_year(self, year: int) -> list[Case]:
        """What stands in a year's register. Raises OSError, Damaged."""
        with self._turn:
            return self._store.of_year(year)

    def show(self, sending: Sending | None = None, sent: str = "") -> None:
        """Write the pages at the top anew where they would say something else. Raises Outage, OSError.

        `sent`: a table of what was sent from here and is waited for.
        """
        with self._turn, self._share.rooted() as root:
            self._sheets.write(root, self._store.live)
            self._store.settle()
            self._boards.write(root, self._store.live.values(), self._pendings, sending, sent)

    def remind(self, owed: Sequence[Reminder]) -> None:
        """Show what the unit still owes, in place of what was shown before. Raises Outage, OSError."""
        with self._turn:
            self._boards.reminding.keep(owed)
            with self._share.rooted() as root:
                self._boards.reminding.write(root)


def _matters(case: Case, survey: Survey) -> bool:
    """Whether there may be something to decide: a closed case that lies still, or is gone, is done."""
    still = case.closed and not case.asked and not case.to_cancel
    return survey.moved(case.stage, case.delivery) if still else case.placed
