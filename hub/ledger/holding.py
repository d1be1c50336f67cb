"""Documents that are kept back for a while: they go when it is over, or their sender stops them before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, literal_column, select, update
from sqlalchemy.engine import Connection

from hub.ledger.duties import Dues
from hub.ledger.evidence import FREED
from hub.ledger.lanes import Lane, number
from hub.ledger.pledges import ENDED
from hub.ledger.recalls import unasked
from hub.ledger.records import columns
from hub.ledger.writer import Transaction
from hub.tables import DeliveryRow, EnvelopeRow
from hub.vocabulary import DeliveryState, Event

DELIVERIES, ENVELOPES = columns(DeliveryRow), columns(EnvelopeRow)
#: Deliveries that one transaction lets go, at most.
_MOST = 1000
_NOTHING: Mapping[str, object] = {}
# Written out, so that the partial index is used.
_IS_HELD = DELIVERIES.c.state == literal_column(f"'{DeliveryState.HELD.value}'")


def over(connection: Connection, now: datetime) -> bool:
    """Whether anything has been kept back long enough."""
    return connection.execute(_OVER, {"now": now}).first() is not None


def dispatch(transaction: Transaction) -> list[Lane]:
    """Put what was kept back long enough at the end of its lanes. Returns these lanes, each once."""
    transaction.alone()
    rows = [dict(row) for row in transaction.execute(_DUE, {"now": transaction.now, "most": _MOST}).mappings()]
    number(transaction, rows)
    places = [{"key": row["id"], "place": row["seq"], "now": transaction.now} for row in rows]
    transaction.execute(_GO, places)
    gone: dict[str, list[dict[str, Any]]] = defaultdict(list)
    urgency: dict[str, int] = defaultdict(int)
    for row in rows:
        gone[row["envelope_id"]].append(row)
        urgency[row["recipient"]] = max(row["urgency"], urgency[row["recipient"]])
    for mine in gone.values():
        _record(transaction, "dispatched", mine)
    return [Lane(recipient, most, transaction.now) for recipient, most in urgency.items()]


def withdraw(transaction: Transaction, unit: str, envelope_id: str) -> bool:
    """Stop a document of this unit for all its recipients, and set its names free for another one.

    False, and nothing is changed, where it is not this unit's, was never kept back, or has begun to go.
    """
    transaction.alone()
    rows = [dict(row) for row in transaction.execute(_OF, {"envelope": envelope_id, "unit": unit}).mappings()]
    states = {row["state"] for row in rows}
    if states == {DeliveryState.WITHDRAWN.value}:
        return True
    if DeliveryState.HELD.value not in states or not all(map(_untouched, rows)):
        return False
    transaction.execute(_STOP, [{"key": row["id"], "now": transaction.now} for row in rows])
    transaction.execute(_FREE, {"envelope": envelope_id})
    dues = Dues(transaction)
    dues.look_up([envelope_id])
    void = dues.voided(envelope_id)
    unasked(transaction, dues, envelope_id, unit)
    dues.write()
    _record(transaction, "withdrawn", rows, {FREED: rows[0]["business_key"]} | ({ENDED: void} if void else {}))
    return True


def _untouched(row: dict[str, Any]) -> bool:
    """Whether nobody was ever asked to take it: kept or asked back, or dead from the first since nobody serves it."""
    born_dead = row["state"] == DeliveryState.DEAD.value and not row["attempts"]
    return born_dead or row["state"] in (DeliveryState.HELD.value, DeliveryState.WITHDRAWN.value)


def _record(
    transaction: Transaction, kind: str, rows: Sequence[dict[str, Any]], more: Mapping[str, object] = _NOTHING
) -> None:
    data: dict[str, object] = {"recipients": [row["recipient"] for row in rows], **more}
    transaction.record(Event(kind, transaction.now, rows[0]["envelope_id"], unit=rows[0]["unit"], data=data))


# Built once: what a statement is made of costs more than running it.
_OVER = select(DELIVERIES.c.id).where(_IS_HELD, DELIVERIES.c.due_at <= bindparam("now")).limit(1)
_ROWS = select(
    *(DELIVERIES.c[name] for name in ("id", "envelope_id", "recipient", "seq", "state", "urgency", "attempts")),
    *(ENVELOPES.c[name] for name in ("unit", "business_key")),
).join(ENVELOPES, ENVELOPES.c.id == DELIVERIES.c.envelope_id)
# Until it goes, `seq` is the order of arrival.
_DUE = (
    _ROWS.where(_IS_HELD, DELIVERIES.c.due_at <= bindparam("now"))
    .order_by(DELIVERIES.c.due_at, DELIVERIES.c.seq, DELIVERIES.c.id)
    .limit(bindparam("most"))
)
_OF = _ROWS.where(ENVELOPES.c.id == bindparam("envelope"), ENVELOPES.c.unit == bindparam("unit")).order_by(
    DELIVERIES.c.id
)
_KEY = update(DELIVERIES).where(DELIVERIES.c.id == bindparam("key"))
_GO = _KEY.values(
    state=DeliveryState.WAITING.value,
    seq=bindparam("place"),
    due_at=bindparam("now"),
    # The time in which it must arrive begins now.
    created_at=bindparam("now"),
)
_STOP = _KEY.values(state=DeliveryState.WITHDRAWN.value, ended_at=bindparam("now"), reason="")
_FREE = update(ENVELOPES).where(ENVELOPES.c.id == bindparam("envelope")).values(business_key="")
