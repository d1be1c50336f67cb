"""A ledger of many envelopes, made fast: the hub's own schema, rows, seals and chain, inserted in bulk without fsync.

A document goes to one unit, every 250th to thirty; each recipient answers 01, 03 and 06, of the newest documents some
do not. Each owes 03 and 06. One answer in five hundred waits in the pen; the newest fifth of a percent is under way.
"""

from __future__ import annotations

import json
import random
import sqlite3
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from hub import identity
from hub.blobs import Blobs
from hub.ledger.chain import GENESIS, Line, canonical, digest
from hub.ledger.engine import database_url, writing
from hub.ledger.evidence import SEAL, seal
from hub.ledger.records import body_json, columns
from hub.ledger.schema import upgrade
from hub.tables import DeliveryRow, DutyRow, EnvelopeRow, EventRow, InputRow, LaneRow, OrphanRow
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Document, new_id

UNITS = [f"xa-{number:02}" for number in range(1, 37)]
#: The document that is asked for: the last that went to thirty units.
CODE = "500/CV-UBND"
_ANSWERS = ("01", "03", "06")
_TABLES = {
    "input": InputRow, "envelope": EnvelopeRow, "delivery": DeliveryRow, "duty": DutyRow,
    "orphan": OrphanRow, "event": EventRow, "lane": LaneRow,
}  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BATCH = 5_000
Row = dict[str, Any]


