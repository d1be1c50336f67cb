"""The connector: `kind: eoffice-tables`."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import ClassVar

from hub import (
    Capabilities,
    Connector,
    Context,
    Damaged,
    Deferred,
    Delivery,
    Health,
    Inbox,
    Receipt,
    Refused,
    Settings,
    failpoint,
    logger,
)
from plugins.eoffice.tables import placing
from plugins.eoffice.tables.database import Database
from plugins.eoffice.tables.failures import CommitLost, Kind, Trouble
from plugins.eoffice.tables.folder import Folder
from plugins.eoffice.tables.mapping import InDocuments, InStatuses, OutDocuments, OutStatuses
from plugins.eoffice.tables.placing import Place
from plugins.eoffice.tables.polling import Poll
from plugins.eoffice.tables.returned import Returned
from plugins.eoffice.tables.settings import TablesSettings

_MEGABYTE = 10**6
_RESTORED = "restored"


class Tables(Connector[TablesSettings]):
    """Reads what a unit's software puts into its tables, and writes what comes for the unit into others."""

    kind: ClassVar[str] = "eoffice-tables"
    settings_type: ClassVar[type[Settings]] = TablesSettings

    def __init__(self, settings: TablesSettings, context: Context) -> None:
        super().__init__(settings, context)
        self._database = Database(settings)
        self._returned = Returned(context.state)
        folder = Folder(context.root / settings.attachments) if settings.attachments else None
        self._place = Place(settings.mapping, context, folder, settings.largest_attachment * _MEGABYTE)
        self._turn = asyncio.Lock()
        self._polls = [
            Poll(source, self._database, self._place, settings, self._returned) for source in self._sources()
        ]

    @classmethod
    def capable(cls, settings: TablesSettings) -> Capabilities:
        """The codes that the unit gives are those of its mapping."""
        codes = settings.mapping.codes
        return Capabilities(answers=bool(codes), codes=codes) if codes else Capabilities(answers=False)

    async def open(self) -> None:
        """Get ready; nothing is asked yet."""
        await self.enter(self._database)
        await asyncio.to_thread(self._prepare)

    async def check(self) -> Health:
        """Look at the tables that there are, and hold the mapping against them."""
        try:
            tables = await self._database.looked_at()
        except Trouble as error:
            return Health(False, str(error))
        troubles = "; ".join(dict.fromkeys(poll.trouble for poll in self._polls if poll.trouble))
        return Health(not troubles, troubles or "; ".join(tables.doubtful(self.settings.mapping)))

    async def listen(self, inbox: Inbox) -> None:
        """Documents, statuses and requests are looked for apart, so that none waits for another."""
        async with asyncio.TaskGroup() as group:
            for poll in self._polls:
                group.create_task(poll.run(inbox))
            if not self._polls:
                await asyncio.Event().wait()

    async def send(self, delivery: Delivery) -> Receipt:
        """One delivery is one transaction there."""
        where = placing.target(delivery.envelope.body, self.settings.mapping)
        async with self._turn:
            try:
                return await self._written(where, delivery)
            except CommitLost as lost:
                raise lost.as_unknown() from lost
            except Trouble as error:
                return await self._settled(error, delivery)
            except Damaged as error:
                raise Refused("damaged", f"Bản lưu của văn bản bị hỏng: {error}") from error
            except OSError as error:
                # Before the commit: nothing of it is there.
                raise Deferred(f"Không ghi được vào thư mục tệp đính kèm: {error.strerror}") from error

    async def find(self, delivery: Delivery) -> Receipt | None:
        """Look for its row. Raises Deferred where it cannot be asked now."""
        async with self._turn:
            try:
                return await self._found(delivery)
            except Trouble as error:
                raise error.as_end() from error

    async def _written(self, where: InDocuments | InStatuses, delivery: Delivery) -> Receipt:
        async with self._database.transaction() as transaction:
            name = await transaction.do(partial(placing.put, where=where, place=self._place, delivery=delivery))
            failpoint("tables.inserted")
        failpoint("tables.committed")
        return Receipt(f"{where.table} {name}")

    async def _settled(self, error: Trouble, delivery: Delivery) -> Receipt:
        """Where the value is taken it may be this very delivery's. Raises what the error means."""
        if error.kind is Kind.TAKEN and (found := await self._found(delivery)):
            return found
        raise error.as_end() from error

    async def _found(self, delivery: Delivery) -> Receipt | None:
        where = placing.target(delivery.envelope.body, self.settings.mapping)
        name = await self._database.read(partial(placing.find, where=where, delivery=delivery.id))
        return Receipt(f"{where.table} {name}") if name else None

    def _sources(self) -> list[OutDocuments | OutStatuses]:
        box = self.settings.mapping.outbox
        return [each for each in (box.documents, box.statuses, box.recalls) if each is not None]

    def _prepare(self) -> None:
        self._returned.load()
        marker = self.context.state / _RESTORED
        if marker.exists():
            # What was written there is found by its key; what was taken is marked, and nobody here knows of it.
            since = marker.read_text("utf-8")
            logger.warning("{}: restored from {}: let rows taken since then wait again", self.context.unit.id, since)
            marker.unlink()
