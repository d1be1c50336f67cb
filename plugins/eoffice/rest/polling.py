"""In from a unit's software: one list, looked at again and again."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from hub import (
    Acceptance,
    Context,
    Inbox,
    Incoming,
    NoRoom,
    Quarantined,
    Refused,
    StorageError,
    failpoint,
    logger,
)
from hub.carrying.failures import Denied, Resting, Spoilt, Trouble
from hub.carrying.hand import Hand
from hub.carrying.landing import Landed, adopt, remove
from hub.carrying.later import Later
from hub.carrying.looked import Looked
from plugins.eoffice.rest.client import Client, Listed, Row
from plugins.eoffice.rest.failures import Failed
from plugins.eoffice.rest.packets import Packets
from plugins.eoffice.rest.settings import RestSettings

#: Packets fetched, then accepted, in one go; and so many are remembered as answered.
BATCH, _KNOWN = 32, 50_000
#: So seldom it is written down that all is taken.
_SELDOM = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Word:
    """What is said of one: it was taken, or why not."""

    taken: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A packet that is here."""

    row: Row
    landed: Landed


class Poll:
    """Looks at one list. `trouble` says what is wrong with it now, for people; "": nothing."""

    def __init__(self, name: str, kind: str, settings: RestSettings, context: Context, client: Client) -> None:
        self._name, self._kind, self._settings, self._context = name, kind, settings, context
        self._client, self._packets = client, Packets(settings, context, client)
        self._hand = Hand(context.state, quote(f"{name}/{kind}", safe=""))
        self._looked_at = Looked(context.state, quote(f"{name}-{kind}", safe=""))
        #: the last look after which all was taken, as it is written down
        self._since: datetime | None = None
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
        self._nudged = asyncio.Event()
        self.trouble = ""

    async def run(self, inbox: Inbox) -> None:
        """Look, take, wait; until cancelled."""
        self._client.has_room = inbox.has_room
        await asyncio.to_thread(self._hand.begin)
        back = self._settings.profile.list_of(self._name).look_back
        first = self._context.clock.now() - timedelta(seconds=back)
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
            await self._waited(self._client.traffic.rest, pause)

    def look(self) -> None:
        """Look at once, or once more after the look that goes on now; never while the server is left alone."""
        self._nudged.set()

    async def _waited(self, rest: float, pause: float) -> None:
        """A server that rests is left alone for so long; else the pause ends where somebody says that there is more."""
        if rest:
            await self._context.clock.sleep(rest)
            return
        ways = [asyncio.create_task(self._context.clock.sleep(pause)), asyncio.create_task(self._nudged.wait())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _looked(self, inbox: Inbox) -> bool:
        """One look and all that it shows. Whether it brought something new."""
        self._notes.clear()
        self._nudged.clear()
        try:
            return await self._round(inbox)
        except Trouble as error:
            self._notes.append(error.told)
            return False
        except (StorageError, OSError) as error:
            self._notes.append(str(error))
            return False
        finally:
            self._say("; ".join(dict.fromkeys(self._notes[:5])))

    async def _round(self, inbox: Inbox) -> bool:
        began = self._context.clock.now()
        listed = await self._client.listed(self._name, self._kind, known=self._answered, last=self._since)
        try:
            brought = await self._taken(inbox, listed)
        finally:
            await asyncio.shield(asyncio.to_thread(listed.drop))
        if not listed.is_full and all(id_ in self._answered for id_ in listed.rows):
            await self._all_taken(began)
        return brought

    async def _all_taken(self, at: datetime) -> None:
        """Whatever comes of outages: from here on it is listed."""
        if self._since is None or abs(at - self._since) > _SELDOM:
            await asyncio.to_thread(self._looked_at.note, at)
            self._since = at

    async def _taken(self, inbox: Inbox, listed: Listed) -> bool:
        if listed.strange:
            self._notes.append(f"{len(listed.strange)} dòng trong danh sách không có mã dùng được: {listed.strange[0]}")
        if listed.is_full and not listed.rows:
            self._notes.append("danh sách dài quá mức và không có gì mới: phần sau không xem được (list too long)")
        self._forget(listed)
        known = [(id_, self._answered[id_]) for id_ in sorted(listed.again) if self._told.is_due(id_)]
        new = self._fetchable(list(listed.rows.values()))
        brought = False
        async with asyncio.TaskGroup() as group:
            group.create_task(self._confirm(known))
            for batch in self._batches(new):
                words = await self._tried(inbox, batch)
                if words is None or self._client.traffic.rest:
                    break
                brought = brought or bool(words)
                group.create_task(self._confirm(words))
        return brought

    def _fetchable(self, rows: Sequence[Row]) -> list[Row]:
        """What is fetched in this look; what is left for a later one is still said."""
        due = [row for row in rows if self._spoilt.is_due(row.id)]
        left = {row.id for row in rows} - {row.id for row in due}
        self._notes += [self._reasons[id_] for id_ in sorted(left)[:5]]
        return sorted(due, key=self._patience)

    async def _tried(self, inbox: Inbox, batch: Sequence[Row]) -> list[tuple[str, Word]] | None:
        """What is to be said of a batch; None: the hub cannot take it now, and it comes again."""
        try:
            return await self._take(inbox, batch)
        except (StorageError, OSError) as error:
            self._notes.append(str(error))
            return None

    def _batches(self, rows: Sequence[Row]) -> list[Sequence[Row]]:
        """Those that a dying hub had in hand go alone, so that they cost no other its try."""
        alone = [[row] for row in rows if row.id in self._hand.suspects]
        rest = [row for row in rows if row.id not in self._hand.suspects]
        return [*alone, *(rest[at : at + BATCH] for at in range(0, len(rest), BATCH))]

    def _patience(self, row: Row) -> int:
        return self._failures.get(row.id, 0)

    def _forget(self, listed: Listed) -> None:
        """What is no longer listed needs no memory: its id may come again for another paper."""
        if not listed.is_full:
            for id_ in self._answered.keys() - listed.again - listed.rows.keys():
                del self._answered[id_]
        self._told.forget(listed.again | listed.rows.keys())
        self._spoilt.forget(set(listed.rows))
        for memory in (self._doubts, self._failures, self._reasons):
            for id_ in memory.keys() - listed.rows.keys():
                del memory[id_]

    async def _take(self, inbox: Inbox, batch: Sequence[Row]) -> list[tuple[str, Word]]:
        """Fetch a batch and give it into custody. What is to be said of each."""
        await asyncio.to_thread(self._hand.take, [row.id for row in batch])
        found = await asyncio.gather(*(self._guarded(inbox, row) for row in batch))
        fetched = [each for each in found if each]
        try:
            words = await self._accepted(inbox, fetched) if fetched else []
            await asyncio.to_thread(self._hand.take, ())
        finally:
            await asyncio.shield(asyncio.to_thread(remove, [each.landed for each in fetched]))
        return words

    async def _guarded(self, inbox: Inbox, row: Row) -> Fetched | None:
        """One packet. None: it makes trouble, and is fetched again at a later look."""
        try:
            landed = await self._fetched(inbox, row)
            return Fetched(row, landed) if landed else None
        except (Resting, NoRoom, Denied) as error:
            self._notes.append(str(error))
        except (Trouble, StorageError) as error:
            self._failures[row.id] = self._failures.get(row.id, 0) + 1
            self._reasons[row.id] = f"{row.id}: {error.told if isinstance(error, Trouble) else error}"
            self._notes.append(self._reasons[row.id])
            if isinstance(error, Spoilt | Failed):
                self._spoilt.put_off(row.id)
        return None

    async def _fetched(self, inbox: Inbox, row: Row) -> Landed | None:
        """The packet; None: what came cannot be read, and may not be all that there is."""
        verdict = await self._hand.verdict(inbox, row.id, self._key(row))
        landed = await self._packets.landed(self._name, self._kind, row, verdict)
        if verdict or landed.blob is None or not isinstance(landed.packet, Quarantined):
            return landed
        if self._doubts.get(row.id) == landed.blob.digest:
            return landed
        self._doubts[row.id] = landed.blob.digest
        self._notes.append(f"{row.id}: văn bản không đọc được, sẽ tải lại một lần nữa ({landed.packet})")
        await asyncio.to_thread(remove, [landed])
        return None

    def _key(self, row: Row) -> str:
        return f"{self._name}/{self._kind}/{row.id}"

    async def _accepted(self, inbox: Inbox, fetched: Sequence[Fetched]) -> list[tuple[str, Word]]:
        found = [each.landed for each in fetched]
        await asyncio.to_thread(adopt, self._context, found, self._settings.largest * 10**6)
        failpoint("rest.fetched")
        outcomes = await inbox.accept([self._incoming(each) for each in fetched])
        words = [(each.row.id, _word(said)) for each, said in zip(fetched, outcomes, strict=True)]
        for id_, word in words:
            self._answered[id_] = word
            self._answered.move_to_end(id_)
        while len(self._answered) > _KNOWN:
            self._answered.popitem(last=False)
        failpoint("rest.accepted")
        return words

    def _incoming(self, fetched: Fetched) -> Incoming:
        landed = fetched.landed
        return Incoming(
            self._key(fetched.row), f"{quote(fetched.row.id, safe=' ')[:100]}.edxml", landed.packet, landed.blob
        )

    async def _confirm(self, words: Sequence[tuple[str, Word]]) -> None:
        await asyncio.gather(*(self._confirmed(id_, word) for id_, word in words))

    async def _confirmed(self, id_: str, word: Word) -> None:
        """What could not be said is said again when the list shows the packet again."""
        try:
            await self._client.confirm(self._name, self._kind, id_, taken=word.taken, reason=word.reason)
        except Resting as error:
            self._notes.append(str(error))
        except Trouble as error:
            self._notes.append(f"chưa xác nhận được {id_}: {error.told}")
            if isinstance(error, Spoilt | Failed):
                self._told.put_off(id_)
        else:
            failpoint("rest.confirmed")
            self._told.put_off(id_)

    def _say(self, trouble: str) -> None:
        """Keep it for `check`, and log it once."""
        if trouble and trouble != self.trouble:
            logger.warning("{}: {}", self._context.unit.id, trouble)
        self.trouble = trouble


def _word(outcome: Acceptance | Refused) -> Word:
    """Custody is taken, a duplicate's and what is quarantined too; what is refused is told why."""
    if isinstance(outcome, Acceptance | Quarantined):
        return Word(taken=True)
    return Word(taken=False, reason=outcome.reason)
