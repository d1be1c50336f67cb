"""A conservation sheet counted by plain SQL over an SQLite ledger: nothing of the hub is used."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

_PENDING = "CASE WHEN state IN ('delivered', 'dead', 'withdrawn') THEN state ELSE 'pending' END"
_HAS = "EXISTS (SELECT 1 FROM delivery AS d WHERE d.envelope_id = e.id AND d.state {})"
_PEN = "(SELECT state FROM orphan AS o WHERE o.envelope_id = e.id)"
_QUERIES = {
    "in": "SELECT unit, verdict, count(*) FROM input WHERE verdict <> 'reading' GROUP BY 1, 2",
    "out": f"SELECT recipient, {_PENDING}, count(*) FROM delivery GROUP BY 1, 2",
    "duties": "SELECT unit, state, count(*) FROM duty GROUP BY 1, 2",
    "fate": f"""
        SELECT unit, CASE
            WHEN {_PEN} = 'waiting' THEN 'pen'
            WHEN {_HAS.format("NOT IN ('delivered', 'dead', 'withdrawn')")} THEN 'pending'
            WHEN {_HAS.format("= 'dead'")} THEN 'dead'
            WHEN {_HAS.format("= 'delivered'")} THEN 'delivered'
            WHEN {_HAS.format("= 'withdrawn'")} THEN 'withdrawn'
            ELSE 'recorded' END, count(*)
        FROM envelope AS e GROUP BY 1, 2""",
    "answers": f"""
        SELECT unit, CASE
            WHEN {_PEN} IN ('waiting', 'discarded') THEN {_PEN}
            WHEN EXISTS (SELECT 1 FROM delivery AS d WHERE d.envelope_id = e.id) THEN 'forwarded'
            ELSE 'recorded' END, count(*)
        FROM envelope AS e WHERE kind = 'acknowledgement' GROUP BY 1, 2""",
}


def recounted(ledger: Path) -> dict[tuple[str, str], dict[str, int]]:
    """(unit, book) -> word -> number."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=30)) as connection:
        for book, query in _QUERIES.items():
            for unit, word, number in connection.execute(query):
                found.setdefault((unit, book), {})[word] = number
    return found
