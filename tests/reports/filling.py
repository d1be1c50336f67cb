"""A ledger filled with months of a province's life, row by row: every state, every code, every kind of trouble.

python -m tests.reports.filling FOLDER DOCUMENTS makes one in FOLDER, to measure and to look at.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from hub.app import NODE
from hub.identity import ACKNOWLEDGEMENTS, DOCUMENTS
from hub.ledger import Ledger
from hub.testing import ManualClock
from hub.vocabulary import (
    Acknowledgement,
    Document,
    DocumentType,
    Organization,
    OtherInfo,
    Reference,
    Urgency,
    new_id,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HERE = timezone(timedelta(hours=7))
CENTRAL, FAR = "000.00.00.G22", "000.00.00.H29"
_ENDPOINT = "{kind: folderdrop, folder: shares/vpcp, layout: plain, serves: others}"
OUTSIDE = f"vpcp: {{name: Văn phòng Chính phủ, code: {CENTRAL}, endpoint: {_ENDPOINT}}}"
#: id -> name, code
UNITS: dict[str, tuple[str, str]] = {
    "vp-ubnd": ("Văn phòng UBND tỉnh Quảng Ngãi", "000.00.01.H48"),
    "so-nv": ("Sở Nội vụ", "000.00.14.H48"),
    "so-khcn": ("Sở Khoa học và Công nghệ", "000.00.15.H48"),
    "xa-binh-son": ("UBND xã Bình Sơn", "000.00.31.H48"),
    "xa-tinh-khe": ("UBND xã Tịnh Khê", "000.00.32.H48"),
    "p-nghia-lo": ("UBND phường Nghĩa Lộ", "000.00.33.H48"),
    "dk-ly-son": ("UBND đặc khu Lý Sơn", "000.00.34.H48"),
    "xa-mang-den": ("UBND xã Măng Đen", "000.00.35.H48"),
}
TRIED_OUT = "xa-thu-nghiem"
HUB_YAML = """
data: data
listen: 127.0.0.1:0
plugins: [folderdrop]
province: {code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}
report:
  leader: Phó Chủ tịch UBND tỉnh phụ trách khối văn xã
  office: Sở Khoa học và Công nghệ
  contact: Phòng Chuyển đổi số, điện thoại 0255 3822 xxx
"""
_SUBJECTS = (
    "V/v rà soát việc phản hồi trạng thái văn bản điện tử",
    "Về việc chủ động ứng phó áp thấp nhiệt đới và mưa lớn trên địa bàn tỉnh",
    "Dự tập huấn công tác văn thư, lưu trữ điện tử",
    "Về việc báo cáo tình hình thực hiện dự toán ngân sách quý III năm 2026 và nhiệm vụ trọng tâm quý IV năm 2026",
)
_REASONS = ("Giấy mời ghi sai tên đơn vị", "Không thuộc thẩm quyền giải quyết", "Thiếu phụ lục kèm theo")
_LOSSES = (
    "given up after 9 attempts: timed out",
    "the connector failed 5 times: ValueError",
    "the file is too large for the other side",
)


def configure(folder: Path, outside: str = OUTSIDE) -> None:
    """The configuration that names these units, and whoever stands for all others ("": nobody)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hub.yaml").write_text(HUB_YAML, encoding="utf-8")
    lines = ["units:"]
    for unit, (name, code) in {**UNITS, TRIED_OUT: ("UBND xã Thử", "000.00.39.H48")}.items():
        mode = ", mode: thu-nghiem" if unit == TRIED_OUT else ""
        endpoint = f"{{kind: folderdrop, folder: shares/{unit}, layout: plain}}"
        lines.append(f"  {unit}: {{name: {name}, code: {code}{mode}, endpoint: {endpoint}}}")
    lines += [f"  {outside}"] if outside else []
    (folder / "units.yaml").write_text("\n".join(lines), encoding="utf-8")


def micros(at: datetime) -> int:
    """As the tables keep it."""
    return (at - EPOCH) // timedelta(microseconds=1)


