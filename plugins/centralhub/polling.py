"""In from the central hub: one kind of packet, documents or statuses, looked for again and again."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from hub import (
    Acceptance,
    Context,
    Document,
    Inbox,
    Incoming,
    NoRoom,
    Packet,
    Quarantined,
    Refused,
    StorageError,
    failpoint,
    logger,
)
from hub.carrying.failures import Denied, Resting, Spoilt, Trouble
from hub.carrying.hand import Hand
from hub.carrying.landing import Landed, adopt, landed, remove
from hub.carrying.later import Later
from hub.carrying.looked import Looked
from hub.carrying.spool import Spool
from plugins.centralhub.client import ROWS, Client
from plugins.centralhub.failures import Failed, Undecodable
from plugins.centralhub.rows import Received, folded
from plugins.centralhub.settings import CentralhubSettings, Word

#: Packets fetched, then accepted, in one go; and so many are remembered as answered.
BATCH, _KNOWN = 32, 50_000
#: So seldom it is written down that all is taken.
_SELDOM = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A packet that is here."""

    row: Received
    landed: Landed


class Poll:
    """Looks for one kind of packet. `trouble` says what is wrong with it now, for people; "": nothing."""

    def __init__(self, kind: str, settings: CentralhubSettings, context: Context, client: Client, folder: Path) -> None:
        self._kind, self._settings, self._context, self._client = kind, settings, context, client
        self._folder, self._largest = folder, settings.largest * 10**6
        self._hand, self._looked_at = Hand(context.state, kind), Looked(context.state, kind)
        #: the last look after which all was taken, as it is written down
        self._since: datetime | None = None
        self._ours = frozenset(map(folded, context.codes))
        #: packet -> what was said of it: it is said again where the list still has it
        self._answered: OrderedDict[str, Word] = OrderedDict()
        #: those that were told and are listed all the same, and those that could not be fetched
        self._told, self._spoilt = Later(), Later()
        #: packet -> digest of what could not be read: bytes that came twice are what there is
        self._doubts: dict[str, str] = {}
        #: packet -> how often it could not be fetched: the others go first; and why not
        self._failures: dict[str, int] = {}
        self._reasons: dict[str, str] = {}
        self._notes: list[str] = []
        self.trouble = ""

    async def run(self, inbox: Inbox) -> None:
        """Look, take, wait; until cancelled."""
        await asyncio.to_thread(self._hand.begin)
        first = self._context.clock.now() - timedelta(seconds=self._settings.look_back)
        self._since = await asyncio.to_thread(self._looked_at.begun, first)
        try:
            await self._look_on(inbox)
        finally:
            # Whoever gets here has not died over a packet.
            with suppress(OSError):
                await asyncio.shield(asyncio.to_thread(self._hand.take, ()))

    async def _look_on(self, inbox: Inbox) -> None:
        pause = self._settings.poll_busy
        while True:
            brought = await self._looked(inbox)
            pause = self._settings.poll_busy if brought else min(self._settings.poll, pause * 2)
            await self._context.clock.sleep(self._client.traffic.rest or pause)

    async def _looked(self, inbox: Inbox) -> bool:
        """One look and all that it shows. Whether it brought something new."""
        self._notes.clear()
        try:
            return await self._round(inbox)
        except (Trouble, StorageError, OSError) as error:
            self._notes.append(str(error))
            return False
        finally:
            self._say("; ".join(dict.fromkeys(self._notes[:5])))

    async def _round(self, inbox: Inbox) -> bool:
        began = self._context.clock.now()
        rows, strange = await self._client.received(self._kind, self._since, self._answered)
        if strange:
            self._notes.append(f"{len(strange)} gói tin trong danh sách không có mã dùng được: {strange[0]}")
        self._forget({row.doc_id for row in rows})
        known = [row for row in rows if row.doc_id in self._answered and self._told.is_due(row.doc_id)]
        unseen = [row for row in rows if row.doc_id not in self._answered]
        new, brought = self._fetchable(unseen), False
        async with asyncio.TaskGroup() as group:
            group.create_task(self._confirm([(row.doc_id, self._answered[row.doc_id]) for row in known]))
            for batch in self._batches(new):
                words = await self._tried(inbox, batch)
                if words is None or self._client.traffic.rest:
                    break
                brought = brought or bool(words)
                group.create_task(self._confirm(words))
        if len(unseen) < ROWS and all(row.doc_id in self._answered for row in rows):
            await self._all_taken(began)
        return brought

    async def _all_taken(self, at: datetime) -> None:
        """Whatever comes of outages: from here on it is listed."""
        if self._since is None or abs(at - self._since) > _SELDOM:
            await asyncio.to_thread(self._looked_at.note, at)
            self._since = at

    def _fetchable(self, rows: Sequence[Received]) -> list[Received]:
        """What is fetched in this look; what is left for a later one is still said."""
        due = [row for row in rows if self._spoilt.is_due(row.doc_id)]
        left = {row.doc_id for row in rows} - {row.doc_id for row in due}
        self._notes += [self._reasons[doc_id] for doc_id in sorted(left)[:5]]
        return sorted(due, key=self._patience)

    async def _tried(self, inbox: Inbox, batch: Sequence[Received]) -> list[tuple[str, Word]] | None:
        """What is to be said of a batch; None: the hub cannot take it now, and it comes again."""
        try:
            return await self._take(inbox, batch)
        except (StorageError, OSError) as error:
            self._notes.append(str(error))
            return None

    def _batches(self, rows: Sequence[Received]) -> list[Sequence[Received]]:
        """Those that a dying hub had in hand go alone, so that they cost no other its try."""
        alone = [[row] for row in rows if row.doc_id in self._hand.suspects]
        rest = [row for row in rows if row.doc_id not in self._hand.suspects]
        return [*alone, *(rest[at : at + BATCH] for at in range(0, len(rest), BATCH))]

    def _patience(self, row: Received) -> int:
        return self._failures.get(row.doc_id, 0)

    def _forget(self, listed: set[str]) -> None:
        """What is no longer listed needs no memory of troubles."""
        self._told.forget(listed)
        self._spoilt.forget(listed)
        for memory in (self._doubts, self._failures, self._reasons):
            for doc_id in memory.keys() - listed:
                del memory[doc_id]

    async def _take(self, inbox: Inbox, batch: Sequence[Received]) -> list[tuple[str, Word]]:
        """Fetch a batch and give it into custody. What is to be said of each."""
        await asyncio.to_thread(self._hand.take, [row.doc_id for row in batch])
        found = await asyncio.gather(*(self._guarded(inbox, row) for row in batch))
        fetched = [each for each in found if each]
        try:
            words = await self._accepted(inbox, fetched) if fetched else []
            await asyncio.to_thread(self._hand.take, ())
        finally:
            await asyncio.to_thread(remove, [each.landed for each in fetched])
        return words

    async def _guarded(self, inbox: Inbox, row: Received) -> Fetched | None:
        """One packet. None: it makes trouble, and is fetched again at a later look."""
        try:
            landed = await self._fetched(inbox, row)
            return Fetched(row, landed) if landed else None
        except (Resting, NoRoom, Denied) as error:
            self._notes.append(str(error))
        except (Trouble, StorageError) as error:
            # A line that breaks over the same packet again and again is well for the others.
            is_its_own = isinstance(error, Spoilt | Failed) or self._failures.get(row.doc_id, 0) > 1
            self._went_wrong(row, str(error), is_put_off=is_its_own and not isinstance(error, StorageError))
        except Exception as error:  # a mistake of ours over one packet must not keep all the others out
            logger.exception("{}: packet {} of the central hub", self._context.unit.id, row.doc_id)
            self._went_wrong(row, f"lỗi của hub: {type(error).__name__}", is_put_off=True)
        return None

    def _went_wrong(self, row: Received, why: str, *, is_put_off: bool) -> None:
        self._failures[row.doc_id] = self._failures.get(row.doc_id, 0) + 1
        self._reasons[row.doc_id] = f"{row.doc_id}: {why}"
        self._notes.append(self._reasons[row.doc_id])
        if is_put_off:
            self._spoilt.put_off(row.doc_id)

    async def _fetched(self, inbox: Inbox, row: Received) -> Landed | None:
        """The packet; None: what came cannot be read, and may not be all that there is."""
        verdict = await self._hand.verdict(inbox, row.doc_id)
        try:
            found = await self._landed(inbox, row, verdict)
        except Undecodable as error:
            found = await self._landed(inbox, row, verdict or error.verdict, as_it_stands=True)
            return await self._believed(row, found)
        if verdict or found.blob is None or not isinstance(found.packet, Quarantined) or self._client.shows_ends:
            return found
        if self._client.has_another_way:
            again = await self._compared(inbox, row, found)
            if again is not None:
                return again
        return await self._believed(row, found)

    async def _landed(
        self, inbox: Inbox, row: Received, verdict: Refused | None, *, as_it_stands: bool = False
    ) -> Landed:
        spool = Spool(self._folder, self._largest, inbox.has_room)
        async with _dropped(spool):
            try:
                beside = await self._client.fetch(row.doc_id, spool.write, self._largest, as_it_stands=as_it_stands)
            except Refused as refused:
                await asyncio.to_thread(spool.drop)
                return Landed(refused, None, None)
            found = await asyncio.to_thread(landed, spool, verdict)
            if found.blob and (as_it_stands or not verdict) and beside > _attached(found):
                raise Spoilt("tệp đính kèm nằm ngoài edxml, hub chưa nhận được dạng này")
            return found

    async def _compared(self, inbox: Inbox, row: Received, first: Landed) -> Landed | None:
        """The same packet by a way that shows its end, in place of one that nobody can read; None: there is none."""
        spool = Spool(self._folder, self._largest, inbox.has_room)
        try:
            async with _dropped(spool):
                found = await self._client.fetch_anew(row.doc_id, spool.write, self._largest)
                again = await asyncio.to_thread(landed, spool) if found else None
        except Undecodable:
            again = None
        except BaseException:
            await asyncio.shield(asyncio.to_thread(remove, [first]))
            raise
        if again is not None:
            await asyncio.to_thread(remove, [first])
        return again

    async def _believed(self, row: Received, found: Landed) -> Landed | None:
        """What cannot be read counts once it came twice alike."""
        if found.blob is None or self._doubts.get(row.doc_id) == found.blob.digest:
            return found
        self._doubts[row.doc_id] = found.blob.digest
        self._notes.append(f"{row.doc_id}: gói tin không đọc được, sẽ tải lại một lần nữa ({found.packet})")
        await asyncio.to_thread(remove, [found])
        return None

    async def _accepted(self, inbox: Inbox, fetched: Sequence[Fetched]) -> list[tuple[str, Word]]:
        await asyncio.to_thread(adopt, self._context, [each.landed for each in fetched], self._largest)
        failpoint("central.fetched")
        outcomes = await inbox.accept([self._incoming(each) for each in fetched])
        words = [(each.row.doc_id, self._word(each, said)) for each, said in zip(fetched, outcomes, strict=True)]
        for doc_id, word in words:
            self._answered[doc_id] = word
            self._answered.move_to_end(doc_id)
        while len(self._answered) > _KNOWN:
            self._answered.popitem(last=False)
        failpoint("central.accepted")
        return words

    def _incoming(self, fetched: Fetched) -> Incoming:
        landed, row = fetched.landed, fetched.row
        handed = self._settings.addressees == "row" and folded(row.to) in self._ours
        addressees = (row.to,) if handed else ()
        return Incoming(row.doc_id, f"{row.doc_id}.edxml", landed.packet, landed.blob, addressees=addressees)

    def _word(self, fetched: Fetched, outcome: Acceptance | Refused) -> Word:
        """Custody is `done`, a duplicate's too; what no reader can read and what is refused as the settings say."""
        if isinstance(outcome, Acceptance):
            return "done"
        if isinstance(outcome, Quarantined):
            return self._settings.on_parse_failure if isinstance(fetched.landed.packet, Refused) else "done"
        return self._settings.on_refusal

    async def _confirm(self, words: Sequence[tuple[str, Word]]) -> None:
        await asyncio.gather(*(self._confirmed(doc_id, word) for doc_id, word in words))

    async def _confirmed(self, doc_id: str, word: Word) -> None:
        """What could not be said is said again when the list shows the packet again."""
        try:
            await self._client.confirm(doc_id, word)
        except Resting as error:
            self._notes.append(str(error))
        except Trouble as error:
            self._notes.append(f"chưa xác nhận được {doc_id}: {error}")
            if isinstance(error, Spoilt | Failed):
                self._told.put_off(doc_id)
        else:
            failpoint("central.confirmed")
            self._told.put_off(doc_id)

    def _say(self, trouble: str) -> None:
        """Keep it for `check`, and log it once."""
        if trouble and trouble != self.trouble:
            logger.warning("{}: {}", self._context.unit.id, trouble)
        self.trouble = trouble


def _attached(found: Landed) -> int:
    """How many attachments with content a packet has inside."""
    body = found.packet.body if isinstance(found.packet, Packet) else None
    return sum(attachment.size > 0 for attachment in body.attachments) if isinstance(body, Document) else 0


@asynccontextmanager
async def _dropped(spool: Spool) -> AsyncIterator[None]:
    """What does not come whole leaves nothing behind."""
    try:
        yield
    except BaseException:
        await asyncio.shield(asyncio.to_thread(spool.drop))
        raise
