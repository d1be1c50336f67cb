"""What the outside world knows by itself: the drop records of the senders, the arrivals of the receivers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Dropped:
    """One file that a unit's software put into its `out/`."""

    unit: str
    name: str
    #: SHA-256 of the file
    digest: str
    size: int
    #: the verdict it must end with: accepted, duplicate, refused or quarantined
    fate: str
    #: the document it is, or is an answer about; "" where nobody can tell
    document_id: str = ""
    #: the code of an answer, "" for a document
    status: str = ""
    #: SHA-256 of the attachment inside
    payload: str = ""
    #: the units that must get it
    to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrived:
    """One file that appeared in a unit's `in/`, as that unit's software read it."""

    unit: str
    name: str
    inode: int
    digest: str
    document_id: str
    status: str
    payload: str
    sender: str


@dataclass(slots=True)
class Evidence:
    """Everything that the hub's own claims are held against."""

    #: unit id -> its folder
    shares: dict[str, Path]
    #: unit id -> its code on the wire
    codes: dict[str, str]
    data: Path
    dropped: list[Dropped] = field(default_factory=list)
    arrived: list[Arrived] = field(default_factory=list)
    #: how many deliveries were under way at the moments when the hub was killed: each may come once more
    ambiguous: int = 0
    #: number of events in the ledger, counted from outside after every stop
    counts: list[int] = field(default_factory=list)
    #: files of the shares and blobs that the hub still held open when it was idle
    held_open: list[str] = field(default_factory=list)
    #: everything came to rest within the bound
    settled: bool = True
