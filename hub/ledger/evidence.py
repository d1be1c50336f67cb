"""What the chained events prove of the other rows: seals over rows, and how a delivery must stand. Pure.

Evidence are the rows of `input`, `envelope`, `delivery`, `orphan` (see `strays`) and `duty` (see `pledges`). Working
state, which nothing proves, is what the hub makes anew or overwrites: the tables `lane`, `request`, `meta`, `agency`,
`agency_alias`, `agency_edition`; inputs whose reading has only begun; of a delivery its place (`seq`), `bugs`,
`created_at` and `due_at`, which move with a clock that is set; of an open one its doubt and its last reason too; of a
waiting answer what comes near it (`candidates`).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any

from hub.ledger import strays
from hub.ledger.chain import Line, canonical
from hub.ledger.pledges import Telling, misfits
from hub.vocabulary import OPEN_STATES

Row = Mapping[str, Any]

#: Where an event's data holds the seal over the rows that were written with it. Older events have none.
SEAL = "rows"
#: Where the event `withdrawn` holds the name that became free.
FREED = "freed"

#: The event of a delivery that was stopped since its document was asked back before it went.
RECALLED = "recalled"

VERDICTS = ("accepted", "duplicate", "echo", "refused", "quarantined")
CLOSINGS = ("discarded", "released")

_ENVELOPE = (
    *("id", "unit", "source_key", "kind", "origin", "document_id", "code", "subject", "business_key", "fingerprint"),
    *("about", "urgency", "digest", "size", "received_at", "repairs", "variant", "span_offset", "span_length", "body"),
)
_INPUT = ("unit", "source_key", "verdict", "name", "at", "envelope_id", "code", "reason", "place", "digest", "size")
_DELIVERY = ("id", "envelope_id", "recipient", "urgency", "route")
_OPEN = {state.value for state in OPEN_STATES}

_of_envelope, _of_input, _of_delivery = itemgetter(*_ENVELOPE), itemgetter(*_INPUT), itemgetter(*_DELIVERY)


def seal(given: Row, envelope: Row | None = None, deliveries: Sequence[Row] = ()) -> str:
    """SHA-256 (hex) over an input's row; of an accepted one over the lasting parts of envelope and deliveries too."""
    parts = [*_of_input(given)]
    if envelope:
        parts += _of_envelope(envelope)
        for lasting in sorted(map(_of_delivery, deliveries)):
            parts += lasting
    # No text that the hub takes holds a NUL: what is joined by it cannot be read in two ways.
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


@dataclass(slots=True)
class Case:
    """One envelope's rows with the events that name it; under "" what became no envelope."""

    id: str
    envelopes: list[Row] = field(default_factory=list)
    inputs: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    orphans: list[Row] = field(default_factory=list)
    duties: list[Row] = field(default_factory=list)
    #: events that accepted answers about it and say something of duties, each with when the hub took the answer
    answers: list[tuple[Line, datetime]] = field(default_factory=list)
    events: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Said:
    """An event with its data read."""

    line: Line
    data: Mapping[str, Any]


def strange(case: Case) -> Iterator[str]:
    """What of these rows is not as the events say, each line naming its row or event."""
    events = [_Said(line, json.loads(line.data)) for line in sorted(case.events, key=lambda line: (line.at, line.seq))]
    if len({line.writer for line in case.events}) < 2:
        events.sort(key=lambda said: said.line.seq)
    if case.id:
        yield from _acceptance(case, events)
        for row in case.deliveries:
            yield from (f"delivery {row['id']}: {what}" for what in _misfits(row, events))
        yield from (f"orphan {case.id}: {what}" for what in _strays(case, events))
        yield from (f"envelope {case.id}: {what}" for what in misfits(case.duties, _tellings(case)))
    yield from _verdicts(case, events)


def _strays(case: Case, events: Sequence[_Said]) -> Iterator[str]:
    origin = case.envelopes[0]["origin"] if case.envelopes else ""
    return strays.misfits(case.orphans, origin, case.deliveries, [(said.line, said.data) for said in events])


def _tellings(case: Case) -> list[Telling]:
    """The events that may say something of its duties, in order. Those of an answer are about another document."""
    if not case.envelopes or case.envelopes[0]["kind"] != "document":
        return []
    own = case.envelopes[0]["received_at"]
    lines = [*((line, own) for line in case.events), *case.answers]
    alone = len({line.writer for line, _ in lines}) < 2
    lines.sort(key=lambda said: said[0].seq if alone else (said[0].at, said[0].seq))
    return [Telling(line, json.loads(line.data), taken_at) for line, taken_at in lines]


# The acceptance: one event, one envelope, its input, its deliveries


