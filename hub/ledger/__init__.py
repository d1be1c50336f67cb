"""The ledger: the truth of what the hub holds. The only room with a database session."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy.exc import DBAPIError

from hub.clock import Clock
from hub.duties import Book
from hub.errors import Damaged, StorageError, StorageFailed
from hub.ledger import alarms, clockwork, desk, holding, lanes, orphans
from hub.ledger.agencies import Agencies
from hub.ledger.alarms import Alarm
from hub.ledger.balance import Sheet
from hub.ledger.desk import AskedBack, NotFound, Request, Requeued
from hub.ledger.engine import database_url, reading, writing
from hub.ledger.fetching import Outboxes
from hub.ledger.intake import Intake
from hub.ledger.lanes import Grant, Lane, Settlement, Taken
from hub.ledger.minded import Minded
from hub.ledger.orphans import NotAllowed, Sent
from hub.ledger.proposal import Proposal, Verdict
from hub.ledger.schema import upgrade
from hub.ledger.views import Views
from hub.ledger.writer import Transaction, Writer, translate
from hub.room import Refusal, sync_folder
from hub.strikes import Strikes
from hub.threads import in_thread
from hub.vocabulary import Event, Health, Story

__all__ = [
    "AskedBack",
    "Grant",
    "Lane",
    "Ledger",
    "NotAllowed",
    "NotFound",
    "Proposal",
    "Request",
    "Requeued",
    "Sent",
    "Settlement",
    "Taken",
    "Verdict",
    "Views",
    "copy_ledger",
    "doubt_open",
    "is_blank",
    "leave_request",
    "open_views",
]


def open_views(database: str, data: Path) -> Views:
    """Look at a ledger. Raises FileNotFoundError where an SQLite ledger does not exist yet."""
    url = database_url(database, data)
    if url.database and url.get_backend_name() == "sqlite" and not Path(url.database).exists():
        raise FileNotFoundError(url.database)
    return Views(reading(url))


def is_blank(database: str, data: Path) -> bool:
    """Whether there is no ledger, or one without a single event. Raises Damaged, StorageError."""
    try:
        views = open_views(database, data)
    except FileNotFoundError:
        return True
    try:
        return views.is_blank()
    finally:
        views.close()


def leave_request(database: str, data: Path, verb: str, target: str, now: datetime) -> str:
    """Leave a request for the running hub, from another process. Returns its id. Raises StorageError."""
    engine = writing(database_url(database, data))
    try:
        with engine.begin() as connection:
            return desk.ask(Transaction(connection, now, "", 0, ""), verb, target)
    except DBAPIError as error:
        raise translate(error) from error
    finally:
        engine.dispose()


def copy_ledger(database: str, data: Path, target: Path) -> None:
    """Copy an SQLite ledger whole, beside a running hub too. Raises StorageError, for another database too."""
    url = database_url(database, data)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise StorageError("a PostgreSQL ledger is copied with pg_dump; copy the blobs folder after it")
    target.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(url.database)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.Error as error:
        raise translate(error) from error
    for path in (target, target.parent):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def doubt_open(ledger: Path) -> int:
    """Have every delivery that has not ended asked about before it goes, and flagged. Returns how many.

    For a copy that is brought back: what was open in it may have arrived since. Raises StorageError.
    """
    try:
        with closing(sqlite3.connect(ledger)) as connection, connection:
            held = connection.execute("UPDATE delivery SET possible_duplicate = 1 WHERE state = 'held'")
            gone_on = connection.execute(
                "UPDATE delivery SET state = 'uncertain' WHERE state IN ('waiting', 'sending', 'deferred', 'uncertain')"
            )
            doubted = held.rowcount + gone_on.rowcount
    except sqlite3.Error as error:
        raise translate(error) from error
    return doubted


class Ledger:
    """One node's ledger. Every coroutine is durable when it returns.

    All of them raise NoRoom (the disk takes nothing), StorageFailed or Damaged (stop and verify), StorageError (later).
    """

    def __init__(
        self, database: str, data: Path, node: str, clock: Clock, answering: frozenset[str] = frozenset()
    ) -> None:
        url = database_url(database, data)
        self.node, self._clock, self._answering, self._data = node, clock, answering, data
        self._engine = writing(url)
        self._alone = url.get_backend_name() == "sqlite"
        self._writer = Writer(self._engine, node, clock, data if self._alone else None)
        self.views = Views(reading(url))
        #: for the tick that minds what is owed
        self.duties = Minded(self._writer, self.views)
        #: the lanes whose recipients fetch
        self.outboxes = Outboxes(self._writer, self.views)
        #: the central hub's directory
        self.agencies = Agencies(self._writer, self.views, data)

    async def __aenter__(self) -> Self:
        if torn := await in_thread(self.views.torn):
            raise Damaged(f"the ledger is damaged, and the hub does not run on it (hub verify, hub restore): {torn}")
        await in_thread(self._bring_up)
        self._writer.start()
        if self._alone:
            await self._writer.run(lanes.free_all)
        return self

    def _bring_up(self) -> None:
        upgrade(self._engine)
        if self._alone:
            try:
                sync_folder(self._data)
            except OSError as error:
                # SQLite syncs its folder too, and says nothing where that fails.
                raise StorageFailed(f"the ledger's folder cannot be synced: {error}") from error

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await in_thread(self._writer.stop)
        self.views.close()
        self._engine.dispose()

    @property
    def failed(self) -> Exception | None:
        """Why nothing can be written any more, if so."""
        return self._writer.failed

    @property
    def refused(self) -> Refusal | None:
        """When the disk took nothing, last, and why."""
        return self._writer.refused

    @property
    def busy_for(self) -> float:
        """Seconds for which the commit at hand is under way; much where another program holds the ledger."""
        return self._writer.busy_for

    @property
    def written(self) -> int:
        """How many events this node has written."""
        return self._writer.written

    def answering(self, routes: frozenset[str]) -> None:
        """From now on the answers of recipients that these routes added reach the origin."""
        self._answering = routes

    async def accept(self, proposals: Sequence[Proposal]) -> list[Verdict]:
        """Judge inputs: a duplicate, a conflict, an answer to nothing are found here. One verdict each, in order."""
        return list(await self._writer.share(self._judge, proposals))

    def _judge(self, transaction: Transaction, proposals: Sequence[Proposal]) -> list[Verdict]:
        return Intake(transaction, self._answering).accept(proposals)

    async def stories(self, unit: str, envelopes: Sequence[str]) -> list[Story]:
        """What this unit is told of documents that it sent, without names and the endpoints' health."""
        return await in_thread(self.views.stories, unit, envelopes, self._answering)

    async def endpoints(self) -> dict[str, dict[str, Any]]:
        """How the endpoints are: unit -> {"ok", "detail", "since"}."""
        return await in_thread(self.views.endpoints)

    async def tries(self, unit: str, source_key: str, name: str) -> int:
        """Count one more reading of an input, before it is read. Returns the count; 0: it has its verdict."""
        return await self._writer.run(partial(desk.tries, unit=unit, source_key=source_key, name=name))

    async def dispatch(self) -> list[Lane]:
        """Let go what was kept back long enough, a bounded part of it. Returns the lanes that got something."""
        if not await in_thread(self.views.held_over, self._clock.now()):
            return []
        return await self._writer.run(holding.dispatch)

    async def withdraw(self, unit: str, envelope_id: str) -> bool:
        """Stop a document of this unit that is still kept back. False: it is not, nothing is changed."""
        return await self._writer.run(partial(holding.withdraw, unit=unit, envelope_id=envelope_id))

    async def lease(self, recipient: str, limit: int) -> Grant | None:
        """Hold a lane and take what is due; None where another node holds it."""
        return await self._writer.run(partial(lanes.lease, recipient=recipient, owner=self.node, limit=limit))

    async def renew(self, grant: Grant) -> None:
        """Keep a lane. Raises Fenced."""
        await self._writer.run(partial(lanes.renew, grant=grant))

    async def settle(self, grant: Grant, settlements: Sequence[Settlement], limit: int) -> Grant:
        """Record outcomes and take what is due next; with limit 0 the lane is let go. Raises Fenced."""
        return await self._writer.run(partial(lanes.settle, grant=grant, settlements=settlements, limit=limit))

    async def hurry(self, recipients: Sequence[str]) -> None:
        """Make due now what these recipients wait for."""
        await self._writer.run(partial(lanes.hurry, recipients=recipients))

    async def ready(self) -> list[Lane]:
        """Every lane with open deliveries."""
        return await in_thread(self.views.ready)

    async def requeue(self, target: str, *, forced: bool = False) -> Requeued:
        """Send dead letters again, `forced` also what was asked back. Raises NotFound, AskedBack."""
        return await self._writer.run(partial(desk.requeue, target=target, forced=forced))

    async def discard(self, digest: str) -> None:
        """Close a quarantined input as not wanted. Raises NotFound."""
        await self._writer.run(partial(desk.discard, digest=digest))

    async def release(self, digest: str) -> None:
        """Close a quarantined input as taken in after all. Raises NotFound."""
        await self._writer.run(partial(desk.release, digest=digest))

    async def match(self, answer: str, document: str, how: str, book: Book | None = None) -> Sent:
        """Say which document a waiting answer is about, and send it on. Raises NotFound, NotAllowed.

        `book`: the rules of what is owed, where it asks the document back.
        """
        return await self._writer.run(lambda tx: orphans.match(tx, self._answering, answer, document, how, book))

    async def drop(self, answer: str, reason: str) -> None:
        """Let a waiting answer wait no longer: it goes nowhere. Raises NotFound."""
        await self._writer.run(partial(orphans.discard, envelope_id=answer, reason=reason))

    async def note_near(self, found: Sequence[tuple[str, list[dict[str, object]]]]) -> None:
        """Keep which documents come near each of these waiting answers."""
        await self._writer.run(partial(orphans.note, found=found))

    async def ask(self, verb: str, target: str) -> str:
        """Leave a request for the running hub. Returns its id."""
        return await self._writer.run(partial(desk.ask, verb=verb, target=target))

    async def requests(self) -> Sequence[Request]:
        """Requests that wait."""
        return await in_thread(self.views.requests)

    async def answer(self, request: Request, result: str) -> None:
        """Close a request."""
        await self._writer.run(partial(desk.answer, request=request, result=result))

    async def begin(self) -> None:
        """Record that a hub starts; what an earlier one knew of its endpoints is forgotten."""
        await self._writer.run(desk.begin)

    async def note_health(self, unit: str, health: Health) -> None:
        """Record how an endpoint is, for those who look without asking the running hub."""
        await self._writer.run(partial(desk.note_health, unit=unit, health=health))

    async def note_stall(self, unit: str, strikes: Strikes, event: Event) -> None:
        """Keep how often an endpoint's connector blocked the hub, and record the stall."""
        await self._writer.run(partial(desk.note_stall, unit=unit, strikes=strikes, event=event))

    async def reinstate(self, unit: str) -> None:
        """Forget an endpoint's stalls. Raises NotFound."""
        await self._writer.run(partial(desk.reinstate, unit=unit))

    async def follow(self, seconds: float, adopt: Callable[[float], None]) -> None:
        """The machine's clock was set: move with it what waits, and `adopt` it in the same moment."""
        await self._writer.run(partial(clockwork.follow, seconds=seconds, adopt=adopt))

    async def note_checkpoints(self, health: Health) -> None:
        """Keep how the place of the checkpoints is, for those who look without asking the running hub."""
        await self._writer.run(partial(desk.note_checkpoints, health=health))

    async def alarms(self) -> list[Alarm]:
        """The differences of conservation sheets that are known and not settled."""
        return await in_thread(self.views.looking, alarms.alarms)

    async def reconciled(self) -> date | None:
        """The last day whose sheet was made."""
        return await in_thread(self.views.looking, alarms.reconciled)

    async def mark_reconciled(self, day: date) -> None:
        """Remember this as the last day whose sheet need not be made any more."""
        await self._writer.run(partial(alarms.mark, day=day))

    async def note_sheet(self, sheet: Sheet, *, over: bool) -> list[Alarm]:
        """Record what a sheet found; `over`: its day is, and its sums are recorded too. Returns all that is known."""
        return await self._writer.run(partial(alarms.close if over else alarms.note, sheet=sheet))

    async def record(self, event: Event) -> None:
        """Write an event of the hub's own life."""
        await self._writer.run(partial(desk.record, event=event))