@dataclass
class Filling:
    """Rows for every table, made in memory and written in batches."""

    database: sqlite3.Connection
    random: random.Random
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    events: int = 0
    number: int = 0

    def put(self, table: str, *values: Any) -> None:
        """One more row."""
        self.rows.setdefault(table, []).append(values)

    def flush(self) -> None:
        """Write what there is."""
        for table, rows in self.rows.items():
            marks = ",".join("?" * len(rows[0]))
            self.database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        self.database.commit()
        self.rows.clear()

    def event(
        self, at: datetime, kind: str, envelope: str = "", delivery: str = "", unit: str = "", **data: Any
    ) -> None:
        """One more line of history."""
        self.events += 1
        said = json.dumps(data, ensure_ascii=False)
        self.put("event", NODE, self.events, micros(at), kind, envelope, delivery, unit, said, f"{self.events:064x}")

    def judged(self, at: datetime, unit: str, verdict: str, code: str = "", state: str = "") -> None:
        """An input that became nothing."""
        self.number += 1
        key = f"input-{self.number}"
        self.put("input", unit, key, verdict, key, micros(at), 0, "", code, "why", "", "", 0, state)
        if verdict != "reading":
            self.event(at, verdict, unit=unit)

    def envelope(self, at: datetime, unit: str, body: Document | Acknowledgement, about: str = "", **more: Any) -> str:
        """An accepted input."""
        self.number += 1
        key, name = f"input-{self.number}", new_id(at)
        is_document = isinstance(body, Document)
        kind = DOCUMENTS if is_document else ACKNOWLEDGEMENTS
        said = kind.dump_json(body).decode()  # type: ignore[arg-type] # the one that fits the body
        origin = more.get("origin", unit)
        document_id = body.document_id if isinstance(body, Document) else ""
        code = body.code if isinstance(body, Document) else ""
        subject = body.subject if isinstance(body, Document) else ""
        business = "" if more.get("withdrawn") else f"{origin}|{self.number}"
        size = self.random.randrange(20_000, 900_000)
        word = "document" if is_document else "acknowledgement"
        self.put("input", unit, key, "accepted", key, micros(at), 0, name, "", "", "", "d", size, "")
        named = (name, unit, key, word, origin, document_id.casefold(), code.casefold(), subject, business, "f", about)
        self.put("envelope", *named, 0, "d", size, micros(at), "[]", "sdk", 0, 0, said)
        return name

    def delivery(
        self, at: datetime, envelope: str, recipient: str, state: str, ended: datetime | None, why: str = ""
    ) -> str:
        """One leg."""
        name = new_id(at)
        end = micros(ended) if ended else None
        parts = (name, envelope, recipient, 1, state, 0, 1, 0, micros(at), micros(at), end, 0, "", why, "")
        self.put("delivery", *parts)
        return name

    def duty(self, at: datetime, envelope: str, unit: str, code: str, due: datetime, state: str) -> None:
        """One duty."""
        over = None if state in ("open", "overdue", "paused") else micros(due)
        parts = (new_id(at), envelope, unit, code, "rule", micros(at), micros(due), micros(due), state, over, 0)
        self.put("duty", *parts)


