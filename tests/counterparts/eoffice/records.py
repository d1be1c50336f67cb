"""What the office did, read straight from its database: for a test's oracle, beside a running office or after it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.counterparts.eoffice.database import FILE
from tests.counterparts.eoffice.model import Paper, Said, paper_of
from tests.counterparts.eoffice.posting import body_of

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Records:
    """Reads only; each look is a new one."""

    data: Path

    def incoming(self) -> list[Row]:
        """The register of what came in; `paper` is the document, `state` one of register.STATES."""
        return [{**row, "paper": self._paper(row)} for row in self._rows("SELECT * FROM incoming ORDER BY id")]

    def outgoing(self) -> list[Row]:
        """The register of what went out."""
        return [{**row, "paper": self._paper(row)} for row in self._rows("SELECT * FROM outgoing ORDER BY id")]

    def answers(self, code: str = "") -> list[Row]:
        """Statuses that came back about our documents, or about the one of that number and notation."""
        rows = self._rows("SELECT a.*, o.code FROM answers a LEFT JOIN outgoing o ON o.id = a.outgoing ORDER BY a.id")
        return [row for row in rows if not code or row["code"] == code]

    def outbox(self, kind: str = "") -> list[Row]:
        """What goes out: `state`, `tries`, `outside` (the other side's id), `content` (Paper or Said)."""
        rows = self._rows("SELECT * FROM outbox ORDER BY id")
        return [{**row, "content": self._content(row)} for row in rows if not kind or row["kind"] == kind]

    def statuses(self, doc: int | None = None) -> list[tuple[int, str, str]]:
        """(incoming document, code, state) of each status that we gave, in their order; 13s aside."""
        return [
            (row["doc"], row["code"], row["state"])
            for row in self.outbox("status")
            if not row["code"].startswith("13:") and doc in (None, row["doc"])
        ]

    def acts(self, what: str = "", outcome: str = "") -> list[Row]:
        """Everything that the office acted on, in its order: `door`, `what`, `uid`, `outcome`.

        `what`: document, status, packet (refused; `outcome` is why), confirmed (`outcome` is the state), sent.
        """
        rows = self._rows("SELECT * FROM acts ORDER BY id")
        return [row for row in rows if what in ("", row["what"]) and outcome in ("", row["outcome"])]

    def calls(self, operation: str = "") -> list[Row]:
        """Every call at a door, served or made: `door`, `operation`, `http` (0: none came), `faults`."""
        return [row for row in self._rows("SELECT * FROM calls ORDER BY id") if operation in ("", row["operation"])]

    def history(self, doc: int) -> list[Row]:
        """What people did with an incoming document."""
        return [row for row in self._rows("SELECT * FROM history ORDER BY id") if row["doc"] == doc]

    def content(self, sha256: str) -> bytes:
        """The bytes of an attachment, or of a packet that was handed out. Raises OSError."""
        return (self.data / "files" / sha256).read_bytes()

    def _rows(self, query: str) -> list[Row]:
        with closing(sqlite3.connect(f"file:{self.data / FILE}?mode=ro", uri=True, timeout=10)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(query)]

    def _paper(self, row: Row) -> Paper:
        return paper_of(json.loads(row["paper"]))

    def _content(self, row: Row) -> Paper | Said:
        return body_of(row)
