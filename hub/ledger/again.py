"""An input that was judged before gets the same outcome again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select

from hub.errors import Quarantined, Refused
from hub.ledger.proposal import Verdict
from hub.ledger.records import columns
from hub.ledger.writer import Transaction
from hub.tables import EventRow
from hub.vocabulary import Acceptance

EVENTS = columns(EventRow)


def outcomes(transaction: Transaction, rows: Sequence[Row[Any]]) -> dict[tuple[str, str], Verdict]:
    """What was said to each of these rows of `input`, by its unit and source key."""
    carried = {row.envelope_id for row in rows} - {""}
    lines = transaction.execute(_TOLD, {"envelopes": list(carried)}).all() if carried else []
    told = {_input(line, json.loads(line.data)): json.loads(line.data) for line in lines}
    return {(row.unit, row.source_key): _outcome(row, told) for row in rows}


def _outcome(row: Row[Any], told: dict[tuple[Any, ...], dict[str, Any]]) -> Verdict:
    if row.verdict == "refused":
        return Refused(row.code, row.reason, row.place, earlier=True)
    if row.verdict == "quarantined":
        return Quarantined(row.code, row.reason, row.place)
    said = told.get((row.verdict, row.envelope_id, row.unit, row.at, row.name, row.digest), {})
    return Acceptance(
        row.envelope_id,
        duplicate=row.verdict != "accepted",
        recipients=tuple(said.get("recipients", ())),
        unknown=tuple(said.get("unknown", ())),
    )


def _input(line: Row[Any], said: dict[str, Any]) -> tuple[Any, ...]:
    """Which input a line of the history is about: it bears what the input's row bears."""
    return line.kind, line.envelope_id, line.unit, line.at, said.get("name"), said.get("digest")


_TOLD = select(EVENTS.c.kind, EVENTS.c.envelope_id, EVENTS.c.unit, EVENTS.c.at, EVENTS.c.data).where(
    EVENTS.c.envelope_id.in_(bindparam("envelopes", expanding=True)), EVENTS.c.kind.in_(("accepted", "duplicate"))
)
