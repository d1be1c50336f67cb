"""What an eOffice keeps in its registers, as its own words have it: documents, statuses, who says them."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

VIETNAM = timezone(timedelta(hours=7))

#: code -> what people call it (facts 2.2)
STATUSES = {
    "01": "Đã đến",
    "02": "Trả lại",
    "03": "Đã tiếp nhận",
    "04": "Phân công",
    "05": "Đang xử lý",
    "06": "Hoàn thành",
    "13": "Yêu cầu lấy lại",
    "15": "Đồng ý yêu cầu",
    "16": "Từ chối yêu cầu",
}
#: business type of a packet -> what it asks for
BUSINESS = {0: "Văn bản mới", 1: "Thu hồi", 2: "Cập nhật", 3: "Thay thế", 13: "Lấy lại"}
#: a request that came as a status, not as a packet
TAKE_BACK = 13
URGENCIES = ("Thường", "Khẩn", "Thượng khẩn", "Hỏa tốc", "Hỏa tốc hẹn giờ")


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation."""

    code: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """An attachment that is stored: `sha256` names its bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Paper:
    """A document. `date` and `due` are yyyy/MM/dd as they came."""

    sender: Party
    to: tuple[Party, ...]
    document_id: str
    number: str
    notation: str
    date: str
    kind: str = "Công văn"
    subject: str = ""
    place: str = ""
    signer: str = ""
    position: str = ""
    urgency: int = 0
    due: str = ""
    business: int = 0
    about: str = ""
    reason: str = ""
    files: tuple[File, ...] = ()

    @property
    def code(self) -> str:
        """Number and notation."""
        return f"{self.number}/{self.notation}" if self.notation else self.number

    def as_json(self) -> dict[str, Any]:
        """What the database keeps."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Said:
    """A status: `sender` says `status` of the document that `organ`, `code`, `date` and `document_id` name."""

    sender: Party
    organ: str
    code: str
    date: str
    document_id: str
    status: str
    at: datetime
    reason: str = ""
    staff: str = ""


@dataclass(frozen=True, slots=True)
class Packet:
    """What one packet says; `contents` are the bytes of its paper's files, in their order."""

    body: Paper | Said
    contents: tuple[bytes, ...] = field(default=(), repr=False)


class Unreadable(Exception):
    """Bytes that are no packet; the text is without diacritics."""


def paper_of(kept: dict[str, Any]) -> Paper:
    """A paper as the database kept it."""
    return Paper(
        **{
            **kept,
            "sender": Party(**kept["sender"]),
            "to": tuple(Party(**each) for each in kept["to"]),
            "files": tuple(File(**each) for each in kept["files"]),
        }
    )


def digest(content: bytes) -> str:
    """Names these bytes."""
    return hashlib.sha256(content).hexdigest()


def folded(text: str) -> str:
    """Under which two spellings of one identifier are the same."""
    return unicodedata.normalize("NFC", text).strip().upper().replace("-", "/")


def paper_key(paper: Paper) -> str:
    """What two deliveries of one document share."""
    named = paper.document_id or f"{paper.code},{paper.date}"
    more = (paper.about, paper.reason, paper.date) if paper.business else ()
    return "|".join(map(folded, (paper.sender.code, named, str(paper.business), *more)))


def said_key(said: Said) -> str:
    """What two deliveries of one status share."""
    named = said.document_id or f"{said.code},{said.date}"
    return "|".join(map(folded, (said.sender.code, named, said.status, wire_time(said.at), said.reason)))


def wire_time(at: datetime) -> str:
    """yyyy/MM/dd HH:mm:ss in Vietnamese time, as nearly every wire of this kind has it."""
    return f"{at.astimezone(VIETNAM):%Y/%m/%d %H:%M:%S}"
