"""The simulated hub's own database: what it holds, the one thread that may use it, and threads for files."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

NAME = "simulator.db"
T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sending (
    id TEXT PRIMARY KEY, system TEXT NOT NULL, sender TEXT NOT NULL, message_type TEXT NOT NULL,
    title TEXT NOT NULL, notation TEXT NOT NULL, document_id TEXT NOT NULL, answer TEXT NOT NULL,
    at REAL NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, file TEXT NOT NULL, body BLOB
);
CREATE TABLE IF NOT EXISTS packet (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, doc_id TEXT NOT NULL UNIQUE,
    sending TEXT NOT NULL REFERENCES sending(id), sender_system TEXT NOT NULL, system TEXT NOT NULL,
    recipient TEXT NOT NULL, message_type TEXT NOT NULL, status TEXT NOT NULL, created REAL NOT NULL,
    updated REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS packet_waiting ON packet (system, message_type, seq) WHERE status <> 'done';
CREATE INDEX IF NOT EXISTS packet_received ON packet (system, message_type, seq);
CREATE INDEX IF NOT EXISTS packet_sent ON packet (sender_system, message_type, seq);
CREATE INDEX IF NOT EXISTS packet_sending ON packet (sending);
CREATE TABLE IF NOT EXISTS step (
    seq INTEGER PRIMARY KEY, doc_id TEXT NOT NULL, status TEXT NOT NULL, note TEXT NOT NULL, at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS step_packet ON step (doc_id, seq);
CREATE TABLE IF NOT EXISTS agency (
    id INTEGER PRIMARY KEY, pid INTEGER NOT NULL, code TEXT NOT NULL UNIQUE, qd20 TEXT NOT NULL, old_code TEXT NOT NULL,
    name TEXT NOT NULL, mail TEXT NOT NULL, mobile TEXT NOT NULL, fax TEXT NOT NULL, center TEXT NOT NULL,
    system TEXT NOT NULL, version INTEGER NOT NULL, modified REAL NOT NULL, is_agency INTEGER NOT NULL,
    locked INTEGER NOT NULL, deleted INTEGER NOT NULL
);
"""


def opened(data: Path) -> sqlite3.Connection:
    """The database of that folder, made if need be; what is committed is on the disk. Raises sqlite3.Error."""
    connection = sqlite3.connect(data / NAME, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.executescript(_SCHEMA)
    return connection


def looked_at(data: Path) -> sqlite3.Connection:
    """The same to read only, beside a simulator that runs. Raises sqlite3.Error where there is none."""
    return sqlite3.connect(f"{(data / NAME).resolve().as_uri()}?mode=ro", uri=True)


class Desk:
    """Does everything with the database in one thread, one after the other, and what touches files in a few others."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._thread = ThreadPoolExecutor(1, "simulator-db")
        self._aside = ThreadPoolExecutor(4, "simulator-files")

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The result of `work`; what it changed is all committed, or, where it raises, nothing."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._whole, work)

    async def look(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The result of `work`, which changes nothing."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._connection)

    async def aside(self, work: Callable[..., T], *given: object) -> T:
        """The result of `work`, which does not touch the database."""
        return await asyncio.get_running_loop().run_in_executor(self._aside, work, *given)

    def close(self) -> None:
        """When what is begun is done."""
        self._aside.shutdown()
        self._thread.shutdown()
        self._connection.close()

    def _whole(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            done = work(self._connection)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        return done
