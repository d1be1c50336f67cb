"""Packets in the database: taken in, listed, confirmed. Every function runs in the database's thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from hub.simulating.central.bodies import Kept
from hub.simulating.central.parcels import Parcel

INITIAL, PROCESSING, DONE, FAIL = "initial", "processing", "done", "fail"
OnFail = Literal["listed", "requeued", "dropped"]
#: rows of a list that are read at once
PAGE = 500
_COLUMNS = "p.seq, p.doc_id, p.sending, p.message_type, s.sender, p.recipient, s.title, s.notation"
#: later than anything
_NOW = 1e12


@dataclass(frozen=True, slots=True)
class Sent:
    """One call of sendEdoc that is taken."""

    id: str
    system: str
    parcel: Parcel
    sha256: str
    kept: Kept
    #: seconds since 1970
    at: float


@dataclass(frozen=True, slots=True)
class Row:
    """One packet as lists show it; times are seconds since 1970."""

    seq: int
    doc_id: str
    sending: str
    message_type: str
    sender: str
    recipient: str
    title: str
    notation: str
    status: str
    created: float
    updated: float


@dataclass(frozen=True, slots=True)
class Query:
    """Which packets a list is about."""

    system: str
    #: the one message type; "": both
    message_type: str = ""
    #: those that the system sent, not those that it received
    sent: bool = False
    #: of the received, those that were confirmed too
    confirmed: bool = False
    doc_id: str = ""
    #: made in this time, seconds since 1970
    since: float = 0.0
    until: float = _NOW
    #: as it all was at that moment
    as_of: float = _NOW
    newest_first: bool = False
    on_fail: OnFail = "listed"


#: the last status that was noted until :as_of, and when
_AS_OF = "SELECT {} FROM step t WHERE t.doc_id=p.doc_id AND t.at <= :as_of ORDER BY t.seq DESC LIMIT 1"


def take(connection: sqlite3.Connection, sent: Sent, recipients: Sequence[tuple[str, str, str]]) -> None:
    """Record one sending and its packets: (docId, recipient's code, system that fetches it, or "")."""
    parcel, kept = sent.parcel, sent.kept
    connection.execute(
        "INSERT INTO sending VALUES (:id, :system, :sender, :message_type, :title, :notation, :document_id, :answer,"
        " :at, :sha256, :size, :file, :inline)",
        {**asdict(parcel), **asdict(kept), "id": sent.id, "system": sent.system, "sha256": sent.sha256, "at": sent.at},
    )
    connection.executemany(
        "INSERT INTO packet (doc_id, sending, sender_system, system, recipient, message_type, status, created, updated)"
        " VALUES (?,?,?,?,?,?,?,?,?)",
        [
            (doc_id, sent.id, sent.system, system, code, parcel.message_type, INITIAL, sent.at, sent.at)
            for doc_id, code, system in recipients
        ],
    )
    _note(connection, [doc_id for doc_id, _, _ in recipients], INITIAL, "", sent.at)


def confirm(
    connection: sqlite3.Connection, system: str, doc_id: str, status: str, note: str, at: float, on_fail: OnFail
) -> bool:
    """What updateStatus says of a packet; False where the system has no such packet. What is done stays done."""
    found = connection.execute("SELECT status FROM packet WHERE doc_id=? AND system=?", (doc_id, system)).fetchone()
    if found is None:
        return False
    _note(connection, [doc_id], status, note, at)
    if found[0] != DONE:
        stands = INITIAL if status == FAIL and on_fail == "requeued" else status
        connection.execute("UPDATE packet SET status=?, updated=? WHERE doc_id=?", (stands, at, doc_id))
    return True


def _note(connection: sqlite3.Connection, doc_ids: Iterable[str], status: str, note: str, at: float) -> None:
    connection.executemany(
        "INSERT INTO step (doc_id, status, note, at) VALUES (?,?,?,?)", [(each, status, note, at) for each in doc_ids]
    )


def body(connection: sqlite3.Connection, system: str, doc_id: str) -> Kept | None:
    """Where the bytes of a packet lie; None where the system has no such packet."""
    found = connection.execute(
        "SELECT s.size, s.body, s.file FROM packet p JOIN sending s ON s.id=p.sending WHERE p.doc_id=? AND p.system=?",
        (doc_id, system),
    ).fetchone()
    return None if found is None else Kept(*found)


def files(connection: sqlite3.Connection) -> list[str]:
    """The names of all stored files."""
    return [name for (name,) in connection.execute("SELECT file FROM sending WHERE file <> ''")]


def page(connection: sqlite3.Connection, query: Query, after: int = 0) -> list[Row]:
    """The next rows of a list, in its order; `after` is the last one's seq, 0 at the beginning."""
    status, updated = _standing(query)
    beyond, order = ("<", "DESC") if query.newest_first else (">", "ASC")
    place = f"p.seq {beyond} :after" if after else "1"
    found = connection.execute(
        # only texts of this module
        f"SELECT {_COLUMNS}, {status}, p.created, {updated} FROM packet p JOIN sending s ON s.id=p.sending"  # noqa: S608
        f" WHERE {_where(query)} AND {place} ORDER BY p.seq {order} LIMIT {PAGE}",
        {**asdict(query), "after": after},
    )
    return [Row(*each) for each in found]


def count(connection: sqlite3.Connection, query: Query) -> int:
    """How many rows the whole list has."""
    found = connection.execute(
        f"SELECT count(*) FROM packet p WHERE {_where(query)}",  # noqa: S608 - texts of this module
        asdict(query),
    )
    return int(found.fetchone()[0])


def _standing(query: Query) -> tuple[str, str]:
    """SQL of a packet's status and of its moment."""
    if query.as_of == _NOW:
        return "p.status", "p.updated"
    return f"({_AS_OF.format('t.status')})", f"({_AS_OF.format('t.at')})"


def _where(query: Query) -> str:
    parts = [
        "p.sender_system=:system" if query.sent else "p.system=:system",
        "p.created BETWEEN :since AND :until",
        "p.created <= :as_of",
    ]
    if query.message_type:
        parts.append("p.message_type=:message_type")
    if query.doc_id:
        parts.append("(p.sending=:doc_id OR p.doc_id=:doc_id)")
    if not (query.sent or query.confirmed):
        parts.append(f"{_standing(query)[0]} <> 'done'")
        parts += [f"{_standing(query)[0]} <> 'fail'"] * (query.on_fail == "dropped")
    return " AND ".join(parts)
