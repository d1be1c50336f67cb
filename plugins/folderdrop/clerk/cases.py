"""What is known of each delivered document, as frozen records that change by copy. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import IntEnum

from hub import VIETNAM


class Stage(IntEnum):
    """The folders of `van-ban-den`, by their numbers; the last two are there while a recall waits for its answer."""

    NEW = 1
    REFUSED = 2
    ACCEPTED = 3
    ASSIGNED = 4
    PROCESSING = 5
    FINISHED = 6
    #: to what its sender asks of a document that came; no document ever stays in these
    AGREED = 7
    DISAGREED = 8


#: What answers a sender who wants a document back, and by which code.
ANSWERS = {Stage.AGREED: "15", Stage.DISAGREED: "16"}
#: What a sender asks, as a packet's business type says it.
RECALL, UPDATE, REPLACE = 1, 2, 3


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
    #: the delivery of the document that it answers, where that is not this one but one that asks something of it
    about: str = ""

    @property
    def heard_at(self) -> str:
        """When its sender could hear of it, ISO 8601."""
        return self.told_at or self.at


@dataclass(frozen=True, slots=True)
class Asked:
    """What its sender asked of a document after it had come: to take it back, to change it, to replace it."""

    #: by which it was asked
    delivery: str
    #: RECALL, UPDATE or REPLACE
    kind: int
    #: ISO 8601
    at: str
    reason: str = ""
    #: the document that says so, or takes its place: number, and its folder's name
    by: str = ""
    folder: str = ""
    #: the code of the answer, and when it was given (ISO 8601); "" while it is owed
    answer: str = ""
    answered_at: str = ""
    #: why it was not agreed to
    why_not: str = ""
    #: it is asked by this very document, of one that is not here
    own: bool = False

    @property
    def about(self) -> str:
        """The delivery whose document an answer names: of a change the one that asks, of a recall the one recalled."""
        return "" if self.own or self.kind == RECALL else self.delivery


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
    #: mã định danh văn bản as its packet says it
    document_id: str = ""
    #: what its sender asked later, oldest first
    asks: tuple[Asked, ...] = ()
    #: its folder holds none of its files any more
    bare: bool = False

    @property
    def closed(self) -> bool:
        """Nothing more is expected."""
        return self.stage in (Stage.REFUSED, Stage.FINISHED)

    @property
    def open(self) -> bool:
        """It lies with the unit and waits for an answer."""
        return self.placed and not self.closed

    @property
    def asked(self) -> tuple[Asked, ...]:
        """What its sender asks and has no answer to."""
        return tuple(each for each in self.asks if not each.answer)

    @property
    def agreed(self) -> bool:
        """Whether the unit gave it up."""
        return any(each.answer == ANSWERS[Stage.AGREED] and not each.own for each in self.asks)

    @property
    def given_up(self) -> tuple[Asked, ...]:
        """The requests by which it was given up for good, oldest first; an update leaves it with the unit."""
        agreed = (each for each in self.asks if each.answer == ANSWERS[Stage.AGREED] and not each.own)
        return tuple(each for each in agreed if each.kind != UPDATE)

    @property
    def to_cancel(self) -> bool:
        """Whether its files are to go: it was given up, and the hub has that answer. Those of an update stay."""
        agreed = {(ANSWERS[Stage.AGREED], each.about) for each in self.given_up}
        heard = any((each.code, each.about) in agreed and each.told and not each.refused for each in self.said)
        return heard and not self.bare

    @property
    def done(self) -> bool:
        """Whether it can be put away: closed, all told, nothing asked."""
        return self.closed and not self.untold and not self.asked and not self.to_cancel

    @property
    def present(self) -> tuple[Listed, ...]:
        """The files that its folder is to hold."""
        return () if self.bare else self.files

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


def answered(case: Case, stage: Stage, said: Said) -> Case:
    """The same once its unit has answered what was asked: given up it is closed, else it stays where it was."""
    why_not = said.description if stage is Stage.DISAGREED else ""
    closed = [
        each if each.answer else replace(each, answer=said.code, answered_at=said.at, why_not=why_not)
        for each in case.asks
    ]
    case = replace(case, asks=tuple(closed))
    return replace(case, stage=Stage.FINISHED, person="") if case.agreed else case


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
    asks = tuple(Asked(**each) for each in fields.pop("asks", ()))
    fields |= {"stage": Stage(fields["stage"]), "skipped": tuple(fields.get("skipped", ()))}
    return Case(**fields, files=files, said=said, asks=asks, awaited=Awaited(**waits) if waits else None)
