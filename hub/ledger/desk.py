"""What people ask of the ledger: requeue, quarantine, requests between the command line and a running hub."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.engine import Connection

from hub.errors import HubError
from hub.ledger.chain import canonical
from hub.ledger.clockwork import back_since_last
from hub.ledger.lanes import number
from hub.ledger.lives import Lives
from hub.ledger.records import columns
from hub.ledger.writer import Transaction
from hub.strikes import Strikes, from_json, to_json
from hub.tables import DeliveryRow, EnvelopeRow, InputRow, LaneRow, MetaRow, RequestRow
from hub.vocabulary import DeliveryState, Event, Health, StatusCode, new_id

DELIVERIES, ENVELOPES, INPUTS = columns(DeliveryRow), columns(EnvelopeRow), columns(InputRow)
LANES, REQUESTS, META = columns(LaneRow), columns(RequestRow), columns(MetaRow)
#: Before a unit's id: where `meta` keeps how its endpoint is.
ENDPOINT = "endpoint:"
#: Before a unit's id: where `meta` keeps how often its connector blocked the hub.
STALLS = "stalls:"
#: Where it keeps how the place of the checkpoints is.
CHECKPOINTS = "checkpoints"
#: Documents of which is looked up at once whether they were asked back.
_AT_ONCE = 500
#: Dead letters that a refusal names, at most.
_MOST_NAMED = 20


class NotFound(HubError):
    """Nothing by that name."""


class AskedBack(HubError):
    """What its sender asked back goes to nobody, unless a person insists."""


@dataclass(frozen=True, slots=True)
class Requeued:
    """What became of dead letters that were to be sent again."""

    #: to whom they go, one a dead letter
    recipients: tuple[str, ...]
    #: the dead letters that stay, since their sender asked the document back
    asked_back: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One thing asked by the command line: a verb of `hub` and what it is about."""

    id: str
    verb: str
    target: str


def requeue(transaction: Transaction, target: str, *, forced: bool = False) -> Requeued:
    """Send dead letters again: one delivery id, all of an envelope or a lane, or "all".

    A document that its sender asked back stays, unless that is `forced`. Raises NotFound, AskedBack where all stay.
    """
    dead = select(DELIVERIES).where(DELIVERIES.c.state == DeliveryState.DEAD.value).order_by(DELIVERIES.c.seq)
    if target != "all":
        dead = dead.where(_named(target))
    found = [dict(row) for row in transaction.execute(dead).mappings()]
    if not found:
        raise NotFound(f"no dead letter by the name {target}")
    recalled = _asked_back(transaction, found)
    rows = found if forced else [row for row in found if row["id"] not in recalled]
    stay = () if forced else tuple(recalled)
    if not rows:
        raise AskedBack(
            "Nơi gửi đã thu hồi văn bản nên không chuyển lại; nếu vẫn phải chuyển: --force "
            f"(its sender asked it back): {', '.join(stay[:_MOST_NAMED])}"
        )
    number(transaction, rows)
    again = (
        update(DELIVERIES)
        .where(DELIVERIES.c.id == bindparam("key"))
        .values(state=bindparam("again"), seq=bindparam("place"), due_at=transaction.now, created_at=transaction.now)
        .values(ended_at=None, attempts=0, bugs=0, reason="", possible_duplicate=bindparam("doubt"))
    )
    transaction.execute(again, [_again(row) for row in rows])
    for row in rows:
        data: dict[str, object] = {"forced": True} if row["id"] in recalled else {}
        transaction.record(Event("requeued", transaction.now, row["envelope_id"], row["id"], row["recipient"], data))
    return Requeued(tuple(row["recipient"] for row in rows), stay)


