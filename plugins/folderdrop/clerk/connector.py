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
from plugins.folderdrop.clerk.cases import Case, Said
from plugins.folderdrop.clerk.decisions import Spans
from plugins.folderdrop.clerk.rounds import Desk
from plugins.folderdrop.connector import FolderdropSettings
from plugins.folderdrop.hands import Hands
from plugins.folderdrop.share import Outage, Share

_LONGEST_ANSWER = 1_000_000
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
        self._hands = Hands(3, f"clerk-{context.unit.id}")
        self._bell = asyncio.Event()
        self._trouble = ""

    async def open(self) -> None:
        """See a new share made. A known one that is away is waited for. Raises Outage, OSError, Damaged."""
        await self.enter(self._hands)
        await self._hands.do(self._desk.open)
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
        """Place one document."""
        body = delivery.envelope.body
        if not isinstance(body, Document):
            raise Refused(
                "receives-only",
                "Thư mục của đơn vị này chưa nhận được hồi báo hay yêu cầu thu hồi; cần báo cho đơn vị bằng cách khác.",
            )
        receipt = await self._hands.do(self._desk.place, delivery, body)
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
            await self._hands.do(self._desk.show)
        except (Outage, OSError, StorageError) as error:
            self._say(str(error))
            return self.settings.poll
        self._say("; ".join(done.troubles[:5]))
        if done.due is None:
            return self.settings.poll
        return min(self.settings.poll, max(0.02, done.due - self.context.clock.monotonic()))

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
        # Somebody who gets it back is told of as often.
        same = [each.at for each in case.said if (each.code, each.staff) == (said.code, said.staff)]
        key += f"|{same.index(said.at) + 1}" if same[0] != said.at else ""
        return Incoming(key, f"{said.code} {case.folder}", Packet(body), blob)

    def _say(self, trouble: str) -> None:
        """Keep it for `check`, and log it once."""
        if trouble and trouble != self._trouble:
            logger.warning("{}: {}", self.context.unit.id, trouble)
        self._trouble = trouble


def _why_not(outcome: Acceptance | Refused) -> str:
    return outcome.reason if isinstance(outcome, Refused) else ""
