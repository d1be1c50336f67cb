"""The one judge of every sweep: holds what the hub says against what its neighbours saw. Reads offline.

I1 no loss · I2 no duplicated effect · I3 conservation · I4 legal history · I5 evidence · I6 bounds · I7 liveness.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from hub.blobs import Blobs
from hub.errors import HubError
from hub.ledger import open_views
from hub.vocabulary import Blob
from tests.crash.records import Arrived, Dropped, Evidence

Row = dict[str, Any]

_OPEN = {"held", "waiting", "sending", "deferred", "uncertain"}
_ENDED = {"delivered", "dead", "withdrawn"}
#: what may follow what in a delivery's history; "" is its beginning
_LEGAL = {
    "": {"held", "matched", "deferred", "uncertain", "delivered", "dead"},
    "matched": {"deferred", "uncertain", "delivered", "dead"},
    "held": {"dispatched", "withdrawn"},
    "dispatched": {"deferred", "uncertain", "delivered", "dead"},
    "withdrawn": set(),
    "deferred": {"deferred", "uncertain", "delivered", "dead"},
    "uncertain": {"deferred", "uncertain", "delivered", "dead"},
    "delivered": set(),
    "dead": {"requeued", "withdrawn"},
    "requeued": {"deferred", "uncertain", "delivered", "dead"},
}
_IN_STATES = (
    "(SELECT count(*) FROM delivery WHERE state IN ('sending', 'uncertain'))",
    "(SELECT count(*) FROM delivery WHERE state NOT IN ('delivered', 'dead', 'withdrawn'))",
)
_KEPT = {"accepted", "duplicate", "quarantined"}


class Glance(NamedTuple):
    """A ledger in three numbers."""

    events: int
    #: deliveries that may have arrived, and nobody knows
    under_way: int
    #: deliveries that have not ended
    open: int


def violations(evidence: Evidence) -> list[str]:
    """What is broken, each line beginning with the invariant's name. [] is what every test wants."""
    ledger = evidence.data / "ledger.sqlite"
    if not ledger.exists():
        return ["I1 there is no ledger"]
    if _is_blank(ledger):
        return ["I1 the ledger holds no table any more", "I5 no chain is left"]
    return list(_Judge(evidence, ledger).all())


def _is_blank(ledger: Path) -> bool:
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
        return not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'event'").fetchall()


def glance(data: Path) -> Glance:
    """Look at what a crash left, without changing a byte of it. All zero where there is no ledger yet."""
    query = f"SELECT (SELECT count(*) FROM event), {', '.join(_IN_STATES)}"
    try:
        with closing(sqlite3.connect(f"file:{data / 'ledger.sqlite'}?mode=ro", uri=True)) as connection:
            return Glance(*connection.execute(query).fetchone())
    except sqlite3.OperationalError:
        return Glance(0, 0, 0)


