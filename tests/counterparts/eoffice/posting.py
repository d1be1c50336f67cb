"""What goes out of the office: its register, and the outbox in which everything waits until it is confirmed."""

from __future__ import annotations

import json
import sqlite3
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.counterparts.eoffice.model import Paper, Party, Said, paper_key, paper_of


class Impossible(Exception):
    """A gesture that cannot be; the text is for the person who made it."""


@dataclass(frozen=True, slots=True)
class Here:
    """The office as its registers need it."""

    me: Party
    door: str
    now: datetime

    @property
    def at(self) -> float:
        """Seconds since 1970."""
        return self.now.timestamp()


def note(db: sqlite3.Connection, here: Here, what: str, uid: str, outcome: str, seen: str = "") -> None:
    """One line of what the office did at a door, for whoever checks it."""
    db.execute(
        "INSERT INTO acts (at, door, what, uid, outcome, digest) VALUES (?, ?, ?, ?, ?, ?)",
        (here.at, here.door, what, uid, outcome, seen),
    )


def send(db: sqlite3.Connection, here: Here, paper: Paper) -> int:
    """A document is in the register of what went out, and in the outbox. Raises Impossible: it was sent before."""
    key = paper_key(paper)
    if db.execute("SELECT 1 FROM outgoing WHERE key = ?", (key,)).fetchone():
        raise Impossible(f"Văn bản {paper.code} ngày {paper.date} đã có trong sổ văn bản đi.")
    row = db.execute(
        "INSERT INTO outgoing (paper, code, key, created) VALUES (?, ?, ?, ?)",
        (as_text(paper.as_json()), paper.code, key, here.at),
    )
    doc = int(row.lastrowid or 0)
    post(db, here, ("edoc", doc, ""), paper.to, paper.subject, paper)
    return doc


def take_back(db: sqlite3.Connection, here: Here, doc: int, recipients: tuple[Party, ...], reason: str) -> None:
    """Each of them is asked, with a 13, to let go of that document. Raises Impossible."""
    if not reason.strip():
        raise Impossible("Lấy lại văn bản: phải ghi lý do.")
    paper = paper_of(json.loads(outgoing(db, doc)["paper"]))
    for each in recipients or paper.to:
        said = Said(here.me, each.code, paper.code, paper.date, paper.document_id, "13", here.now, reason.strip())
        post(db, here, ("status", doc, f"13:{each.code}"), (each,), f"13 {paper.code}", said)


def post(
    db: sqlite3.Connection, here: Here, key: tuple[str, int, str], to: tuple[Party, ...], title: str, body: Paper | Said
) -> None:
    """Something goes out, unless the same went before."""
    text = as_text(body.as_json()) if isinstance(body, Paper) else as_text(said_json(body))
    db.execute(
        "INSERT OR IGNORE INTO outbox"
        " (uid, kind, doc, code, sender, recipients, title, body, packet, state, created, updated)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', 'initial', ?, ?)",
        (uuid.uuid4().hex[:24], *key, here.me.code, ",".join(each.code for each in to), title, text, here.at, here.at),
    )


def said_json(said: Said) -> dict[str, Any]:
    """What the database keeps of a status."""
    return {
        "sender": {"code": said.sender.code, "name": said.sender.name},
        "organ": said.organ, "code": said.code, "date": said.date, "document_id": said.document_id,
        "status": said.status, "at": said.at.isoformat(), "reason": said.reason, "staff": said.staff,
    }  # fmt: skip


def said_of(kept: dict[str, Any]) -> Said:
    """A status as the database kept it."""
    return Said(**{**kept, "sender": Party(**kept["sender"]), "at": datetime.fromisoformat(kept["at"])})


def body_of(row: sqlite3.Row | dict[str, Any]) -> Paper | Said:
    """What a row of the outbox carries."""
    kept = json.loads(row["body"])
    return paper_of(kept) if row["kind"] == "edoc" else said_of(kept)


def packed(db: sqlite3.Connection, uid: str, name: str) -> str:
    """Under which name the packet of a row lies: this one, unless another was made at the same time and came first."""
    db.execute("UPDATE outbox SET packet = ? WHERE uid = ? AND packet = ''", (name, uid))
    return str(db.execute("SELECT packet FROM outbox WHERE uid = ?", (uid,)).fetchone()[0])


def confirmed(db: sqlite3.Connection, here: Here, uid: str, state: str) -> sqlite3.Row | None:
    """The other side says what became of a row of the outbox; None: there is none. What is done stays done."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM outbox WHERE uid = ?", (uid,)).fetchone()
    if row is None:
        return None
    if row["state"] != "done":
        db.execute("UPDATE outbox SET state = ?, updated = ? WHERE uid = ?", (state, here.at, uid))
    note(db, here, "confirmed", uid, state)
    return row


def outgoing(db: sqlite3.Connection, doc: int) -> sqlite3.Row:
    """A document of ours. Raises Impossible."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM outgoing WHERE id = ?", (doc,)).fetchone()
    if row is None:
        raise Impossible(f"Không có văn bản đi số {doc}.")
    return row


def waiting(
    db: sqlite3.Connection, kind: str, states: tuple[str, ...] = ("initial", "processing")
) -> list[sqlite3.Row]:
    """What goes out and is in one of these states, oldest first; `kind` "": of both."""
    marks = ",".join("?" * len(states))
    query = f"SELECT * FROM outbox WHERE state IN ({marks}) AND (? = '' OR kind = ?) ORDER BY id"
    return db.execute(query, (*states, kind, kind)).fetchall()


def as_text(value: object) -> str:
    """JSON as the database keeps it."""
    return json.dumps(value, ensure_ascii=False)
