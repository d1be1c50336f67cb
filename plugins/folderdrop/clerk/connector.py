"""The connector of a clerk's share: places documents, watches the stages, hands answers over."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from hub import (
    Acceptance,
    Capabilities,
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
    Reminder,
    StorageError,
    logger,
)
from hub.standards import edxml
from plugins.folderdrop import system
from plugins.folderdrop.clerk.cases import Case, Said
from plugins.folderdrop.clerk.decisions import Spans
from plugins.folderdrop.clerk.guide import Sending
from plugins.folderdrop.clerk.kit import Site, kit
from plugins.folderdrop.clerk.names import SPELLINGS, Folders
from plugins.folderdrop.clerk.registers import Registers, Written
from plugins.folderdrop.clerk.rounds import Desk, Round
from plugins.folderdrop.clerk.sending.looking import Times
from plugins.folderdrop.clerk.sending.offering import Terms
from plugins.folderdrop.clerk.sending.post import Post
from plugins.folderdrop.connector import BATCH, FolderdropSettings
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
    capabilities = Capabilities(batch=BATCH, reminders=True)

    def __init__(self, settings: FolderdropSettings, context: Context) -> None:
        super().__init__(settings, context)
        share = Share(context.root / settings.folder, context.unit.id, context.state, public=())
        spans = Spans(settings.grace, settings.grace_refusal, settings.settle)
        testifies, folders = settings.arrived != "never", _folders(settings)
        self._share = share
        self._desk = Desk(share, context, spans, folders, settings.keep, testifies=testifies)
        self._registers = Registers(share, context, self._desk.of_year)
        terms = Terms(settings.largest * 10**6, settings.hold, settings.hold_flash, settings.require == "ky-so")
        times = Times(settings.settle, settings.grace, settings.open_note)
        self._post = Post(share, context, terms, times, folders)
        self._hands = Hands(3, f"clerk-{context.unit.id}")
        self._bell = asyncio.Event()
        self._trouble = self._register = ""
        self._warnings: list[str] = []
        self._synced: list[str] = []

    @classmethod
    def kit(cls, settings: FolderdropSettings, unit: str, name: str, root: Path, server: str) -> Mapping[str, bytes]:
        """The share for Samba, its rights, shortcuts and the guide. Raises ValueError."""
        folder = Path(os.path.abspath(root / settings.folder))
        sending = Sending((), settings.hold, settings.hold_flash)
        folders = _folders(settings)
        return kit(Site(unit, name, folder, server), settings.grace, settings.grace_refusal, sending, folders)

    async def open(self) -> None:
        """See a new share made. A known one that is away is waited for. Raises Outage, OSError, Damaged."""
        await self.enter(self._hands)
        system.ignore_lease_breaks()
        await self._hands.do(self._desk.open)
        await self._hands.do(self._post.open)
        with suppress(Outage):
            await self._hands.do(self._desk.clear)

    async def check(self) -> Health:
        """Enter the share and see that it is the one we know."""
        try:
            await self._hands.do(self._enter)
        except (Outage, OSError) as error:
            return Health(False, str(error))
        said = "; ".join(filter(None, (self._trouble, *self._synced, *self._warnings, self._register)))
        return Health(not (self._trouble or self._synced), said)

    async def listen(self, inbox: Inbox) -> None:
        """Look, tell the hub, show; over and over."""
        registers = asyncio.create_task(self._keep_registers())
        try:
            while not registers.done():
                wake = await self._round(inbox)
                with suppress(TimeoutError):
                    async with asyncio.timeout(wake):
                        await self._bell.wait()
                self._bell.clear()
            registers.result()
        finally:
            registers.cancel()
            await asyncio.wait({registers})

    async def send(self, delivery: Delivery) -> Receipt:
        """Place one document, or show an answer on the receipt of the document it is about."""
        body = delivery.envelope.body
        if isinstance(body, Document):
            receipt = await self._hands.do(self._desk.place, delivery, body)
        elif body.status == _RECALL:
            receipt = await self._hands.do(self._desk.recall, delivery, body)
        else:
            receipt = Receipt(await self._hands.do(self._post.answered, delivery, body))
        self._bell.set()
        return receipt

    async def find(self, delivery: Delivery) -> Receipt | None:
        """Look for its folder in all stages; a person may have moved it already."""
        return await self._hands.do(self._desk.find, delivery)

    async def remind(self, reminders: Sequence[Reminder]) -> None:
        """One note at the top of the share, beside the board, which says it too."""
        await self._hands.do(self._desk.remind, reminders)
        self._bell.set()

    def _enter(self) -> None:
        with self._share.rooted():
            return

    async def _round(self, inbox: Inbox) -> float:
        """One look and everything that follows. Returns the seconds until the next."""
        try:
            done = await self._hands.do(self._desk.look)
            await self._tell(inbox)
            if self.settings.reply_finishes:
                await self._finish_replied()
            wake, troubles = await self._post.round(inbox, self._hands, self._desk.sizes)
            await self._hands.do(self._desk.show, self._post.guide(inbox.addressees()), self._post.waited_for())
        except (Outage, StorageError) as error:
            self._say(str(error))
            return self.settings.poll
        except OSError as error:  # without the names of a clerk's files: they may say what must not be kept
            self._say(error.strerror or type(error).__name__)
            return self.settings.poll
        self._say("; ".join((*done.troubles, *troubles)[:5]))
        self._warn(done)
        due = done.due - self.context.clock.monotonic() if done.due is not None else self.settings.poll
        return min(self.settings.poll, max(0.02, due), wake)

    async def _finish_replied(self) -> None:
        """What a sent document replies to is finished, once that can be stopped no more."""
        for posted in self._post.replies():
            await self._hands.do(self._desk.finish, posted.answers, posted.code)
            await self._hands.do(self._post.replied, posted)

    async def _keep_registers(self) -> None:
        """Beside the rounds: a long register takes its time."""
        while True:
            try:
                written = await self._hands.do(self._write_registers)
            except (Outage, OSError, StorageError, Damaged) as error:
                written = Written(0.0, str(error))
            if written.trouble and written.trouble != self._register:
                logger.warning("{}: {}", self.context.unit.id, written.trouble)
            self._register = written.trouble
            await asyncio.sleep(max(written.pause, 2 * self.settings.poll))

    def _write_registers(self) -> Written:
        return self._registers.write(*self._desk.kept())

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
        document = self._desk.document(case, said)
        body = edxml.answer(document, self.context.unit, said.code, at, said.description, said.staff, said.email)
        content = edxml.write_acknowledgement(body)
        blob = self.context.bodies.store(io.BytesIO(content), _LONGEST_ANSWER)
        key = f"clerk|{case.delivery}|{said.code}" + (f"|{said.staff}" if said.staff else "")
        key += f"|{said.about}" if said.about else ""
        # Somebody who gets it back is told of as often.
        mine = (said.code, said.staff, said.about)
        same = [each.at for each in case.said if (each.code, each.staff, each.about) == mine]
        key += f"|{same.index(said.at) + 1}" if same[0] != said.at else ""
        return Incoming(key, f"{said.code} {case.folder}", Packet(body), blob)

    def _say(self, trouble: str) -> None:
        """Keep it for `check`, and log it once."""
        if trouble and trouble != self._trouble:
            logger.warning("{}: {}", self.context.unit.id, trouble)
        self._trouble = trouble

    def _warn(self, done: Round) -> None:
        for each in (*done.warnings, *done.synced):
            if each not in (*self._warnings, *self._synced):
                logger.warning("{}: {}", self.context.unit.id, each)
        self._warnings, self._synced = done.warnings, done.synced


def _folders(settings: FolderdropSettings) -> Folders:
    """What the unit's folders are called, and which it has."""
    return SPELLINGS[settings.names].giving(settings.codes)


def _why_not(outcome: Acceptance | Refused) -> str:
    return outcome.reason if isinstance(outcome, Refused) else ""
