"""The one writer: jobs queue up, and all that wait share one transaction and one fsync."""

from __future__ import annotations

import asyncio
import errno
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Engine, insert, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from hub.clock import Clock
from hub.errors import Damaged, NoRoom, StorageError, StorageFailed
from hub.failpoints import failpoint
from hub.ledger.chain import GENESIS, Line, canonical, digest
from hub.ledger.records import columns
from hub.room import Refusal, read_only
from hub.tables import EventRow
from hub.vocabulary import Event

T = TypeVar("T")
R = TypeVar("R")
_MOST_JOBS = 256
#: Things of several jobs that are done at once.
_MOST_SHARED = 256
_FIELDS = tuple(part.name for part in fields(Line))
_EVENTS = columns(EventRow)
_NEW_EVENTS = insert(_EVENTS)
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(8036)")


@dataclass(slots=True)
class Transaction:
    """What a job may use: the connection, the time, and the chain's next lines."""

    connection: Connection
    now: datetime
    writer: str
    seq: int
    hash: str
    lines: list[dict[str, Any]] = field(default_factory=list)
    #: what is done in the writer's thread once it is committed
    then: list[Callable[[], None]] = field(default_factory=list)

    def execute(self, statement: Any, rows: Sequence[Mapping[str, Any]] | Mapping[str, Any] | None = None) -> Any:
        """Run one statement, for all rows at once. No rows: nothing is run."""
        if rows is None:
            return self.connection.execute(statement)
        return self.connection.execute(statement, rows) if rows else None

    def alone(self) -> None:
        """Wait for other nodes that judge what is in custody; they wait for this one until it commits."""
        if self.connection.dialect.name == "postgresql":
            self.execute(_ONE_AT_A_TIME)

    def record(self, event: Event) -> None:
        """Append one event. Its time, writer and number are the transaction's."""
        self.seq += 1
        said = (event.kind, event.envelope, event.delivery, event.unit, canonical(event.data))
        line = Line(self.writer, self.seq, self.now, *said)
        self.hash = digest(self.hash, line)
        self.lines.append({name: getattr(line, name) for name in _FIELDS} | {"hash": self.hash})

    def flush(self) -> None:
        """Write the recorded events."""
        self.execute(_NEW_EVENTS, self.lines)
        self.lines = []


Job = Callable[[Transaction], R]
#: A job over things; a result for each, in order.
Work = Callable[[Transaction, Sequence[T]], Sequence[R]]


