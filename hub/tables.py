"""The tables as SQLModel rows. Storage only: records of the vocabulary are checked before they come here.

Times are stored as microseconds since 1970 UTC, so that both databases order and compare them alike.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Dialect, Index, MetaData, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as an integer."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=value)


def _instant(**options: Any) -> Any:
    return Field(sa_type=Instant, **options)


class _Table(SQLModel):
    metadata = metadata


_KEPT = text("verdict IN ('refused', 'quarantined', 'reading')")


class InputRow(_Table, table=True):
    """Every input the hub ever judged, under the name that its source gives it: the conservation count."""

    __tablename__ = "input"
    __table_args__ = (Index("ix_input_kept", "verdict", sqlite_where=_KEPT, postgresql_where=_KEPT),)

    unit: str = Field(primary_key=True)
    source_key: str = Field(primary_key=True)
    #: reading | accepted | duplicate | refused | quarantined
    verdict: str
    name: str
    at: datetime = _instant()
    #: how often reading was begun, where a crash made the hub count
    tries: int = 0
    envelope_id: str = ""
    code: str = ""
    reason: str = ""
    place: str = ""
    #: the bytes, where the hub keeps them
    digest: str = ""
    size: int = Field(default=0, sa_type=BigInteger)
    #: of a quarantined input: kept | discarded
    state: str = ""


_ANSWER = text("kind = 'acknowledgement'")


class EnvelopeRow(_Table, table=True):
    """What travels: the searchable parts in columns, the whole body as JSON."""

    __tablename__ = "envelope"
    __table_args__ = (Index("ix_envelope_about", "about", sqlite_where=_ANSWER, postgresql_where=_ANSWER),)

    id: str = Field(primary_key=True)
    unit: str
    source_key: str
    kind: str
    #: who says it: our unit's id, or the normalised code of an outside organisation
    origin: str
    #: mã định danh văn bản of the document (of an answer: the one it points at), normalised
    document_id: str = Field(index=True)
    #: number/notation, normalised; of an answer: of the document it points at
    code: str = Field(index=True)
    subject: str
    #: one document of one sender; answers: one code of one sender about one document; "": withdrawn, its names are free
    business_key: str = Field(index=True)
    #: SHA-256 over what the sender said, without addressees, hops and positions
    fingerprint: str
    #: of an answer: the envelope id of its document
    about: str = ""
    urgency: int
    digest: str
    size: int = Field(sa_type=BigInteger)
    received_at: datetime = _instant()
    repairs: list[str] = Field(sa_column=Column(JSON, nullable=False))
    variant: str
    span_offset: int = Field(sa_type=BigInteger)
    span_length: int = Field(sa_type=BigInteger)
    body: str


class LaneRow(_Table, table=True):
    """One recipient's queue: who may work on it now, and where its order stands."""

    __tablename__ = "lane"

    recipient: str = Field(primary_key=True)
    #: the last `seq` given out
    tail: int = Field(default=0, sa_type=BigInteger)
    owner: str = ""
    #: grows with every lease; an older holder's results are refused
    epoch: int = Field(default=0, sa_type=BigInteger)
    lease_until: datetime = _instant(default=_EPOCH)


_OPEN = text("state IN ('waiting', 'sending', 'deferred', 'uncertain')")

_HELD = text("state = 'held'")