def _rows(connection: sqlite3.Connection, table: str, order: str) -> list[Row]:
    connection.row_factory = sqlite3.Row
    return [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY {order}")]


class _Judge:
    """One look at one data folder."""

    def __init__(self, evidence: Evidence, ledger: Path) -> None:
        self.evidence = evidence
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
            self.inputs = _rows(connection, "input", "unit, name")
            self.envelopes = {row["id"]: row for row in _rows(connection, "envelope", "id")}
            self.deliveries = {row["id"]: row for row in _rows(connection, "delivery", "id")}
            self.events = _rows(connection, "event", "writer, seq")
            self.orphans = {row["envelope_id"]: row for row in _rows(connection, "orphan", "envelope_id")}
        self.blobs = Blobs(evidence.data / "blobs")
        self.by_file: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self.inputs:
            self.by_file[row["unit"], row["name"]].append(row)

    def all(self) -> Iterator[str]:
        for letter, found in (
            ("I1", self.lost()),
            ("I2", self.doubled()),
            ("I3", self.unbalanced()),
            ("I4", self.illegal()),
            ("I5", self.unproved()),
            ("I6", self.unbounded()),
            ("I7", self.unfinished()),
        ):
            yield from (f"{letter} {what}" for what in found)

    # I1: whatever left `out/` is somewhere, with its bytes

    def lost(self) -> Iterator[str]:
        for drop in self.evidence.dropped:
            where = self._whereabouts(drop)
            if not where:
                yield f"{drop.unit}/{drop.name} is nowhere"
            for row in self.by_file[drop.unit, drop.name]:
                yield from self._not_kept(drop, row)
        for row in self.envelopes.values():
            yield from self._damaged(Blob(row["digest"], row["size"]), f"envelope {row['id']}")
        yield from self._never_arrived()
        yield from self._short_of()

    def _short_of(self) -> Iterator[str]:
        """What was accepted and was never seen where it had to go."""
        seen = {(each.unit, each.sender, each.document_id, each.status) for each in self.evidence.arrived}
        for drop in self.evidence.dropped:
            for unit in drop.to if drop.fate == "accepted" else ():
                if (unit, self.evidence.codes[drop.unit], drop.document_id, drop.status) not in seen:
                    yield f"{drop.unit}/{drop.name} never came to {unit}"

    def _whereabouts(self, drop: Dropped) -> list[str]:
        share = self.evidence.shares[drop.unit]
        folders = ("out", ".hub/claims", "error")
        where = [folder for folder in folders if _digest_of(share / folder / drop.name) == drop.digest]
        return where + [row["verdict"] for row in self.by_file[drop.unit, drop.name] if row["verdict"] in _KEPT]

    def _not_kept(self, drop: Dropped, row: Row) -> Iterator[str]:
        if row["verdict"] not in _KEPT:
            return
        if row["digest"] != drop.digest:
            yield f"{drop.unit}/{drop.name} was taken with other bytes: {row['digest']}"
        yield from self._damaged(Blob(drop.digest, drop.size), f"{drop.unit}/{drop.name}")
        if row["verdict"] != "quarantined" and row["envelope_id"] not in self.envelopes:
            yield f"{drop.unit}/{drop.name} is {row['verdict']} as an envelope that is not there"

    def _damaged(self, blob: Blob, owner: str) -> Iterator[str]:
        try:
            self.blobs.check(blob)
        except HubError as error:
            yield f"{owner}: {error}"

    def _never_arrived(self) -> Iterator[str]:
        names = [(arrival.unit, arrival.name) for arrival in self.evidence.arrived]
        for row in self.deliveries.values():
            here = any(unit == row["recipient"] and row["id"] in name for unit, name in names)
            if row["state"] == "delivered" and row["recipient"] in self.evidence.shares and not here:
                yield f"delivery {row['id']} is called delivered, and {row['recipient']} never got it"

    # I2: one effect per document (or answer) and receiver

    def doubled(self) -> Iterator[str]:
        seen: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
        for arrival in self.evidence.arrived:
            seen[arrival.unit, arrival.sender, arrival.document_id, arrival.status].add(arrival.name)
            yield from self._not_meant(arrival)
        for (unit, _, document, status), names in seen.items():
            if len(names) > 1:
                yield f"{unit} holds {document} {status} under {len(names)} names"
        for row in self.deliveries.values():
            if row["state"] == "withdrawn" and any(row["id"] in arrival.name for arrival in self.evidence.arrived):
                yield f"{row['recipient']} got delivery {row['id']}, which was withdrawn"
        yield from self._raw_duplicates()

    def _not_meant(self, arrival: Arrived) -> Iterator[str]:
        """Whether this is what a sender dropped for that unit, with the same attachment."""
        meant = [
            drop
            for drop in self.evidence.dropped
            if (drop.document_id, drop.status) == (arrival.document_id, arrival.status)
            and self.evidence.codes[drop.unit] == arrival.sender
        ]
        if not any(arrival.unit in drop.to for drop in meant):
            yield f"{arrival.unit} got {arrival.name}, which nobody sent there"
        elif not any(arrival.payload == drop.payload and arrival.unit in drop.to for drop in meant):
            yield f"{arrival.unit} got {arrival.name} with another attachment"

    def _raw_duplicates(self) -> Iterator[str]:
        files = Counter((arrival.unit, arrival.name) for arrival in self.evidence.arrived)
        again = {key: count - 1 for key, count in files.items() if count > 1}
        if sum(again.values()) > self.evidence.ambiguous:
            yield f"{sum(again.values())} files came again, {self.evidence.ambiguous} were under way at a fault"
        for unit, name in again:
            contents = {each.digest for each in self.evidence.arrived if (each.unit, each.name) == (unit, name)}
            if len(contents) > 1:
                yield f"{unit}/{name} came again with other content"
            if not any(_flagged(event) and event["delivery_id"] in name for event in self.events):
                yield f"{unit}/{name} came again, and no event says possible_duplicate"

    # I3: every input has exactly one end, and it is the right one

    def unbalanced(self) -> Iterator[str]:
        for drop in self.evidence.dropped:
            verdicts = [row["verdict"] for row in self.by_file[drop.unit, drop.name]]
            if verdicts != [drop.fate]:
                yield f"{drop.unit}/{drop.name} ended as {verdicts}, not {drop.fate}"
            back = _digest_of(self.evidence.shares[drop.unit] / "error" / drop.name) is not None
            if back != (drop.fate == "refused"):
                yield f"{drop.unit}/{drop.name} ({drop.fate}) {'lies' if back else 'does not lie'} in error/"
        known = {(drop.unit, drop.name) for drop in self.evidence.dropped}
        yield from (f"the ledger has {file}, which nobody dropped" for file in self.by_file if file not in known)
        if len(self.inputs) != len(self.evidence.dropped):
            yield f"{len(self.evidence.dropped)} files dropped, {len(self.inputs)} judged"
        yield from self._strangers_given_back(known)
        yield from self._not_planned()

    def _strangers_given_back(self, known: set[tuple[str, str]]) -> Iterator[str]:
        for unit, share in self.evidence.shares.items():
            for path in _listed(share / "error"):
                name = path.name.removesuffix(".error.json")
                if (unit, name) not in known:
                    yield f"{unit}/error/{path.name} is of no file that was dropped"
                if path.name == name and not path.with_name(f"{name}.error.json").exists():
                    yield f"{unit}/error/{name} lies there without a reason"

    def _not_planned(self) -> Iterator[str]:
        """Every accepted drop has one delivery for each unit it is for."""
        for drop in self.evidence.dropped:
            for row in self.by_file[drop.unit, drop.name] if drop.fate == "accepted" else ():
                mine = [each for each in self.deliveries.values() if each["envelope_id"] == row["envelope_id"]]
                planned = Counter(each["recipient"] for each in mine if each["recipient"] in self.evidence.shares)
                if planned != Counter(drop.to):
                    yield f"{drop.unit}/{drop.name} goes to {sorted(planned.elements())}, not {sorted(drop.to)}"

    # I4: only declared transitions

    def illegal(self) -> Iterator[str]:
        yield from self._wrong_histories()
        accepted = Counter(event["envelope_id"] for event in self.events if event["kind"] == "accepted")
        for name in self.envelopes.keys() | accepted.keys():
            if accepted[name] != 1 or name not in self.envelopes:
                yield f"envelope {name} was accepted {accepted[name]} times"
        verdicts = Counter(row["verdict"] for row in self.inputs)
        for kind in ("refused", "quarantined", "duplicate"):
            if (told := sum(event["kind"] == kind for event in self.events)) != verdicts[kind]:
                yield f"{verdicts[kind]} inputs are {kind}, {told} events say so"
        yield from self._wrong_answers()

    def _wrong_answers(self) -> Iterator[str]:
        """Every answer is about one document: the one that its own file named. It may wait for it."""
        named = {drop.digest: drop.document_id for drop in self.evidence.dropped}
        for row in self.envelopes.values():
            waits = self.orphans.get(row["id"])
            if waits and waits["state"] == "waiting":
                continue
            about = self.envelopes.get(waits["document"] if waits else row["about"])
            if row["kind"] == "acknowledgement" and (about is None or about["kind"] != "document"):
                yield f"the answer {row['id']} is about no document"
            elif row["kind"] == "acknowledgement" and about and named.get(row["digest"]) != named.get(about["digest"]):
                yield f"the answer {row['id']} is about another document than it says"
            if row["kind"] == "document" and row["about"]:
                yield f"the document {row['id']} is about another one"

    def _wrong_histories(self) -> Iterator[str]:
        stands: dict[str, str] = {}
        attempts: dict[str, int] = {}
        begun: set[str] = set()
        for name, kind, event in self._steps():
            if event["kind"] == "accepted":
                begun.add(event["envelope_id"])
            if not name:
                continue
            if kind not in _LEGAL[stands.get(name, "")]:
                yield f"delivery {name} went from {stands.get(name) or 'its beginning'} to {kind}"
            if event["envelope_id"] not in begun:
                yield f"delivery {name} has a history before its envelope was accepted"
            attempt = json.loads(event["data"]).get("attempt", 0)
            if attempt and attempt <= attempts.get(name, 0):
                yield f"delivery {name} made attempt {attempt} twice"
            stands[name], attempts[name] = kind if kind in _LEGAL else "", 0 if kind == "requeued" else attempt
        yield from self._other_states(stands)

    def _steps(self) -> Iterator[tuple[str, str, Row]]:
        """What each event says of which delivery; one about a whole envelope names its recipients. "": of none."""
        mine = {(row["envelope_id"], row["recipient"]): name for name, row in self.deliveries.items()}
        for event in self.events:
            yield event["delivery_id"], event["kind"], event
            for recipient in json.loads(event["data"])["recipients"] if (kind := _of_all(event)) else ():
                yield mine.get((event["envelope_id"], recipient), recipient), kind, event

    def _other_states(self, stands: dict[str, str]) -> Iterator[str]:
        for name, row in self.deliveries.items():
            said = stands.get(name, "")
            if {row["state"], said} & {*_ENDED, "held"} and row["state"] != said:
                yield f"delivery {name} is {row['state']}, its history says {said or 'nothing'}"
        yield from (f"delivery {name} has a history and no row" for name in stands if name not in self.deliveries)

    # I5: the chain holds, and nothing was taken off its end

    def unproved(self) -> Iterator[str]:
        views = open_views("sqlite", self.evidence.data)
        try:
            yield from (f"event {line.writer} {line.seq}: {why}" for line, why in views.broken())
            yield from views.strange()
        finally:
            views.close()
        counts = [*self.evidence.counts, len(self.events)]
        for before, after in pairwise(counts):
            if after < before:
                yield f"there were {before} events, and later {after}"

    # I6: nothing half done lies about

    def unbounded(self) -> Iterator[str]:
        yield from (f"{path} was left behind" for path in _listed(self.evidence.data / "blobs" / "tmp"))
        for share in self.evidence.shares.values():
            yield from (f"{path} was left behind" for path in _listed(share / ".hub" / "tmp"))
            shown = [*_listed(share / "in"), *_listed(share / "error")]
            yield from (f"{path} was left half done" for path in shown if path.name.startswith("."))
        yield from (f"the idle hub still holds {path} open" for path in self.evidence.held_open)

    # I7: everything came to its end

    def unfinished(self) -> Iterator[str]:
        if not self.evidence.settled:
            yield "not everything came to rest in time"
        for name, row in self.deliveries.items():
            if row["state"] in _OPEN:
                yield f"delivery {name} to {row['recipient']} is still {row['state']}: {row['reason']}"
        yield from (f"{row['name']} is still being read" for row in self.inputs if row["verdict"] == "reading")
        for share in self.evidence.shares.values():
            for folder in ("out", ".hub/claims"):
                yield from (f"{path} still waits" for path in _listed(share / folder))


def _of_all(event: Row) -> str:
    """What an event says of all recipients that it names, "" where nothing."""
    if event["kind"] == "accepted":
        return "held" if "held_until" in json.loads(event["data"]) else ""
    return event["kind"] if event["kind"] in {"dispatched", "withdrawn"} else ""


def _flagged(event: Row) -> bool:
    return bool(event["delivery_id"]) and bool(json.loads(event["data"]).get("possible_duplicate"))


def _listed(folder: Path) -> Iterable[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else ()


def _digest_of(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None
