"""Alters ledger and bodies at random and counts what a verification finds: `python -m tests.crash.alterations`.

An alteration counts where what is evidence changed, or the database cannot be read any more. It may be missed only in
the tail: after the newest signed checkpoint.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hub import keeping
from hub.errors import HubError
from hub.ledger import open_views
from hub.ledger.chain import GENESIS, Line, canonical, digest
from tests.crash.specimen import LEDGER, Specimen, content, specimen

PAGE = 4096
_TABLES = {
    "event": "writer, seq",
    "envelope": "id",
    "input": "unit, source_key",
    "delivery": "id",
    "duty": "id",
    "orphan": "envelope_id",
}
#: What lies in the ledger for an envelope, and where it names it.
_OF_ENVELOPES = (
    *(("duty", "envelope_id"), ("orphan", "envelope_id"), ("delivery", "envelope_id"), ("input", "envelope_id")),
    ("envelope", "id"),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Tally:
    """What came of one kind of alteration."""

    tried: int = 0
    #: what is evidence was changed by it
    changed: int = 0
    found: int = 0
    #: not found, and nothing before the newest checkpoint was touched
    tail: int = 0
    missed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Made:
    """What an alteration did. `tail`: only what came after the newest checkpoint."""

    said: str
    tail: bool = False


Alteration = Callable[[Specimen, Path, random.Random], Made]


@contextmanager
def _database(data: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(data / LEDGER)) as connection, connection:
        yield connection


def _row(connection: sqlite3.Connection, chance: random.Random, table: str = "") -> tuple[str, int]:
    table = table or chance.choice(list(_TABLES))
    rows = [row for (row,) in connection.execute(f"SELECT rowid FROM {table}")]
    return table, chance.choice(rows)


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def _other(value: object, chance: random.Random) -> object:
    """The value with one bit, digit or letter changed."""
    if isinstance(value, int):
        return value ^ (1 << chance.randrange(20))
    if not isinstance(value, str) or not value:
        return "x" if value == "" else 1
    at = chance.randrange(len(value))
    return value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :]


# With SQL


def flip(_: Specimen, data: Path, chance: random.Random) -> Made:
    """One value of one row."""
    with _database(data) as connection:
        table, row = _row(connection, chance)
        column = chance.choice(_columns(connection, table))
        [before] = connection.execute(f"SELECT {column} FROM {table} WHERE rowid = ?", (row,)).fetchone()
        after = _other(before, chance)
        connection.execute(f"UPDATE OR REPLACE {table} SET {column} = ? WHERE rowid = ?", (after, row))
    return Made(f"{table} {row} {column}: {before!r} -> {after!r}"[:150])


def delete(_: Specimen, data: Path, chance: random.Random) -> Made:
    """One row."""
    with _database(data) as connection:
        table, row = _row(connection, chance)
        connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,))
    return Made(f"{table} {row}")


def insert(_: Specimen, data: Path, chance: random.Random) -> Made:
    """A row like another, under a key of its own."""
    with _database(data) as connection:
        table, row = _row(connection, chance)
        names = _columns(connection, table)
        values = dict(
            zip(names, connection.execute(f"SELECT * FROM {table} WHERE rowid = ?", (row,)).fetchone(), strict=True)
        )
        key = _TABLES[table].split(", ")[-1]
        [last] = connection.execute("SELECT max(seq) FROM event").fetchone()
        values[key] = last + 1 if table == "event" else f"{values[key]}x"
        marks = ", ".join("?" * len(names))
        connection.execute(f"INSERT INTO {table} VALUES ({marks})", list(values.values()))
    return Made(f"{table} like {row}")


def swap(_: Specimen, data: Path, chance: random.Random) -> Made:
    """The same column of two rows."""
    with _database(data) as connection:
        table, one = _row(connection, chance)
        two = _row(connection, chance, table)[1]
        column = chance.choice([name for name in _columns(connection, table) if name not in _TABLES[table].split(", ")])
        values = [
            connection.execute(f"SELECT {column} FROM {table} WHERE rowid = ?", (row,)).fetchone()[0]
            for row in (one, two)
        ]
        for row, value in zip((two, one), values, strict=True):
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (value, row))
    return Made(f"{table} {one} {two} {column}")


def truncate(given: Specimen, data: Path, chance: random.Random) -> Made:
    """The newest events with all that they wrote, as one would who knows the tables."""
    last = chance.randrange(1, given.events)
    with _database(data) as connection:
        gone = "(SELECT envelope_id FROM event WHERE kind = 'accepted' AND seq > ?)"
        for table, column in _OF_ENVELOPES:
            connection.execute(f"DELETE FROM {table} WHERE {column} IN {gone}", (last,))
        connection.execute("DELETE FROM event WHERE seq > ?", (last,))
    return Made(f"after event {last}", tail=last >= given.sealed)


def rewrite(given: Specimen, data: Path, chance: random.Random) -> Made:
    """An event's words, and every hash after it anew."""
    first = chance.randrange(1, given.events + 1)
    with _database(data) as connection:
        before, rows = GENESIS, connection.execute("SELECT * FROM event ORDER BY seq").fetchall()
        for writer, seq, at, kind, envelope, delivery, unit, said, _ in rows:
            line = Line(writer, seq, _EPOCH + timedelta(microseconds=at), kind, envelope, delivery, unit, said)
            if seq == first:
                line = replace(line, data=canonical(json.loads(said) | {"reason": "khác"}))
            before = digest(before, line)
            connection.execute("UPDATE event SET data = ?, hash = ? WHERE seq = ?", (line.data, before, seq))
    return Made(f"from event {first}", tail=first > given.sealed)


