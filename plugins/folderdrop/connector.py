"""The connector: scans, hands over, places. Everything that blocks happens in its own few threads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from hub import (
    Acceptance,
    Capabilities,
    Connector,
    Context,
    Delivery,
    Duration,
    Health,
    Inbox,
    Outcome,
    Receipt,
    Refused,
    Settings,
    StorageError,
    logger,
)
from plugins.folderdrop import system
from plugins.folderdrop.hands import Hands
from plugins.folderdrop.intake import Batch, Candidate, Intake, Listing
from plugins.folderdrop.place import Placer
from plugins.folderdrop.share import Outage, Share
from plugins.folderdrop.watch import Nudges, Polling, nudges

#: Files handed over, or deliveries placed, in one call.
BATCH = 128
#: and so many bytes, so that reading, accepting and placing of large files overlap
_BATCH_BYTES = 48 * 1024 * 1024
#: Files of a listing's first batch; each further one has twice as many.
_FIRST = 32
_FULL = "Ổ đĩa của trục không ghi thêm được (the hub's disk is full or read-only)."
#: Seconds between two scans of a local folder when nothing nudges.
_RESCAN = 30.0


class FolderdropSettings(Settings):
    """`endpoint:` of a unit whose software exchanges through a folder."""

    kind: Literal["folderdrop"]
    #: relative paths count from the folder of hub.yaml
    folder: Path
    #: who works in it: "plain" is a program, "clerk" are people
    layout: Literal["plain", "clerk"] = "plain"
    #: how long a file must stay unchanged where nothing better tells that it is whole
    settle: Duration = 2.0
    #: pause between two listings of a network mount
    poll: Duration = 2.0
    #: what wakes the scan
    watch: Literal["auto", "inotify", "watchdog", "poll"] = "auto"
    #: largest packet taken, in megabytes
    largest: int = Field(default=1000, gt=0, le=100_000)
    #: who gives 01: "placed": the hub, when a document lies in the clerk's folder; "never": not the hub. By itself
    #: "placed" for clerk, and for plain "never": there the unit's own software says it
    arrived: Literal["", "placed", "never"] = ""
    #: clerk: how long a moved folder waits before the sender is told
    grace: Duration = 120.0
    #: clerk: the same for a refusal, and for many moved at once
    grace_refusal: Duration = 600.0
    #: clerk: how long a document is kept back before it goes anywhere, and one that is hỏa tốc
    hold: Duration = Field(default=120.0, le=86400)
    hold_flash: Duration = Field(default=15.0, le=86400)
    #: clerk: how long a dropped file may be open in a program before its clerk is told
    open_note: Duration = 900.0
    #: clerk: "ky-so": a main document without a digital signature is given back
    require: Literal["", "ky-so"] = ""
    #: clerk: a document that replies to one which came has that one dragged to the last stage
    reply_finishes: bool = False
    #: clerk: months that finished documents stay in their stage; 0: for ever
    keep: int = Field(default=0, ge=0, le=1200)
    #: clerk: how the hub spells the folders that it makes, "khong-dau" without diacritics, "co-dau" with them
    names: Literal["khong-dau", "co-dau"] = "khong-dau"

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if self.layout == "clerk" and self.serves == "others":
            raise ValueError("layout: clerk is for one unit; serves: others needs layout: plain")
        if self.layout == "plain" and self.arrived == "placed":
            raise ValueError(
                "arrived: placed is for layout: clerk; with layout: plain the unit's own software gives 01"
            )
        return self


class Folderdrop(Connector[FolderdropSettings]):
    """Software drops packets into `out/` and finds documents and statuses in `in/`, refusals in `error/`."""

    kind: ClassVar[str] = "folderdrop"
    settings_type = FolderdropSettings
    capabilities = Capabilities(batch=BATCH)

    def __init__(self, settings: FolderdropSettings, context: Context) -> None:
        super().__init__(settings, context)
        self._share = Share(context.root / settings.folder, context.unit.id, context.state)
        self._intake = Intake(self._share, context, settings.settle, settings.largest * 10**6)
        self._placer = Placer(self._share, context)
        self._hands = Hands(3, f"folderdrop-{context.unit.id}")
        self._nudges: Nudges = Polling()
        self._armed = self._full = False
        self._trouble = ""
        self._notes: list[str] = []
        #: how often a claim of an earlier run was read, by its key
        self._tries: dict[str, int] = {}

    async def open(self) -> None:
        """See a new share made. A known one that is away is waited for. Raises Outage, OSError."""
        system.ignore_lease_breaks()
        await self.enter(self._hands)
        await self._hands.do(self._share.establish)
        with suppress(Outage):
            await self._hands.do(self._placer.clean)

    async def check(self) -> Health:
        """Enter the share and see that it is the one we know."""
        try:
            await self._hands.do(self._look)
        except (Outage, OSError) as error:
            return Health(False, str(error))
        return Health(not self._trouble, self._trouble)

    async def listen(self, inbox: Inbox) -> None:
        """Scan, hand over, wait for a nudge; over and over."""
        try:
            while True:
                wake = await self._round(inbox)
                if self._full:
                    # What was put back nudges, and would be taken and put back again at once.
                    await self.context.clock.sleep(self.settings.poll)
                else:
                    await self._nudges.wait(wake)
        finally:
            self._nudges.close()
            self._nudges = Polling()

    async def send(self, delivery: Delivery) -> Receipt:
        """Place one delivery in `in/`."""
        [outcome] = await self.send_many([delivery])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def send_many(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        """Place a batch in `in/`, in order."""
        return await self._hands.do(self._placer.place, deliveries)

    async def find(self, delivery: Delivery) -> Receipt | None:
        """Look for it in `in/`; the software may have taken it away already."""
        return await self._hands.do(self._placer.find, delivery)

    def _look(self) -> None:
        with self._share.entered():
            return

    async def _round(self, inbox: Inbox) -> float:
        """One scan and everything it shows. Returns the seconds until the next, if nothing nudges."""
        self._notes.clear()
        self._full = False
        try:
            self._watch()
            renamed = self._nudges.renamed()
            listing, first = await self._hands.do(self._begin, inbox, renamed)
            left = {leftover.key for leftover in listing.leftovers}
            self._tries = {key: tries for key, tries in self._tries.items() if key in left}
            wakes = [await self._finish(inbox, leftover) for leftover in listing.leftovers]
            wakes += await self._hand_over(inbox, listing, renamed, first)
        except (Outage, OSError) as error:
            self._notes.append(str(error))
            return self.settings.poll
        finally:
            self._say("; ".join(self._notes[:5]))
        # Trouble makes no event when it ends.
        idle = min(self._idle, self.settings.poll) if self._notes else self._idle
        return min((wake for wake in wakes if wake is not None), default=idle)

    @property
    def _idle(self) -> float:
        return _RESCAN if self._armed else self.settings.poll

    def _watch(self) -> None:
        """Choose the watch once the share is there: the mount decides."""
        if isinstance(self._nudges, Polling):
            self._nudges = nudges(self.settings.watch, local=self._share.mount.local, folder=self._share.folder)

    def _arm(self, directory: int) -> None:
        try:
            self._armed = self._nudges.arm(directory)
        except OSError as error:
            self._armed = False
            logger.debug("{}: no events, the folder is polled: {}", self.context.unit.id, error)

    def _begin(self, inbox: Inbox, renamed: frozenset[bytes]) -> tuple[Listing, Batch | None]:
        """List, and take the first batch in the same call, unless claims of an earlier run come first."""
        with self._share.entered():
            listing = self._intake.scan(self._arm)
            if listing.leftovers or not listing.candidates:
                return listing, None
            return listing, self._take(inbox, _batches(listing.candidates)[0], renamed)

    def _take(self, inbox: Inbox, chunk: Sequence[Candidate], renamed: frozenset[bytes]) -> Batch:
        fitting = self._fitting(inbox, chunk)
        batch = self._intake.take(fitting, renamed)
        if len(fitting) < len(chunk):
            self._notes.append("Ổ đĩa của trục sắp đầy, tạm dừng nhận (the hub's disk is full: intake waits).")
            batch.wait(self.settings.poll)
        return batch

    async def _hand_over(
        self, inbox: Inbox, listing: Listing, renamed: frozenset[bytes], first: Batch | None
    ) -> list[float | None]:
        """Take what is whole, batch by batch; the next is read while the last is accepted."""
        wakes: list[float | None] = []
        behind: asyncio.Task[None] | None = None
        try:
            for number, chunk in enumerate(_batches(listing.candidates)):
                batch = first if first and not number else await self._hands.do(self._take, inbox, chunk, renamed)
                self._report(batch)
                wakes.append(batch.wake)
                if behind:
                    await behind
                behind = asyncio.create_task(self._accept(inbox, batch))
            if behind:
                await behind
        except BaseException:
            if behind:
                behind.cancel()
                await asyncio.wait({behind})
            raise
        return wakes

    def _fitting(self, inbox: Inbox, chunk: Sequence[Candidate]) -> Sequence[Candidate]:
        """What the disk has room for; the rest stays where it lies."""
        if inbox.has_room(sum(each.look.size for each in chunk)):
            return chunk
        fitting: list[Candidate] = []
        room = 0
        for each in chunk:
            if inbox.has_room(room + each.look.size):
                room += each.look.size
                fitting.append(each)
        return fitting

    async def _finish(self, inbox: Inbox, leftover: Candidate) -> float | None:
        """Go on with a claim of an earlier run. Its reading is counted first: a file that kills the hub is kept.

        One at a time, so that a file that kills the hub costs its neighbours no try.
        """
        try:
            if not await self._hands.do(self._intake.ready, leftover):
                return max(self.settings.settle, self.settings.poll)
            if leftover.key not in self._tries:
                # Once a run: only a reading that ends the process makes the next run count it again.
                self._tries[leftover.key] = await inbox.tries(leftover.key)
            tries = self._tries[leftover.key]
            batch = await self._hands.do(self._intake.take_leftover, leftover, tries)
            self._report(batch)
            await self._accept(inbox, batch)
        except OSError as error:
            self._notes.append(f"{leftover.name!r}: {error}")
            return self.settings.poll
        return batch.wake

    async def _accept(self, inbox: Inbox, batch: Batch) -> None:
        """Custody, then let go. While the hub cannot store, the claims wait as they are."""
        while not batch.stored:
            self._say(_FULL)
            await self.context.clock.sleep(self.settings.poll)
            await self._hands.do(self._intake.store, batch)
        if batch.taken:
            outcomes = await self._accepted(inbox, batch)
            self._notes += await self._hands.do(self._intake.release, batch.taken, outcomes)

    async def _accepted(self, inbox: Inbox, batch: Batch) -> Sequence[Acceptance | Refused]:
        while True:
            try:
                return await inbox.accept([each.found for each in batch.taken])
            except StorageError as error:
                self._say(str(error))
                await self.context.clock.sleep(self.settings.poll)

    def _report(self, batch: Batch) -> None:
        if batch.full:
            self._full = True
            self._notes.append(_FULL)
        self._notes += [f"{name!r}: {why}" for name, why in sorted(batch.troubles.items())]

    def _say(self, trouble: str) -> None:
        """Keep it for `check`, and log it once."""
        if trouble and trouble != self._trouble:
            logger.warning("{}: {}", self.context.unit.id, trouble)
        self._trouble = trouble


def _batches(candidates: Sequence[Candidate]) -> list[Sequence[Candidate]]:
    """Cut a listing into batches of bounded count and bytes, at least one file each.

    The first ones are small: of what comes in a burst the first is on its way while the rest is read.
    """
    batches: list[list[Candidate]] = []
    room = 0
    for each in candidates:
        room -= each.look.size
        if not batches or room < 0 or len(batches[-1]) == min(BATCH, _FIRST << (len(batches) - 1)):
            batches.append([])
            room = _BATCH_BYTES - each.look.size
        batches[-1].append(each)
    return list(batches)
