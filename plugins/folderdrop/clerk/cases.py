"""What is known of each delivered document, as frozen records that change by copy. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import IntEnum

from hub import VIETNAM


class Stage(IntEnum):
    """The six folders of `van-ban-den`, by their numbers."""

    NEW = 1
    REFUSED = 2
    ACCEPTED = 3
    ASSIGNED = 4
    PROCESSING = 5
    FINISHED = 6


@dataclass(frozen=True, slots=True)
class Listed:
    """A file that the hub put into a document's folder."""

    name: str
    #: as the sender called it
    full_name: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Said:
    """One answer about a document: written down first, then handed to the hub, always with the same bytes."""

    code: str
    #: ISO 8601
    at: str
    description: str = ""
    staff: str = ""
    #: the hub has it
    told: bool = False
    #: why the hub would not have it
    refused: str = ""
    #: of the person
    email: str = ""
    #: ISO 8601: when the hub first had it; "" of an old one
    told_at: str = ""

    @property
    def heard_at(self) -> str:
        """When its sender could hear of it, ISO 8601."""
        return self.told_at or self.at


@dataclass(frozen=True, slots=True)
class Awaited:
    """A gesture that waits, as it is known after a restart."""

    #: which gesture, and what its folder was called and held
    key: str
    detail: str
    #: ISO 8601: first seen, and last changed
    at: str
    changed: str
    #: one of too many of its kind
    crowd: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One delivered document, and how far it has come."""

    delivery: str
    #: the packet among the hub's blobs
    digest: str
    size: int
    tail: str
    folder: str
    code: str
    sender: str
    subject: str
    urgency: int
    received_at: str
    files: tuple[Listed, ...] = ()
    #: the last stage the sender was told of
    stage: Stage = Stage.NEW
    person: str = ""
    said: tuple[Said, ...] = ()
    #: its folder was in place
    placed: bool = False
    #: it was deleted once, and put there again
    restored: bool = False
    #: it was deleted again: respected
    gone: bool = False
    #: loại văn bản by name, and the document's own date in ISO form; "" where it says none
    type: str = ""
    day: str = ""
    #: answers that a direct way to the last stage left out
    skipped: tuple[str, ...] = ()
    #: the gesture that is not told yet
    awaited: Awaited | None = None
    #: of a unit that is only tried out
    trial: bool = False

    @property
    def closed(self) -> bool:
        """Nothing more is expected."""
        return self.stage in (Stage.REFUSED, Stage.FINISHED)

    @property
    def open(self) -> bool:
        """It lies with the unit and waits for an answer."""
        return self.placed and not self.closed

    @property
    def untold(self) -> tuple[Said, ...]:
        """Answers that are written down, and not with the hub yet."""
        return tuple(each for each in self.said if not each.told)

    @property
    def accepted_at(self) -> str:
        """When the 03 was given, ISO 8601; "" where there is none."""
        return next((each.at for each in self.said if each.code == "03"), "")

    @property
    def year(self) -> int:
        """Of the register it stands in; 0: in none."""
        return year_of(self.accepted_at)

    def has_said(self, code: str) -> bool:
        """Whether that was answered already."""
        return any(each.code == code for each in self.said)

    def arrived(self, now: datetime, *, told: bool = True) -> Case:
        """The same with its folder in place, which the sender is to hear of if it is `told`."""
        if not told:
            return replace(self, placed=True)
        return replace(self, placed=True, said=(*self.said, Said("01", now.isoformat(timespec="seconds"), ARRIVED)))

    def told(self, said: Said, refused: str, now: datetime) -> Case:
        """The same once the hub has judged that answer."""
        at = said.told_at or now.isoformat(timespec="seconds")
        done = replace(said, told=True, refused=refused, told_at=at)
        return replace(self, said=tuple(done if each == said else each for each in self.said))

    def doubted(self, since: str) -> Case:
        """The same, its answers since that day (ISO 8601) to be told again: a ledger from a backup may lack them."""
        doubtful = (replace(each, told=False, refused="") if each.at[:10] >= since else each for each in self.said)
        return replace(self, said=tuple(doubtful))


#: Who testifies to a 01 that no person gave.
ARRIVED = "Trục liên thông tỉnh ghi nhận văn bản đã đến thư mục của đơn vị"


def written(case: Case) -> bytes:
    """A case as JSON."""
    return json.dumps(asdict(case), indent=1).encode() + b"\n"


def line(case: Case) -> bytes:
    """A case as one line of JSON."""
    return json.dumps(asdict(case), separators=(",", ":")).encode() + b"\n"


def year_of(at: str) -> int:
    """The year of a time in ISO 8601, here; 0 for none. Raises ValueError."""
    return datetime.fromisoformat(at).astimezone(VIETNAM).year if at else 0


def read(content: bytes) -> Case:
    """A case from its JSON, also from one that knows less. Raises ValueError, TypeError, KeyError."""
    fields = json.loads(content)
    files = tuple(Listed(**each) for each in fields.pop("files"))
    said = tuple(Said(**each) for each in fields.pop("said"))
    waits = fields.pop("awaited", None)
    fields |= {"stage": Stage(fields["stage"]), "skipped": tuple(fields.get("skipped", ()))}
    return Case(**fields, files=files, said=said, awaited=Awaited(**waits) if waits else None)
