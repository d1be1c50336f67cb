"""What a report counts, read in one consistent look: documents with all that became of them, inputs, outages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Select, func, literal_column, select
from sqlalchemy.engine import Connection

from hub.identity import DOCUMENTS
from hub.ledger import gazette
from hub.ledger.dossiers import ACCEPTED, Dossier, dossiers, rows, said_in, taken, unreadable
from hub.ledger.engine import database_url, reading
from hub.ledger.proofs import Proofs
from hub.ledger.records import columns
from hub.tables import DeliveryRow, DutyRow, EnvelopeRow, EventRow, InputRow, OrphanRow
from hub.vocabulary import least_id

DELIVERIES, DUTIES, ENVELOPES = columns(DeliveryRow), columns(DutyRow), columns(EnvelopeRow)
EVENTS, INPUTS, ORPHANS = columns(EventRow), columns(InputRow), columns(OrphanRow)

_OVER = ("overdue", "broken")


@dataclass(frozen=True, slots=True)
class Late:
    """A duty whose time is over, and its document."""

    code: str
    subject: str
    origin: str
    unit: str
    owed: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Loss:
    """A delivery that ended as a dead letter, and what came of it later."""

    kind: str
    reason: str
    at: datetime
    #: when it arrived after all
    mended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outage:
    """An endpoint that was not reached. `until`: None while it still is not."""

    unit: str
    since: datetime
    until: datetime | None
    cause: str


@dataclass(frozen=True, slots=True)
class Health:
    """How the endpoints were: their outages, and when the hub first knew how each one is."""

    outages: list[Outage]
    known_since: dict[str, datetime]


@dataclass(frozen=True, slots=True)
class Extent:
    """Which lines of one writer's history fall into a span of time, and the hash of the last one."""

    writer: str
    first: int
    last: int
    hash: str


@dataclass(frozen=True, slots=True)
class Intake:
    """Inputs of one unit by verdict, and the events that say so."""

    inputs: Counter[str]
    events: Counter[str]


class Accounts(Proofs):
    """The ledger for those who count it."""

    @contextmanager
    def look(self) -> Iterator[Look]:
        """One consistent look, however long it takes. Raises Damaged, StorageError."""
        with self._look() as connection:
            yield Look(connection)


def open_accounts(database: str, data: Path) -> Accounts:
    """Look at a ledger. Raises FileNotFoundError where an SQLite ledger does not exist yet."""
    url = database_url(database, data)
    if url.database and url.get_backend_name() == "sqlite" and not Path(url.database).exists():
        raise FileNotFoundError(url.database)
    return Accounts(reading(url))


