"""A small province: Sở Nội vụ has a folder, xã Bình Sơn software of its own; and what must have come of a trip."""

from __future__ import annotations

import asyncio
import io
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hub import keeping
from hub.ledger import Views, open_views
from hub.standards import edxml
from hub.testing import sample_packet
from hub.testing.samples import HOME_AFFAIRS, an_answer
from hub.vocabulary import Acknowledgement, Document
from tests.counterparts.eoffice import Letter, Office

_HUB = """
data: data
listen: 127.0.0.1:0
plugins: [folderdrop, eoffice]
province: {code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}
retry: {first: 100ms, most: 1s}
reserve: 1000000
"""
_UNITS = """
units:
  so-nv:
    name: Sở Nội vụ
    code: 000.00.14.H48
    endpoint: {kind: folderdrop, folder: shares/so-nv, settle: 50ms, poll: 100ms}
  xa-binh-son:
    name: UBND xã Bình Sơn
    code: 000.00.31.H48
    endpoint: %s
"""
_FLAGGED = "SELECT count(*) FROM delivery WHERE possible_duplicate"


class Offices:
    """The configuration in one folder; what both sides do, and what they see. `endpoint`: of xã Bình Sơn."""

    def __init__(self, home: Path, endpoint: dict[str, Any]) -> None:
        self.home, self.folder = home, home / "shares" / "so-nv"
        (home / "hub.yaml").write_text(_HUB, "utf-8")
        (home / "units.yaml").write_text(_UNITS % json.dumps(endpoint), "utf-8")

    def sends(self, *documents: Document) -> None:
        """The software of Sở Nội vụ drops them into `out/`."""
        out = self.folder / "out"
        out.mkdir(parents=True, exist_ok=True)
        for document in documents:
            self._drop(f"{document.number}", sample_packet(document))

    def found(self) -> list[Document | Acknowledgement]:
        """All that it finds in `in/`."""
        paths = sorted((self.folder / "in").glob("*.edxml"))
        return [edxml.read(io.BytesIO(path.read_bytes())).body for path in paths]

    def answers(self) -> None:
        """It answers each document that it has not answered yet with 03."""
        for body in self.found() if (self.folder / "in").exists() else ():
            marker = self.home / f"answered-{body.number}" if isinstance(body, Document) else None
            if marker and isinstance(body, Document) and not marker.exists():
                self._drop(f"tra-loi-{body.number}", edxml.write_acknowledgement(an_answer(body, "03", HOME_AFFAIRS)))
                marker.touch()

    def _drop(self, name: str, content: bytes) -> None:
        draft = self.folder / "out" / f".{name}"
        draft.write_bytes(content)
        draft.rename(self.folder / "out" / f"{name}.edxml")

    def views(self) -> Views:
        """The ledger, read only."""
        return open_views("sqlite", self.home / "data")

    def verified(self) -> tuple[dict[str, int], dict[str, int], int]:
        """How many inputs and deliveries ended how, and how many are flagged; nothing in the ledger is wrong."""
        views = self.views()
        counts = views.counts()
        flagged: int = views.looking(lambda connection: connection.exec_driver_sql(_FLAGGED).scalar_one())
        assert keeping.verify(views, self.home / "data", lambda *_: None, []).bad == []
        views.close()
        return dict(counts.inputs), dict(counts.deliveries), flagged


async def go_on(office: Office) -> None:
    """The clerk registers every document that has just come: 03."""
    for row in office.records.incoming():
        if row["state"] == "den":
            await office.clerk.register(row["id"])
    await asyncio.sleep(0.05)


async def letters(office: Office, numbers: Sequence[str]) -> None:
    """The clerk sends these to Sở Nội vụ."""
    for number in numbers:
        await office.clerk.send(Letter(number, "UBND-VX", "V/v thử"), [HOME_AFFAIRS], [("a.pdf", b"%PDF-1.7 a")])


def is_over(there: Offices, office: Office, ours: int, theirs: int) -> bool:
    """So many documents each way, and the answers to them, are where they belong: 01 and 03 there, 03 here."""
    records = office.records
    told = all(row["state"] in ("done", "fail") for row in records.outbox())
    back = len(records.answers()) >= theirs
    return told and back and len(records.incoming()) >= ours and len(there.found()) >= theirs + 2 * ours


def judge(there: Offices, office: Office, ours: Sequence[str], theirs: Sequence[str]) -> None:
    """Once each, by the office's own records and by what lies in the folder. AssertionError."""
    taken = Counter(row["paper"].code for row in office.records.incoming())
    assert dict.fromkeys(ours, 1) == dict(taken)
    found = there.found()
    assert sorted(theirs) == sorted(body.code for body in found if isinstance(body, Document))
    answers = Counter((body.response_for.code, body.status) for body in found if isinstance(body, Acknowledgement))
    assert dict.fromkeys([(code, status) for code in ours for status in ("01", "03")], 1) == dict(answers)
    assert dict.fromkeys(theirs, 1) == dict(Counter(row["code"] for row in office.records.answers()))
