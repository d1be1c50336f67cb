"""Puts one month's figures together out of one look at the ledger. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from hub.duties import Subject
from hub.ledger.figures import Intake, Look, Loss, Outage
from hub.report.causes import CAUSES
from hub.report.counting import Count
from hub.report.judging import Workdays
from hub.report.months import Month
from hub.report.network import Link, available, network
from hub.report.parties import Parties
from hub.report.records import Down, Fault, Figures, Inflow, Overdue, Totals

#: Lines of Bảng 6, and of each sort of cause in Bảng 7.
MOST = 20
_HOUR = 3600.0
#: What a dead letter's reason begins with -> its cause in words.
_CAUSES = {
    "no unit or hub for": "Không có đơn vị nào mang mã nơi nhận",
    "given up after": "Hết thời hạn tự chuyển lại",
    "the connector failed": "Bộ kết nối lỗi",
    "damaged": "Tệp lưu bị hỏng",
}
_VERDICTS = {"refused": "Gói tin trả lại", "quarantined": "Gói tin cách ly"}
_INTERRUPTED = "Mất kết nối"


@dataclass(frozen=True, slots=True)
class Source:
    """What the figures are made from. `told` hears of each month how many documents were counted so far."""

    look: Look
    parties: Parties
    links: Sequence[Link]
    workdays: Workdays
    subjects: Mapping[str, Subject]
    now: datetime
    told: Callable[[Month, int], None]

    def count(self, month: Month) -> Count:
        """The documents of one month."""
        count = Count(month, self.parties, self.workdays, self.now)
        # Closed before the look is: a database minds cursors that are left open.
        with closing(self.look.dossiers(month.since, month.until)) as dossiers:
            return count.add_all(dossiers, lambda number: self.told(month, number))


def gather(source: Source, month: Month, *, series: bool) -> Figures:
    """Everything; with `series` the months from January too. Raises Damaged, StorageError."""
    look, parties, span = source.look, source.parties, (month.since, month.until)
    intake = look.intake(*span)
    count = source.count(month)
    units = parties.named({*count.seen, *intake})
    others = _others(parties, {*count.seen, *intake})
    health = look.health(*span)
    outages = _outages(source, month, health.outages)
    given_back = {unit: one.inputs["refused"] + one.inputs["quarantined"] for unit, one in intake.items()}
    known = {month: count.totals()}
    return Figures(
        month=month,
        made_at=source.now,
        totals=known[month],
        before=_totals(source, month.before, known),
        year_before=_totals(source, month.year_before, known),
        flows=count.flows(),
        days=count.days(),
        exchanges=tuple(count.exchange(unit, given_back.get(unit, 0)) for unit in units),
        promptness=tuple(map(count.promptness, units)),
        answers=tuple(map(count.answering, units)),
        waits=count.waits(),
        overdue=_overdue(source, month),
        faults=(*_faults(look, span), *_interruptions(outages)),
        inflows=tuple(_inflow(unit, parties.name(unit), intake.get(unit)) for unit in (*units, *others)),
        balances=tuple(map(count.balance, (*units, *others))),
        recalls=count.recalls(),
        orphans=dict(look.orphans(*span)),
        stale=count.stale,
        network=network(
            *(parties, source.links, look.connected(), outages, source.subjects),
            *(month, available(parties, health.known_since, outages, month, source.now)),
        ),
        extents=tuple(look.extents(*span)),
        series=tuple((each, _totals(source, each, known)) for each in month.from_january()) if series else (),
    )


def _totals(source: Source, month: Month, known: dict[Month, Totals]) -> Totals:
    if month not in known:
        known[month] = source.count(month).totals()
    return known[month]


def _others(parties: Parties, seen: Iterable[str]) -> list[str]:
    """Everyone else who sent something: outside, or only tried out."""
    return sorted(set(seen) - set(parties.named(set(seen))))


def _overdue(source: Source, month: Month) -> tuple[Overdue, ...]:
    parties, now = source.parties, source.now
    return tuple(
        Overdue(
            late.code,
            late.subject,
            parties.name(late.origin),
            parties.name(late.unit),
            late.owed,
            late.due_at,
            source.workdays.working_seconds(late.due_at, now, late.unit) / _HOUR,
        )
        for late in source.look.late(now, month.until, MOST)
    )


def _inflow(unit: str, name: str, intake: Intake | None) -> Inflow:
    inputs, events = (intake.inputs, intake.events) if intake else (Counter[str](), Counter[str]())
    repeated = events["duplicate"] + events["echo"]
    judged = events["accepted"], repeated, events["refused"], events["quarantined"]
    return Inflow(unit, name, inputs.total(), *judged, inputs["reading"])


# Bảng 7


def _faults(look: Look, span: tuple[datetime, datetime]) -> list[Fault]:
    lost: dict[str, list[Loss]] = {}
    for loss in look.losses(*span):
        lost.setdefault(_cause(loss), []).append(loss)
    letters = [_mended(cause, [(one.at, one.mended_at) for one in losses]) for cause, losses in lost.items()]
    return [*_worst(letters), *_worst(_refusals(look.refusals(*span)))]


def _refusals(refusals: Mapping[tuple[str, str, str], int]) -> list[Fault]:
    counts: Counter[tuple[str, str]] = Counter()
    closed: Counter[tuple[str, str]] = Counter()
    for (verdict, code, state), number in refusals.items():
        counts[verdict, code] += number
        if verdict == "quarantined":
            closed[verdict, code] += number if state in ("released", "discarded") else 0
    return [
        Fault(f"{_VERDICTS[verdict]}: {CAUSES.get(code, code)}", number, closed.get((verdict, code)), None)
        for (verdict, code), number in counts.items()
    ]


def _interruptions(outages: Sequence[Down]) -> list[Fault]:
    ends = [(one.since, one.until) for one in outages]
    return [_mended(_INTERRUPTED, ends)] if ends else []


def _cause(loss: Loss) -> str:
    known = (words for start, words in _CAUSES.items() if loss.reason.startswith(start))
    what = "Hồi báo" if loss.kind == "acknowledgement" else "Văn bản"
    return f"{what} không chuyển được: {next(known, 'nơi nhận không nhận')}"


def _mended(cause: str, spans: Sequence[tuple[datetime, datetime | None]]) -> Fault:
    hours = [(end - start).total_seconds() / _HOUR for start, end in spans if end]
    return Fault(cause, len(spans), len(hours), median(hours) if hours else None)


def _worst(faults: Iterable[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda one: (-one.number, one.cause))[:MOST]


def _outages(source: Source, month: Month, found: Sequence[Outage]) -> list[Down]:
    end = min(month.until, max(source.now, month.since))
    return [_down(one, source.parties.name(one.unit), month.since, end) for one in found]


def _down(outage: Outage, name: str, start: datetime, end: datetime) -> Down:
    lasted = min(outage.until or end, end) - max(outage.since, start)
    hours = max(0.0, lasted.total_seconds() / _HOUR)
    return Down(outage.unit, name, outage.since, outage.until, outage.cause, hours)
