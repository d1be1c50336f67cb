"""From `gui-di` to the hub, and what came of it back to the clerk. Blocking; the connector calls it step by step."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from hub import Acceptance, Blob, Context, Incoming, Quarantined, Refused, Story, logger
from hub.standards.addresses import AddressBook
from plugins.folderdrop.clerk import arrivals, names
from plugins.folderdrop.clerk.names import Folders
from plugins.folderdrop.clerk.sending import (
    boxes,
    claiming,
    notes,
    packing,
    placing,
    reasons,
    returned,
    strays,
    template,
)
from plugins.folderdrop.clerk.sending.claiming import Claimed
from plugins.folderdrop.clerk.sending.judging import already_sent
from plugins.folderdrop.clerk.sending.looking import Inspector, Looked, Looker, Times
from plugins.folderdrop.clerk.sending.offering import Offer, Offerer, Secret, Terms, refused, unread
from plugins.folderdrop.clerk.sending.reasons import Reason
from plugins.folderdrop.clerk.sending.recalling import Recalling, Wanted
from plugins.folderdrop.clerk.sending.records import ANSWER, Fate, Posted, Request, Returned
from plugins.folderdrop.clerk.sending.store import Outbox
from plugins.folderdrop.clerk.sending.strays import Strays
from plugins.folderdrop.share import Share

#: A claim whose reading was begun more often is given back unread. Its first reading is not counted.
_MOST_TRIES = 2
_SECRET = Refused("secret", "Tệp có dấu hiệu độ mật; trục không nhận, không lưu.")
#: What the ledger hears of what may be a state secret: nothing else of it is kept.
_SIGNS = "dấu hiệu độ mật"


class Outgoing:
    """Everything that blocks about sending from one clerk's share. Its calls take turns."""

    def __init__(self, share: Share, context: Context, terms: Terms, times: Times, folders: Folders) -> None:
        self._share, self._context, self._folders = share, context, folders
        self._spelt = partial(names.respelt_text, folders=folders)
        self.outbox, self._turn = Outbox(context.state / "sent"), threading.Lock()
        inspector = Inspector()
        self._looker = Looker(context, times, inspector, folders, local=lambda: share.mount.local)
        self._offerer = Offerer(context, terms, inspector)
        self._strays = Strays(times.recipient)
        self._recalls = Recalling(context, self.outbox, folders, times.recipient)
        #: what lies in `tra-lai`
        self.returned: tuple[Returned, ...] = ()
        #: recalls that were answered where they lie
        self._answered: set[str] = set()

    def open(self) -> None:
        """Read what is known. Raises OSError, Damaged."""
        self.outbox.load()

    # From the folder to the hub

    def left(self, known: Collection[str]) -> tuple[list[Claimed], list[str]]:
        """What was taken and lies there unknown, and troubles; packets taken in another layout are dropped again.

        Raises Outage, OSError.
        """
        with self._turn, self._share.rooted() as root:
            claiming.let_go(root, boxes.spelt(root, self._folders.outgoing))
            return claiming.left(root, known)

    def look(self, book: AddressBook, has_room: Callable[[int], bool]) -> Looked:
        """See what lies in `gui-di`, and take what is ready. Raises Outage, OSError."""
        with self._turn, self._share.rooted() as root:
            box = boxes.prepare(root, self._folders, recipient_folders(book), self._spelt(template.blank()))
            tree = boxes.seen_in(root, box)
            boxes.clear_answers(root, tree)
            self.returned = returned.look(root, self._context.clock.now())
            looked = self._looker.look(root, tree, book, self.outbox.posted, has_room)
            for place, posted in looked.again:
                try:
                    self._back_again(root, place, posted)
                except OSError as error:
                    looked.troubles.append(error.strerror or type(error).__name__)
            return looked

    def tidy(self, received: Collection[int]) -> None:
        """Answer what lies where nothing is sent from. Raises Outage, OSError.

        `received`: sizes of the files of documents that came; such a file may be a gesture.
        """
        clock, hotline = self._context.clock, self._context.hotline
        with self._turn, self._share.rooted() as root:
            self._strays.answer(root, received, clock.monotonic(), clock.now(), hotline)
            strays.rejoin(root, self.outbox.posted, clock.now())

    def secret(self, key: str) -> Incoming:
        """What the hub is told of what may be a state secret."""
        return Incoming(key, _SIGNS, _SECRET, None)

    def offer(self, claimed: Claimed, book: AddressBook, tries: int) -> Offer | None:
        """What the hub is offered of a claim. None: it went back to where it lay.

        Raises Outage, NoRoom, StorageFailed, Damaged, OSError.
        """
        with self._turn, self._share.rooted() as root:
            if not claiming.lies(root, claimed):  # put back when it could not be read
                return None
            if known := self.outbox.posted.get(claimed.id):
                placing.keep_sent(root, claimed, known)
                return None
            if tries > _MOST_TRIES and claimed.blob is None:
                return refused(claimed, reasons.unreadable())
            try:
                with claiming.sealed(root, claimed, local=self._share.mount.local) as helds:
                    if helds is not None:
                        note = partial(_noted, root)
                        return self._offerer.offer(helds, claimed, book, self.outbox.all, note)
            except packing.Changed:
                logger.bind(unit=self._context.unit.id).warning("a drop changed while it was read: put back")
            except Secret:
                logger.bind(unit=self._context.unit.id).warning("a drop bears signs of secrecy: put back unread")
            except OSError:
                if claimed.blob is None:  # a file that cannot be read must not lie where nobody sees it
                    claiming.put_back(root, claimed)
                raise
            claiming.put_back(root, claimed)
            return None

    def settle(self, offer: Offer, outcome: Acceptance | Refused) -> Posted | None:
        """Put a drop where the hub's answer sends it. Returns what was sent, if it was. Raises Outage, OSError."""
        claimed = offer.claimed
        with self._turn, self._share.rooted() as root:
            judged = self._judged(offer, outcome)
            if isinstance(judged, Reason):
                now = self._context.clock.now()
                said = self._spelt(reasons.text(judged, now, self._context.hotline, claimed.name))
                placing.give_back(root, claimed, said, now)
                return None
            self.outbox.keep(judged)
            placing.keep_sent(root, claimed, judged)
            placing.forget_answer(root, claimed.name)
            return judged

    def _judged(self, offer: Offer, outcome: Acceptance | Refused) -> Posted | Reason:
        """What is known of a document from now on, or why it goes back."""
        if isinstance(outcome, Quarantined) and offer.posted:
            return replace(offer.posted, fate=Fate.QUARANTINED, reason=outcome.reason)
        if isinstance(outcome, Refused):
            return offer.reason or reasons.hub_refused(outcome)
        posted = offer.posted or unread(offer.claimed, self._context.clock.now())
        if outcome.duplicate:
            earlier = self.outbox.by_envelope(outcome.envelope_id)
            return already_sent(earlier or replace(posted, folder=""), self._context.clock.now())
        return replace(posted, fate=Fate.SENT, envelope=outcome.envelope_id)

    def _back_again(self, root: int, place: str, posted: Posted) -> None:
        """A document sent before was dropped once more: its folder goes home, with a note that says why."""
        now = self._context.clock.now()
        said = reasons.text(already_sent(posted, now), now, self._context.hotline, place.rpartition("/")[2])
        arrivals.put(root, place, names.NOTE, self._spelt(said))
        placing.bring_back(root, place, posted)

    # Stopped in time

    def recalled(self) -> list[tuple[str, Posted]]:
        """Sent documents whose folder was moved to `thu-hoi`, and where it lies. Raises Outage, OSError."""
        with self._turn, self._share.rooted() as root:
            found = [(place, self.outbox.posted.get(mark)) for place, mark in placing.recalled(root)]
        return [
            (place, posted)
            for place, posted in found
            if posted and posted.fate is not Fate.WITHDRAWN and not posted.recall and place not in self._answered
        ]

    def stopped(self, place: str, posted: Posted, *, withdrawn: bool) -> None:
        """Write down what came of a recall: nobody ever saw it, or it is too late: it is asked for, where that can be.

        Raises Outage, OSError.
        """
        now, hotline = self._context.clock.now(), self._context.hotline
        with self._turn, self._share.rooted() as root:
            if withdrawn:
                arrivals.put(root, place, names.NOTE, self._spelt(notes.stopped(now, hotline)))
                self.outbox.keep(replace(posted, fate=Fate.WITHDRAWN))
                return
            if posted.fate is Fate.SENT and posted.code != ANSWER:
                self._recalls.begin(posted)
                return
            gone = datetime.fromisoformat(posted.until)
            if not placing.lies_at_home(root, posted):
                place = placing.bring_back(root, place, posted)
            else:
                self._answered.add(place)
            arrivals.put(root, place, names.NOTE, self._spelt(notes.too_late(gone, posted.folder, hotline)))

    # Wanted back

    def wanted(self) -> Wanted:
        """Documents in `thu-hoi` that went already. Raises Outage, OSError."""
        with self._turn, self._share.rooted() as root:
            return self._recalls.look(root)

    def ask(self, posted: Posted, stories: Sequence[Story], book: AddressBook) -> None:
        """Write down whom one is asked of. Raises Outage, OSError."""
        with self._turn, self._share.rooted() as root:
            self._recalls.ask(root, posted, stories, {each.id: each.code for each in book.contacts})

    def requests(self) -> list[tuple[Posted, Request, Incoming]]:
        """What the hub is to pass on. Raises NoRoom, StorageFailed, OSError."""
        with self._turn:
            return self._recalls.requests()

    def asked(self, posted: Posted, to: Request, outcome: Acceptance | Refused) -> Posted:
        """The hub has judged one of these. Raises Outage, OSError."""
        with self._turn, self._share.rooted() as root:
            return self._recalls.settle(root, posted, to, outcome)


def _noted(root: int, claimed: Claimed, blob: Blob) -> Claimed:
    return claiming.with_packet(root, claimed, blob)


def recipient_folders(book: AddressBook) -> Sequence[str]:
    """Folders of recipients that lie ready: the groups, and whoever is outside."""
    groups = [each.name for each in book.groups if each.members]
    outside = [each.name for each in book.contacts if each.outside]
    return [names.folder_label(name) for name in (*groups, *outside)]