def _acceptance(case: Case, events: Sequence[_Said]) -> Iterator[str]:
    told = [said for said in events if said.line.kind == "accepted"]
    if len(told) != 1 or len(case.envelopes) != 1:
        yield f"envelope {case.id}: {len(case.envelopes)} rows, and {len(told)} events that accept it"
        return
    given = [row for row in case.inputs if row["verdict"] == "accepted"]
    if len(given) != 1:
        yield f"envelope {case.id}: {len(given)} inputs accepted as it"
        return
    envelope = dict(case.envelopes[0])
    later = strays.made_later([(said.line, said.data) for said in events])
    first = [row for row in case.deliveries if row["id"] not in later]
    gone = next((said for said in events if said.line.kind == "withdrawn"), None)
    if gone and envelope["business_key"]:
        yield f"envelope {case.id}: it was withdrawn, and still holds its name"
    if gone:
        envelope["business_key"] = gone.data.get(FREED, "")
    if given[0]["state"] or not _matches(told[0], given[0], envelope, first):
        yield f"envelope {case.id}: with its input and deliveries it is not what was accepted"


def _matches(told: _Said, given: Row, envelope: Row, deliveries: Sequence[Row]) -> bool:
    if sealed := told.data.get(SEAL):
        return bool(sealed == seal(given, envelope, deliveries))
    went = [*told.data.get("recipients", ()), *told.data.get("unknown", ())]
    said = (told.line.unit, told.line.at, told.data.get("name"), told.data.get("digest"), sorted(went))
    return said == (
        *(given["unit"], given["at"], given["name"], envelope["digest"]),
        sorted(row["recipient"] for row in deliveries),
    )


# Every other verdict: one event, one input


def _verdicts(case: Case, events: Sequence[_Said]) -> Iterator[str]:
    told: dict[str, list[_Said]] = defaultdict(list)
    for said in events:
        if said.line.kind in VERDICTS[1:]:
            told[said.data.get(SEAL) or _names(said.line.kind, said.line.at, said.line.unit, said.data)].append(said)
    for row in case.inputs:
        if row["verdict"] in ("accepted", "reading"):
            continue
        mine = told.get(seal(row)) or told.get(_names(row["verdict"], row["at"], row["unit"], row))
        if not mine:
            yield f"input {row['unit']} {row['source_key']}: no event says {row['verdict']} of it"
        elif row["state"] != _state(row, mine.pop(), events):
            yield f"input {row['unit']} {row['source_key']}: it is not {row['state'] or 'closed'}"
    for left in told.values():
        yield from (f"event {said.line.writer} {said.line.seq}: the input that it is about is gone" for said in left)


def _names(verdict: str, at: datetime, unit: str, said: Row) -> str:
    """What an event without a seal says of its input."""
    return canonical([verdict, at.isoformat(), unit, said.get("name"), said.get("digest")])


def _state(row: Row, told: _Said, events: Sequence[_Said]) -> str:
    if row["verdict"] != "quarantined":
        return ""
    later = (said for said in events if said.line.kind in CLOSINGS and said.line.seq > told.line.seq)
    mine = (said for said in later if said.line.unit == row["unit"] and said.data.get("digest") == row["digest"])
    return next((said.line.kind for said in mine if said.data.get("name") == row["name"]), "kept")


# A delivery: where its events leave it


def _misfits(row: Row, events: Sequence[_Said]) -> Iterator[str]:
    wanted = _standing(row, [said for said in events if _is_about(said, row)])
    least = wanted.pop("attempts_at_least", 0)
    states = wanted.pop("states")
    if row["state"] not in states:
        yield f"its state is {row['state']}, its events leave it {' or '.join(sorted(states))}"
    for name, value in wanted.items():
        if row[name] != value:
            yield f"its {name} is {row[name]!r}, its events say {value!r}"
    if row["attempts"] < least:
        yield f"its attempts are {row['attempts']}, its events say {least}"


def _is_about(said: _Said, row: Row) -> bool:
    if said.line.delivery_id:
        return bool(said.line.delivery_id == row["id"])
    together = said.line.kind in ("dispatched", "withdrawn") and row["recipient"] in said.data["recipients"]
    return together or said.line.kind == "accepted"


def _standing(row: Row, events: Sequence[_Said]) -> dict[str, Any]:
    """What each column must hold after these events; `states`: one of these."""
    wanted: dict[str, Any] = {"states": set[str]()}
    for said in events:
        at, kind = said.line.at, said.line.kind
        if kind in ("delivered", "dead"):
            wanted = _ended(said)
        elif kind == "withdrawn":
            wanted = {"states": {kind}, "ended_at": at, "reason": "", "receipt": ""}
        elif kind == RECALLED:
            wanted = {"states": {"withdrawn"}, "ended_at": at, "reason": said.data["reason"], "receipt": ""}
        elif kind == "accepted" and row["recipient"] in said.data.get("recipients", ()) and "held_until" in said.data:
            wanted = {"states": {"held"}, "attempts": 0, "ended_at": None, "receipt": "", "reason": ""}
        else:
            least = said.data.get("attempt", 0)
            wanted = {"states": _OPEN, "ended_at": None, "receipt": "", "attempts_at_least": least}
    return wanted


def _ended(said: _Said) -> dict[str, Any]:
    return {
        "states": {said.line.kind},
        "ended_at": said.line.at,
        "attempts": said.data.get("attempt", 0),
        "receipt": said.data.get("receipt", ""),
        "reason": said.data.get("reason", ""),
        "possible_duplicate": said.data.get("possible_duplicate", False),
    }
