"""What people look at: read only, with or without a running hub."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import func, or_, select
from sqlalchemy.engine import Connection

from hub import identity
from hub.duties import GUI
from hub.ledger import desk, holding, lanes, owing, sent
from hub.ledger.answers import answers, asks, of_document
from hub.ledger.chain import Line
from hub.ledger.desk import CHECKPOINTS, ENDPOINT, Request
from hub.ledger.lives import LINKED
from hub.ledger.milestones import Milestones, milestones
from hub.ledger.owing import DutyView, Escalation
from hub.ledger.pen import PenViews
from hub.ledger.proofs import line_of
from hub.ledger.records import columns, envelope
from hub.strikes import Strikes
from hub.tables import DeliveryRow, EnvelopeRow, EventRow, InputRow, MetaRow, RequestRow
from hub.tracking import Standing, life
from hub.vocabulary import Answer, DeliveryState, Envelope, Story

T = TypeVar("T")
DELIVERIES, ENVELOPES, INPUTS = columns(DeliveryRow), columns(EnvelopeRow), columns(InputRow)
EVENTS, REQUESTS, META = columns(EventRow), columns(RequestRow), columns(MetaRow)


@dataclass(frozen=True, slots=True)
class RecipientView:
    """One recipient of a document: how the delivery stands, and what was answered."""

    unit: str
    delivery: str
    state: str
    attempts: int
    reason: str
    route: str
    possible_duplicate: bool
    ended_at: datetime | None
    answers: tuple[Answer, ...]
    #: where it stands after these
    standing: Standing
    #: what it owes or owed about the document
    duties: tuple[DutyView, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """Another document that has to do with one."""

    #: revoke, update or replace
    how: str
    #: its envelope
    envelope: str
    #: its number and notation, where it is the later one
    code: str = ""
    #: whether the other one does it to this one
    by: bool = False


@dataclass(frozen=True, slots=True)
class TraceView:
    """One document's whole way."""

    document: Envelope
    #: who sent it: our unit's id, or an outside code
    origin: str
    recipients: tuple[RecipientView, ...]
    events: tuple[Line, ...]
    #: how its sender met its own duty to send in time
    sent: tuple[DutyView, ...] = ()

    @property
    def is_trial(self) -> bool:
        """Whether its sender was only tried out when it was accepted."""
        return any(line.kind == "accepted" and json.loads(line.data).get("test") for line in self.events)

    @property
    def links(self) -> tuple[Link, ...]:
        """The documents that this one revokes, updates or replaces, and those that do so to it."""
        said = [(line.kind, json.loads(line.data)) for line in self.events if line.envelope_id == self.document.id]
        mine = (Link(how, other) for kind, data in said if kind == "accepted" for other, how in data.get("links", ()))
        theirs = (Link(data["as"], data["by"], data["code"], True) for kind, data in said if kind == LINKED)
        return (*mine, *theirs)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery that ended without arriving."""

    delivery: str
    envelope: str
    recipient: str
    kind: str
    code: str
    subject: str
    reason: str
    attempts: int
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class KeptInput:
    """An input that was refused or is in quarantine."""

    unit: str
    name: str
    verdict: str
    code: str
    reason: str
    place: str
    at: datetime
    digest: str
    size: int
    state: str


@dataclass(frozen=True, slots=True)
class LaneView:
    """One recipient's queue: how much is open, since when, and what went wrong last."""

    recipient: str
    open: int
    oldest: datetime
    due_at: datetime
    attempts: int
    reason: str
    owner: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Conservation: every input has one verdict, every delivery one state."""

    inputs: dict[str, int]
    deliveries: dict[str, int]
    events: int


class Views(PenViews):
    """Reads the ledger. Every method is one consistent look. All raise Damaged, StorageError."""

    def looking(self, work: Callable[[Connection], T]) -> T:
        """What comes of one look."""
        with self._look() as connection:
            return work(connection)

    def ready(self) -> list[lanes.Lane]:
        """Every lane with open deliveries."""
        with self._look() as connection:
            return lanes.ready(connection)

    def held_over(self, now: datetime) -> bool:
        """Whether anything has been kept back long enough."""
        with self._look() as connection:
            return holding.over(connection, now)

    def trace(self, text: str) -> list[TraceView]:
        """Documents by number/notation, DocumentId, envelope or delivery id, oldest first."""
        with self._look() as connection:
            rows = connection.execute(select(ENVELOPES).where(_named(text)).order_by(ENVELOPES.c.id)).all()
            return [_trace(connection, row) for row in rows]

    def deadletters(self) -> list[DeadLetter]:
        """Every dead letter, oldest first."""
        dead = select(DELIVERIES, ENVELOPES.c.kind, ENVELOPES.c.code, ENVELOPES.c.subject)
        dead = dead.join(ENVELOPES, ENVELOPES.c.id == DELIVERIES.c.envelope_id)
        dead = dead.where(DELIVERIES.c.state == DeliveryState.DEAD.value).order_by(DELIVERIES.c.id)
        with self._look() as connection:
            return [_dead(row) for row in connection.execute(dead)]

    def inputs(self, verdict: str, limit: int = 1000) -> list[KeptInput]:
        """The newest inputs with this verdict: refused, quarantined, duplicate, echo, accepted."""
        query = select(INPUTS).where(INPUTS.c.verdict == verdict).order_by(INPUTS.c.at.desc()).limit(limit)
        names = KeptInput.__slots__
        with self._look() as connection:
            return [KeptInput(*(getattr(row, name) for name in names)) for row in connection.execute(query)]

    def lanes(self) -> list[LaneView]:
        """Every lane with open deliveries, the longest wait first."""
        with self._look() as connection:
            return sorted(_lanes(connection), key=lambda lane: lane.oldest)

    def counts(self) -> Counts:
        """How many inputs and deliveries there are of each sort."""
        with self._look() as connection:
            return Counts(
                _count(connection, INPUTS.c.verdict),
                _count(connection, DELIVERIES.c.state),
                connection.execute(select(func.count()).select_from(EVENTS)).scalar_one(),
            )

    def stories(self, unit: str, envelopes: Sequence[str], answering: Collection[str]) -> list[Story]:
        """What this unit is told of documents that it sent; see `hub.ledger.sent.stories`."""
        with self._look() as connection:
            return sent.stories(connection, unit, envelopes, answering)

    def duties(
        self, state: str = "", units: Collection[str] = (), document: str = "", most: int | None = None
    ) -> list[DutyView]:
        """Duties, the most pressing first: overdue, broken, or "": all still owed; of these units, about a document."""
        with self._look() as connection:
            about = select(ENVELOPES.c.id).where(_named(document))
            documents = connection.execute(about).scalars().all() if document else None
            return owing.owed(connection, state, units, documents, most)

    def duty_counts(self) -> dict[str, int]:
        """How many duties there are in each state."""
        with self._look() as connection:
            return owing.counts(connection)

    def owed_by_unit(self) -> dict[str, dict[str, int]]:
        """Of every unit that owes anything: how many duties in each state of those."""
        with self._look() as connection:
            return owing.by_unit(connection)

    def escalations(self) -> list[Escalation]:
        """The overdue duties of which persons are to be told."""
        with self._look() as connection:
            return owing.escalations(connection)

    def requests(self) -> list[Request]:
        """What was asked of the running hub and not yet done, oldest first."""
        query = select(REQUESTS).where(REQUESTS.c.done_at.is_(None)).order_by(REQUESTS.c.id)
        with self._look() as connection:
            return [Request(row.id, row.verb, row.target) for row in connection.execute(query)]

    def endpoints(self) -> dict[str, dict[str, Any]]:
        """How the running hub's endpoints are: unit -> {"ok", "detail", "since"}."""
        query = select(META).where(META.c.key.startswith(ENDPOINT)).order_by(META.c.key)
        with self._look() as connection:
            return {row.key.removeprefix(ENDPOINT): json.loads(row.value) for row in connection.execute(query)}

    def stalls(self) -> dict[str, Strikes]:
        """How often each endpoint's connector blocked the hub of late, and which ones were moved out for it."""
        with self._look() as connection:
            return desk.stalls(connection)

    def checkpoints(self) -> dict[str, Any] | None:
        """How the place of the checkpoints is: {"ok", "detail", "since"}; None: it never failed in this run."""
        query = select(META.c.value).where(META.c.key == CHECKPOINTS)
        with self._look() as connection:
            found = connection.execute(query).scalar()
        return json.loads(found) if found else None

    def milestones(self) -> dict[str, Milestones]:
        """How far each unit came that the ledger knows of."""
        with self._look() as connection:
            return milestones(connection)

    def result(self, request_id: str) -> str | None:
        """What came of a request; None while it waits."""
        query = select(REQUESTS.c.result).where(REQUESTS.c.id == request_id, REQUESTS.c.done_at.is_not(None))
        with self._look() as connection:
            return connection.execute(query).scalar()


