"""From outcomes to medians, ratios, the table and the binding figures. Pure but for the printing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median

from rich.console import Console
from rich.table import Table
from trial import Outcome

CEILING, HUB = "ceiling", "hub"
TRICKLE = "trickle"

_HEADS = ("docs/s", "x", "p50 ms", "x", "p95 ms", "CPU ms", "MB ready", "MB over", "lost", "doubled", "damaged")


@dataclass(frozen=True, slots=True)
class Row:
    """One system at one workload: medians over the rounds, sums of what went wrong."""

    workload: str
    system: str
    rounds: int
    per_second: float
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    ready_mb: float
    over_ready_mb: float
    lost: int
    doubled: int
    damaged: int
    #: medians of the ratios to the ceiling of the same round; None without a ceiling
    rate_ratio: float | None
    p50_ratio: float | None


@dataclass(frozen=True, slots=True)
class Binding:
    """One promise about the hub's speed. `measured` is None where this run has no figure for it."""

    promise: str
    measured: float | None
    passed: bool


def rows(outcomes: Sequence[Outcome]) -> list[Row]:
    """One row per workload and system, in the order they were measured."""
    keys = dict.fromkeys((outcome.workload, outcome.system) for outcome in outcomes)
    ordered = sorted(keys, key=lambda key: [outcome.workload for outcome in outcomes].index(key[0]))
    return [_row(workload, system, outcomes) for workload, system in ordered]


def _row(workload: str, system: str, outcomes: Sequence[Outcome]) -> Row:
    own = [outcome for outcome in outcomes if (outcome.workload, outcome.system) == (workload, system)]

    def middle(value: Callable[[Outcome], float]) -> float:
        return median(map(value, own))

    return Row(
        workload=workload,
        system=system,
        rounds=len(own),
        per_second=middle(lambda outcome: outcome.per_second),
        p50_ms=middle(lambda outcome: outcome.p50),
        p95_ms=middle(lambda outcome: outcome.p95),
        cpu_ms=middle(lambda outcome: outcome.cpu),
        ready_mb=middle(lambda outcome: outcome.ready_mb),
        over_ready_mb=middle(lambda outcome: outcome.over_mb),
        lost=sum(outcome.lost for outcome in own),
        doubled=sum(outcome.doubled for outcome in own),
        damaged=sum(outcome.damaged for outcome in own),
        rate_ratio=_ratio(own, outcomes, lambda outcome: outcome.per_second),
        p50_ratio=_ratio(own, outcomes, lambda outcome: outcome.p50),
    )


def _ratio(own: Iterable[Outcome], outcomes: Iterable[Outcome], value: Callable[[Outcome], float]) -> float | None:
    ceilings = {(each.workload, each.round): value(each) for each in outcomes if each.system == CEILING}
    ratios = [
        value(each) / ceilings[each.workload, each.round] for each in own if (each.workload, each.round) in ceilings
    ]
    return median(ratios) if ratios else None


@dataclass(frozen=True, slots=True)
class _Promise:
    workload: str
    what: str
    bound: float
    value: Callable[[Row], float | None]
    least: bool = False


_PROMISES = (
    _Promise("20k", "docs/s over the ceiling's", 0.70, lambda row: row.rate_ratio, least=True),
    _Promise("1m", "docs/s over the ceiling's", 1.00, lambda row: row.rate_ratio, least=True),
    _Promise("20k", "CPU ms a document", 1.6, lambda row: row.cpu_ms),
    _Promise(TRICKLE, "p50 over the ceiling's", 4.0, lambda row: row.p50_ratio),
)
_OF_EVERY = (
    _Promise("", "MB over ready", 60.0, lambda row: row.over_ready_mb),
    _Promise("", "lost, doubled or damaged", 0.0, lambda row: float(row.lost + row.doubled + row.damaged)),
)


def binding(table: Sequence[Row], workloads: Sequence[str]) -> list[Binding]:
    """The promises that concern these workloads, judged. A promise without a figure is not kept."""
    every = [replace(promise, workload=name) for promise in _OF_EVERY for name in workloads]
    hub = {row.workload: row for row in table if row.system == HUB}
    return [
        _judge(promise, hub.get(promise.workload)) for promise in (*_PROMISES, *every) if promise.workload in workloads
    ]


def _judge(promise: _Promise, row: Row | None) -> Binding:
    sign, measured = ">=" if promise.least else "<=", None if row is None else promise.value(row)
    text = f"{promise.workload}: {promise.what} {sign} {promise.bound:g}"
    if measured is None:
        return Binding(text, None, False)
    return Binding(text, measured, measured >= promise.bound if promise.least else measured <= promise.bound)


def as_json(
    outcomes: Sequence[Outcome], table: Sequence[Row], judged: Sequence[Binding], left_out: dict[str, str]
) -> dict[str, object]:
    """Everything as one JSON value: each trial, the medians, the promises, what was left out and why."""
    return {
        "trials": [_plain(outcome) for outcome in outcomes],
        "rows": [_plain(row) for row in table],
        "binding": [_plain(each) for each in judged],
        "left_out": left_out,
    }


def _plain(record: Outcome | Row | Binding) -> dict[str, object]:
    """A record for JSON, which has no word for "not a number"."""
    return {
        key: None if isinstance(value, float) and math.isnan(value) else value for key, value in asdict(record).items()
    }


def show(console: Console, table: Sequence[Row], judged: Sequence[Binding]) -> None:
    """Print the table, and the promises below it."""
    console.print(_figures(table))
    if judged:
        console.print(_promises(judged))


def _figures(table: Sequence[Row]) -> Table:
    shown = Table(
        title="Folder to folder: medians over the rounds; x: times the ceiling of the same round; CPU a document"
    )
    shown.add_column("workload", no_wrap=True)
    shown.add_column("system", no_wrap=True)
    for head in _HEADS:
        shown.add_column(head, justify="right", no_wrap=True)
    for at, row in enumerate(table):
        new = at > 0 and table[at - 1].workload != row.workload
        if new:
            shown.add_section()
        shown.add_row(row.workload, row.system, *_cells(row))
    return shown


def _cells(row: Row) -> list[str]:
    return [
        f"{row.per_second:.1f}",
        _times(row.rate_ratio),
        f"{row.p50_ms:.1f}",
        _times(row.p50_ratio),
        f"{row.p95_ms:.1f}",
        f"{row.cpu_ms:.2f}",
        f"{row.ready_mb:.0f}",
        f"{row.over_ready_mb:.0f}",
        f"{row.lost}",
        f"{row.doubled}",
        f"{row.damaged}",
    ]


def _times(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}"


def _promises(judged: Sequence[Binding]) -> Table:
    shown = Table(title="Binding")
    shown.add_column("promise")
    shown.add_column("measured", justify="right")
    shown.add_column("")
    for each in judged:
        measured = "no figure" if each.measured is None else f"{each.measured:.2f}"
        shown.add_row(each.promise, measured, "pass" if each.passed else "FAIL")
    return shown
