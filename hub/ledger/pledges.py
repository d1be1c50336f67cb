"""What the events prove of duties: every row was opened by one, and stands where the later ones leave it. Pure.

Evidence is all that a row says except its id and `next_at`, which are working state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from hub.ledger.chain import Line

#: Of an event's data: what it opened, [unit, code, due, rule], and what it ended, [unit, code, state].
OPENED, ENDED = "duties", "met"
#: Where an event about a document itself opened something for a later envelope: when the hub took that one.
TAKEN = "taken"

_OVER = ("met", "late", "broken", "void")
_EVIDENCE = ("unit", "code", "rule", "opened_at", "due_at", "state", "ended_at", "reminded")
_evidence = itemgetter(*_EVIDENCE)


@dataclass(frozen=True, slots=True)
class Telling:
    """An event that may say something of a document's duties."""

    line: Line
    data: Mapping[str, Any]
    #: when the hub took what the event accepted
    taken_at: datetime | None


def misfits(rows: Sequence[Mapping[str, Any]], events: Sequence[Telling]) -> Iterator[str]:
    """What of a document's duties is not as its events say, each line naming row or duty. `events` in their order."""
    wanted, found = Counter(_folded(events)), Counter(map(_evidence, rows))
    for row in rows:
        if found[_evidence(row)] > wanted[_evidence(row)]:
            yield f"duty {row['id']}: no events leave it as it is"
    for unit, code, *_ in (wanted - found).elements():
        yield f"the duty {code} of {unit} is not as its events leave it"


def _folded(events: Sequence[Telling]) -> Iterator[tuple[Any, ...]]:
    return map(_evidence, left(events))


def left(events: Sequence[Telling]) -> list[dict[str, Any]]:
    """A document's duties as its events leave them, each with what is evidence. `events` in their order."""
    duties: list[dict[str, Any]] = []
    for told in events:
        duties += [_opened(told, *said) for said in told.data.get(OPENED, ())]
        for unit, code, state in told.data.get(ENDED, ()):
            _change(duties, unit, code, {"state": state, "ended_at": told.line.at})
        if told.line.kind.startswith("duty-") and "state" in told.data:
            _change(duties, told.line.unit, told.data["code"], _step(told))
    return duties


def _opened(told: Telling, unit: str, code: str, due: str, rule: str) -> dict[str, Any]:
    said = {"unit": unit, "code": code, "rule": rule, "due_at": datetime.fromisoformat(due)}
    taken = datetime.fromisoformat(told.data[TAKEN]) if TAKEN in told.data else told.taken_at
    return said | {"opened_at": taken, "state": "open", "ended_at": None, "reminded": 0}


def _step(told: Telling) -> dict[str, Any]:
    state = told.data["state"]
    count = {"reminded": told.data["count"]} if told.line.kind == "duty-reminded" else {}
    ended = told.line.at if state in _OVER else None
    return {"state": state, "due_at": datetime.fromisoformat(told.data["due"]), "ended_at": ended} | count


def _change(duties: Sequence[dict[str, Any]], unit: str, code: str, change: Mapping[str, Any]) -> None:
    """An event is about the duty of that name that is still open; after its end nothing changes it."""
    mine = (duty for duty in duties if (duty["unit"], duty["code"]) == (unit, code))
    still = next((duty for duty in mine if duty["ended_at"] in (None, change["ended_at"])), None)
    if still:
        still.update(change)
