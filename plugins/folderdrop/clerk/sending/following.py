"""`BIEN-NHAN` kept true: which documents to ask the hub about, and their receipts written anew. Blocking."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hub import Acknowledgement, Context, Delivery, Story, logger
from plugins.folderdrop.clerk import arrivals, names
from plugins.folderdrop.clerk.names import Folders
from plugins.folderdrop.clerk.sending import boxes, moving, placing, progress, receipts, replies
from plugins.folderdrop.clerk.sending.drops import RECEIPT, RECEIPT_TEXT, SENT
from plugins.folderdrop.clerk.sending.records import ANSWER, Fate, Posted
from plugins.folderdrop.clerk.sending.store import Outbox
from plugins.folderdrop.share import Share

#: A document on its way is asked about in every round while it is so young (seconds), and afterwards so often.
_YOUNG, _OFTEN = 600.0, 60.0
#: A receipt that could not be written is tried again after so long.
_LATER = 10.0
#: Most documents asked about at once.
_MOST = 200
_NOT_HELD = "không có trong sổ cái đã phục hồi, cần gửi lại (not in the ledger that was brought back: send it again)"
#: What was sent earlier is not on the board any more.
_RECENT = timedelta(days=30)
#: About what was sent earlier only an answer makes the hub ask.
_OLD = timedelta(days=180)


class Follower:
    """The receipts of one unit. Its calls take turns."""

    def __init__(self, share: Share, context: Context, outbox: Outbox, folders: Folders) -> None:
        self._share, self._context, self._outbox, self._folders = share, context, outbox, folders
        self._turn = threading.Lock()
        #: id -> monotonic time of the next question; who is not in here is not asked about
        self._next: dict[str, float] = {}
        #: id -> what became of it, as far as it was asked
        self._stories: dict[str, tuple[Story, ...]] = {}
        #: the hub was brought back from a backup, and what it lacks is not told yet
        self._restored = False

    def open(self) -> None:
        """Ask once about all but old documents: what happened meanwhile is not known."""
        since = (self._context.clock.now() - _OLD).isoformat()
        self._next = {each.id: 0.0 for each in self._outbox.all if each.at >= since or not each.shown}
        self._restored = self._share.restored is not None

    def hear(self, posted: Posted) -> None:
        """Ask about a document in the next round."""
        self._next[posted.id] = 0.0

    def due(self) -> list[Posted]:
        """The documents to ask about now. An answer that comes from now on has them asked about again."""
        now = self._context.clock.monotonic()
        ready = [each for each, at in list(self._next.items()) if at <= now][:_MOST]
        for each in ready:
            del self._next[each]
        return [self._outbox.posted[each] for each in ready]

    def show(self, asked: Sequence[Posted], stories: Sequence[Story]) -> list[str]:
        """Write the receipts that would say something new. Returns what went wrong. Raises Outage, OSError."""
        told: dict[str, list[Story]] = {}
        for each in stories:
            told.setdefault(each.envelope, []).append(each)
        troubles = []
        with self._turn, self._share.rooted() as root:
            troubles += self._lost(root, asked, told) if self._restored else []
            for posted in asked:
                current = self._outbox.posted[posted.id]
                try:
                    self._write(root, current, _of(current, told))
                except OSError as error:  # open in a browser that locks it: later
                    troubles.append(f"{posted.folder}: {error.strerror or error}")
                    self._next.setdefault(posted.id, self._context.clock.monotonic() + _LATER)
        return troubles

    def _lost(self, root: int, asked: Sequence[Posted], told: Mapping[str, Sequence[Story]]) -> list[str]:
        """Documents that were sent after the backup was made: logged one by one, to be sent again."""
        sent = (each for each in asked if each.fate is Fate.SENT and each.code != ANSWER)
        lost = [posted.folder for posted in sent if posted.envelope not in told]
        lost += placing.unknown(root, self._outbox.posted)
        for place in lost:
            logger.bind(unit=self._context.unit.id).warning("{}: {}", place, _NOT_HELD)
        self._restored = len(asked) == _MOST
        return [f"{len(lost)} văn bản: {_NOT_HELD}"] if lost else []

    def _write(self, root: int, posted: Posted, stories: tuple[Story, ...]) -> None:
        hotline, now = self._context.hotline, self._context.clock.now()
        says = hashlib.sha256(receipts.says(posted, stories, hotline)).hexdigest()
        if says != posted.shown:
            place = placing.lies(root, posted)
            if not place:  # a person took it away, and may bring it back
                self._stories[posted.id] = stories
                self._again(posted, stories, now, _OFTEN)
                return
            text = receipts.text(posted, stories, now, hotline)
            arrivals.put(root, place, RECEIPT_TEXT, names.respelt_text(text, self._folders))
            page = receipts.page(posted, stories, now, hotline).decode()
            arrivals.put(root, place, RECEIPT, names.respelt(page, self._folders).encode())
        self._outbox.keep(replace(posted, shown=says))
        self._stories[posted.id] = stories
        self._again(posted, stories, now)

    def _again(self, posted: Posted, stories: tuple[Story, ...], now: datetime, least: float = 0.0) -> None:
        """When to ask next: not at all once only answers can come, which the hub brings by itself."""
        if stories and not progress.settled(posted, stories):
            young = now - datetime.fromisoformat(posted.until) < timedelta(seconds=_YOUNG)
            later = self._context.clock.monotonic() + (least if young else _OFTEN)
            self._next.setdefault(posted.id, later)

    def recent(self) -> list[tuple[Posted, tuple[Story, ...]]]:
        """What was sent in the last days, with what became of it as far as it was asked."""
        since = (self._context.clock.now() - _RECENT).isoformat()
        return [(each, self._stories.get(each.id, ())) for each in self._outbox.all if each.at >= since]

    def knows(self, answer: Acknowledgement) -> bool:
        """Whether it is about a document that was sent from here."""
        return replies.about(answer, self._outbox.all) is not None

    def answered(self, delivery: Delivery, answer: Acknowledgement) -> str:
        """An answer came: its document's receipt will say so; one to a document not sent from here lies by itself.

        Returns where people find it. Raises Outage, OSError.
        """
        posted = replies.about(answer, self._outbox.all)
        if posted is not None:
            self.hear(posted)
            return posted.folder
        with self._turn, self._share.rooted() as root:
            place = moving.make_place(root, boxes.spelt(root, SENT), placing.month(self._context.clock.now()))
            name, content = replies.alone(delivery.id, answer)
            arrivals.put(root, place, name, content)
        logger.bind(unit=self._context.unit.id).info("an answer to a document that was not sent from this folder")
        return f"{place}/{name}"


def _of(posted: Posted, told: Mapping[str, Sequence[Story]]) -> tuple[Story, ...]:
    """What became of a document, and of each request for it."""
    about = (posted.envelope, *(each.envelope for each in progress.wanted(posted)))
    return tuple(story for name in about for story in told.get(name, ()))
