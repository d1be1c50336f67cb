"""Out of their tables: rows that wait are claimed, made into packets, and marked.

Blocking, inside a transaction of theirs.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from sqlalchemy import Connection, func, select, update

from hub import Acceptance, Deferred, Incoming, NoRoom, Quarantined, Refused
from hub.standards import edxml
from plugins.eoffice.tables.mapping import OutDocuments, OutStatuses, TableMapping, WaitingRows
from plugins.eoffice.tables.reading import Desk, Reading, status
from plugins.eoffice.tables.schema import Tables
from plugins.eoffice.tables.shapes import document_of
from plugins.eoffice.tables.statements import change, changes, conditions
from plugins.eoffice.tables.values import folded, text

#: Rows that one look shows.
_MOST_ROWS = 1000
_LOOK = 1 << 20


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that is ours until the transaction ends. `recipients`: key of the row, code."""

    key: Any
    incoming: Incoming
    recipients: tuple[tuple[Any, str], ...] = ()


def waiting(connection: Connection, tables: Tables, source: WaitingRows, mapping: TableMapping) -> list[Any]:
    """The keys of rows that wait, oldest first by their keys."""
    key = tables.column(source.table, source.key)
    where = conditions(tables, source.table, source.where, mapping)
    return list(connection.execute(select(key).where(*where).order_by(key).limit(_MOST_ROWS)).scalars())


def claim_document(connection: Connection, tables: Tables, source: OutDocuments, desk: Desk, key: Any) -> Claim | None:
    """Make the document's row ours and read it; None: it does not wait any more.

    Raises NoRoom, OSError, the driver's errors.
    """
    if not _claimed(connection, tables, source, desk, key):
        return None
    reading = Reading(connection, tables, source, desk, key)
    recipients: tuple[tuple[Any, str], ...] = ()
    try:
        row = reading.row()
        recipients, to = reading.recipients(row)
        document = document_of(row, to, desk.us, source.columns, desk.mapping)
        with TemporaryFile(dir=_room(desk.context.state)) as file:
            prints = [*map(text, row.values()), *(code for _, code in recipients)]
            _write(file, edxml.compose(document, reading.files(prints)), desk)
            packet = edxml.read(file)
            file.seek(0)
            blob = desk.context.bodies.store(file, desk.largest)
        incoming = Incoming(_named(source.table, key, prints, desk), document.code, packet, blob)
    except Refused as refused:
        incoming = Incoming(
            _named(source.table, key, [str(refused), *reading.seen], desk), f"{source.table} {key}", refused, None
        )
    return Claim(key, incoming, recipients)


def claim_status(connection: Connection, tables: Tables, source: OutStatuses, desk: Desk, key: Any) -> Claim | None:
    """Make the status's row ours and read it; None: it does not wait any more. Raises the driver's errors."""
    if not _claimed(connection, tables, source, desk, key):
        return None
    seen: list[str] = []
    try:
        content = edxml.write_acknowledgement(status(connection, tables, source, desk, key, seen))
        packet = edxml.read(io.BytesIO(content))
        blob = desk.context.bodies.store(io.BytesIO(content), desk.largest)
        incoming = Incoming(_named(source.table, key, seen, desk), f"{source.table} {key}", packet, blob)
    except Refused as refused:
        incoming = Incoming(
            _named(source.table, key, [str(refused), *seen], desk), f"{source.table} {key}", refused, None
        )
    return Claim(key, incoming)


def mark(
    connection: Connection,
    tables: Tables,
    source: OutDocuments | OutStatuses,
    desk: Desk,
    claim: Claim,
    outcome: Acceptance | Refused,
) -> None:
    """Say in their tables what became of it. Raises the driver's errors."""
    unknown = {folded(code) for code in outcome.unknown} if isinstance(outcome, Acceptance) else frozenset[str]()
    taken = isinstance(outcome, Acceptance | Quarantined)
    fields = _said(outcome, unknown, desk)

    def put(table: str, column: str, key: Any, sets: dict[str, Any]) -> None:
        values = changes(tables, table, sets, fields, desk.mapping)
        change(connection, tables.column(table, column), key, values)

    put(source.table, source.key, claim.key, source.taken if taken else source.refused)
    if not isinstance(source, OutDocuments):
        return
    if listed := source.recipients:
        for key, code in claim.recipients:
            reached = taken and folded(code) not in unknown
            put(listed.table, listed.key, key, listed.taken if reached else listed.refused)
    if log := source.log:
        put(log.table, log.parent, claim.key, log.taken if taken else log.refused)


def _said(outcome: Acceptance | Refused, unknown: AbstractSet[str], desk: Desk) -> dict[str, object]:
    """The fields that `taken` and `refused` may name."""
    fields = _unsaid(desk)
    if isinstance(outcome, Acceptance):
        reason = f"Trục không có nơi nhận: {', '.join(sorted(unknown))}." if unknown else ""
        return {**fields, "id": outcome.envelope_id, "reason": reason}
    return {**fields, "error": outcome.code, "reason": outcome.reason}


def _unsaid(desk: Desk) -> dict[str, object]:
    return {"at": desk.context.clock.now(), "reason": "", "error": "", "id": ""}


def _claimed(connection: Connection, tables: Tables, source: WaitingRows, desk: Desk, key: Any) -> bool:
    """Take the row, if it still waits: whoever else wants it waits for the end of this transaction.

    Raises Deferred where other rows bear the same key: nobody could tell which one was taken.
    """
    where = conditions(tables, source.table, source.where, desk.mapping)
    column = tables.column(source.table, source.key)
    values = changes(tables, source.table, source.taken, _unsaid(desk), desk.mapping)
    statement = update(tables.table(source.table)).where(column == key, *where).values(values)
    if not connection.execute(statement).rowcount:
        return False
    same = connection.execute(select(func.count()).where(column == key)).scalar_one()
    if same > 1:
        raise Deferred(f"Có {same} dòng cùng {column.name} {key}: cột khóa phải duy nhất (UNIQUE).")
    return True


def _write(file: BinaryIO, pieces: Iterator[bytes], desk: Desk) -> None:
    """All of it, while there is room. Raises Refused, NoRoom. The file is at its beginning afterwards."""
    size = looked = 0
    for piece in pieces:
        size += len(piece)
        if size > desk.largest:
            raise Refused("too-large", f"Văn bản lớn hơn mức cho phép ({desk.largest} byte).")
        if size - looked > _LOOK or not looked:
            looked = size
            if not desk.has_room(size):
                raise NoRoom("the disk of the hub keeps its reserve: intake waits")
        file.write(piece)
    file.seek(0)


def _room(state: Path) -> Path:
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    return state


def _named(table: str, key: Any, seen: Sequence[str], desk: Desk) -> str:
    """The name of an input: the same row that says the same is the same input.

    What was mended is another one, and so is a row that the unit sends again after it was given back.
    """
    digest = hashlib.sha256(json.dumps(list(seen)).encode()).hexdigest()
    return f"{table}/{key}/{desk.returned.times(table, key)}/{digest[:32]}"