@dataclass(slots=True)
class _Ticket:
    work: Work[Any, Any]
    things: Sequence[Any]
    future: asyncio.Future[Any]
    result: Sequence[Any] = ()
    error: BaseException | None = None

    def resolve(self) -> None:
        """Wake the one who waits, unless he was cancelled meanwhile."""
        if self.future.done():
            return
        if self.error:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Writer:
    """Runs jobs in one thread. Each job is whole or not at all; a failed one harms no other."""

    def __init__(self, engine: Engine, name: str, clock: Clock, folder: Path | None = None) -> None:
        self._engine, self._name, self._clock, self._folder = engine, name, clock, folder
        self._queue: SimpleQueue[_Ticket | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)
        self._head: tuple[int, str] | None = None
        self._latest = datetime.min.replace(tzinfo=UTC)
        #: set once a write or fsync failed: what is on the disk is no longer known
        self.failed: StorageError | None = None
        #: when the disk took nothing, last
        self.refused: Refusal | None = None
        self._began: float | None = None

    @property
    def busy_for(self) -> float:
        """Seconds for which the commit at hand is under way."""
        began = self._began
        return 0.0 if began is None else time.monotonic() - began

    @property
    def written(self) -> int:
        """How many events this writer has in the ledger, as far as it knows now."""
        return self._head[0] if self._head else 0

    def start(self) -> None:
        """Begin to take jobs."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what waits, then end the thread. Blocking."""
        self._queue.put(None)
        self._thread.join()

    async def run(self, job: Job[R]) -> R:
        """Run a job; durable when this returns. Raises what the job raised, NoRoom, StorageFailed, Damaged."""
        [result] = await self.share(lambda transaction, _: [job(transaction)], [None])
        return result

    async def share(self, work: Work[T, R], things: Sequence[T]) -> Sequence[R]:
        """The same of a job over things: `work` is done once for these and for those of all who wait beside with it.

        Returns a result for each of these, in order.
        """
        future: asyncio.Future[Sequence[R]] = asyncio.get_running_loop().create_future()
        self._queue.put(_Ticket(work, things, future))
        return await future

    def _work(self) -> None:
        while tickets := self._waiting():
            self._began = time.monotonic()
            self._run(tickets)
            self._began = None
            loop = tickets[0].future.get_loop()
            if not loop.is_closed():
                loop.call_soon_threadsafe(_resolve, tickets)

    def _waiting(self) -> list[_Ticket]:
        """Block for the first job, then take all that wait with it. Empty: the end."""
        tickets: list[_Ticket] = []
        while not tickets or (len(tickets) < _MOST_JOBS and not self._queue.empty()):
            ticket = self._queue.get()
            if ticket is None:
                if tickets:
                    self._queue.put(None)
                break
            tickets.append(ticket)
        return tickets

    def _run(self, tickets: list[_Ticket]) -> None:
        try:
            if self.failed:
                raise self.failed
            self._commit(tickets)
        except _JobFailed as failure:
            # Nothing was kept: each job gets a transaction of its own, so that one harms no other.
            if len(tickets) == 1:
                tickets[0].error = failure.error
            else:
                for ticket in tickets:
                    self._run([ticket])
        except (DBAPIError, OSError, StorageError) as error:
            self._give_up(tickets, translate(error))

    def _give_up(self, tickets: list[_Ticket], failure: StorageError) -> None:
        self._head = None
        if isinstance(failure, StorageFailed) and self._folder and read_only(self._folder):
            # Nothing reached the disk, and SQLite rolled back: unlike after a failed fsync, all is as it was.
            failure = NoRoom(f"the ledger's disk is read-only: {failure}")
        if isinstance(failure, NoRoom):
            self.refused = Refusal.now(failure)
        if isinstance(failure, StorageFailed | Damaged):
            self.failed = failure
        for ticket in tickets:
            ticket.error = failure

    def _commit(self, tickets: list[_Ticket]) -> None:
        with self._engine.begin() as connection:
            seq, head = self._head or self._read_head(connection)
            transaction = Transaction(connection, max(self._latest, self._clock.now()), self._name, seq, head)
            for group in _shared(tickets):
                results = iter(_attempt(group[0].work, transaction, [each for one in group for each in one.things]))
                for ticket in group:
                    ticket.result = list(islice(results, len(ticket.things)))
            failpoint("ledger.before_commit")
        self._head, self.refused, self._latest = (transaction.seq, transaction.hash), None, transaction.now
        for act in transaction.then:
            act()
        failpoint("ledger.after_commit")

    def _read_head(self, connection: Connection) -> tuple[int, str]:
        newest = select(_EVENTS.c.seq, _EVENTS.c.hash).where(_EVENTS.c.writer == self._name)
        row = connection.execute(newest.order_by(_EVENTS.c.seq.desc()).limit(1)).first()
        return (row.seq, row.hash) if row else (0, GENESIS)


class _JobFailed(Exception):
    """A job raised; its transaction is rolled back."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


def _shared(tickets: Iterable[_Ticket]) -> Iterator[list[_Ticket]]:
    """Those that stand beside each other with the same work, as many as are done at once."""
    group: list[_Ticket] = []
    size = 0
    for ticket in tickets:
        size += len(ticket.things)
        if group and (ticket.work != group[0].work or size > _MOST_SHARED):
            yield group
            group, size = [], len(ticket.things)
        group.append(ticket)
    yield group


def _attempt(work: Work[T, R], transaction: Transaction, things: Sequence[T]) -> Sequence[R]:
    try:
        results = work(transaction, things)
        transaction.flush()
    except DBAPIError as error:
        if isinstance(translated := translate(error), StorageFailed | Damaged | NoRoom) or error.connection_invalidated:
            raise translated from error
        raise _JobFailed(translated) from error
    except Exception as error:  # whatever a job raises belongs to its caller, and must not end the writer
        raise _JobFailed(error) from error
    return results


def _resolve(tickets: list[_Ticket]) -> None:
    for ticket in tickets:
        ticket.resolve()


def translate(error: Exception) -> StorageError:
    """A database's or the system's error in the hub's words."""
    if isinstance(error, StorageError):
        return error
    origin = error.orig if isinstance(error, DBAPIError) else error
    name = getattr(origin, "sqlite_errorname", "") or errno.errorcode.get(getattr(origin, "errno", None) or 0, "")
    if name in {"SQLITE_FULL", "ENOSPC", "EDQUOT"} or getattr(origin, "sqlstate", "") == "53100":
        return NoRoom(f"the ledger's disk is full: {origin}")
    if name in {"SQLITE_BUSY", "SQLITE_LOCKED"}:
        return StorageError("the ledger: another program keeps it locked")
    if name in {"SQLITE_CORRUPT", "SQLITE_NOTADB"}:
        return Damaged(f"the ledger is damaged (hub verify, hub restore): {origin}")
    if name.startswith(("SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "EIO", "EROFS")):
        return StorageFailed(f"the ledger cannot be written: {origin}")
    return StorageError(f"the ledger: {origin}")
