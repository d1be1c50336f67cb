"""The registers of incoming and outgoing documents: what a clerk, a leader and an officer do, over one transaction.

Every gesture that the sender has a right to hear of leaves its status in the outbox, once for each document and code.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from tests.counterparts.eoffice.model import (
    TAKE_BACK,
    Paper,
    Said,
    digest,
    folded,
    paper_key,
    paper_of,
    said_key,
)
from tests.counterparts.eoffice.posting import Here, Impossible, as_text, note, post

#: state -> what people call it
STATES = {
    "den": "Mới đến",
    "vao-so": "Đã vào sổ",
    "phan-cong": "Đã phân công",
    "dang-xu-ly": "Đang xử lý",
    "hoan-thanh": "Hoàn thành",
    "tra-lai": "Đã trả lại",
    "yeu-cau": "Chờ trả lời yêu cầu",
    "dong-y": "Đã đồng ý",
    "khong-dong-y": "Đã từ chối",
    "thu-hoi": "Đã bị thu hồi",
    "thay-the": "Đã được thay thế",
}


@dataclass(frozen=True, slots=True)
class Gesture:
    """What somebody does with an incoming document: from which states, to which one, which status it gives."""

    name: str
    label: str
    code: str
    before: tuple[str, ...]
    after: str
    who: str
    #: whether it needs words
    words: str = ""


GESTURES: Mapping[str, Gesture] = {
    each.name: each
    for each in (
        Gesture("register", "Tiếp nhận", "03", ("den",), "vao-so", "Văn thư"),
        Gesture("assign", "Phân công", "04", ("vao-so", "phan-cong"), "phan-cong", "Lãnh đạo", "Giao cho ai"),
        Gesture("process", "Đang xử lý", "05", ("vao-so", "phan-cong"), "dang-xu-ly", "Chuyên viên"),
        Gesture("finish", "Hoàn thành", "06", ("vao-so", "phan-cong", "dang-xu-ly"), "hoan-thanh", "Chuyên viên"),
        Gesture("refuse", "Trả lại", "02", ("den",), "tra-lai", "Văn thư", "Lý do trả lại"),
        Gesture("agree", "Đồng ý", "15", ("yeu-cau",), "dong-y", "Văn thư"),
        Gesture("decline", "Không đồng ý", "16", ("yeu-cau",), "khong-dong-y", "Văn thư", "Lý do từ chối"),
    )
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of a packet that came in: `uid` and `id` are ours; `outcome`: taken or duplicate.

    `business`: the type of a document, -1 of a status.
    """

    uid: str
    id: int
    outcome: str
    business: int = -1


# what comes in ---------------------------------------------------------------------------------------------------


def arrive(db: sqlite3.Connection, here: Here, paper: Paper) -> Arrival:
    """A document is in the register, once; a new one gets its 01 by itself."""
    key, seen = paper_key(paper), digest(json.dumps(paper.as_json(), ensure_ascii=False, sort_keys=True).encode())
    for known in db.execute("SELECT * FROM incoming WHERE key = ? ORDER BY id DESC", (key,)):
        if known["state"] != "tra-lai" or known["digest"] == seen:
            again = Arrival(known["uid"], known["id"], "duplicate", paper.business)
            return _noted(db, here, again, "document", seen)
    state = "yeu-cau" if paper.business else "den"
    arrival = _entered(db, here, paper, (key, seen, state))
    if paper.business != 1:
        _tell(db, here, arrival.id, paper, "01", "")
    return _noted(db, here, arrival, "document", seen)


def heard(db: sqlite3.Connection, here: Here, said: Said) -> Arrival:
    """A status stands beside the document that it is about; a 13 waits for somebody's answer."""
    key = said_key(said)
    if said.status == str(TAKE_BACK):
        return _asked_back(db, here, said, key)
    known = db.execute("SELECT uid, id FROM answers WHERE key = ?", (key,)).fetchone()
    if known:
        return _noted(db, here, Arrival(known["uid"], known["id"], "duplicate"), "status", digest(key.encode()))
    uid = uuid.uuid4().hex[:24]
    about = f"{said.document_id}|{said.code}|{said.date}"
    row = db.execute(
        "INSERT INTO answers (uid, key, outgoing, door, sender, name, about, status, reason, staff, said, received)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (uid, key, _ours(db, here, said), here.door, said.sender.code, said.sender.name, about, said.status,
         said.reason, said.staff, said.at.timestamp(), here.at),
    )  # fmt: skip
    return _noted(db, here, Arrival(uid, int(row.lastrowid or 0), "taken"), "status", digest(key.encode()))


def _asked_back(db: sqlite3.Connection, here: Here, said: Said, key: str) -> Arrival:
    known = db.execute("SELECT uid, id FROM incoming WHERE key = ?", (key,)).fetchone()
    if known:
        return _noted(db, here, Arrival(known["uid"], known["id"], "duplicate"), "status", digest(key.encode()))
    number, _, notation = said.code.partition("/")
    paper = Paper(said.sender, (here.me,), said.document_id, number, notation, said.date, "Yêu cầu lấy lại",
                  said.reason or "Yêu cầu lấy lại văn bản", business=TAKE_BACK, about=said.document_id,
                  reason=said.reason)  # fmt: skip
    arrival = _entered(db, here, paper, (key, digest(key.encode()), "yeu-cau"))
    return _noted(db, here, arrival, "status", digest(key.encode()))


