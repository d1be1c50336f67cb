"""The unit's database: every transaction in a thread, with an end, over a connection of its own.

No connection is kept between two transactions: one that died meanwhile is nobody's trouble.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, NullPool, create_engine
from sqlalchemy.exc import SQLAlchemyError

from hub import Deferred
from plugins.eoffice.tables.failures import CommitLost, Kind, Trouble, trouble
from plugins.eoffice.tables.mapping import TableMapping
from plugins.eoffice.tables.schema import Tables, agreed, reflected
from plugins.eoffice.tables.settings import TablesSettings

T = TypeVar("T")
#: What is done with the tables of an open transaction.
Work = Callable[[Connection, Tables], T]

#: Seconds that a connection may take, that a lock of theirs is waited for, and that a broken call may take to end.
_CONNECTING, _LOCK, _MERCY = 10.0, 5.0, 2.0
#: The part of `timeout` after which a lock is given up, so that it is told from a slow server.
_SHARE = 0.5
#: All statements of one call together may take so many times as long as one.
_CALL = 4
_THREADS = 6


class Database:
    """`async with` it. Every failure is a Trouble."""

    def __init__(self, settings: TablesSettings) -> None:
        self._settings = settings
        self._engine: Engine = create_engine(
            settings.url,
            poolclass=NullPool,
            hide_parameters=True,
            isolation_level="READ COMMITTED",
            connect_args=_arguments(settings),
        )
        self._known: Tables | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="eoffice-tables")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def mapping(self) -> TableMapping:
        """What stands where."""
        return self._settings.mapping

    @asynccontextmanager
    async def transaction(self, *, snapshot: bool = False) -> AsyncIterator[Transaction]:
        """It counts as a whole when the block ends well, else not at all. Raises Trouble, CommitLost.

        `snapshot`: all that it reads is of one moment. Not in MariaDB and MySQL, where that would lock rows between.
        """
        async with AsyncExitStack() as stack:
            engine = self._engine
            if snapshot and engine.dialect.name == "postgresql":
                engine = engine.execution_options(isolation_level="REPEATABLE READ")
            transaction = Transaction(self, engine)
            stack.push_async_callback(transaction.close)
            await transaction.open()
            yield transaction
            await transaction.commit()

    async def read(self, work: Work[T]) -> T:
        """What the work finds; nothing of it counts. Raises Trouble."""
        async with AsyncExitStack() as stack:
            transaction = Transaction(self, self._engine)
            stack.push_async_callback(transaction.close)
            await transaction.open()
            return await transaction.do(work)

    async def looked_at(self) -> Tables:
        """The tables as they are now. Raises Trouble that names all that is missing."""
        self._known = None
        return await self.read(lambda _, tables: tables)

    def tables(self, connection: Connection) -> Tables:
        """The tables as they were last seen. Blocking."""
        known = self._known
        if known is None:
            known = agreed(reflected(connection, self.mapping, self._settings.db_schema), self.mapping)
            self._known = known
        return known

    async def call(self, work: Callable[[], T], under: Connection | None = None, *, ending: bool = False) -> T:
        """Run it in a thread; what does not come back is cut off. Raises Trouble."""
        if self._closed:
            raise Deferred("the connector is closed")
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        future.add_done_callback(_heard)
        try:
            await asyncio.wait({future}, timeout=self._settings.timeout * _CALL)
        finally:
            if not future.done():
                _cut(under)
                await asyncio.wait({future}, timeout=_MERCY)
        if not future.done():
            raise (CommitLost if ending else Trouble)(Kind.SLOW, f"hơn {self._settings.timeout * _CALL:g} giây")
        return self._result(future, ending=ending)

    def _result(self, future: asyncio.Future[T], *, ending: bool) -> T:
        try:
            return future.result()
        except SQLAlchemyError as error:
            found = trouble(error, ending=ending)
        except Trouble as error:
            found = error
        if found.is_outage:
            self._known = None
        raise found


class Transaction:
    """One transaction on a connection of its own. Its statements go one after the other."""

    def __init__(self, database: Database, engine: Engine) -> None:
        self._database, self._engine = database, engine
        self._connection: Connection | None = None
        self._over = False

    async def open(self) -> None:
        """Connect. Raises Trouble."""
        await self._database.call(self._connect)

    async def do(self, work: Work[T]) -> T:
        """Run it in a thread, within the transaction. Raises Trouble."""
        return await self._database.call(partial(self._done, work), self._connection)

    async def commit(self) -> None:
        """It counts when this returns. Raises Trouble where it does not, CommitLost where nobody knows."""
        await self._database.call(self._open.commit, self._connection, ending=True)

    async def close(self) -> None:
        """What was not committed is undone."""
        self._over = True
        if self._connection is not None:
            with suppress(Trouble, Deferred):
                await self._database.call(self._connection.close, self._connection)

    @property
    def _open(self) -> Connection:
        assert self._connection is not None
        return self._connection

    def _connect(self) -> None:
        self._connection = self._engine.connect()
        if self._over:
            # Whoever asked for it did not wait.
            self._connection.close()

    def _done(self, work: Work[T]) -> T:
        return work(self._open, self._database.tables(self._open))


def _arguments(settings: TablesSettings) -> dict[str, Any]:
    """How the driver connects: times that end, texts in UTF-8, no value cut silently."""
    connecting, locked = int(min(_CONNECTING, settings.timeout)), min(_LOCK, settings.timeout * _SHARE)
    if settings.url.get_backend_name() == "postgresql":
        limits = {
            "statement_timeout": int(settings.timeout * 1000),
            "lock_timeout": int(locked * 1000),
            "client_encoding": "UTF8",
        }
        return {
            "connect_timeout": connecting,
            "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
            "application_name": "lien-thong-hub",
            "prepare_threshold": None,
            "tcp_user_timeout": int(settings.timeout * 1000),
        }
    offset = datetime.now(ZoneInfo(settings.mapping.zone)).strftime("%z")
    return {
        "connect_timeout": connecting,
        "read_timeout": settings.timeout,
        "write_timeout": settings.timeout,
        "charset": "utf8mb4",
        "init_command": f"SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'), "
        f"innodb_lock_wait_timeout = {int(locked)}, time_zone = '{offset[:3]}:{offset[3:]}'",
    }


def _cut(connection: Connection | None) -> None:
    """Break the line under a call that does not come back, so that its thread does."""
    if connection is None or connection.closed or connection.invalidated:
        return
    raw: Any = connection.connection.dbapi_connection
    line: Any = raw if hasattr(raw, "fileno") else getattr(raw, "_sock", None)
    with suppress(OSError, ValueError, AttributeError), socket.socket(fileno=os.dup(line.fileno())) as twin:
        twin.shutdown(socket.SHUT_RDWR)


def _heard(future: asyncio.Future[Any]) -> None:
    """Nobody may be left who asks how it ended."""
    if not future.cancelled():
        future.exception()
