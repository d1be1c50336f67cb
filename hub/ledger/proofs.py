"""What a verification reads of a ledger: pages, chain, rows against their events, and which bodies are needed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Engine, Integer, func, inspect, or_, select, type_coerce
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from hub.ledger.chain import Line, broken
from hub.ledger.evidence import CLOSINGS, VERDICTS, Case, strange
from hub.ledger.pledges import ENDED, OPENED
from hub.ledger.records import columns
from hub.ledger.streams import BATCH, ordered
from hub.ledger.writer import translate
from hub.tables import DeliveryRow, DutyRow, EnvelopeRow, EventRow, InputRow, OrphanRow
from hub.vocabulary import Blob

DELIVERIES, ENVELOPES, INPUTS = columns(DeliveryRow), columns(EnvelopeRow), columns(InputRow)
EVENTS, DUTIES, ORPHANS = columns(EventRow), columns(DutyRow), columns(OrphanRow)

#: What is true or false is read as the number that it is: any other than 0 would pass for true.
_AS_THEY_LIE = select(
    *(type_coerce(each, Integer).label(each.name) if isinstance(each.type, Boolean) else each for each in DELIVERIES.c)
)
_id = itemgetter(0)


class Proofs:
    """Reads the ledger. Every method is one consistent look. All raise Damaged, StorageError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()

    @contextmanager
    def _look(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except (DBAPIError, sqlite3.Error) as error:
            raise translate(error) from error

    def writers(self) -> list[tuple[str, int, str]]:
        """Each writer of events with its last number and hash: a checkpoint to keep elsewhere."""
        found: list[tuple[str, int, str]] = []
        with self._look() as connection:
            # One step down the key for each writer, however many events there are.
            while writer := connection.execute(_after(found[-1][0] if found else "")).scalar():
                newest = select(EVENTS.c.writer, EVENTS.c.seq, EVENTS.c.hash).where(EVENTS.c.writer == writer)
                row = connection.execute(newest.order_by(EVENTS.c.seq.desc()).limit(1)).one()
                found.append((row.writer, row.seq, row.hash))
        return found

    def schema(self) -> str:
        """The version of the tables."""
        with self._look() as connection:
            return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())

    def has(self, writer: str, seq: int, hash_: str) -> bool:
        """Whether this event is there, with this hash."""
        named = (EVENTS.c.writer == writer) & (EVENTS.c.seq == seq) & (EVENTS.c.hash == hash_)
        with self._look() as connection:
            return connection.execute(select(EVENTS.c.seq).where(named)).first() is not None

    def unsound(self) -> list[str]:
        """What the database itself finds wrong with its pages and indexes."""
        if self._engine.dialect.name != "sqlite":
            return []
        with self._look() as connection:
            said = connection.exec_driver_sql("PRAGMA integrity_check(10)").scalars().all()
        return [f"database: {line}" for line in said if line != "ok"]

    def torn(self) -> str:
        """The first thing that a quick look at the pages finds wrong, "" where they are sound or there are none yet."""
        url = self._engine.url
        if self._engine.dialect.name != "sqlite" or not Path(url.database or "").exists():
            return ""
        with self._look() as connection:
            said = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
        return "" if said == "ok" else said

    def is_blank(self) -> bool:
        """Whether there is no event at all, or not even a table for them."""
        with self._look() as connection:
            if not inspect(connection).has_table(EVENTS.name):
                return True
            return connection.execute(select(EVENTS.c.seq).limit(1)).first() is None

    def broken(self, seen: Callable[[], None] = lambda: None) -> Iterator[tuple[Line, str]]:
        """Every event that does not follow from the one before, with the reason. `seen` is called after each event."""
        with self._look() as connection:
            for writer in connection.execute(select(EVENTS.c.writer).distinct()).scalars().all():
                query = select(EVENTS).where(EVENTS.c.writer == writer).order_by(EVENTS.c.seq)
                rows = connection.execution_options(yield_per=BATCH).execute(query)
                yield from broken(line_of(row) for row in _counted(rows, seen))

    def strange(self) -> Iterator[str]:
        """Every input, envelope, delivery and waiting answer that is not as the events say."""
        with self._look() as connection:
            for case in _cases(connection):
                yield from strange(case)

    def blobs(self) -> Iterator[tuple[str, Blob]]:
        """Every blob that an envelope or a quarantined input needs, with the id of one that needs it."""
        held = select(ENVELOPES.c.id.label("owner"), ENVELOPES.c.digest, ENVELOPES.c.size)
        kept = select(INPUTS.c.name, INPUTS.c.digest, INPUTS.c.size)
        kept = kept.where(INPUTS.c.verdict == "quarantined", INPUTS.c.state == "kept", INPUTS.c.digest != "")
        with self._look() as connection:
            for row in connection.execution_options(yield_per=BATCH).execute(held.union_all(kept)):
                yield row.owner, Blob(row.digest, row.size)

    def count_blobs(self) -> int:
        """How many lines `blobs` gives, about."""
        with self._look() as connection:
            return connection.execute(select(func.count()).select_from(ENVELOPES)).scalar_one()

    def count_events(self) -> int:
        """How many events there are."""
        with self._look() as connection:
            return connection.execute(select(func.count()).select_from(EVENTS)).scalar_one()