def roll_back(given: Specimen, data: Path, _: random.Random) -> Made:
    """An older copy."""
    shutil.copy(given.old, data / LEDGER)
    return Made("the older copy")


# In the file


def _edited(path: Path, edit: Callable[[bytearray], object]) -> None:
    whole = bytearray(path.read_bytes())
    edit(whole)
    path.unlink()
    path.write_bytes(whole)


def byte(_: Specimen, data: Path, chance: random.Random) -> Made:
    """One bit of the file."""
    at, bit = chance.randrange((data / LEDGER).stat().st_size), 1 << chance.randrange(8)
    _edited(data / LEDGER, lambda whole: whole.__setitem__(at, whole[at] ^ bit))
    return Made(f"bit {bit} of byte {at}")


def page(_: Specimen, data: Path, chance: random.Random) -> Made:
    """One page: zeros, or exchanged with another."""
    pages = (data / LEDGER).stat().st_size // PAGE
    one, two = (chance.randrange(pages) * PAGE for _ in range(2))

    def edit(whole: bytearray) -> None:
        other = bytes(PAGE) if chance.random() < 0.5 else bytes(whole[two : two + PAGE])
        if any(other):
            whole[two : two + PAGE] = whole[one : one + PAGE]
        whole[one : one + PAGE] = other

    _edited(data / LEDGER, edit)
    return Made(f"pages at {one} and {two}")


def cut(_: Specimen, data: Path, chance: random.Random) -> Made:
    """Bytes taken out, put in, or the file's end."""
    at, count = chance.randrange((data / LEDGER).stat().st_size), chance.randrange(1, 3 * PAGE)
    how = chance.choice(("end", "out", "in"))

    def edit(whole: bytearray) -> None:
        if how == "in":
            whole[at:at] = chance.randbytes(count)
        else:
            del whole[at : None if how == "end" else at + count]

    _edited(data / LEDGER, edit)
    return Made(f"{how} at {at}, {count} bytes")


def wal(given: Specimen, data: Path, chance: random.Random) -> Made:
    """The -wal after a kill: removed, cut short, one bit of it. What it held is lost from there on."""
    shutil.rmtree(data)
    given.copied(data, given.killed)
    path = data / f"{LEDGER}-wal"
    at = chance.randrange(path.stat().st_size)
    how = chance.choice(("removed", "cut", "bit"))
    if how == "removed":
        path.unlink()
    elif how == "cut":
        _edited(path, lambda whole: whole.__delitem__(slice(at, None)))
    else:
        _edited(path, lambda whole: whole.__setitem__(at, whole[at] ^ 1))
    return Made(f"-wal: {how} at {at}", tail=_newest(data) >= given.sealed)


