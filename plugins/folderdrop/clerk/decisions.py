"""What goes into a decision about a moved folder, and what comes out: frozen records. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from plugins.folderdrop.clerk.cases import Said, Stage


@dataclass(frozen=True, slots=True)
class Spans:
    """How long what is waited for, in seconds."""

    grace: float
    grace_refusal: float
    settle: float


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, by both clocks."""

    monotonic: float
    wall: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """A document's folder, somewhere on the share. No stage: outside the stages, or renamed beyond recognition."""

    place: str
    stage: Stage | None
    person: str = ""
    #: every listed file is there
    whole: bool = True
    reason: str = ""
    result: str = ""

    @property
    def placed(self) -> bool:
        """Whether it lies in one of the folders of the contract."""
        return self.stage is not None

    @property
    def folder(self) -> str:
        """Its own name."""
        return self.place.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Pending:
    """Something that was seen, and waits until it is meant."""

    key: str
    detail: str
    since: float
    changed: float
    at: datetime
    stage: Stage | None = None
    crowd: bool = False
    #: a reason is awaited
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Tell:
    """The gesture is meant: tell the sender."""

    seen: Seen
    said: tuple[Said, ...]
    #: another folder of it lies elsewhere: this is a copy
    copied: bool


@dataclass(frozen=True, slots=True)
class AskReason:
    """A refusal without a reason, of the document or of its recall."""

    place: str
    stage: Stage = Stage.REFUSED


class Why(Enum):
    """Why a folder is put back."""

    TOLD = "a step that cannot be taken back"
    NO_REASON = "a refusal that got no reason"
    NO_RECALL_REASON = "a recall that is not agreed to, without a reason"
    RECALL = "an answer to a recall that nobody asked for"


@dataclass(frozen=True, slots=True)
class PutBack:
    """A step that does not hold."""

    place: str
    why: Why = Why.TOLD


@dataclass(frozen=True, slots=True)
class DropTwin:
    """A copy that is left over."""

    place: str
    #: the one that stays
    other: str


@dataclass(frozen=True, slots=True)
class Restore:
    """The folder was deleted; of a document that is only asked for still, it comes back without its files."""

    bare: bool = False


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It was deleted again."""


@dataclass(frozen=True, slots=True)
class Return:
    """A recall was answered: its folder leaves the folder of answers."""

    place: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """It was given up: in these folders of it a note takes the place of its files."""

    places: tuple[str, ...]


Act = Return | Cancel | Tell | AskReason | PutBack | DropTwin | Restore | GiveUp


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do now, what goes on waiting, and when to look again (monotonic)."""

    pending: Pending | None = None
    acts: tuple[Act, ...] = ()
    due: float | None = None