class DeliveryRow(_Table, table=True):
    """One envelope to one recipient, until it ends."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_open", "recipient", "seq", "urgency", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_delivery_held", "due_at", sqlite_where=_HELD, postgresql_where=_HELD),
        Index(
            "ix_delivery_dead", "state", sqlite_where=text("state = 'dead'"), postgresql_where=text("state = 'dead'")
        ),
        Index("ix_delivery_recipient", "recipient", "id"),
    )

    id: str = Field(primary_key=True)
    envelope_id: str = Field(foreign_key="envelope.id", index=True)
    recipient: str
    #: its place in the lane; while it is held: in the transaction that accepted it
    seq: int = Field(sa_type=BigInteger)
    state: str
    urgency: int
    attempts: int = 0
    #: attempts that ended in a connector's bug; they have their own small budget
    bugs: int = 0
    created_at: datetime = _instant()
    due_at: datetime = _instant()
    ended_at: datetime | None = _instant(default=None, nullable=True)
    possible_duplicate: bool = False
    receipt: str = ""
    reason: str = ""
    #: the route that added this recipient, "" for an addressee
    route: str = ""


_OWED = text("state IN ('open', 'overdue', 'paused')")
_OVERDUE = text("state = 'overdue'")
_BROKEN = text("state = 'broken'")


class DutyRow(_Table, table=True):
    """One answer that a unit owes about a document, by when, and how that ended."""

    __tablename__ = "duty"
    __table_args__ = (
        Index("ix_duty_next", "next_at", sqlite_where=_OWED, postgresql_where=_OWED),
        Index("ix_duty_owed", "unit", "due_at", sqlite_where=_OWED, postgresql_where=_OWED),
        Index("ix_duty_overdue", "due_at", sqlite_where=_OVERDUE, postgresql_where=_OVERDUE),
        Index("ix_duty_broken", "ended_at", sqlite_where=_BROKEN, postgresql_where=_BROKEN),
    )

    id: str = Field(primary_key=True)
    #: the document
    envelope_id: str = Field(foreign_key="envelope.id", index=True)
    #: who owes it: our unit's id
    unit: str
    #: what is owed: a status code; "15": an answer to a recall (15 or 16); "gui": the document itself, in time
    code: str
    #: the rule of duties.yaml that opened it
    rule: str
    opened_at: datetime = _instant()
    due_at: datetime = _instant()
    #: when somebody must look at it again: reminder, deadline, escalation, hard limit
    next_at: datetime = _instant()
    #: open | overdue | paused | met | late | broken | void
    state: str
    ended_at: datetime | None = _instant(default=None, nullable=True)
    #: reminders sent
    reminded: int = 0


_WAITS = text("state = 'waiting'")


class OrphanRow(_Table, table=True):
    """An answer that names no document for certain: it waits for a person, or for its document."""

    __tablename__ = "orphan"
    __table_args__ = (Index("ix_orphan_waiting", "at", sqlite_where=_WAITS, postgresql_where=_WAITS),)

    #: the answer
    envelope_id: str = Field(primary_key=True, foreign_key="envelope.id")
    #: who answered: our unit's id, or a code outside
    unit: str
    at: datetime = _instant()
    #: waiting | matched | discarded
    state: str
    #: once matched: the document's envelope
    document: str = Field(default="", index=True)
    #: matched: by what it says, or "person"; discarded: why
    how: str = ""
    #: the best candidates, canonical JSON: [{"document", "score", "reasons"}]
    candidates: str = "[]"


_WELL = text("kind = 'restored'")
_TURNED_AWAY = text("kind IN ('duplicate', 'echo', 'refused', 'quarantined')")


class EventRow(_Table, table=True):
    """History, append-only. `hash` chains each writer's lines."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_well", "unit", "at", sqlite_where=_WELL, postgresql_where=_WELL),
        Index("ix_event_turned_away", "at", sqlite_where=_TURNED_AWAY, postgresql_where=_TURNED_AWAY),
    )

    writer: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    at: datetime = _instant()
    kind: str
    envelope_id: str = Field(default="", index=True)
    delivery_id: str = ""
    unit: str = ""
    #: canonical JSON
    data: str
    hash: str


class AgencyRow(_Table, table=True):
    """One row of the central hub's directory, as the last answer of its kind that had it said it."""

    __tablename__ = "agency"
    __table_args__ = (
        Index("ix_agency_id", "kind", "id", "code"),
        Index("ix_agency_pid", "kind", "pid"),
        Index("ix_agency_searched", "state", "length", "signs"),
    )

    #: the operation that gives it
    kind: str = Field(primary_key=True)
    #: normalised
    code: str = Field(primary_key=True)
    #: it is there for readers where `agency_edition` says this number for its kind
    edition: int = Field(primary_key=True)
    #: the central hub's ids of it and of what it belongs to, "" where there are none
    id: str
    pid: str
    name: str
    mail: str
    old_code: str
    #: listed | hidden (an exchange centre) | deleted (the answer says so) | gone (the answer has it no more)
    state: str
    #: what else is known of it, canonical JSON
    more: str
    #: of its name, searched
    words: str
    #: what it is found by: its words and those of what it belongs to
    found_by: str
    #: of `words`
    length: int
    #: how the words begin (`hub.agencies.beginnings`): of `words`, of `found_by`
    own_signs: int = Field(sa_type=BigInteger)
    signs: int = Field(sa_type=BigInteger)
    #: of what the answer said, to see what changed; 0: gone
    digest: int = Field(sa_type=BigInteger)
    #: when it became what it is
    at: datetime = _instant()


class AgencyAliasRow(_Table, table=True):
    """Another code that an agency answers to: for ever, for packets with old codes come for years."""

    __tablename__ = "agency_alias"
    __table_args__ = (Index("ix_agency_alias_code", "code"),)

    #: normalised
    alias: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    #: the edition with which it came: it is there for readers from that one on
    edition: int
    #: said (by the answer, as its other code) | renamed (the same id had it)
    how: str
    at: datetime = _instant()


class AgencyEditionRow(_Table, table=True):
    """Which edition of one kind of answer readers see. Others are being written, or being removed."""

    __tablename__ = "agency_edition"

    kind: str = Field(primary_key=True)
    edition: int


class RequestRow(_Table, table=True):
    """What the command line asks of a running hub."""

    __tablename__ = "request"

    id: str = Field(primary_key=True)
    at: datetime = _instant()
    verb: str
    target: str
    done_at: datetime | None = _instant(default=None, nullable=True)
    result: str = ""


class MetaRow(_Table, table=True):
    """What the hub knows of itself."""

    __tablename__ = "meta"

    key: str = Field(primary_key=True)
    value: str
