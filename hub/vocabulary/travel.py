"""How it travels: envelopes, deliveries, and what became of them. Times are aware UTC datetimes."""

from __future__ import annotations

import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from hub.errors import Refused
from hub.vocabulary.papers import Acknowledgement, Document, Urgency


class DeliveryState(StrEnum):
    """Where one envelope stands on its way to one recipient."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    UNCERTAIN = "uncertain"
    DEAD = "dead"
    #: kept back for a while, so that its sender can still stop it
    HELD = "held"
    #: stopped by its sender before it went anywhere
    WITHDRAWN = "withdrawn"


OPEN_STATES = (
    DeliveryState.WAITING,
    DeliveryState.SENDING,
    DeliveryState.DEFERRED,
    DeliveryState.UNCERTAIN,
)


@dataclass(frozen=True, slots=True)
class Blob:
    """Stored bytes: SHA-256 in hex, and size in bytes."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Packet:
    """What a reader made of a packet's bytes."""

    body: Document | Acknowledgement
    #: what the reader had to mend, in words
    repairs: tuple[str, ...] = ()
    #: the form the packet came in: "sdk", "dotnet", "soap", "json"
    variant: str = "sdk"
    #: byte offset and length of an AttachmentEncoded element that may be copied as it lies; 0, 0: none
    attachments_span: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Incoming:
    """One input as a connector found it: read, or refused by the reader. Its bytes are already stored."""

    #: names this one input at its source; the same key is the same input
    source_key: str
    #: what people call it, a file name
    name: str
    packet: Packet | Refused
    #: None only where the reader refused and the bytes go back
    blob: Blob | None
    #: seconds that a document is kept back before it goes anywhere; an answer never is
    hold: float = 0.0
    #: of a document: codes of those whom its carrier hands it to, of all that it names; none: everyone that it names
    addressees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Envelope:
    """What travels: a body, the bytes it came as, and where it came from."""

    id: str
    #: unit whose endpoint it came in by
    unit: str
    #: names this one input at its source; the same key is the same input
    source_key: str
    body: Document | Acknowledgement
    blob: Blob
    received_at: datetime
    #: as in Packet
    repairs: tuple[str, ...] = ()
    variant: str = "sdk"
    attachments_span: tuple[int, int] = (0, 0)

    @property
    def kind(self) -> Literal["document", "acknowledgement"]:
        """Which body this is."""
        return "document" if isinstance(self.body, Document) else "acknowledgement"

    @property
    def urgency(self) -> Urgency:
        """Of a document its own, of an answer urgent: answers are small and waited for."""
        return self.body.urgency if isinstance(self.body, Document) else Urgency.URGENT


#: How far a unit's documents count: only tried out, or in earnest.
Mode = Literal["thu-nghiem", "van-hanh"]
#: Where a unit stands in the province; "": nobody said.
Level = Literal["", "so", "xa", "phuong", "dac-khu", "khac"]


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation the hub serves."""

    id: str
    name: str
    code: str
    aliases: tuple[str, ...] = ()
    #: "thu-nghiem": what it sends reaches only others that are tried out too
    mode: Mode = "van-hanh"
    #: its last day; None: no end is known
    until: date | None = None
    #: ids of the units that took over its work after that day
    successors: tuple[str, ...] = ()
    #: name as people write it -> e-mail address
    staff: Mapping[str, str] = field(default_factory=dict, hash=False)
    #: only reports ask for it: who differs in nothing else is the same
    level: Level = field(default="", compare=False)

    @property
    def is_tried_out(self) -> bool:
        """Whether what it sends is for trying only."""
        return self.mode == "thu-nghiem"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One envelope on its way to one recipient. `id` is the idempotency key of every attempt."""

    id: str
    envelope: Envelope
    recipient: str
    #: order inside the recipient's lane
    seq: int
    #: 1 for the first
    attempt: int = 1
    #: an earlier attempt may have arrived, and nobody could tell
    possible_duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """The next carrier took custody. `reference` is what that carrier calls it."""

    reference: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The hub has custody of an input: it is durable."""

    envelope_id: str
    #: another input before was the same; this is its receipt given again
    duplicate: bool = False
    #: unit ids and outside codes that get it
    recipients: tuple[str, ...] = ()
    #: addressees that nobody serves
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One hồi báo as people see it."""

    code: str
    #: the unit's own time, else when the hub took it
    at: datetime
    #: the person where one is named, else the organisation
    by: str
    reason: str
    #: the unit's own time as it was written, where it cannot be read
    at_text: str = ""
    #: what it is after those that came before it: expected, skip, repeat, late, contradiction, unknown
    word: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """What became of a document with one of its recipients, as far as its sender is told."""

    envelope: str
    #: our unit's id, or a code outside
    recipient: str
    name: str
    state: DeliveryState
    #: of one kept back: when it goes
    held_until: datetime | None = None
    #: when the recipient's side took it
    delivered_at: datetime | None = None
    #: why it is not delivered
    reason: str = ""
    #: since when the recipient's endpoint has been unreachable; None: it is well
    down_since: datetime | None = None
    answers: tuple[Answer, ...] = ()
    #: the code that holds now
    status: str | None = None
    #: how a recall of it stands: none, asked, agreed, refused
    recall: str = "none"


@dataclass(frozen=True, slots=True)
class Reminder:
    """One answer that a unit still owes, as it is told."""

    #: of the document
    envelope: str
    #: số, ký hiệu; trích yếu; who sent it, as people know it
    code: str
    subject: str
    sender: str
    #: the status code that is owed; "15": an answer to a recall, 15 or 16
    owed: str
    due_at: datetime
    #: whether its time is over
    overdue: bool
    #: 1 for the first
    count: int


@dataclass(frozen=True, slots=True)
class Health:
    """What a connector's own round trip showed."""

    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the ledger's history, chained by hash to the writer's line before it."""

    kind: str
    at: datetime
    envelope: str = ""
    delivery: str = ""
    unit: str = ""
    data: dict[str, object] = field(default_factory=dict)
    writer: str = ""
    seq: int = 0


#: Seeded by the system once: an id must be unlike any other, it guards nothing.
_random = random.Random(secrets.randbits(256))  # noqa: S311
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(now: datetime) -> str:
    """A fresh id: 26 letters and digits, sortable by time to the millisecond, 80 random bits."""
    return _spelled((int(now.timestamp() * 1000) << 80) | _random.getrandbits(80))


def least_id(moment: datetime) -> str:
    """What no id made at this moment or later comes before."""
    return _spelled(int(moment.timestamp() * 1000) << 80)


def _spelled(value: int) -> str:
    return "".join([_CROCKFORD[(value >> shift) & 31] for shift in range(125, -1, -5)])