def _named(text: str) -> Any:
    wanted = text.strip()
    carried = select(DELIVERIES.c.envelope_id).where(DELIVERIES.c.id == wanted)
    # A document may lack a number or an id: nothing names it.
    names = or_(
        (ENVELOPES.c.code != "") & (ENVELOPES.c.code == identity.fold(wanted)),
        (ENVELOPES.c.document_id != "") & (ENVELOPES.c.document_id == identity.document_id(wanted)),
        ENVELOPES.c.id == wanted,
        ENVELOPES.c.id.in_(carried),
    )
    return (ENVELOPES.c.kind == "document") & names


def _trace(connection: Connection, row: Any) -> TraceView:
    carried = envelope(row)
    asking = asks(carried.body)
    said = answers(connection, [row.id], [row.id] if asking else ()).get(row.id, {})
    duties = owing.of_documents(connection, [row.id])[row.id]
    mine = select(DELIVERIES).where(DELIVERIES.c.envelope_id == row.id).order_by(DELIVERIES.c.id)
    return TraceView(
        document=carried,
        origin=row.origin,
        recipients=tuple(
            _recipient(item, said.get(item.recipient, ()), asking, duties) for item in connection.execute(mine)
        ),
        events=tuple(_events(connection, row.id)),
        sent=tuple(duty for duty in duties if duty.code == GUI),
    )


