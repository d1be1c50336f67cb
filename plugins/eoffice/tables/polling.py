"""Out of their tables, again and again: each row that waits is taken in a transaction of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from hub import Acceptance, Deferred, Inbox, Quarantined, Refused, StorageError, failpoint, logger
from plugins.eoffice.tables import taking
from plugins.eoffice.tables.database import Database, Work
from plugins.eoffice.tables.failures import Trouble
from plugins.eoffice.tables.mapping import OutDocuments, OutStatuses
from plugins.eoffice.tables.placing import Place
from plugins.eoffice.tables.reading import Desk
from plugins.eoffice.tables.returned import Returned
from plugins.eoffice.tables.settings import TablesSettings
from plugins.eoffice.tables.shapes import INCOMPLETE
from plugins.eoffice.tables.taking import Claim

_MEGABYTE = 10**6
#: Troubles that one round tells.
_MOST = 5


class _Unfinished(Exception):
    """A row that waits for what belongs to it."""


class Poll:
    """Looks for rows of one kind. `trouble` says what is wrong with them now, for people; "": nothing."""

    def __init__(
        self,
        source: OutDocuments | OutStatuses,
        database: Database,
        place: Place,
        settings: TablesSettings,
        returned: Returned,
    ) -> None:
        self._source, self._database, self._place = source, database, place
        self._settings, self._returned = settings, returned
        #: row -> how often it made trouble: the others go first
        self._failures: dict[Any, int] = {}
        #: row -> since when something that it needs is seen to be missing
        self._unfinished: dict[Any, float] = {}
        self._notes: list[str] = []
        self.trouble = ""

    async def run(self, inbox: Inbox) -> None:
        """Look, take, wait; until cancelled."""
        while True:
            await self._looked(inbox)
            await self._place.context.clock.sleep(self._settings.poll)

    async def _looked(self, inbox: Inbox) -> None:
        self._notes.clear()
        try:
            await self._round(inbox)
        except (Trouble, Deferred, StorageError, OSError) as error:
            self._notes.append(str(error))
        self._say("; ".join(dict.fromkeys(self._notes[:_MOST])))

    async def _round(self, inbox: Inbox) -> None:
        """All that waits now. What concerns everything ends it."""
        desk = self._desk(inbox)
        for key in self._ordered(await self._waiting()):
            try:
                await self._taken(inbox, desk, key)
            except _Unfinished:
                continue
            except StorageError:
                raise
            except Exception as error:  # whatever it is, the rows behind it come first in the next round
                self._failures[key] = self._failures.get(key, 0) + 1
                if isinstance(error, OSError) or (isinstance(error, Trouble) and error.is_outage):
                    raise
                if not isinstance(error, Trouble | Deferred):
                    logger.exception("{}: {} {}", self._place.context.unit.id, self._source.table, key)
                self._notes.append(f"{self._source.table} {key}: {error}")

    async def _taken(self, inbox: Inbox, desk: Desk, key: Any) -> None:
        """Claim, accept, mark, commit: whatever ends in between, the row waits again and is the same input."""
        async with self._database.transaction(snapshot=True) as transaction:
            claim = await transaction.do(self._claim(desk, key))
            if claim is None:
                return
            if self._is_being_written(key, claim):
                raise _Unfinished
            failpoint("tables.claimed")
            [outcome] = await inbox.accept([claim.incoming])
            failpoint("tables.accepted")
            await transaction.do(partial(taking.mark, source=self._source, desk=desk, claim=claim, outcome=outcome))
            if not isinstance(outcome, Acceptance | Quarantined):
                await self._database.call(partial(self._returned.add, self._source.table, key))
        failpoint("tables.marked")

    def _is_being_written(self, key: Any, claim: Claim) -> bool:
        """Whether what a row lacks may still come: not every software writes all of a document at once."""
        packet, now = claim.incoming.packet, self._place.context.clock.monotonic()
        if not isinstance(packet, Refused) or packet.code != INCOMPLETE:
            return False
        return now - self._unfinished.setdefault(key, now) < self._settings.grace

    async def _waiting(self) -> list[Any]:
        mapping = self._settings.mapping
        return await self._database.read(partial(taking.waiting, source=self._source, mapping=mapping))

    def _claim(self, desk: Desk, key: Any) -> Work[Claim | None]:
        if isinstance(self._source, OutDocuments):
            return partial(taking.claim_document, source=self._source, desk=desk, key=key)
        return partial(taking.claim_status, source=self._source, desk=desk, key=key)

    def _ordered(self, keys: Sequence[Any]) -> list[Any]:
        """Those that made trouble come last; what waits no more is forgotten."""
        self._failures = {key: self._failures[key] for key in keys if key in self._failures}
        self._unfinished = {key: self._unfinished[key] for key in keys if key in self._unfinished}
        return sorted(keys, key=lambda key: self._failures.get(key, 0))

    def _desk(self, inbox: Inbox) -> Desk:
        place, largest = self._place, self._settings.largest * _MEGABYTE
        return Desk(place.mapping, place.context, place.folder, largest, inbox.has_room, self._returned)

    def _say(self, trouble: str) -> None:
        """Keep it for `check`, and log it once."""
        if trouble and trouble != self.trouble:
            logger.warning("{}: {}", self._place.context.unit.id, trouble)
        self.trouble = trouble