@dataclass(frozen=True, slots=True)
class Look:
    """Questions that all see the ledger as it was at one moment. Spans are from `since` until before `until`."""

    connection: Connection

    def name(self, code: str) -> str:
        """What the directory of agencies calls a code outside the province; "" where it does not know it."""
        return gazette.names(self.connection, [code]).get(code, "")

    def dossiers(self, since: datetime, until: datetime) -> Generator[Dossier]:
        """Every document accepted in that span, in order, one at a time. Raises Damaged."""
        return dossiers(self.connection, since, until)

    def late(self, now: datetime, until: datetime, most: int) -> list[Late]:
        """The duties whose time has been over the longest, of documents accepted before `until`."""
        query = _LATE.where(DUTIES.c.due_at < now, ENVELOPES.c.id < least_id(until))
        late = (row for row in self._rows(query) if not said_in(row.data).get("test"))
        return [Late(_code(row), row.subject, row.origin, row.unit, row.owed, row.due_at) for row in islice(late, most)]

    def intake(self, since: datetime, until: datetime) -> dict[str, Intake]:
        """What came in and how it was judged, by unit: as the inputs say, and as the events say."""
        found: dict[str, Intake] = {}
        inputs = select(INPUTS.c.unit, INPUTS.c.verdict, func.count()).group_by(INPUTS.c.unit, INPUTS.c.verdict)
        events = select(EVENTS.c.unit, EVENTS.c.kind, func.count()).group_by(EVENTS.c.unit, EVENTS.c.kind)
        for unit, verdict, number in self._rows(inputs.where(_within(INPUTS.c.at, since, until))):
            found.setdefault(unit, Intake(Counter(), Counter())).inputs[verdict] = number
        for unit, kind, number in self._rows(events.where(_within(EVENTS.c.at, since, until), _IS_VERDICT)):
            found.setdefault(unit, Intake(Counter(), Counter())).events[kind] = number
        return found

    def refusals(self, since: datetime, until: datetime) -> Counter[tuple[str, str, str]]:
        """Inputs given back or kept in quarantine, by (verdict, code, state)."""
        key = (INPUTS.c.verdict, INPUTS.c.code, INPUTS.c.state)
        query = select(*key, func.count()).where(INPUTS.c.verdict.in_(("refused", "quarantined"))).group_by(*key)
        rows = self._rows(query.where(_within(INPUTS.c.at, since, until)))
        return Counter({(verdict, code, state): number for verdict, code, state, number in rows})

    def losses(self, since: datetime, until: datetime) -> Iterator[Loss]:
        """Every delivery that became a dead letter in that span, without documents that were only tried out."""
        for row in self._rows(_LOSSES.where(_within(EVENTS.c.at, since, until))):
            if not said_in(row.accepted).get("test"):
                mended = row.ended_at if row.state == "delivered" else None
                yield Loss(row.kind, said_in(row.data).get("reason", ""), row.at, mended)

    def health(self, since: datetime, until: datetime) -> Health:
        """Outages that lie in that span, or reach into it, each with its end wherever that lies."""
        down: dict[str, Outage] = {}
        found: list[Outage] = []
        known_since: dict[str, datetime] = {}
        for row in self._rows(_HEALTH):
            known_since.setdefault(row.unit, row.at)
            if row.kind == "outage" and row.at < until:
                down.setdefault(row.unit, Outage(row.unit, row.at, None, said_in(row.data).get("detail", "")))
            elif row.kind == "restored" and (ended := down.pop(row.unit, None)) and row.at > since:
                found.append(Outage(ended.unit, ended.since, row.at, ended.cause))
        return Health(sorted([*found, *down.values()], key=attrgetter("since", "unit")), known_since)

    def orphans(self, since: datetime, until: datetime) -> Counter[str]:
        """Answers that named no document for certain, by how they stand."""
        query = select(ORPHANS.c.state, func.count()).where(_within(ORPHANS.c.at, since, until))
        return Counter({row[0]: row[1] for row in self._rows(query.group_by(ORPHANS.c.state))})

    def extents(self, since: datetime, until: datetime) -> list[Extent]:
        """The part of each writer's history that falls into that span."""
        query = select(EVENTS.c.writer, func.min(EVENTS.c.seq), func.max(EVENTS.c.seq)).group_by(EVENTS.c.writer)
        rows = self.connection.execute(query.where(_within(EVENTS.c.at, since, until)).order_by(EVENTS.c.writer)).all()
        return [Extent(writer, first, last, self._hash(writer, last)) for writer, first, last in rows]

    def connected(self) -> dict[str, datetime]:
        """When each unit was first well, or something was first delivered to it."""
        well = select(EVENTS.c.unit, func.min(EVENTS.c.at)).where(EVENTS.c.kind == literal_column("'restored'"))
        carried = select(DELIVERIES.c.recipient, func.min(DELIVERIES.c.ended_at))
        carried = carried.where(DELIVERIES.c.state == "delivered").group_by(DELIVERIES.c.recipient)
        found: dict[str, datetime] = {}
        for query in (well.group_by(EVENTS.c.unit), carried):
            for unit, at in self._rows(query):
                found[unit] = min(at, found.get(unit, at))
        return found

    def _hash(self, writer: str, seq: int) -> str:
        named = (EVENTS.c.writer == writer) & (EVENTS.c.seq == seq)
        return str(self.connection.execute(select(EVENTS.c.hash).where(named)).scalar_one())

    def _rows(self, query: Select[Any]) -> Iterator[Any]:
        return rows(self.connection, query)


def _code(row: Any) -> str:
    try:
        return DOCUMENTS.validate_json(row.body).code
    except ValidationError as error:
        raise unreadable(row.subject) from error


def _within(column: Any, since: datetime, until: datetime) -> Any:
    return (column >= since) & (column < until)


_IS_VERDICT = EVENTS.c.kind.in_(("accepted", "duplicate", "echo", "refused", "quarantined"))
_LATE = (
    select(
        *(ENVELOPES.c[name] for name in ("body", "subject", "origin")),
        *(DUTIES.c.unit, DUTIES.c.code.label("owed"), DUTIES.c.due_at, ACCEPTED.c.data),
    )
    .join(ENVELOPES, ENVELOPES.c.id == DUTIES.c.envelope_id)
    .join(ACCEPTED, taken(ENVELOPES.c.id))
    .where(DUTIES.c.state.in_(_OVER), ENVELOPES.c.business_key != "")
    .order_by(DUTIES.c.due_at, DUTIES.c.id)
)
_LOSSES = (
    select(
        *(EVENTS.c.at, EVENTS.c.data, DELIVERIES.c.state, DELIVERIES.c.ended_at),
        *(ENVELOPES.c.kind, ACCEPTED.c.data.label("accepted")),
    )
    .join(DELIVERIES, DELIVERIES.c.id == EVENTS.c.delivery_id)
    .join(ENVELOPES, ENVELOPES.c.id == EVENTS.c.envelope_id)
    .join(ACCEPTED, taken(ENVELOPES.c.id))
    .where(EVENTS.c.kind == "dead")
    .order_by(EVENTS.c.at, EVENTS.c.writer, EVENTS.c.seq)
)
_HEALTH = (
    select(EVENTS.c.unit, EVENTS.c.kind, EVENTS.c.at, EVENTS.c.data)
    .where(EVENTS.c.kind.in_(("outage", "restored")), EVENTS.c.unit != "")
    .order_by(EVENTS.c.at, EVENTS.c.writer, EVENTS.c.seq)
)