class Builder:
    """Writes one ledger."""

    def __init__(self, data: Path, envelopes: int) -> None:
        data.mkdir(parents=True, exist_ok=True)
        engine = writing(database_url("sqlite", data))
        upgrade(engine)
        engine.dispose()
        self._database = sqlite3.connect(data / "ledger.sqlite", isolation_level=None)
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.execute("PRAGMA cache_size=-400000")
        self._names = {table: [column.name for column in columns(model).columns] for table, model in _TABLES.items()}
        self._rows: dict[str, list[Row]] = {table: [] for table in _TABLES}
        self._left, self._all = envelopes, envelopes
        self._seq, self._hash = 0, GENESIS
        self._tails = dict.fromkeys(UNITS, 0)
        self._now, self._step = datetime.now(UTC) - timedelta(days=365), timedelta(days=365) / max(envelopes, 1)
        self._random = random.Random(5)
        self._written: dict[str, int] = {}
        blobs = Blobs(data / "blobs")
        blobs.open_store()
        #: every envelope's bytes
        self._blob = blobs.store(BytesIO(bytes(20_000)), 10**6)

    def run(self) -> None:
        """Build it all."""
        for number in range(1, self._all + 1):
            self._document(number)
            if len(self._rows["event"]) > _BATCH:
                self._write()
            if self._left <= 0:
                break
        for unit, tail in self._tails.items():
            self._rows["lane"].append({"recipient": unit, "tail": tail, "owner": "", "epoch": 1, "lease_until": _EPOCH})
        self._write()
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._database.close()

    @property
    def counts(self) -> str:
        """How many rows there are, in words."""
        return ", ".join(f"{table} {number:,}" for table, number in self._written.items())

    def _write(self) -> None:
        self._database.execute("BEGIN")
        for table, rows in self._rows.items():
            names = self._names[table]
            slots = ", ".join("?" * len(names))
            self._database.executemany(
                f"INSERT INTO {table} ({', '.join(names)}) VALUES ({slots})",
                [[_stored(row[name]) for name in names] for row in rows],
            )
            self._written[table] = self._written.get(table, 0) + len(rows)
            rows.clear()
        self._database.execute("COMMIT")

    # What happens

    def _document(self, number: int) -> None:
        sender = UNITS[number % len(UNITS)]
        others = [unit for unit in UNITS if unit != sender]
        to = others[:30] if number % 250 == 0 else [others[number % len(others)]]
        body = a_document(f"{number}/CV-UBND", subject=f"Về việc thực hiện nhiệm vụ số {number}")
        fresh = self._left < self._all / 500
        at = self._tick()
        owed = [(unit, code, at + timedelta(days=days)) for unit in to for code, days in (("03", 1), ("06", 7))]
        document = self._accept(body, sender, to, at, {"duties": [[u, c, d.isoformat(), "r"] for u, c, d in owed]})
        ended: dict[tuple[str, str], tuple[str, datetime]] = {}
        for unit in to:
            if not fresh:
                self._deliver(document, unit)
            for status in _ANSWERS if not fresh and self._left > 0 else ():
                self._answer(body, document, sender, unit, status, ended)
        for unit, code, due in owed:
            self._duty(document["id"], unit, code, at, due, ended.get((unit, code)))

    def _answer(
        self, body: Document, document: Row, sender: str, unit: str, status: str, ended: dict[Any, Any]
    ) -> None:
        if status != "01" and self._random.random() < 0.004:
            return
        at, said = self._tick(), an_answer(body, status)
        if status == "01" and self._random.random() < 0.006:
            said = replace(said, response_for=replace(said.response_for, document_id="", code="211 GM SNW"))
            answer = self._accept(said, unit, [], at, {"orphan": True, "to": [sender]})
            self._rows["orphan"].append(
                {"envelope_id": answer["id"], "unit": unit, "at": at, "state": "waiting"}
                | {"document": "", "how": "", "candidates": "[]"}
            )
            return
        met = {"met": [[unit, status, "met"]]} if status != "01" else {}
        answer = self._accept(said, unit, [sender], at, met, document["id"])
        self._deliver(answer, sender)
        ended[unit, status] = ("met", at)

    def _duty(
        self, document: str, unit: str, code: str, at: datetime, due: datetime, end: tuple[str, datetime] | None
    ) -> None:
        state, ended_at = end or ("open", None)
        if state == "open" and due < datetime.now(UTC):
            state = "overdue" if due > datetime.now(UTC) - timedelta(days=300) else "broken"
            ended_at = self._now if state == "broken" else None
            kind = "duty-overdue" if state == "overdue" else "duty-broken"
            self._event(kind, document, "", unit, {"code": code, "rule": "r", "state": state, "due": due.isoformat()})
        self._rows["duty"].append(
            {"id": new_id(at), "envelope_id": document, "unit": unit, "code": code, "rule": "r", "opened_at": at}
            | {"due_at": due, "next_at": due, "state": state, "ended_at": ended_at, "reminded": 0}
        )

    # Rows

    def _tick(self) -> datetime:
        self._left -= 1
        self._now += self._step
        return self._now

    def _accept(self, body: Any, unit: str, to: list[str], at: datetime, data: Row, about: str = "") -> Row:
        is_document = isinstance(body, Document)
        target, mark = body if is_document else body.response_for, f"{self._seq:064x}"
        kind = "document" if is_document else "acknowledgement"
        bytes_ = {"digest": self._blob.digest, "size": self._blob.size}
        envelope = bytes_ | {
            "id": new_id(at), "unit": unit, "source_key": mark, "kind": kind,
            "origin": unit, "document_id": identity.document_id(target.document_id), "code": identity.fold(target.code),
            "subject": body.subject if is_document else "", "business_key": f"{unit}|{target.code}|{mark[-8:]}",
            "fingerprint": mark, "about": about, "urgency": 0 if is_document else 1, "received_at": at, "repairs": [],
            "variant": "sdk", "span_offset": 0, "span_length": 0, "body": body_json(body),
        }  # fmt: skip
        given = bytes_ | {
            "unit": unit, "source_key": mark, "verdict": "accepted", "name": f"{mark[-8:]}.edxml", "at": at, "tries": 0,
            "envelope_id": envelope["id"], "code": "", "reason": "", "place": "", "state": "",
        }  # fmt: skip
        legs = [self._leg(envelope, unit, at) for unit in to]
        said = bytes_ | {"kind": envelope["kind"], "recipients": to, "name": given["name"]}
        self._event("accepted", envelope["id"], "", unit, said | data | {SEAL: seal(given, envelope, legs)})
        self._rows["input"].append(given)
        self._rows["envelope"].append(envelope)
        self._rows["delivery"] += legs
        return envelope

    def _leg(self, envelope: Row, recipient: str, at: datetime) -> Row:
        self._tails[recipient] += 1
        return {
            "id": new_id(at), "envelope_id": envelope["id"], "recipient": recipient, "seq": self._tails[recipient],
            "state": "waiting", "urgency": envelope["urgency"], "attempts": 0, "bugs": 0, "created_at": at,
            "due_at": at, "ended_at": None, "possible_duplicate": False, "receipt": "", "reason": "", "route": "",
        }  # fmt: skip

    def _deliver(self, envelope: Row, recipient: str) -> None:
        legs = reversed(self._rows["delivery"])
        leg = next(one for one in legs if one["envelope_id"] == envelope["id"] and one["recipient"] == recipient)
        leg |= {"state": "delivered", "attempts": 1, "ended_at": self._now, "receipt": f"{leg['id']}.edxml"}
        said = {"attempt": 1, "receipt": leg["receipt"]}
        self._event("delivered", envelope["id"], leg["id"], recipient, said)

    def _event(self, kind: str, envelope: str, delivery: str, unit: str, data: Row) -> None:
        self._seq += 1
        line = Line("hub", self._seq, self._now, kind, envelope, delivery, unit, canonical(data))
        self._hash = digest(self._hash, line)
        self._rows["event"].append(asdict(line) | {"hash": self._hash})


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value - _EPOCH) // timedelta(microseconds=1)
    return json.dumps(value) if isinstance(value, list) else value


def built(data: Path, envelopes: int) -> str:
    """Build it. Returns what it holds and how long that took, in words."""
    began, builder = time.perf_counter(), Builder(data, envelopes)
    builder.run()
    size = (data / "ledger.sqlite").stat().st_size / 1e9
    return f"{builder.counts}; {size:.2f} GB; built in {time.perf_counter() - began:.0f} s"