def line_of(row: Any) -> Line:
    """An event out of its row."""
    return Line(row.writer, row.seq, row.at, row.kind, row.envelope_id, row.delivery_id, row.unit, row.data, row.hash)


def _after(writer: str) -> Any:
    return select(func.min(EVENTS.c.writer)).where(EVENTS.c.writer > writer)


def _counted(rows: Iterable[Any], seen: Callable[[], None]) -> Iterator[Any]:
    for row in rows:
        yield row
        seen()


def _cases(connection: Connection) -> Iterator[Case]:
    """What belongs to each envelope, one after the other; never all at once."""
    telling = (EVENTS.c.envelope_id != "") | EVENTS.c.kind.in_((*VERDICTS, *CLOSINGS))
    streams = (
        ordered(connection, "envelopes", select(ENVELOPES), ENVELOPES.c.id),
        ordered(connection, "inputs", select(INPUTS), INPUTS.c.envelope_id),
        ordered(connection, "deliveries", _AS_THEY_LIE, DELIVERIES.c.envelope_id),
        ordered(connection, "orphans", select(ORPHANS), ORPHANS.c.envelope_id),
        ordered(connection, "events", select(EVENTS).where(telling), EVENTS.c.envelope_id),
        ordered(connection, "duties", select(DUTIES), DUTIES.c.envelope_id),
        ordered(connection, "answers", _ANSWERS, ENVELOPES.c.about),
    )
    for envelope_id, parts in groupby(merge(*streams, key=_id), key=_id):
        case = Case(envelope_id)
        for _, part, row in parts:
            getattr(case, part).append(_PART[part](row))
        yield case


def _columns(row: Any) -> Any:
    return row._mapping


def _answer(row: Any) -> tuple[Line, datetime]:
    return line_of(row), row.received_at


#: What a row becomes in its case.
_PART: Mapping[str, Callable[[Any], object]] = {
    "envelopes": _columns,
    "inputs": _columns,
    "deliveries": _columns,
    "orphans": _columns,
    "duties": _columns,
    "events": line_of,
    "answers": _answer,
}
#: Answers whose acceptance opened or ended a duty.
_ANSWERS = (
    select(EVENTS, ENVELOPES.c.received_at)
    .join(ENVELOPES, ENVELOPES.c.id == EVENTS.c.envelope_id)
    .where(EVENTS.c.kind == "accepted", ENVELOPES.c.about != "")
    .where(or_(*(EVENTS.c.data.contains(f'"{name}":[[') for name in (OPENED, ENDED))))
)
