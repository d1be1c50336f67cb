"""A clerk's outgoing post: what is dropped goes to the hub, what the hub knows of it goes onto the receipts."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from hub import Acknowledgement, Context, Deferred, Delivery, Inbox, StorageError
from hub.standards.addresses import AddressBook, Contact
from plugins.folderdrop.clerk.guide import Sending
from plugins.folderdrop.clerk.names import Folders
from plugins.folderdrop.clerk.sending import reasons, waiting
from plugins.folderdrop.clerk.sending.claiming import Claimed
from plugins.folderdrop.clerk.sending.following import Follower
from plugins.folderdrop.clerk.sending.looking import Times
from plugins.folderdrop.clerk.sending.offering import Offer, Terms, refused
from plugins.folderdrop.clerk.sending.records import Fate, Posted
from plugins.folderdrop.clerk.sending.rounds import Outgoing, recipient_folders
from plugins.folderdrop.hands import Hands
from plugins.folderdrop.share import Share

#: Requests handed over in one call.
_TOGETHER = 64
#: So long after its hold a document can be stopped no more, whatever the hub is busy with.
_SURELY = timedelta(seconds=2)


class Post:
    """The sending half of one unit's share. What blocks is done by the hands it is lent."""

    def __init__(self, share: Share, context: Context, terms: Terms, times: Times, folders: Folders) -> None:
        self._terms, self._folders, self._clock = terms, folders, context.clock
        self._outgoing = Outgoing(share, context, terms, times, folders)
        self._follower = Follower(share, context, self._outgoing.outbox, folders)
        #: drops in the hub's hands, not settled yet
        self._claims: dict[str, Claimed] = {}
        self._tries: dict[str, int] = {}
        #: names that nobody on the hub bears -> who does outside, as far as it was asked in this round
        self._outside: dict[str, Sequence[Contact]] = {}
        #: what an earlier run left was gone through once
        self._resumed = False
        #: keys of what may be a state secret, until the hub has heard of it
        self._secrets: list[str] = []

    def open(self) -> None:
        """Read what is known. Blocking. Raises OSError, Damaged."""
        self._outgoing.open()
        self._follower.open()

    def answered(self, delivery: Delivery, answer: Acknowledgement) -> str:
        """Show an answer. Returns where people find it. Blocking.

        Raises Outage, OSError; Deferred where the drop that it is about may be among those not settled yet.
        """
        if not self._follower.knows(answer) and (self._claims or not self._resumed):
            raise Deferred("Văn bản được trả lời có thể đang được ghi nhận (its drop may not be settled yet).")
        return self._follower.answered(delivery, answer)

    def replies(self) -> list[Posted]:
        """Documents on their way that reply to others, of which that is not done yet."""
        gone = (self._clock.now() - _SURELY).isoformat()
        sent = (each for each in self._outgoing.outbox.all if each.answers and not each.replied)
        return [each for each in sent if each.fate is Fate.SENT and each.until < gone]

    def replied(self, posted: Posted) -> None:
        """That is done. Blocking. Raises OSError."""
        self._outgoing.outbox.keep(replace(self._outgoing.outbox.posted[posted.id], replied=True))

    def guide(self, book: AddressBook) -> Sending:
        """What the guide says of sending from here."""
        return Sending(tuple(recipient_folders(book)), self._terms.hold, self._terms.hold_flash)

    def waited_for(self) -> str:
        """The board's tables of what could not be sent, and of what was and is not accepted by everybody yet."""
        came_back = waiting.returned(self._outgoing.returned, self._folders.returned)
        return came_back + waiting.table(self._follower.recent())

    async def round(self, inbox: Inbox, hands: Hands, received: Collection[int]) -> tuple[float, list[str]]:
        """What the clerk drops goes to the hub, and its receipts follow. Returns when to look again, and troubles.

        `received`: sizes of the files of documents that came. Raises Outage, StorageError, OSError.
        """
        book = inbox.addressees()
        self._outside.clear()
        troubles = await self._resume(inbox, hands, book)
        looked = await hands.do(self._outgoing.look, book, inbox.has_room)
        self._claims |= {each.id: each for each in looked.claimed}
        self._secrets += looked.secret
        if self._secrets:
            await inbox.accept([self._outgoing.secret(key) for key in self._secrets])
            self._secrets.clear()
        for claimed in looked.claimed:
            troubles += await self._hand_in(inbox, hands, claimed, book)
        await hands.do(self._outgoing.tidy, received)
        for place, posted in await hands.do(self._outgoing.recalled):
            withdrawn = await inbox.withdraw(posted.envelope)
            await hands.do(self._outgoing.stopped, place, posted, withdrawn=withdrawn)
            self._follower.hear(posted)
        soon = await self._want_back(inbox, hands, book)
        troubles += looked.troubles + await self._follow(inbox, hands)
        return min(soon, math.inf if looked.wake is None else looked.wake), troubles

    async def _want_back(self, inbox: Inbox, hands: Hands, book: AddressBook) -> float:
        """Ask everybody who got it for what lies in `thu-hoi` for good. Returns the seconds until the next is meant."""
        wanted = await hands.do(self._outgoing.wanted)
        for posted in wanted.meant:
            await hands.do(self._outgoing.ask, posted, await inbox.stories([posted.envelope]), book)
        requests = await hands.do(self._outgoing.requests)
        for start in range(0, len(requests), _TOGETHER):
            part = requests[start : start + _TOGETHER]
            outcomes = await inbox.accept([incoming for _posted, _to, incoming in part])
            for (posted, to, _incoming), outcome in zip(part, outcomes, strict=True):
                await hands.do(self._outgoing.asked, posted, to, outcome)
        for posted in (*wanted.seen, *(posted for posted, _to, _incoming in requests)):
            self._follower.hear(posted)
        return wanted.wake

    async def _follow(self, inbox: Inbox, hands: Hands) -> list[str]:
        """Ask what became of what was sent, and write the receipts anew."""
        asked = self._follower.due()
        try:
            stories = await inbox.stories([name for each in asked for name in _envelopes(each)]) if asked else ()
            return await hands.do(self._follower.show, asked, stories)
        except BaseException:
            for each in asked:
                self._follower.hear(each)
            raise

    async def _resume(self, inbox: Inbox, hands: Hands, book: AddressBook) -> list[str]:
        """Go on with claims of an earlier run, each counted before it is read, and with what failed in this one."""
        left, troubles = await hands.do(self._outgoing.left, tuple(self._claims))
        # What is posted is read no more.
        unread = {claimed.id for claimed in left} - self._outgoing.outbox.posted.keys()
        self._claims |= {claimed.id: claimed for claimed in left}
        for claimed in list(self._claims.values()):
            # One at a time, so that a drop that kills the hub costs its neighbours no try.
            if claimed.id in unread:
                self._tries[claimed.id] = await inbox.tries(claimed.key)
            troubles += await self._hand_in(inbox, hands, claimed, book)
        self._resumed = True
        return troubles

    async def _hand_in(self, inbox: Inbox, hands: Hands, claimed: Claimed, book: AddressBook) -> list[str]:
        """Offer one claim to the hub, and put it where the answer sends it. A claim's trouble stays its own."""
        try:
            offer = await hands.do(self._outgoing.offer, claimed, book, self._tries.get(claimed.id, 1))
            if offer is not None:
                self._claims[claimed.id] = offer.claimed
                offer = await self._advised(inbox, offer)
                [outcome] = await inbox.accept([offer.incoming])
                await hands.do(self._outgoing.settle, offer, outcome)
        except (OSError, StorageError) as error:
            return [f"{claimed.id}: {_said(error)}"]
        if posted := self._outgoing.outbox.posted.get(claimed.id):
            self._follower.hear(posted)
        del self._claims[claimed.id]
        self._tries.pop(claimed.id, None)
        return []

    async def _advised(self, inbox: Inbox, offer: Offer) -> Offer:
        """The same; where nobody on the hub is called so, its reason names whom outside may be meant."""
        reason = offer.reason
        if reason is None or not reason.strangers:
            return offer
        if unasked := [name for name in reason.strangers if name not in self._outside]:
            found = await inbox.nearby(unasked)
            self._outside |= {name: found.get(name, ()) for name in unasked}
        return refused(offer.claimed, reasons.with_outside(reason, [self._outside[name] for name in reason.strangers]))


def _envelopes(posted: Posted) -> list[str]:
    """The hub's ids of a document, and of the requests for it."""
    asked = posted.recall.requests if posted.recall else ()
    return [name for name in (posted.envelope, *(each.envelope for each in asked)) if name]


def _said(error: Exception) -> str:
    """What went wrong, without the names of a clerk's files."""
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)
