"""What is exchanged: documents and answers, as their packets say it.

Text taken from a packet is kept as it came (trimmed, NFC).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum


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
    #: that time as it was written, where it cannot be read
    at_text: str = ""