def moments(month: tuple[int, int], number: int, chance: random.Random) -> list[datetime]:
    """Moments of a month in Vietnam, in order; its first and its last are among them."""
    year, which = month
    first = datetime(year, which, 1, tzinfo=HERE)
    after = datetime(year + which // 12, which % 12 + 1, 1, tzinfo=HERE)
    inside = (first + (after - first) * chance.random() for _ in range(max(0, number - 2)))
    edges = [first, after - timedelta(milliseconds=1)][:number]
    return sorted(at.astimezone(UTC) for at in (*edges, *inside))


def document(filling: Filling, at: datetime) -> None:
    """A document with everything that may become of one."""
    chance = filling.random
    draw = chance.random()
    trial, withdrawn = draw < 0.04, 0.04 <= draw < 0.07
    origin = TRIED_OUT if trial else chance.choice([*UNITS, CENTRAL, FAR])
    others = [unit for unit in (*UNITS, CENTRAL) if unit != origin]
    recipients = chance.sample(others, chance.choice((1, 1, 2, 4)))
    if origin in (CENTRAL, FAR):
        recipients = ["vp-ubnd"] if origin == CENTRAL else ["so-nv"]
    unknown = ["000.00.99.H48"] if chance.random() < 0.03 and not trial else []
    body = _body(filling, at, origin)
    unit = "vpcp" if origin in (CENTRAL, FAR) else origin
    name = filling.envelope(at, unit, body, origin=origin, withdrawn=withdrawn)
    said: dict[str, Any] = {"test": True} if trial else {}
    filling.event(at, "accepted", name, unit=unit, recipients=recipients, unknown=unknown, **said)
    if chance.random() < 0.5 and origin in UNITS:
        filling.duty(at, name, origin, "gui", at, chance.choice(("met", "late")))
    for code in unknown:
        _lost(filling, at, name, code, f"no unit or hub for {code}", "document")
    for recipient in recipients:
        _leg(filling, at, name, body, origin, recipient, withdrawn=withdrawn)


def _body(filling: Filling, at: datetime, origin: str) -> Document:
    chance = filling.random
    filling.number += 1
    back = chance.choice((0, 0, 0, 1, 1, 2, 3, 7))
    day: date | None = at.astimezone(HERE).date() - timedelta(days=back)
    return Document(
        sender=Organization(UNITS.get(origin, ("", origin))[1]),
        to=(Organization(CENTRAL),),
        document_id=f"{origin},{filling.number}",
        number=str(filling.number),
        notation="UBND-KGVX",
        promulgation_date=None if chance.random() < 0.05 else day,
        subject=chance.choice(_SUBJECTS),
        type=DocumentType("Công văn"),
        other=OtherInfo(urgency=chance.choice((Urgency.NORMAL, Urgency.NORMAL, Urgency.URGENT, Urgency.FLASH))),
    )


def _lost(
    filling: Filling, at: datetime, name: str, recipient: str, why: str, kind: str, *, mends: bool = False
) -> None:
    end = at + timedelta(hours=5)
    state = "delivered" if mends else "dead"
    leg = filling.delivery(at, name, recipient, state, end if mends else at, "" if mends else why)
    filling.event(at, "dead", name, leg, recipient, reason=why)


def _leg(
    filling: Filling, at: datetime, name: str, body: Document, origin: str, recipient: str, *, withdrawn: bool
) -> None:
    chance = filling.random
    if withdrawn:
        filling.delivery(at, name, recipient, "withdrawn", at)
        return
    draw = chance.random()
    if draw < 0.06:
        state = chance.choice(("waiting", "sending", "deferred", "uncertain", "held"))
        filling.delivery(at, name, recipient, state, None)
        return
    if draw < 0.11:
        mends = chance.random() < 0.4
        _lost(filling, at, name, recipient, chance.choice(_LOSSES), "document", mends=mends)
        return
    came = at + timedelta(minutes=chance.choice((1, 3, 20, 300)))
    filling.delivery(at, name, recipient, "delivered", came)
    if recipient in UNITS:
        _answers(filling, came, name, body, origin, recipient)


def _answers(filling: Filling, came: datetime, name: str, body: Document, origin: str, recipient: str) -> None:
    chance = filling.random
    # One that only receives, one that does little, and those that do their work.
    zeal = {"xa-mang-den": 0.08, "dk-ly-son": 0.6}.get(recipient, 0.93)
    codes = ["01"] if chance.random() < 0.9 else []
    draw = chance.random()
    if draw < zeal * 0.06:
        codes.append("02")
    elif draw < zeal:
        codes += ["03", "04", "05", "06"][: chance.choice((1, 1, 2, 3, 4))]
        codes = [code for code in codes if code in ("01", "03") or chance.random() < 0.9]
    asked = chance.random() < 0.05
    if asked:
        _say(filling, came + timedelta(minutes=5), origin, name, body, "13", recipient)
        answer = chance.choice(("15", "16", ""))
        codes += [answer] if answer else []
    at = came
    for code in codes:
        at += timedelta(hours=chance.choice((0.2, 1, 3, 9, 30)))
        _say(filling, at, recipient, name, body, code)
    if chance.random() < 0.8:
        _duties(filling, came, name, recipient, codes)


def _duties(filling: Filling, came: datetime, name: str, recipient: str, codes: Sequence[str]) -> None:
    chance = filling.random
    due = came + timedelta(hours=8)
    if any(code in codes for code in ("02", "03", "04", "05", "06")):
        states: tuple[str, ...] = ("met", "met", "late")
    else:
        states = ("void",) if "15" in codes else ("open", "overdue", "paused", "broken")
    filling.duty(came, name, recipient, "03", due, chance.choice(states))
    if chance.random() < 0.5 and "02" not in codes and "15" not in codes:
        ended = ("met", "late") if "06" in codes else ("open", "overdue", "broken", "paused")
        filling.duty(came, name, recipient, "06", due + timedelta(days=3), chance.choice(ended))


def _say(filling: Filling, at: datetime, by: str, about: str, body: Document, code: str, to: str = "") -> None:
    target = UNITS[to][1] if to else body.sender.id
    answer = Acknowledgement(
        sender=Organization(UNITS.get(by, ("", by))[1]),
        response_for=Reference(target, body.code, body.document_id, ""),
        status=code,
        at=at,
        description=filling.random.choice(_REASONS) if code == "02" else "",
    )
    unit = "vpcp" if by in (CENTRAL, FAR) else by
    name = filling.envelope(at, unit, answer, about=about, origin=by)
    filling.event(at, "accepted", name, unit=unit, recipients=["x"])
    if filling.random.random() < 0.01:
        _lost(filling, at, name, "so-nv", "given up after 9 attempts: x", "acknowledgement")


def troubles(filling: Filling, month: tuple[int, int]) -> None:
    """Inputs that went back or wait, answers that name nothing, connections that were lost."""
    chance = filling.random
    for at in moments(month, 40, chance):
        unit = chance.choice([*UNITS, "vpcp", TRIED_OUT])
        verdict = chance.choice(("refused", "refused", "quarantined", "duplicate", "echo", "reading"))
        code = chance.choice(("wrong-sender", "not-edxml", "conflict")) if verdict in ("refused", "quarantined") else ""
        state = chance.choice(("kept", "released", "discarded")) if verdict == "quarantined" else ""
        filling.judged(at, unit, verdict, code, state)
    for at in moments(month, 8, chance):
        lasts = timedelta(hours=chance.choice((0.1, 1, 6, 30)))
        unit = chance.choice(["dk-ly-son", "vpcp", "so-nv"])
        filling.event(at, "outage", unit=unit, detail="không thấy thư mục dùng chung")
        filling.event(at + lasts, "restored", unit=unit, detail="")
    for at in moments(month, 6, chance):
        answer = Acknowledgement(Organization(UNITS["so-nv"][1]), Reference("x", "x", "x", ""), "03", at)
        name = filling.envelope(at, "so-nv", answer)
        filling.event(at, "accepted", name, unit="so-nv", recipients=[])
        state = chance.choice(("waiting", "matched", "discarded"))
        filling.put("orphan", name, "so-nv", micros(at), state, "", "", "[]")


def fill(data: Path, months: dict[tuple[int, int], int], seed: int) -> None:
    """A ledger in that folder with so many documents in each month."""
    data.mkdir(parents=True, exist_ok=True)
    asyncio.run(_made(data))
    database = sqlite3.connect(data / "ledger.sqlite")
    database.execute("PRAGMA synchronous=OFF")
    filling = Filling(database, random.Random(seed))
    filling.events = database.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0]
    for month, number in sorted(months.items()):
        for place, at in enumerate(moments(month, number, filling.random)):
            document(filling, at)
            if not place % 2000:
                filling.flush()
        troubles(filling, month)
        filling.flush()
    database.close()


async def _made(data: Path) -> None:
    async with Ledger("sqlite", data, NODE, ManualClock()):
        pass


if __name__ == "__main__":
    place = Path(sys.argv[1])
    configure(place)
    number = int(sys.argv[2])
    fill(place / "data", {(2025, 11): number // 8, (2026, 10): number // 4, (2026, 11): number}, 7)
