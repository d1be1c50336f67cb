"""When a unit's side had what it owes an answer about: the document, or the asking for it back."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, literal_column, select
from sqlalchemy.engine import Connection

from hub.duties import RECALL
from hub.ledger.lives import LINKED
from hub.ledger.records import columns
from hub.tables import DeliveryRow, EnvelopeRow, EventRow, OrphanRow
from hub.vocabulary import DeliveryState, StatusCode

DELIVERIES, ENVELOPES, EVENTS, ORPHANS = (
    columns(DeliveryRow),
    columns(EnvelopeRow),
    columns(EventRow),
    columns(OrphanRow),
)


def arrivals(connection: Connection, duties: Sequence[Mapping[str, Any]]) -> dict[str, datetime]:
    """By duty's id when the unit's side had it; without those that it has not reached yet. `duties`: their rows."""
    about_documents = [row for row in duties if row["code"] != RECALL]
    about_recalls = [row for row in duties if row["code"] == RECALL]
    reached = _documents(connection, {row["envelope_id"] for row in about_documents})
    asked = _recalls(connection, {row["envelope_id"] for row in about_recalls})
    found = {row["id"]: reached.get((row["envelope_id"], row["unit"])) for row in about_documents}
    for row in about_recalls:
        # What was asked before is about an earlier duty.
        since = [ended for ended, at in asked[row["envelope_id"], row["unit"]] if at >= row["opened_at"]]
        found[row["id"]] = min(since, default=None)
    return {name: at for name, at in found.items() if at}


def _documents(connection: Connection, documents: Collection[str]) -> dict[tuple[str, str], datetime]:
    rows = connection.execute(_OF_DOCUMENT, {"documents": list(documents)}) if documents else ()
    return {(row.envelope_id, row.recipient): row.ended_at for row in rows}


def _recalls(
    connection: Connection, documents: Collection[str]
) -> Mapping[tuple[str, str], Sequence[tuple[datetime, datetime]]]:
    """Document and recipient -> of every asking that reached it: when, and when the hub took it."""
    found: dict[tuple[str, str], list[tuple[datetime, datetime]]] = defaultdict(list)
    if not documents:
        return found
    given = {"documents": list(documents)}
    rows = [(row, row.document) for query in (_NAMED, _WAITED) for row in connection.execute(query, given)]
    revoked: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(_LINKS, given):
        revoked[json.loads(row.data)["by"]].append(row.envelope_id)
    revoking = connection.execute(_REVOKING, {"envelopes": list(revoked)}) if revoked else ()
    rows += [(row, document) for row in revoking for document in revoked[row.id]]
    for row, document in rows:
        found[document, row.recipient].append((row.ended_at, row.received_at))
    return found


# Built once: what a statement is made of costs more than running it.
_DELIVERED = DELIVERIES.c.state == DeliveryState.DELIVERED.value
_ABOUT: Any = bindparam("documents", expanding=True)
_OF_DOCUMENT = (
    select(DELIVERIES.c.envelope_id, DELIVERIES.c.recipient, DELIVERIES.c.ended_at)
    .where(DELIVERIES.c.envelope_id.in_(_ABOUT), _DELIVERED)
    .order_by(DELIVERIES.c.id.desc())
)


def _asking(document: Any) -> Select[Any]:
    query = select(ENVELOPES.c.id, document, ENVELOPES.c.received_at, DELIVERIES.c.recipient, DELIVERIES.c.ended_at)
    return query.join(DELIVERIES, DELIVERIES.c.envelope_id == ENVELOPES.c.id).where(_DELIVERED)


_IS_RECALL = ENVELOPES.c.business_key.like(f"%|{StatusCode.RECALL.value}|%")
_NAMED = _asking(ENVELOPES.c.about.label("document")).where(
    ENVELOPES.c.kind == literal_column("'acknowledgement'"), ENVELOPES.c.about.in_(_ABOUT), _IS_RECALL
)
_WAITED = (
    _asking(ORPHANS.c.document.label("document"))
    .join(ORPHANS, ORPHANS.c.envelope_id == ENVELOPES.c.id)
    .where(ORPHANS.c.document.in_(_ABOUT), _IS_RECALL)
)
_REVOKING = _asking(ENVELOPES.c.about.label("document")).where(
    ENVELOPES.c.id.in_(bindparam("envelopes", expanding=True))
)
_LINKS = select(EVENTS.c.envelope_id, EVENTS.c.data).where(EVENTS.c.envelope_id.in_(_ABOUT), EVENTS.c.kind == LINKED)
