"""The answers that wait for their document, as people and the orphanage look at them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, literal_column, or_, select
from sqlalchemy.engine import Connection

from hub import identity
from hub.ledger.earlier import IS_DOCUMENT
from hub.ledger.proofs import Proofs
from hub.ledger.records import columns, envelope
from hub.matching import LONGEST, Candidate
from hub.tables import DeliveryRow, EnvelopeRow, EventRow, OrphanRow
from hub.vocabulary import Acknowledgement

DELIVERIES, ENVELOPES = columns(DeliveryRow), columns(EnvelopeRow)
EVENTS, ORPHANS = columns(EventRow), columns(OrphanRow)
#: Of what one who answers got or sent, at most so many of the newest are candidates.
MOST_CANDIDATES = 2000
#: Among so many of the newest envelopes is looked for what somebody sent.
_SENT_AMONG = 20_000
# Written out, so that the partial index is used.
_WAITS = ORPHANS.c.state == literal_column("'waiting'")


@dataclass(frozen=True, slots=True)
class Near:
    """A document that comes near what a waiting answer says, best first."""

    document: str
    code: str
    subject: str
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Orphan:
    """An answer without a document, what became of it, and what comes near it."""

    id: str
    #: who answered: our unit's id, or a code outside
    unit: str
    body: Acknowledgement
    at: datetime
    #: waiting | matched | discarded
    state: str
    #: once matched: the document's envelope
    document: str
    #: matched: by what it says, or "person"; discarded: why
    how: str
    near: tuple[Near, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """One that waits, in short."""

    id: str
    unit: str
    at: datetime


class PenViews(Proofs):
    """Reads the pen. Every method is one consistent look. All raise Damaged, StorageError."""

    def waiting(self) -> list[Waiting]:
        """All answers that wait for their document, the oldest first."""
        query = select(ORPHANS.c.envelope_id, ORPHANS.c.unit, ORPHANS.c.at).where(_WAITS)
        with self._look() as connection:
            rows = connection.execute(query.order_by(ORPHANS.c.at, ORPHANS.c.envelope_id))
            return [Waiting(row.envelope_id, row.unit, row.at) for row in rows]

    def pen(self) -> tuple[int, datetime | None, datetime | None]:
        """How many answers wait for their document, since when the first and the last."""
        at = ORPHANS.c.at
        with self._look() as connection:
            row = connection.execute(select(func.count(), func.min(at), func.max(at)).where(_WAITS)).one()
        return row[0], row[1], row[2]

    def orphans(self, names: Collection[str] | None = None) -> list[Orphan]:
        """Those that wait, the oldest first, with what comes near them; or these, whatever became of them."""
        with self._look() as connection:
            return _orphans(connection, names)

    def arrivals(
        self, after: Mapping[str, int], units: Collection[str]
    ) -> tuple[dict[str, int], dict[str, list[Candidate]]]:
        """Each writer's newest event; and by unit, the documents that were accepted for these since those events."""
        newest = {writer: seq for writer, seq, _ in self.writers()}
        if not units:
            return newest, {}
        with self._look() as connection:
            return newest, _arrivals(connection, _accepted(connection, after, newest), units)

    def received(self, unit: str) -> list[Candidate]:
        """The newest documents that went to it, newest first."""
        with self._look() as connection:
            return _received(connection, unit)

    def naming(self, documents: Sequence[Candidate]) -> list[str]:
        """The answers that wait and name one of these documents exactly."""
        ids = {identity.document_id(one.document_id) for one in documents} - {""}
        codes = {identity.fold(one.code) for one in documents} - {""}
        named = or_(ENVELOPES.c.document_id.in_(ids), ENVELOPES.c.code.in_(codes))
        query = select(ORPHANS.c.envelope_id).join(ENVELOPES, ENVELOPES.c.id == ORPHANS.c.envelope_id)
        with self._look() as connection:
            return list(connection.execute(query.where(_WAITS, named)).scalars())

    def sent_by(self, unit: str) -> list[Candidate]:
        """The newest documents that it sent, newest first."""
        with self._look() as connection:
            return _sent_by(connection, unit)

    def by_name(self, text: str, units: Collection[str]) -> tuple[list[Candidate], list[Candidate]]:
        """The documents by this envelope id, DocumentId or number/notation; and those that one of these got or sent."""
        with self._look() as connection:
            return _by_name(connection, text, units)


def _orphans(connection: Connection, names: Collection[str] | None) -> list[Orphan]:
    query = select(ENVELOPES, *(ORPHANS.c[name].label(f"its_{name}") for name in _OF_ORPHAN))
    query = query.join(ORPHANS, ORPHANS.c.envelope_id == ENVELOPES.c.id)
    query = query.where(_WAITS if names is None else ORPHANS.c.envelope_id.in_(names))
    rows = connection.execute(query.order_by(ORPHANS.c.at, ORPHANS.c.envelope_id)).all()
    near = {row.id: json.loads(row.its_candidates) for row in rows}
    documents = _named(connection, {one["document"] for found in near.values() for one in found})
    return [_orphan(row, [_near(one, documents) for one in near[row.id]]) for row in rows]


_OF_ORPHAN = ("unit", "at", "state", "document", "how", "candidates")


