"""Connections: SQLite so set that a commit survives a power cut, or PostgreSQL. One synchronous path for both."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine import Connection

from hub.errors import StorageFailed

#: What every SQLite connection of the hub must say of itself, read back one by one.
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 60_000}
_WORDS = {"synchronous": "FULL", "foreign_keys": "ON"}


_LOOK = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


def database_url(database: str, data: Path) -> URL:
    """The address of the ledger: "sqlite" means `ledger.sqlite` in the data folder."""
    if database == "sqlite":
        return URL.create("sqlite", database=str(data / "ledger.sqlite"))
    return make_url(database).set(drivername="postgresql+psycopg")


def writing(url: URL) -> Engine:
    """An engine whose transactions take the write lock at once. Raises StorageFailed for a wrong PRAGMA."""
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_size=2, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"check_same_thread": False, "isolation_level": None})
    # One statement for many rows: row by row, the interpreter would be fought over at each of them.
    engine.dialect.use_insertmanyvalues_wo_returning = True
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def reading(url: URL) -> Engine:
    """An engine that cannot write; one look sees one moment. It works beside a running hub and without one."""
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, pool_pre_ping=True)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(_LOOK))
        return engine
    engine = create_engine(url, connect_args={"check_same_thread": False, "isolation_level": None})
    event.listen(engine, "connect", _set_reading)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _set_pragmas(connection: sqlite3.Connection, _: Any) -> None:
    for name, wanted in PRAGMAS.items():
        # An unread answer hides an I/O error of the switch to WAL, so each row is fetched.
        connection.execute(f"PRAGMA {name}={_WORDS.get(name, wanted)}").fetchone()
    for name, wanted in PRAGMAS.items():
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if found != wanted:
            raise StorageFailed(f"the ledger's PRAGMA {name} is {found}, not {wanted}")


def _set_reading(connection: sqlite3.Connection, _: Any) -> None:
    connection.execute("PRAGMA busy_timeout=60000").fetchone()
    connection.execute("PRAGMA query_only=ON").fetchone()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
