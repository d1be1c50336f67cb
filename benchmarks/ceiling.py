"""The bare ceiling: one thread that moves documents from folder to folder as durably as the hub does.

Claim by rename, hash, two group-committed records, one copy out, the same fsyncs, nothing else.
What is left between this and the hub is the price of the hub.

    python ceiling.py HOME        HOME holds in/, claims/, out/ on one file system; the ledger is HOME/ledger.db
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import inotify

BATCH = 64
_SCHEMA = (
    "CREATE TABLE accepted (name TEXT PRIMARY KEY, digest TEXT NOT NULL, size INTEGER NOT NULL)",
    "CREATE TABLE delivered (name TEXT PRIMARY KEY, copy TEXT NOT NULL)",
)


class Claim(NamedTuple):
    """One document taken: its name, the SHA-256 of its bytes, its size."""

    name: str
    digest: str
    size: int


def open_ledger(path: Path) -> sqlite3.Connection:
    """A fresh ledger whose commits survive a power cut."""
    ledger = sqlite3.connect(path, isolation_level=None)
    ledger.execute("PRAGMA journal_mode=WAL").fetchone()
    ledger.execute("PRAGMA synchronous=FULL")
    durable = ledger.execute("PRAGMA journal_mode").fetchone(), ledger.execute("PRAGMA synchronous").fetchone()
    if durable != (("wal",), (2,)):
        raise RuntimeError(f"the ledger is not durable: {durable}")
    for statement in _SCHEMA:
        ledger.execute(statement)
    return ledger


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def claim(name: str, source: Path, claims: Path) -> Claim:
    """Take a document out of reach, make its bytes durable, hash them."""
    target = claims / name
    source.joinpath(name).rename(target)
    with target.open("rb", buffering=0) as file:
        os.fdatasync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Claim(name, digest, file.tell())


def copy_out(name: str, claims: Path, target: Path) -> None:
    """One durable copy that appears whole, under its name."""
    hidden = target / f".{name}"
    with hidden.open("wb", buffering=0) as file:
        file.write(claims.joinpath(name).read_bytes())
        os.fsync(file.fileno())
    hidden.rename(target / name)


def commit(ledger: sqlite3.Connection, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
    """All rows in one transaction."""
    ledger.execute("BEGIN IMMEDIATE")
    ledger.executemany(statement, rows)
    ledger.execute("COMMIT")


def carry(names: list[str], home: Path, ledger: sqlite3.Connection) -> None:
    """Take one batch over, then hand it on."""
    source, claims, target = home / "in", home / "claims", home / "out"
    taken = [claim(name, source, claims) for name in names]
    sync_folder(claims)
    commit(ledger, "INSERT INTO accepted VALUES (?, ?, ?)", taken)
    for name in names:
        copy_out(name, claims, target)
    sync_folder(target)
    commit(ledger, "INSERT INTO delivered VALUES (?, ?)", [(name, name) for name in names])


def main(home: Path) -> None:
    """Carry what lies in `in/`, for ever; events wake, the listing decides."""
    ledger = open_ledger(home / "ledger.db")
    with inotify.Watch(home / "in", inotify.MOVED_TO | inotify.CLOSE_WRITE) as watch:
        print("ready", flush=True)
        while True:
            names = sorted(name for name in os.listdir(home / "in") if not name.startswith("."))
            for start in range(0, len(names), BATCH):
                carry(names[start : start + BATCH], home, ledger)
            if not names:
                watch.read(1.0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
