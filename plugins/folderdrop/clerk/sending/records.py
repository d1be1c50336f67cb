"""What is read of a drop, and what is known of each document sent, as frozen records. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

#: What stands for the code of a dropped packet that is no document.
ANSWER = "hoi-bao"


@dataclass(frozen=True, slots=True)
class Mention:
    """Another document as a clerk names it."""

    #: "88/BNV-VTLT"
    code: str
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Title:
    """What a file's or a folder's name says of its document; every part may be missing."""

    number: str = ""
    notation: str = ""
    day: date | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Slip:
    """What `PHIEU-GUI.txt` says; every part may be missing."""

    #: as typed
    to: tuple[str, ...] = ()
    number: str = ""
    notation: str = ""
    day: date | None = None
    type: str = ""
    #: 0..4; None: not said
    urgency: int | None = None
    subject: str = ""
    due: date | None = None
    answers: tuple[Mention, ...] = ()
    replaces: tuple[Mention, ...] = ()
    #: name of the file that is the document itself
    main: str = ""
    signer: str = ""
    position: str = ""
    #: độ mật as typed; None: not said
    secrecy: str | None = None
    #: what could not be understood and does not matter
    warnings: tuple[str, ...] = ()
    #: what could not be understood and matters: the key's name, and what was typed
    unread: tuple[tuple[str, str], ...] = ()
    #: earlier documents that it wants back, or changes; and why it does that, or replaces some
    revokes: tuple[Mention, ...] = ()
    updates: tuple[Mention, ...] = ()
    reason: str = ""


class Kind(StrEnum):
    """What a file is, by its bytes; its name decides only where these do not."""

    EDXML = "edxml"
    PDF = "pdf"
    OFFICE = "office"
    ARCHIVE = "archive"
    IMAGE = "image"
    TEXT = "text"
    OTHER = "other"
    #: a program, a script, or an office file with macros
    PROGRAM = "program"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a look into one file showed. Bytes and texts are not kept."""

    kind: Kind
    #: it cannot be opened: damaged, or locked by a password
    damaged: bool = False
    #: the first page, or the name, bears a degree of secrecy
    secret: bool = False
    #: it has a signature field that is filled in; nothing is said of its worth
    signed: bool = False
    #: who signed, and when, as the signature says ("" where it does not)
    signer: str = ""
    signed_at: str = ""
    #: "ngày 13 tháng 01 năm 2016" of the first page
    day: date | None = None
    #: "macro" where the program is one, for the words of the answer
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file of a sent document, the document itself first."""

    name: str
    size: int
    digest: str
    signed: bool = False
    signer: str = ""
    signed_at: str = ""


class Fate(StrEnum):
    """Where a sent document is with the hub."""

    #: taken; what the hub says of it is not written down yet
    TAKEN = "taken"
    #: in the hub's custody: kept back, or on its way, or there
    SENT = "sent"
    #: stopped by the clerk before it went anywhere
    WITHDRAWN = "withdrawn"
    #: the hub keeps it until a person has looked
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Request:
    """One recipient that is asked to give a document back."""

    #: as the hub's stories name it, and its code on the wire
    recipient: str
    code: str
    #: the hub's id of the request; "" until the hub has it
    envelope: str = ""
    #: why the hub would not have it
    refused: str = ""

    @property
    def settled(self) -> bool:
        """Whether the hub has judged it."""
        return bool(self.envelope or self.refused)


@dataclass(frozen=True, slots=True)
class Recall:
    """A document that its sender wants back after it went."""

    #: ISO 8601: when its folder was first seen in `thu-hoi`, and when the reason was written last
    since: str
    changed: str
    reason: str = ""
    #: ISO 8601: when everybody was asked; "" while it can be undone
    at: str = ""
    requests: tuple[Request, ...] = ()


@dataclass(frozen=True, slots=True)
class Posted:
    """One document that a clerk sent, and its receipt's folder."""

    id: str
    #: ISO 8601: when the hub took custody, and until when it can be stopped
    at: str
    until: str
    tail: str
    #: "2026-11/1254-UBND-KGVX ~7K3"
    folder: str
    code: str
    #: "" where none is known; ISO
    day: str
    subject: str
    urgency: int
    files: tuple[Enclosed, ...]
    #: "" until the hub has it
    envelope: str = ""
    fate: Fate = Fate.TAKEN
    #: what the clerk should know: "chưa ký số ...", addressees that nobody serves
    warnings: tuple[str, ...] = ()
    #: why the hub keeps it
    reason: str = ""
    #: whom it is for: ids of contacts
    to: tuple[str, ...] = ()
    #: what its receipt said last, as a digest
    shown: str = ""
    #: documents whose place it takes, and those it replies to: "320/UBND-VP ngày 20/11/2026"
    replaces: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    #: what it replies to was finished
    replied: bool = False
    #: mã định danh văn bản as its packet says it
    document_id: str = ""
    #: documents that it wants back, and those it changes
    revokes: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    #: it is wanted back itself
    recall: Recall | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """A file or folder that could not be sent, and lies in `tra-lai`."""

    name: str
    #: the first line of its answer; "" where it was not read
    why: str
