"""Whom a recall (13) concerns: of those that go to a unit which took another's place, the one that had the document."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from hub.ledger.records import columns
from hub.tables import EventRow

EVENTS = columns(EventRow)
#: In the event of such a recall: the recipient of the document whom it concerns.
ASKED_OF = "asked_of"


def asked_of(connection: Connection, recalls: Collection[str]) -> dict[str, str]:
    """Of these recalls' envelopes those that go to another than the document did: whom they concern."""
    rows: Any = connection.execute(_SAID, {"recalls": list(recalls)}) if recalls else ()
    told = {row.envelope_id: json.loads(row.data) for row in rows if ASKED_OF in row.data}
    return {name: said[ASKED_OF] for name, said in told.items()}


_SAID = select(EVENTS.c.envelope_id, EVENTS.c.data).where(
    EVENTS.c.envelope_id.in_(bindparam("recalls", expanding=True)), EVENTS.c.kind.in_(("accepted", "matched"))
)
