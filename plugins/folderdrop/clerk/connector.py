"""The connector of a clerk's share: places documents, watches the stages, hands answers over."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import ClassVar

from hub import (
    Acceptance,
    Connector,
    Context,
    Damaged,
    Delivery,
    Document,
    Health,
    Inbox,
    Incoming,
    Packet,
    Receipt,
    Refused,
    StorageError,
    logger,
)
from hub.standards import edxml
from hub.standards.addresses import AddressBook
from plugins.folderdrop import system
from plugins.folderdrop.clerk.cases import Case, Said
from plugins.folderdrop.clerk.decisions import Spans
from plugins.folderdrop.clerk.rounds import Desk
from plugins.folderdrop.clerk.sending.claiming import Claimed
from plugins.folderdrop.clerk.sending.following import Follower
from plugins.folderdrop.clerk.sending.looking import Times
from plugins.folderdrop.clerk.sending.offering import Terms
from plugins.folderdrop.clerk.sending.rounds import Outgoing
from plugins.folderdrop.connector import FolderdropSettings
from plugins.folderdrop.hands import Hands
from plugins.folderdrop.share import Outage, Share

_LONGEST_ANSWER = 1_000_000
_RECALL = "13"
#: Answers handed over in one call.
_BATCH = 64


class ClerkFolder(Connector[FolderdropSettings]):
    """People find documents as folders, and answer them by moving these."""

    kind: ClassVar[str] = "folderdrop"
    settings_type = FolderdropSettings

    def __init__(self, settings: FolderdropSettings, context: Context) -> None:
        super().__init__(settings, context)
        share = Share(context.root / settings.folder, context.unit.id, context.state, public=())
        spans = Spans(settings.grace, settings.grace_refusal, settings.settle)
        self._share, self._desk = share, Desk(share, context, spans)
        terms = Terms(settings.largest * 10**6, settings.hold, settings.hold_flash, settings.require == "ky-so")
        times = Times(settings.settle, settings.grace, settings.open_note)
        self._outgoing = Outgoing(share, context, terms, times)
        self._follower = Follower(share, context, self._outgoing.outbox)
        #: drops in the hub's hands, not settled yet; None: those of an earlier run are not listed yet
        self._claims: dict[str, Claimed] | None = None
        self._tries: dict[str, int] = {}
        self._hands = Hands(3, f"clerk-{context.unit.id}")
        self._bell = asyncio.Event()
        self._trouble = ""

    async def open(self) -> None:
        """See a new share made. A known one that is away is waited for. Raises Outage, OSError, Damaged."""
        await self.enter(self._hands)
        system.ignore_lease_breaks()
        await self._hands.do(self._desk.open)
        await self._hands.do(self._outgoing.open)
        self._follower.open()
        with suppress(Outage):
            await self._hands.do(self._desk.clear)

    async def check(self) -> Health:
        """Enter the share and see that it is the one we know."""
        try:
            await self._hands.do(self._enter)
        except (Outage, OSError) as error:
            return Health(False, str(error))
        return Health(not self._trouble, self._trouble)

    async def listen(self, inbox: Inbox) -> None:
        """Look, tell the hub, show; over and over."""
        while True:
            wake = await self._round(inbox)
            with suppress(TimeoutError):
                async with asyncio.timeout(wake):
                    await self._bell.wait()
            self._bell.clear()

    async def send(self, delivery: Delivery) -> Receipt:
        """Place one document, or show an answer on the receipt of the document it is about."""
        body = delivery.envelope.body
        if isinstance(body, Document):
            receipt = await self._hands.do(self._desk.place, delivery, body)
        elif body.status == _RECALL:
            raise Refused(
                "receives-only",
                "Thư mục của đơn vị này chưa nhận được yêu cầu thu hồi; cần báo cho đơn vị bằng cách khác.",
            )
        else:
            receipt = Receipt(await self._hands.do(self._follower.answered, delivery, body))
        self._bell.set()
        return receipt

    async def find(self, delivery: Delivery) -> Receipt | None:
        """Look for its folder in all stages; a person may have moved it already."""
        return await self._hands.do(self._desk.find, delivery)

    def _enter(self) -> None:
        with self._share.rooted():
            return

    async def _round(self, inbox: Inbox) -> float:
        """One look and everything that follows. Returns the seconds until the next."""
        try:
            done = await self._hands.do(self._desk.look)
            await self._tell(inbox)
            wake, troubles = await self._send_out(inbox)
            await self._hands.do(self._desk.show)
        except (Outage, OSError, StorageError) as error:
            self._say(str(error))
            return self.settings.poll
        self._say("; ".join((*done.troubles, *troubles)[:5]))
        due = done.due - self.context.clock.monotonic() if done.due is not None else self.settings.poll
        return min(self.settings.poll, max(0.02, due), wake)

    async def _send_out(self, inbox: Inbox) -> tuple[float, list[str]]:
        """What the clerk drops goes to the hub, and its receipts follow. Returns when to look again, and troubles."""
        book = inbox.addressees()
        troubles = await self._resume(inbox, book)
        looked = await self._hands.do(self._outgoing.look, book, inbox.has_room, self._desk.sizes)
        if looked.secret:
            await inbox.accept([self._outgoing.secret(key) for key in looked.secret])
        for claimed in looked.claimed:
            troubles += await self._hand_in(inbox, claimed, book)
        for place, posted in await self._hands.do(self._outgoing.recalled):
            withdrawn = await inbox.withdraw(posted.envelope)
            await self._hands.do(self._outgoing.stopped, place, posted, withdrawn=withdrawn)
            self._follower.hear(posted)
        asked = self._follower.due()
        stories = await inbox.stories([each.envelope for each in asked if each.envelope]) if asked else ()
        troubles += looked.troubles + await self._hands.do(self._follower.show, asked, stories)
        return (self.settings.poll if looked.wake is None else looked.wake), troubles

    async def _resume(self, inbox: Inbox, book: AddressBook) -> list[str]:
        """Go on with claims of an earlier run, each counted before it is read, and with what failed in this one."""
        if self._claims is None:
            left = await self._hands.do(self._outgoing.left)
            self._claims = {each.id: each for each in left}
            self._tries = {each.id: await inbox.tries(each.key) for each in left}
        troubles = []
        for claimed in list(self._claims.values()):
            troubles += await self._hand_in(inbox, claimed, book)
        return troubles

    async def _hand_in(self, inbox: Inbox, claimed: Claimed, book: AddressBook) -> list[str]:
        """Offer one claim to the hub, and put it where the answer sends it. A claim's trouble stays its own."""
        assert self._claims is not None
        self._claims[claimed.id] = claimed
        try:
            offer = await self._hands.do(self._outgoing.offer, claimed, book, self._tries.get(claimed.id, 1))
            if offer is not None:
                [outcome] = await inbox.accept([offer.incoming])
                posted = await self._hands.do(self._outgoing.settle, offer, outcome)
                if posted is not None:
                    self._follower.hear(posted)
        except (OSError, Damaged) as error:
            return [f"{claimed.id}: {error}"]
        del self._claims[claimed.id]
        return []

    async def _tell(self, inbox: Inbox) -> None:
        """Hand answers to the hub. The same answer again, after a crash, has the same key and the same bytes."""
        untold = await self._hands.do(self._desk.untold)
        for start in range(0, len(untold), _BATCH):
            made = await self._hands.do(self._incoming, untold[start : start + _BATCH])
            answers, found = [each for each, _found in made], [each for _answer, each in made]
            outcomes = await inbox.accept(found)
            for (case, said), outcome in zip(answers, outcomes, strict=True):
                await self._hands.do(self._desk.told, case, said, _why_not(outcome))

    def _incoming(self, answers: Sequence[tuple[Case, Said]]) -> list[tuple[tuple[Case, Said], Incoming]]:
        made = []
        for case, said in answers:
            try:
                made.append(((case, said), self._answer(case, said)))
            except Damaged as error:  # tried again: the packet may come back from a backup
                self._say(f"{case.folder}: {error}")
        return made

    def _answer(self, case: Case, said: Said) -> Incoming:
        at = datetime.fromisoformat(said.at)
        document = self._desk.document(case)
        body = edxml.answer(document, self.context.unit, said.code, at, said.description, said.staff)
        content = edxml.write_acknowledgement(body)
        blob = self.context.bodies.store(io.BytesIO(content), _LONGEST_ANSWER)
        key = f"clerk|{case.delivery}|{said.code}" + (f"|{said.staff}" if said.staff else "")
        return Incoming(key, f"{said.code} {case.folder}", Packet(body), blob)

    def _say(self, trouble: str) -> None:
        """Keep it for `check`, and log it once."""
        if trouble and trouble != self._trouble:
            logger.warning("{}: {}", self.context.unit.id, trouble)
        self._trouble = trouble


def _why_not(outcome: Acceptance | Refused) -> str:
    return outcome.reason if isinstance(outcome, Refused) else ""