def _orphan(row: Row[Any], near: Sequence[Near]) -> Orphan:
    body = envelope(row).body
    assert isinstance(body, Acknowledgement)
    what = row.its_state, row.its_document, row.its_how
    return Orphan(row.id, row.its_unit, body, row.its_at, *what, tuple(near))


def _named(connection: Connection, documents: Collection[str]) -> dict[str, Row[Any]]:
    wanted = list(documents)
    found: dict[str, Row[Any]] = {}
    for start in range(0, len(wanted), 500):
        names = wanted[start : start + 500]
        query = select(ENVELOPES.c.id, ENVELOPES.c.body).where(ENVELOPES.c.id.in_(names))
        found |= {row.id: row for row in connection.execute(query)}
    return found


def _near(one: dict[str, Any], documents: dict[str, Row[Any]]) -> Near:
    row = documents.get(one["document"])
    said = json.loads(row.body) if row else {}
    return Near(one["document"], _code(said), said.get("subject", ""), one["score"], tuple(one["reasons"]))


# What an answer may be about


def _accepted(connection: Connection, after: Mapping[str, int], until: Mapping[str, int]) -> list[str]:
    """The documents that were accepted between these events of each writer."""
    found: list[str] = []
    for writer, seq in until.items():
        new = (EVENTS.c.writer == writer) & (EVENTS.c.seq > after.get(writer, 0)) & (EVENTS.c.seq <= seq)
        query = select(ENVELOPES.c.id).join(EVENTS, EVENTS.c.envelope_id == ENVELOPES.c.id)
        query = query.where(new, EVENTS.c.kind == "accepted", IS_DOCUMENT)
        found += connection.execute(query).scalars()
    return found


def _arrivals(connection: Connection, accepted: Sequence[str], units: Collection[str]) -> dict[str, list[Candidate]]:
    """These documents, by those of the units that they went to."""
    found: dict[str, list[Candidate]] = {}
    for start in range(0, len(accepted), 500):
        of_these = DELIVERIES.c.envelope_id.in_(accepted[start : start + 500])
        rows = connection.execute(select(DELIVERIES.c.envelope_id, DELIVERIES.c.recipient).where(of_these))
        went = [(row.envelope_id, row.recipient) for row in rows if row.recipient in units]
        query = select(*_OF_CANDIDATE).where(ENVELOPES.c.id.in_({name for name, _ in went}))
        documents = {row.id: _candidate(row) for row in connection.execute(query)}
        for name, recipient in went:
            found.setdefault(recipient, []).append(documents[name])
    return found


def _received(connection: Connection, unit: str) -> list[Candidate]:
    latest = select(DELIVERIES.c.id, DELIVERIES.c.envelope_id).where(DELIVERIES.c.recipient == unit)
    went = latest.order_by(DELIVERIES.c.id.desc()).limit(MOST_CANDIDATES).subquery()
    query = select(*_OF_CANDIDATE).join(went, went.c.envelope_id == ENVELOPES.c.id).where(IS_DOCUMENT)
    return [_candidate(row) for row in connection.execute(query.order_by(went.c.id.desc()))]


def _sent_by(connection: Connection, unit: str) -> list[Candidate]:
    latest = select(ENVELOPES.c.id).order_by(ENVELOPES.c.id.desc()).limit(_SENT_AMONG).subquery()
    query = select(*_OF_CANDIDATE).join(latest, latest.c.id == ENVELOPES.c.id)
    query = query.where(IS_DOCUMENT, ENVELOPES.c.origin == unit).order_by(ENVELOPES.c.id.desc()).limit(MOST_CANDIDATES)
    return [_candidate(row) for row in connection.execute(query)]


_OF_CANDIDATE = tuple(ENVELOPES.c[name] for name in ("id", "origin", "received_at", "body"))


def _candidate(row: Row[Any]) -> Candidate:
    # Read without checking it: there may be thousands, and each was checked when it came. A field may be very long.
    said = json.loads(row.body)
    sender, day = said["sender"], said["promulgation_date"]
    return Candidate(
        envelope=row.id,
        document_id=said["document_id"][:LONGEST],
        code=_code(said)[:LONGEST],
        date=date.fromisoformat(day) if day else None,
        sender=sender["id"] or row.origin,
        sender_name=sender.get("name", "")[:LONGEST],
        subject=said["subject"][:LONGEST],
        received_at=row.received_at,
    )


def _code(said: dict[str, Any]) -> str:
    return "/".join(part for part in (said.get("number", ""), said.get("notation", "")) if part)


# What a person may say that an answer is about


def _by_name(connection: Connection, text: str, units: Collection[str]) -> tuple[list[Candidate], list[Candidate]]:
    wanted = text.strip()
    names = or_(
        ENVELOPES.c.id == wanted,
        (ENVELOPES.c.code != "") & (ENVELOPES.c.code == identity.fold(wanted)),
        (ENVELOPES.c.document_id != "") & (ENVELOPES.c.document_id == identity.document_id(wanted)),
    )
    query = select(*_OF_CANDIDATE).where(IS_DOCUMENT, names).order_by(ENVELOPES.c.id)
    rows = connection.execute(query).all()
    went = select(DELIVERIES.c.envelope_id).where(
        DELIVERIES.c.recipient.in_(units), DELIVERIES.c.envelope_id.in_([row.id for row in rows])
    )
    got = set(connection.execute(went).scalars())
    mine = [_candidate(row) for row in rows if row.id in got or row.origin in units]
    return [_candidate(row) for row in rows], mine