def _asked_back(transaction: Transaction, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Those of these deliveries whose recipient was asked to give back what they carry."""
    found: list[str] = []
    for start in range(0, len(rows), _AT_ONCE):
        some, lives = rows[start : start + _AT_ONCE], Lives(transaction)
        documents, units = {row["envelope_id"] for row in some}, {row["recipient"] for row in some}
        lives.look_up(documents, units, (StatusCode.RECALL,))
        found += [row["id"] for row in some if lives.is_asked_back(row["envelope_id"], row["recipient"])]
    return found


def _again(row: dict[str, Any]) -> dict[str, Any]:
    """What may have arrived is asked about before it is sent again."""
    doubt = _doubt(row)
    return {"key": row["id"], "place": row["seq"], "doubt": doubt, "again": "uncertain" if doubt else "waiting"}


def _named(target: str) -> Any:
    return (DELIVERIES.c.id == target) | (DELIVERIES.c.envelope_id == target) | (DELIVERIES.c.recipient == target)


def _doubt(row: dict[str, Any]) -> bool:
    """An attempt whose outcome nobody knew may have arrived: said on the next one too."""
    return bool(row["possible_duplicate"] or row["attempts"])


def discard(transaction: Transaction, digest: str) -> None:
    """Close a quarantined input: looked at, not wanted. Raises NotFound."""
    _close(transaction, digest, "discarded")


def release(transaction: Transaction, digest: str) -> None:
    """Close a quarantined input: taken in after all. Raises NotFound."""
    _close(transaction, digest, "released")


def _close(transaction: Transaction, digest: str, state: str) -> None:
    kept = (INPUTS.c.verdict == "quarantined") & (INPUTS.c.state == "kept") & (INPUTS.c.digest == digest)
    rows = transaction.execute(select(INPUTS.c.unit, INPUTS.c.name).where(kept)).all()
    if not rows:
        raise NotFound(f"nothing in quarantine by the digest {digest}")
    transaction.execute(update(INPUTS).where(kept).values(state=state))
    for row in rows:
        transaction.record(Event(state, transaction.now, "", "", row.unit, {"name": row.name, "digest": digest}))


def ask(transaction: Transaction, verb: str, target: str) -> str:
    """Leave a request for the running hub. Returns its id."""
    request_id = new_id(transaction.now)
    row = {"id": request_id, "at": transaction.now, "verb": verb, "target": target, "done_at": None, "result": ""}
    transaction.execute(insert(REQUESTS), [row])
    return request_id


def answer(transaction: Transaction, request: Request, result: str) -> None:
    """Close a request with what came of it."""
    done = update(REQUESTS).where(REQUESTS.c.id == request.id).values(done_at=transaction.now, result=result)
    transaction.execute(done)


def tries(transaction: Transaction, unit: str, source_key: str, name: str) -> int:
    """Count one more reading of an input. Returns the count; 0: it was read to its end, and has its verdict."""
    mine = (INPUTS.c.unit == unit) & (INPUTS.c.source_key == source_key)
    found = transaction.execute(select(INPUTS.c.tries, INPUTS.c.verdict).where(mine)).one_or_none()
    if found:
        if found.verdict != "reading":
            return 0
        transaction.execute(update(INPUTS).where(mine).values(tries=found.tries + 1))
        return int(found.tries) + 1
    row = {"unit": unit, "source_key": source_key, "name": name, "verdict": "reading", "at": transaction.now}
    rest = {"tries": 1, "envelope_id": "", "code": "", "reason": "", "place": "", "digest": "", "size": 0, "state": ""}
    transaction.execute(insert(INPUTS), [row | rest])
    return 1


def begin(transaction: Transaction) -> None:
    """Record a start, and forget how the endpoints were. What waits does so no longer for a clock that was set back."""
    back_since_last(transaction)
    transaction.execute(delete(META).where(META.c.key.startswith(ENDPOINT) | (META.c.key == CHECKPOINTS)))
    transaction.record(Event("started", transaction.now))


def note_health(transaction: Transaction, unit: str, health: Health) -> None:
    """Keep how an endpoint is now, and record the change."""
    _keep_health(transaction, ENDPOINT + unit, health)
    kind = "restored" if health.ok else "outage"
    transaction.record(Event(kind, transaction.now, unit=unit, data={"detail": health.detail}))


def note_checkpoints(transaction: Transaction, health: Health) -> None:
    """Keep how the place of the checkpoints is now, and record the change."""
    _keep_health(transaction, CHECKPOINTS, health)
    kind = "checkpoints-back" if health.ok else "checkpoints-away"
    transaction.record(Event(kind, transaction.now, data={"detail": health.detail}))


def _keep_health(transaction: Transaction, key: str, health: Health) -> None:
    before = transaction.execute(select(META.c.value).where(META.c.key == key)).scalar()
    said: dict[str, object] = {"ok": health.ok, "detail": health.detail, "since": transaction.now.isoformat()}
    if before and not health.ok and not (known := json.loads(before))["ok"]:
        # Another reason, the same outage.
        said["since"] = known["since"]
    transaction.execute(delete(META).where(META.c.key == key))
    transaction.execute(insert(META), [{"key": key, "value": canonical(said)}])


def note_stall(transaction: Transaction, unit: str, strikes: Strikes, event: Event) -> None:
    """Keep how often an endpoint's connector blocked the hub, over a restart too, and record the stall."""
    moved = strikes.isolated and not stalls(transaction.connection).get(unit, Strikes()).isolated
    transaction.execute(delete(META).where(META.c.key == STALLS + unit))
    transaction.execute(insert(META), [{"key": STALLS + unit, "value": canonical(to_json(strikes))}])
    transaction.record(event)
    if moved:
        transaction.record(Event("isolated", transaction.now, unit=unit, data={"place": strikes.place}))


def reinstate(transaction: Transaction, unit: str) -> None:
    """Forget an endpoint's stalls. Raises NotFound where there are none."""
    if not transaction.execute(delete(META).where(META.c.key == STALLS + unit)).rowcount:
        raise NotFound(f"the connector of {unit} did not block the hub")
    transaction.record(Event("reinstated", transaction.now, unit=unit))


def stalls(connection: Connection) -> dict[str, Strikes]:
    """Every endpoint that blocked the hub."""
    rows = connection.execute(select(META).where(META.c.key.startswith(STALLS)).order_by(META.c.key))
    return {row.key.removeprefix(STALLS): from_json(json.loads(row.value)) for row in rows}


def record(transaction: Transaction, event: Event) -> None:
    """Write one event of the hub's own life: started, stopped, an outage."""
    transaction.record(event)