def _entered(db: sqlite3.Connection, here: Here, paper: Paper, how: tuple[str, str, str]) -> Arrival:
    key, seen, state = how
    uid = uuid.uuid4().hex[:24]
    row = db.execute(
        "INSERT INTO incoming (uid, key, digest, door, paper, code, business, original, state, received)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (uid, key, seen, here.door, as_text(paper.as_json()), paper.code, paper.business,
         _original(db, paper) if paper.business else None, state, here.at),
    )  # fmt: skip
    _remember(db, int(row.lastrowid or 0), here, "Phần mềm", "den", "Văn bản đến qua trục liên thông")
    return Arrival(uid, int(row.lastrowid or 0), "taken", paper.business)


def _original(db: sqlite3.Connection, paper: Paper) -> int | None:
    """The document that a request is about, by its identifier, else by its number."""
    named = f"{folded(paper.sender.code)}|{folded(paper.about or paper.document_id)}|0"
    row = db.execute(
        "SELECT id FROM incoming WHERE business = 0 AND (key = ? OR (code = ? AND key LIKE ?))"
        " ORDER BY key = ? DESC, id DESC LIMIT 1",
        (named, paper.code, f"{folded(paper.sender.code)}|%", named),
    ).fetchone()
    return int(row["id"]) if row else None


def _ours(db: sqlite3.Connection, here: Here, said: Said) -> int | None:
    """The document of ours that a status is about."""
    named = f"{folded(here.me.code)}|{folded(said.document_id)}|0"
    row = db.execute("SELECT id FROM outgoing WHERE key = ?", (named,)).fetchone()
    row = row or db.execute("SELECT id FROM outgoing WHERE code = ? ORDER BY id DESC", (said.code,)).fetchone()
    return int(row["id"]) if row else None


def _noted(db: sqlite3.Connection, here: Here, arrival: Arrival, what: str, seen: str) -> Arrival:
    note(db, here, what, arrival.uid, arrival.outcome, seen)
    return arrival


# what people do --------------------------------------------------------------------------------------------------


def gesture(db: sqlite3.Connection, here: Here, doc: int, name: str, words: str = "") -> bool:
    """Somebody does this with an incoming document. False: it was done already, nothing happened. Raises Impossible."""
    if name not in GESTURES:
        raise Impossible("Không có việc này.")
    wanted, row = GESTURES[name], incoming(db, doc)
    if row["state"] == wanted.after and name != "assign":
        return False
    if row["state"] not in wanted.before:
        raise Impossible(
            f"Văn bản {row['code']} đang ở bước “{STATES[row['state']]}”, không {wanted.label.lower()} được."
        )
    if wanted.words and not words.strip():
        raise Impossible(f"{wanted.label}: phải ghi {wanted.words.lower()}.")
    paper = paper_of(json.loads(row["paper"]))
    db.execute("UPDATE incoming SET state = ?, note = ? WHERE id = ?", (wanted.after, words.strip(), doc))
    if name == "register":
        number = db.execute("SELECT COALESCE(MAX(number), 0) + 1 FROM incoming").fetchone()[0]
        db.execute("UPDATE incoming SET number = ? WHERE id = ?", (number, doc))
    if name == "assign":
        db.execute("UPDATE incoming SET assigned = ? WHERE id = ?", (words.strip(), doc))
    if name == "agree":
        _carried_out(db, here, row, paper)
    _tell(db, here, doc, paper, wanted.code, words.strip())
    _remember(db, doc, here, wanted.who, name, words.strip() or wanted.label)
    return True


def _carried_out(db: sqlite3.Connection, here: Here, row: sqlite3.Row, paper: Paper) -> None:
    """What a request asked for happens to the document that it is about."""
    original, business = row["original"], row["business"]
    if business in {1, TAKE_BACK} and original:
        _becomes(db, here, original, "thu-hoi")
    elif business == 2 and original:
        db.execute("UPDATE incoming SET paper = ? WHERE id = ?", (row["paper"], original))
        _remember(db, original, here, "Văn thư", "update", paper.reason or "Nội dung được cập nhật")
    elif business == 3:
        if original:
            _becomes(db, here, original, "thay-the")
        db.execute("UPDATE incoming SET state = 'den', business = 0 WHERE id = ?", (row["id"],))


def _becomes(db: sqlite3.Connection, here: Here, doc: int, state: str) -> None:
    db.execute("UPDATE incoming SET state = ? WHERE id = ?", (state, doc))
    _remember(db, doc, here, "Văn thư", state, STATES[state])


def _tell(db: sqlite3.Connection, here: Here, doc: int, paper: Paper, code: str, reason: str) -> None:
    """The status lies in the outbox; a second one of the same code is none."""
    said = Said(here.me, paper.sender.code, paper.code, paper.date, paper.document_id, code, here.now, reason)
    post(db, here, ("status", doc, code), (paper.sender,), f"{code} {paper.code}", said)


def _remember(db: sqlite3.Connection, doc: int, here: Here, who: str, name: str, text: str) -> None:
    db.execute(
        "INSERT INTO history (doc, at, who, gesture, text) VALUES (?, ?, ?, ?, ?)", (doc, here.at, who, name, text)
    )


# looks -----------------------------------------------------------------------------------------------------------


def incoming(db: sqlite3.Connection, doc: int) -> sqlite3.Row:
    """A document of the register. Raises Impossible."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM incoming WHERE id = ?", (doc,)).fetchone()
    if row is None:
        raise Impossible(f"Không có văn bản đến số {doc}.")
    return row
