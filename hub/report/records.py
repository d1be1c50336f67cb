"""The figures of one month's report, as frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.ledger.figures import Extent
from hub.report.months import Month

#: Of fewer than so many no percentage is given.
LEAST = 5


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        """None where there are too few to say one."""
        return 100 * self.part / self.whole if self.whole >= LEAST else None


@dataclass(frozen=True, slots=True)
class Totals:
    """What one month is compared by. A leg (lượt gửi) is one document to one recipient."""

    documents: int
    legs: int
    delivered: int
    dead: int
    #: legs that one of our units must answer: in_time + late + waiting + refused
    owed: int
    in_time: int
    late: int
    waiting: int
    refused: int
    finished: int

    @property
    def answered_in_time(self) -> Share:
        """Accepted in time, of all that must be answered."""
        return Share(self.in_time, self.owed)


@dataclass(frozen=True, slots=True)
class Flow:
    """Bảng 1: one direction. A document counts in every direction that it took."""

    direction: str
    documents: int
    legs: int
    delivered: int
    urgent: int
    #: bytes of the packets
    size: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """Bảng 2: what one unit sent and received."""

    unit: str
    name: str
    sent: int
    sent_legs: int
    #: legs delivered to it, those that ask for a recall or an update too
    received: int
    #: legs of its documents that ended as dead letters
    failed: int
    #: its inputs that were refused or are in quarantine
    given_back: int
    #: legs that it asked to give back
    recalled: int


@dataclass(frozen=True, slots=True)
class Promptness:
    """Bảng 3: how soon after their date one unit's documents were sent."""

    unit: str
    name: str
    same_day: int
    next_morning: int
    late: int
    #: without a date that can be read
    unknown: int

    @property
    def in_time(self) -> Share:
        """In time, of those with a date."""
        kept = self.same_day + self.next_morning
        return Share(kept, kept + self.late)


@dataclass(frozen=True, slots=True)
class Waits:
    """Working hours from the delivery of a document to its acceptance. None: nothing was accepted."""

    number: int
    median: float | None
    p90: float | None
    #: how many took so long, by `BINS`
    bins: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Answering:
    """Bảng 4: what one unit answered about the documents that were delivered to it."""

    unit: str
    name: str
    #: legs delivered to it, without those that ask for a recall or an update
    received: int
    #: in_time + late + waiting + refused
    owed: int
    arrived: int
    in_time: int
    late: int
    waiting: int
    refused: int
    #: where they stand now
    assigned: int
    processing: int
    finished: int
    #: of these: in time, or without a date
    finished_in_time: int
    #: finished after their date, or not finished and their date is over
    overdue: int
    #: called back: nothing is owed
    recalled: int
    waits: Waits
    #: why it refused, the most frequent first, with how often
    reasons: tuple[tuple[str, int], ...]

    @property
    def accepted(self) -> Share:
        """Accepted at all, of those received."""
        return Share(self.in_time + self.late, self.received)

    @property
    def accepted_in_time(self) -> Share:
        """Accepted in time, of those that must be answered."""
        return Share(self.in_time, self.owed)


@dataclass(frozen=True, slots=True)
class Overdue:
    """Bảng 6: one answer that is overdue."""

    code: str
    subject: str
    sender: str
    name: str
    #: the status code that is owed
    owed: str
    due_at: datetime
    #: working hours since then
    hours: float


@dataclass(frozen=True, slots=True)
class Fault:
    """Bảng 7: one cause. None: not known, or does not apply."""

    cause: str
    number: int
    mended: int | None
    #: the median of the hours until it was mended
    hours: float | None


@dataclass(frozen=True, slots=True)
class Inflow:
    """Bảng 8a: one unit's inputs, and what was decided about them as the history says."""

    unit: str
    name: str
    inputs: int
    accepted: int
    repeated: int
    refused: int
    quarantined: int
    reading: int

    @property
    def difference(self) -> int:
        """0, or something is wrong."""
        return self.inputs - self.accepted - self.repeated - self.refused - self.quarantined - self.reading


@dataclass(frozen=True, slots=True)
class Balance:
    """Bảng 8b: the legs that the history names for one sender, and where they are."""

    unit: str
    name: str
    planned: int
    delivered: int
    open: int
    dead: int
    withdrawn: int

    @property
    def difference(self) -> int:
        """0, or something is wrong."""
        return self.planned - self.delivered - self.open - self.dead - self.withdrawn


@dataclass(frozen=True, slots=True)
class Recalls:
    """Recalls of the month's documents, one a recipient: asked = agreed + refused + silent."""

    asked: int
    agreed: int
    refused: int
    silent: int


@dataclass(frozen=True, slots=True)
class Down:
    """An outage as far as it lies in the month."""

    unit: str
    name: str
    since: datetime
    until: datetime | None
    cause: str
    hours: float


@dataclass(frozen=True, slots=True)
class Available:
    """How many percent of the time a connection was there, of the month from `since` on."""

    percent: float
    since: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """So many of so many units of one sort are connected."""

    word: str
    connected: Share


@dataclass(frozen=True, slots=True)
class Network:
    """Who is connected."""

    connected: Share
    kinds: tuple[Group, ...]
    levels: tuple[Group, ...]
    #: of how many units nobody said the level, so that their names decided
    guessed: int
    #: names of units first connected in this month, of those only tried out, asked for nothing, and ended in it
    new: tuple[str, ...]
    tried_out: tuple[str, ...]
    paused: tuple[str, ...]
    ended: tuple[str, ...]
    #: the way to the Government Office; None: nothing is known of it in this month
    central: Available | None
    #: the endpoint that it is; "": none
    central_unit: str
    outages: tuple[Down, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that the report says in numbers."""

    month: Month
    #: when the ledger was looked at
    made_at: datetime
    totals: Totals
    before: Totals
    year_before: Totals
    flows: tuple[Flow, ...]
    days: tuple[int, ...]
    exchanges: tuple[Exchange, ...]
    promptness: tuple[Promptness, ...]
    answers: tuple[Answering, ...]
    waits: Waits
    overdue: tuple[Overdue, ...]
    faults: tuple[Fault, ...]
    inflows: tuple[Inflow, ...]
    balances: tuple[Balance, ...]
    recalls: Recalls
    #: answers that named no document for certain, by how they stand
    orphans: dict[str, int]
    #: legs that arrived, and were not accepted for more than two working days
    stale: int
    network: Network
    extents: tuple[Extent, ...]
    #: month by month from January
    series: tuple[tuple[Month, Totals], ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether the whole month was counted; else it went on after the ledger was looked at."""
        return self.made_at >= self.month.until

    @property
    def idle(self) -> tuple[Answering, ...]:
        """Bảng 5: those that received at least ten, and accepted fewer than a fifth."""
        return tuple(one for one in self.answers if one.received >= 10 and 5 * one.accepted.part < one.accepted.whole)

    @property
    def difference(self) -> int:
        """Of the conservation sheet: 0, or something is wrong."""
        differences = [one.difference for one in self.inflows] + [one.difference for one in self.balances]
        return sum(map(abs, differences))