def _recipient(row: Any, said: Sequence[Answer], asking: bool, duties: Sequence[DutyView]) -> RecipientView:
    return RecipientView(
        unit=row.recipient,
        delivery=row.id,
        state=row.state,
        attempts=row.attempts,
        reason=row.reason,
        route=row.route,
        possible_duplicate=row.possible_duplicate,
        ended_at=row.ended_at,
        answers=tuple(said),
        standing=life(said, asking),
        duties=tuple(duty for duty in duties if duty.unit == row.recipient and duty.code != GUI),
    )


def _events(connection: Connection, document: str) -> Sequence[Line]:
    mine = (EVENTS.c.envelope_id == document) | EVENTS.c.envelope_id.in_(of_document(document))
    query = select(EVENTS).where(mine)
    return [line_of(row) for row in connection.execute(query.order_by(EVENTS.c.at, EVENTS.c.writer, EVENTS.c.seq))]


def _dead(row: Any) -> DeadLetter:
    return DeadLetter(
        row.id, row.envelope_id, row.recipient, row.kind, row.code, row.subject, row.reason, row.attempts, row.ended_at
    )


def _lanes(connection: Connection) -> Iterator[LaneView]:
    for lane in lanes.ready(connection):
        mine = lanes.open_of(lane.recipient)
        head = select(DELIVERIES).where(mine).order_by(DELIVERIES.c.seq).limit(1)
        row = connection.execute(head).one()
        number = connection.execute(select(func.count()).select_from(DELIVERIES).where(mine)).scalar_one()
        owner = connection.execute(select(lanes.LANES.c.owner).where(lanes.LANES.c.recipient == lane.recipient))
        yield LaneView(lane.recipient, number, row.created_at, row.due_at, row.attempts, row.reason, owner.scalar_one())


def _count(connection: Connection, column: Any) -> dict[str, int]:
    rows = connection.execute(select(column, func.count()).group_by(column))
    return {row[0]: row[1] for row in rows}
