"""What a simulated hub has on its records, read beside it while it runs, or after it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.errors import HubError
from hub.simulating.central.database import looked_at

_PACKETS = """
SELECT p.doc_id, p.sending AS sender_doc_id, p.message_type, s.sender, p.sender_system, p.recipient,
    p.system AS recipient_system, s.title, s.notation, s.document_id, s.answer, s.size, s.sha256, p.status, p.created,
    p.updated
FROM packet p JOIN sending s ON s.id=p.sending ORDER BY p.seq
"""
_STEPS = "SELECT doc_id, status, note, at FROM step ORDER BY seq"


@dataclass(frozen=True, slots=True)
class Step:
    """One moment of a packet: it came (initial), or updateStatus said this of it."""

    status: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """One packet of one recipient. Times are aware, UTC."""

    #: the recipient's own docId, and the DocId that the sender was given
    doc_id: str
    sender_doc_id: str
    #: edoc or status
    message_type: str
    sender: str
    sender_system: str
    recipient: str
    #: the system that may fetch it; "": nobody may
    recipient_system: str
    title: str
    notation: str
    #: the document's own id, or the id of the one that a status answers
    document_id: str
    #: the code of a status, "" for a document
    answer: str
    #: bytes as recipients get it
    size: int
    #: SHA-256 of the packet as it was sent
    sha256: str
    status: str
    created: datetime
    updated: datetime
    steps: tuple[Step, ...]

    def data(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)


def records(data: Path) -> list[Record]:
    """All packets in the order in which they came. Raises HubError where there are no records."""
    try:
        with closing(looked_at(data)) as connection:
            connection.execute("BEGIN")
            connection.row_factory = sqlite3.Row
            steps = _by_packet(connection.execute(_STEPS))
            return [_record(row, steps) for row in connection.execute(_PACKETS)]
    except sqlite3.Error as error:
        raise HubError(f"{data}: không có sổ của bộ giả lập (no simulator's records here): {error}") from error


def _by_packet(found: Iterable[sqlite3.Row]) -> Mapping[str, list[Step]]:
    steps: dict[str, list[Step]] = {}
    for doc_id, status, note, at in found:
        steps.setdefault(doc_id, []).append(Step(status, note, datetime.fromtimestamp(at, UTC)))
    return steps


def _record(row: sqlite3.Row, steps: Mapping[str, list[Step]]) -> Record:
    told = dict(row)
    times = {name: datetime.fromtimestamp(told[name], UTC) for name in ("created", "updated")}
    return Record(**{**told, **times, "steps": tuple(steps.get(told["doc_id"], ()))})
