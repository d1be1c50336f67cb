"""What the clerk's pages show, out of the registers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.counterparts.eoffice import posting, register
from tests.counterparts.eoffice.model import VIETNAM, Paper, paper_of

#: documents of a page
PAGE = 50
#: how far a document is with a recipient: what comes later here, wins
_RANKS = ("13", "01", "03", "04", "05", "16", "15", "06", "02")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a register with its document; `answers`: recipient -> the code that stands."""

    row: Mapping[str, Any]
    paper: Paper
    answers: Mapping[str, str]

    @property
    def id(self) -> int:
        """Its number."""
        return int(self.row["id"])


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a timeline. `code`: a status, or ""; `told`: how far it got with the axis, in words."""

    at: datetime
    who: str
    text: str
    code: str = ""
    told: str = ""


_TOLD = {"initial": "chờ trục lấy", "processing": "trục đang lấy", "done": "đã lên trục", "fail": "trục từ chối"}


def counts(db: sqlite3.Connection) -> Mapping[str, int]:
    """How many incoming documents are in each state."""
    return dict(db.execute("SELECT state, COUNT(*) FROM incoming GROUP BY state").fetchall())


def incoming(db: sqlite3.Connection, state: str, page: int) -> list[Line]:
    """What came in, newest first; `state` "": all. One more than PAGE where there is another page."""
    query = "SELECT * FROM incoming WHERE (? = '' OR state = ?) ORDER BY id DESC LIMIT ? OFFSET ?"
    rows = db.execute(query, (state, state, PAGE + 1, PAGE * page)).fetchall()
    return [Line(dict(row), paper_of(json.loads(row["paper"])), {}) for row in rows]


def whole_register(db: sqlite3.Connection) -> list[Line]:
    """Everything that came in, oldest first."""
    rows = db.execute("SELECT * FROM incoming ORDER BY id").fetchall()
    return [Line(dict(row), paper_of(json.loads(row["paper"])), {}) for row in rows]


def again(db: sqlite3.Connection) -> list[str]:
    """Number and notation of every document that was handed over although it was there, once for each time."""
    query = (
        "SELECT i.paper FROM acts a JOIN incoming i ON i.uid = a.uid "
        "WHERE a.what = 'document' AND a.outcome = 'duplicate' ORDER BY a.id"
    )
    return [paper_of(json.loads(row["paper"])).code for row in db.execute(query)]


def outgoing(db: sqlite3.Connection, page: int) -> list[Line]:
    """What went out, newest first; one more than PAGE where there is another page."""
    rows = db.execute("SELECT * FROM outgoing ORDER BY id DESC LIMIT ? OFFSET ?", (PAGE + 1, PAGE * page)).fetchall()
    return [Line(dict(row), paper_of(json.loads(row["paper"])), _standing(_answers(db, row["id"]))) for row in rows]


def came(db: sqlite3.Connection, doc: int) -> tuple[Line, list[Event]]:
    """A document that came in, and its timeline. Raises Impossible."""
    row = register.incoming(db, doc)
    people = [
        Event(_at(each["at"]), each["who"], each["text"])
        for each in db.execute("SELECT * FROM history WHERE doc = ? ORDER BY id", (doc,))
    ]
    given = [
        Event(_at(each["created"]), "Hồi báo", json.loads(each["body"])["reason"], each["code"], _told(each))
        for each in db.execute("SELECT * FROM outbox WHERE kind = 'status' AND doc = ? ORDER BY id", (doc,))
        if not each["code"].startswith("13:")
    ]
    line = Line(dict(row), paper_of(json.loads(row["paper"])), {})
    return line, sorted([*people, *given], key=lambda event: event.at)


def went(db: sqlite3.Connection, doc: int) -> tuple[Line, list[Event]]:
    """A document that went out, and what became of it. Raises Impossible."""
    row = posting.outgoing(db, doc)
    paper = paper_of(json.loads(row["paper"]))
    answers = _answers(db, doc)
    names = {each.code: each.name for each in paper.to}
    events = []
    for each in db.execute(
        "SELECT * FROM outbox WHERE doc = ? AND (kind = 'edoc' OR code LIKE '13:%') ORDER BY id", (doc,)
    ):
        back = each["kind"] == "status"
        text = f"Yêu cầu lấy lại từ {each['recipients']}" if back else "Gửi văn bản"
        events.append(Event(_at(each["created"]), "Văn thư", text, "13" if back else "", _told(each)))
    events += [
        Event(_at(each["said"]), names.get(each["sender"]) or each["name"] or each["sender"], each["reason"],
              each["status"])
        for each in answers
    ]  # fmt: skip
    # An answer says its second: of the same one, what we did comes first.
    events.sort(key=lambda event: event.at.replace(microsecond=0))
    return Line(dict(row), paper, _standing(answers)), events


def _answers(db: sqlite3.Connection, doc: int) -> list[sqlite3.Row]:
    return db.execute("SELECT * FROM answers WHERE outgoing = ? ORDER BY said, id", (doc,)).fetchall()


def _standing(answers: Iterable[sqlite3.Row]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for each in answers:
        before = found.get(each["sender"], "")
        if before not in _RANKS or (each["status"] in _RANKS and _RANKS.index(each["status"]) >= _RANKS.index(before)):
            found[each["sender"]] = each["status"]
    return found


def _told(row: sqlite3.Row) -> str:
    return _TOLD[row["state"]] + (f": {row['error']}" if row["error"] else "")


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, VIETNAM)
