"""Folds documents, one after the other, into the figures of one month. Pure."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from math import ceil

from hub.clock import VIETNAM
from hub.duties import RECALL
from hub.ledger.dossiers import Dossier, Leg
from hub.report.judging import Judged, Workdays, judge, sending
from hub.report.months import Month
from hub.report.parties import Parties, Side
from hub.report.records import (
    Answering,
    Balance,
    Exchange,
    Flow,
    Promptness,
    Recalls,
    Totals,
    Waits,
)
from hub.vocabulary import Business

#: Upper ends in working hours of the bins of Hình 2; what took longer is the last one.
BINS = (1.0, 2.0, 4.0, 8.0, 16.0, 40.0)
#: Working hours of two days: so long may pass between arrival and acceptance.
STALE = 16.0
FROM_CENTRAL, TO_CENTRAL, INSIDE, OUTSIDE = "VPCP → tỉnh", "Tỉnh → VPCP", "Nội tỉnh", "Ngoài tỉnh"
DIRECTIONS = (FROM_CENTRAL, TO_CENTRAL, INSIDE, OUTSIDE)
_OPEN = frozenset({"waiting", "sending", "deferred", "uncertain", "held"})
_HOUR = 3600.0
_WITHDRAWN = "withdrawn"
#: Packets that ask for 15 or 16, and for nothing else.
_ASKING = frozenset({Business.REVOKE, Business.UPDATE})


class Count:
    """One month's documents, counted. Documents that were tried out, or stopped before they went, count nowhere.

    The one exception is the conservation sheet, which has the stopped ones too.
    """

    def __init__(self, month: Month, parties: Parties, workdays: Workdays, now: datetime) -> None:
        self._month, self._parties, self._workdays, self._now = month, parties, workdays, now
        self._documents: Counter[str] = Counter()
        self._legs: Counter[str] = Counter()
        self._ends: Counter[str] = Counter()
        self._flows: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._sent: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._received: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._waits: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        self._reasons: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._days: Counter[int] = Counter()
        self._recalls: Counter[str] = Counter()

    def add_all(self, dossiers: Iterable[Dossier], told: Callable[[int], None]) -> Count:
        """Count all of these; `told` hears after each how many were counted."""
        for number, dossier in enumerate(dossiers, 1):
            self.add(dossier)
            told(number)
        return self

    def add(self, dossier: Dossier) -> None:
        """Count one more document."""
        if dossier.trial:
            return
        self._balance(dossier)
        if dossier.withdrawn:
            return
        self._sent[dossier.origin].update(("sent", sending(dossier, self._workdays)))
        self._documents["documents"] += 1
        for leg in dossier.legs:
            self._leg(dossier, leg)
        self._flow(dossier)
        self._recall(dossier)

    # Each part of it

    def _balance(self, dossier: Dossier) -> None:
        mine = self._sent[dossier.origin]
        mine["planned"] += len(dossier.planned)
        for leg in dossier.legs:
            mine["open" if leg.state in _OPEN else leg.state] += 1

    def _leg(self, dossier: Dossier, leg: Leg) -> None:
        self._legs.update(("legs", leg.state))
        self._sent[dossier.origin]["legs"] += 1
        self._days[dossier.received_at.astimezone(VIETNAM).day] += 1
        if leg.state != "delivered" or self._parties.side(leg.recipient) is not Side.OURS:
            return
        self._received[leg.recipient]["got"] += 1
        if dossier.document.business.type not in _ASKING:
            self._answered(leg, judge(dossier, leg, self._workdays, self._now))

    def _answered(self, leg: Leg, judged: Judged) -> None:
        mine = self._received[leg.recipient]
        seen = [judged.acceptance, f"stands {judged.standing}"] + ["arrived"] * (judged.arrived_at is not None)
        if judged.acceptance not in ("refused", "recalled"):
            seen += ["overdue"] * judged.is_overdue + ["kept"] * (judged.is_finished and not judged.is_overdue)
            seen += ["finished"] * judged.is_finished
        mine["received"] += 1
        mine.update(seen)
        self._ends.update(seen)
        if judged.acceptance == "refused":
            self._reasons[leg.recipient][" ".join(judged.reason.split())] += 1
        if judged.acceptance in ("in-time", "late") and judged.accepted_at:
            assert leg.ended_at
            self._waits[leg.recipient].append(self._hours(leg.ended_at, judged.accepted_at, leg.recipient))
        if judged.acceptance == "waiting" and judged.arrived_at:
            self._ends["stale"] += self._hours(judged.arrived_at, self._now, leg.recipient) > STALE

    def _hours(self, start: datetime, end: datetime, unit: str) -> float:
        return self._workdays.working_seconds(start, end, unit) / _HOUR

    def _flow(self, dossier: Dossier) -> None:
        ways = [(self._way(dossier.origin, leg.recipient), leg) for leg in dossier.legs]
        for way, leg in ways:
            self._flows[way].update(legs=1, delivered=leg.state == "delivered")
        said = {"documents": 1, "size": dossier.size, "urgent": int(dossier.document.urgency > 0)}
        for way in {way for way, _ in ways}:
            self._flows[way].update(said)
        self._documents.update({"size": dossier.size, "urgent": said["urgent"]})

    def _way(self, origin: str, recipient: str) -> str:
        ends = self._parties.side(origin), self._parties.side(recipient)
        known = {(Side.CENTRAL, Side.OURS): FROM_CENTRAL, (Side.OURS, Side.CENTRAL): TO_CENTRAL}
        return INSIDE if ends == (Side.OURS, Side.OURS) else known.get(ends, OUTSIDE)

    def _recall(self, dossier: Dossier) -> None:
        # Of a former unit, the one that took over is asked, and answers in its name.
        unit = self._parties.unit
        asked = {unit(one.to) for one in dossier.said if one.answer.code == "13"}
        for recipient in asked | {unit(duty.unit) for duty in dossier.owed if duty.code == RECALL}:
            codes = [one.answer.code for one in dossier.said if unit(one.by) == recipient]
            ending = "agreed" if "15" in codes else "refused" if "16" in codes else "silent"
            self._recalls.update(("asked", ending))
            self._sent[dossier.origin]["asked back"] += 1

    # What came of it

    def totals(self) -> Totals:
        """The whole month in a line."""
        legs, said = self._legs, self._ends
        owed = said["in-time"] + said["late"] + said["waiting"] + said["refused"]
        return Totals(
            documents=self._documents["documents"],
            legs=legs["legs"],
            delivered=legs["delivered"],
            dead=legs["dead"],
            owed=owed,
            in_time=said["in-time"],
            late=said["late"],
            waiting=said["waiting"],
            refused=said["refused"],
            finished=said["finished"],
        )

    @property
    def stale(self) -> int:
        """Legs that arrived, and are not accepted for more than two working days."""
        return self._ends["stale"]

    @property
    def seen(self) -> tuple[str, ...]:
        """Everyone who sent or received anything."""
        return tuple({*self._sent, *self._received})

    def flows(self) -> tuple[Flow, ...]:
        """Bảng 1, one line a direction and one for all."""
        lines = [_flow(way, self._flows[way]) for way in DIRECTIONS]
        return (*lines, _flow("Tổng số", self._legs + self._documents))

    def days(self) -> tuple[int, ...]:
        """Legs by day."""
        return tuple(self._days[day.day] for day in self._month.days)

    def exchange(self, unit: str, given_back: int) -> Exchange:
        """Bảng 2."""
        mine, name = self._sent[unit], self._parties.name(unit)
        went = mine["legs"], self._received[unit]["got"], mine["dead"]
        return Exchange(unit, name, mine["sent"], *went, given_back, mine["asked back"])

    def promptness(self, unit: str) -> Promptness:
        """Bảng 3."""
        mine = self._sent[unit]
        kept = mine["same-day"], mine["next-morning"], mine["late"], mine["unknown"]
        return Promptness(unit, self._parties.name(unit), *kept)

    def answering(self, unit: str) -> Answering:
        """Bảng 4."""
        mine = self._received[unit]
        ended = mine["in-time"], mine["late"], mine["waiting"], mine["refused"]
        standing = mine["stands 04"], mine["stands 05"]
        finished = mine["finished"], mine["kept"], mine["overdue"]
        return Answering(
            unit,
            self._parties.name(unit),
            mine["received"],
            sum(ended),
            mine["arrived"],
            *ended,
            *standing,
            *finished,
            mine["recalled"],
            waits(self._waits[unit]),
            tuple(self._reasons[unit].most_common(3)),
        )

    def balance(self, unit: str) -> Balance:
        """Bảng 8b."""
        mine, name = self._sent[unit], self._parties.name(unit)
        return Balance(unit, name, mine["planned"], mine["delivered"], mine["open"], mine["dead"], mine[_WITHDRAWN])

    def waits(self) -> Waits:
        """Of all units."""
        every: array[float] = array("d")
        for mine in self._waits.values():
            every.extend(mine)
        return waits(every)

    def recalls(self) -> Recalls:
        """Of the month's documents."""
        mine = self._recalls
        return Recalls(mine["asked"], mine["agreed"], mine["refused"], mine["silent"])


def waits(hours: Iterable[float]) -> Waits:
    """How long it took, in hours: median and 90th percentile by nearest rank."""
    ordered = sorted(hours)
    number = len(ordered)
    bins = [0] * (len(BINS) + 1)
    for each in ordered:
        bins[sum(each > end for end in BINS)] += 1
    if not number:
        return Waits(0, None, None, tuple(bins))
    return Waits(number, ordered[ceil(number / 2) - 1], ordered[ceil(number * 0.9) - 1], tuple(bins))


def _flow(way: str, said: Counter[str]) -> Flow:
    return Flow(way, said["documents"], said["legs"], said["delivered"], said["urgent"], said["size"])
