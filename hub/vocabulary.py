"""The words of the hub as frozen records. Everything above this floor speaks in them.

Times are aware UTC datetimes. Text taken from a packet is kept as it came (trimmed, NFC).
"""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Literal

from hub.errors import Refused


class Urgency(IntEnum):
    """Độ khẩn: edXML OtherInfo/Priority 0..4 (QCVN 102:2016)."""

    NORMAL = 0
    URGENT = 1
    VERY_URGENT = 2
    FLASH = 3
    FLASH_TIMED = 4


class Business(IntEnum):
    """BussinessDocType: what a document packet asks the receiver to do."""

    NEW = 0
    REVOKE = 1
    UPDATE = 2
    REPLACE = 3


class StatusCode(StrEnum):
    """The nine codes of a hồi báo. Codes outside this list are kept and shown as they came."""

    ARRIVED = "01"
    REJECTED = "02"
    ACCEPTED = "03"
    ASSIGNED = "04"
    PROCESSING = "05"
    FINISHED = "06"
    RECALL = "13"
    RECALL_AGREED = "15"
    RECALL_REFUSED = "16"


class DeliveryState(StrEnum):
    """Where one envelope stands on its way to one recipient."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    UNCERTAIN = "uncertain"
    DEAD = "dead"


OPEN_STATES = (
    DeliveryState.WAITING,
    DeliveryState.SENDING,
    DeliveryState.DEFERRED,
    DeliveryState.UNCERTAIN,
)


@dataclass(frozen=True, slots=True)
class Organization:
    """An organisation as a packet names it (edXML From, To)."""

    #: OrganId as written, trimmed
    id: str
    name: str = ""
    in_charge: str = ""
    address: str = ""
    email: str = ""
    telephone: str = ""
    fax: str = ""
    website: str = ""


@dataclass(frozen=True, slots=True)
class DocumentType:
    """Loại văn bản. Classified by `name`: the numbers conflict between systems."""

    name: str = ""
    type: int | None = None
    detail: int | None = None


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed: thẩm quyền, chức vụ, họ tên."""

    competence: str = ""
    position: str = ""
    full_name: str = ""


@dataclass(frozen=True, slots=True)
class Staff:
    """A person to ask (edXML StaffInfo)."""

    department: str = ""
    department_id: str = ""
    staff: str = ""
    staff_id: str = ""
    email: str = ""
    mobile: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """Another document pointed at (edXML ResponseFor). Every part may be empty in the wild."""

    organ_id: str = ""
    #: number/notation
    code: str = ""
    document_id: str = ""
    #: as written, usually yyyy/MM/dd
    promulgation_date: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """One hop (edXML TraceHeader). Real hubs leave either part out."""

    organ_id: str = ""
    #: as written: yyyy/MM/dd HH:mm:ss, Asia/Ho_Chi_Minh, no zone
    timestamp: str = ""


@dataclass(frozen=True, slots=True)
class ReceiverChange:
    """A receiver taken off (type 0) or added to (type 1) an updated document."""

    organ_id: str
    type: int | None = None


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """What an update changes (edXML BussinessDocumentInfo)."""

    document_info: int | None = None
    document_receiver: int | None = None
    receivers: tuple[ReceiverChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Replacement:
    """An older document that this one replaces, for which receivers."""

    document_id: str
    organ_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BusinessInfo:
    """edXML Bussiness (the wire spells it so). A missing element is type NEW."""

    type: Business = Business.NEW
    #: id of the document that is revoked or updated
    document_id: str = ""
    reason: str = ""
    paper: int | None = None
    changes: tuple[DocumentChange, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    staff: tuple[Staff, ...] = ()


@dataclass(frozen=True, slots=True)
class OtherInfo:
    """edXML OtherInfo."""

    urgency: Urgency = Urgency.NORMAL
    sphere: str = ""
    typer_notation: str = ""
    promulgation_amount: int | None = None
    page_amount: int | None = None
    #: "true" or "false" as written, "" when absent
    direction: str = ""
    appendixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attachment of a stored packet: where its base64 text lies, and what it decodes to."""

    name: str
    #: without the leading "cid:"
    content_id: str
    #: as the sender declared it
    content_type: str
    #: what the first bytes say
    sniffed_type: str
    #: byte offset and length of the base64 text inside the stored packet
    offset: int
    length: int
    #: size in bytes and SHA-256 (hex) after base64 decoding, before any unzipping
    size: int
    digest: str
    description: str = ""
    #: the bytes are a zip around the one real file (facts of QCVN SDKs), not a zip by name
    wrapped: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A văn bản: the header of an edXML packet, and where its attachments lie."""

    sender: Organization
    to: tuple[Organization, ...]
    #: mã định danh văn bản, "" when absent
    document_id: str
    number: str
    notation: str
    #: None when the packet's date cannot be read
    promulgation_date: date | None
    subject: str
    type: DocumentType = DocumentType()
    place: str = ""
    content: str = ""
    signer: Signer = Signer()
    #: as written, "" when absent
    due_date: str = ""
    other: OtherInfo = OtherInfo()
    response_for: tuple[Reference, ...] = ()
    steering_type: int | None = None
    task_codes: tuple[str, ...] = ()
    application_type: str = ""
    #: printed on the paper; never routing
    to_places: tuple[str, ...] = ()
    business: BusinessInfo = BusinessInfo()
    trace: tuple[Trace, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    @property
    def code(self) -> str:
        """Số, ký hiệu: "204/UBND-VX"."""
        return f"{self.number}/{self.notation}" if self.notation else self.number

    @property
    def urgency(self) -> Urgency:
        """Độ khẩn."""
        return self.other.urgency


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A hồi báo: a unit's own answer about a document (edXML status message)."""

    #: who reports
    sender: Organization
    #: the document; its organ_id is the organisation the answer goes to
    response_for: Reference
    #: two digits; see StatusCode
    status: str
    #: the unit's own time, as written on the wire; None when it cannot be read
    at: datetime | None
    description: str = ""
    staff: Staff = Staff()


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


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation the hub serves."""

    id: str
    name: str
    code: str
    aliases: tuple[str, ...] = ()


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
    #: an earlier input was the same; this is its receipt given again
    duplicate: bool = False
    #: unit ids and outside codes that get it
    recipients: tuple[str, ...] = ()
    #: addressees that nobody serves
    unknown: tuple[str, ...] = ()


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
    value = (int(now.timestamp() * 1000) << 80) | _random.getrandbits(80)
    return "".join([_CROCKFORD[(value >> shift) & 31] for shift in range(125, -1, -5)])