def _newest(data: Path) -> int:
    """The newest event that can still be read, on a copy: reading itself writes."""
    with tempfile.TemporaryDirectory() as folder:
        for file in data.glob(f"{LEDGER}*"):
            shutil.copy(file, folder)
        with closing(sqlite3.connect(Path(folder, LEDGER))) as connection, suppress(sqlite3.Error):
            return int(connection.execute("SELECT max(seq) FROM event").fetchone()[0])
    return 0


# The bodies


def blob(_: Specimen, data: Path, chance: random.Random) -> Made:
    """A body: a bit, its end, more of it, gone, or another's content."""
    one, two = chance.sample(sorted((data / "blobs").iterdir()), 2)
    how = chance.choice(("bit", "end", "more", "gone", "other"))
    whole, at = bytearray(one.read_bytes()), chance.randrange(one.stat().st_size)
    one.unlink()
    if how == "bit":
        whole[at] ^= 1 << chance.randrange(8)
    elif how == "end":
        del whole[at:]
    elif how == "more":
        whole[at:at] = b"x"
    if how != "gone":
        one.write_bytes(two.read_bytes() if how == "other" else whole)
    return Made(f"{how} {one.name[:8]}")


KINDS: Mapping[str, Alteration] = {
    made.__name__.replace("_", " "): made
    for made in (flip, delete, insert, swap, truncate, rewrite, roll_back, byte, page, cut, wal, blob)
}


def found(given: Specimen, data: Path) -> str:
    """The first thing that a verification against the checkpoints finds, "" where it finds nothing."""
    try:
        views = open_views("sqlite", data)
    except FileNotFoundError as error:
        return str(error)
    try:
        bad = keeping.verify(views, data, lambda *_: None, given.marks).bad
    except HubError as error:
        return str(error)
    finally:
        views.close()
    return bad[0] if bad else ""


def run(count: int, seed: int, folder: Path) -> dict[str, Tally]:
    """Make so many alterations, every kind in turn, each on a fresh copy."""
    chance, given = random.Random(seed), specimen(folder / "specimen")
    assert found(given, given.data) == "", "what nobody altered is not sound"
    sound = {False: content(given.data), True: content(given.copied(folder / "whole", given.killed))}
    tallies = {name: Tally() for name in KINDS}
    for turn in range(count):
        name = list(KINDS)[turn % len(KINDS)]
        data = given.copied(folder / "harmed")
        _judge(tallies[name], given, data, KINDS[name](given, data, chance), sound[name == "wal"])
        shutil.rmtree(data)
    return tallies


def _judge(tally: Tally, given: Specimen, data: Path, made: Made, sound: object) -> None:
    tally.tried += 1
    seen = found(given, data)
    if not seen and content(data) == sound:
        return
    tally.changed += 1
    tally.found += bool(seen)
    tally.tail += not seen and made.tail
    if not seen and not made.tail:
        tally.missed.append(made.said)


def table(tallies: Mapping[str, Tally]) -> Iterator[str]:
    """The figures, kind by kind."""
    yield f"{'alteration':12} {'tried':>6} {'changed':>8} {'found':>6} {'in the tail':>12} {'missed':>7}"
    for name, tally in tallies.items():
        yield f"{name:12} {tally.tried:6} {tally.changed:8} {tally.found:6} {tally.tail:12} {len(tally.missed):7}"
        yield from (f"  missed: {said}" for said in tally.missed)
    sums: Counter[str] = Counter()
    for tally in tallies.values():
        sums += Counter(tried=tally.tried, changed=tally.changed, found=tally.found, tail=tally.tail)
    missed = sum(len(tally.missed) for tally in tallies.values())
    yield f"{'all':12} {sums['tried']:6} {sums['changed']:8} {sums['found']:6} {sums['tail']:12} {missed:7}"


def main() -> int:
    """Print the figures; 1 where anything before the newest checkpoint was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20261126)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tallies = run(said.count, said.seed, Path(folder))
    sys.stdout.write("\n".join([f"seed {said.seed}", *table(tallies), ""]))
    return int(any(tally.missed for tally in tallies.values()))


if __name__ == "__main__":
    raise SystemExit(main())
