"""The office's database and the files beside it: one thread writes, nothing blocks the loop."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

FILE = "eoffice.db"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS incoming (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, key TEXT NOT NULL, digest TEXT NOT NULL,
    door TEXT NOT NULL, paper TEXT NOT NULL, code TEXT NOT NULL, business INTEGER NOT NULL, original INTEGER,
    state TEXT NOT NULL, number INTEGER, assigned TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
    received REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS incoming_key ON incoming (key);
CREATE INDEX IF NOT EXISTS incoming_code ON incoming (code);
CREATE TABLE IF NOT EXISTS outgoing (
    id INTEGER PRIMARY KEY AUTOINCREMENT, paper TEXT NOT NULL, code TEXT NOT NULL, key TEXT NOT NULL UNIQUE,
    created REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS outgoing_code ON outgoing (code);
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, key TEXT NOT NULL UNIQUE, outgoing INTEGER,
    door TEXT NOT NULL, sender TEXT NOT NULL, name TEXT NOT NULL, about TEXT NOT NULL, status TEXT NOT NULL,
    reason TEXT NOT NULL, staff TEXT NOT NULL, said REAL NOT NULL, received REAL NOT NULL
);
-- what goes out: documents (code '') and, once for each document and code, statuses
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, doc INTEGER NOT NULL,
    code TEXT NOT NULL, sender TEXT NOT NULL, recipients TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL,
    packet TEXT NOT NULL, state TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '', outside TEXT NOT NULL DEFAULT '',
    UNIQUE (kind, doc, code)
);
CREATE TABLE IF NOT EXISTS history (
    id INTEGER PRIMARY KEY AUTOINCREMENT, doc INTEGER NOT NULL, at REAL NOT NULL, who TEXT NOT NULL,
    gesture TEXT NOT NULL, text TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS acts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, door TEXT NOT NULL, what TEXT NOT NULL,
    uid TEXT NOT NULL, outcome TEXT NOT NULL, digest TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, door TEXT NOT NULL, operation TEXT NOT NULL,
    http INTEGER NOT NULL, faults TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS seen (nonce TEXT PRIMARY KEY, at REAL NOT NULL);
-- the other side's ids of what was fetched and is in the registers
CREATE TABLE IF NOT EXISTS stored (outside TEXT PRIMARY KEY, uid TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS agencies (code TEXT PRIMARY KEY, name TEXT NOT NULL);
"""


def opened(data: Path) -> sqlite3.Connection:
    """The database of this folder, made if need be; commits are on the disk when they return."""
    connection = sqlite3.connect(data / FILE, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000;")
    connection.executescript(_SCHEMA)
    return connection


class Desk:
    """Runs work over the database, one after the other, each whole or not at all."""

    def __init__(self, data: Path) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="eoffice")
        self._data = data
        self._connection: sqlite3.Connection | None = None

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Its result, once it is committed."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._whole, work)

    async def aside(self, work: Callable[[], T]) -> T:
        """Other slow work, on the same thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def close(self) -> None:
        """Nothing runs afterwards."""
        await asyncio.get_running_loop().run_in_executor(self._pool, self._closed)
        self._pool.shutdown(wait=False)

    def _whole(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connection = self._connection or opened(self._data)
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        return result

    def _closed(self) -> None:
        if self._connection is not None:
            self._connection.close()


class Files:
    """A folder of bytes under their digests; what is there is there for good."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "files"
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def keep(self, name: str, content: bytes) -> str:
        """Durable when this returns the name."""
        path = self.folder / name
        if not path.exists():
            made = path.with_suffix(".new")
            with made.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            made.replace(path)
            self._sync()
        return name

    def load(self, name: str) -> bytes:
        """The bytes. Raises OSError."""
        return (self.folder / name).read_bytes()

    def _sync(self) -> None:
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
