"""One system, one workload, one fresh folder: what it did, checked by content."""

from __future__ import annotations

import itertools
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import inotify
from packets import Print
from peers.base import System
from processes import Meter

#: seconds without any arrival after which what is missing counts as lost
STALL = 60.0


@dataclass(frozen=True, slots=True)
class Workload:
    """What is dropped: how many documents, of what size, all at once or one every `pause` seconds."""

    name: str
    count: int
    size: int
    pause: float
    warm: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one trial showed. Times in milliseconds, memory in MB (10^6 bytes)."""

    system: str
    workload: str
    round: int
    per_second: float
    p50: float
    p95: float
    cpu: float
    ready_mb: float
    over_mb: float
    #: dropped and not there; there more than once; there and not what was dropped
    lost: int
    doubled: int
    damaged: int


@dataclass(frozen=True, slots=True)
class _Staged:
    path: Path
    mark: Print


class _Arrivals:
    """Every appearance in the receiver's folder, in the order seen."""

    def __init__(self, watch: inotify.Watch) -> None:
        self._watch = watch
        self.first: dict[str, float] = {}
        self.seen: Counter[str] = Counter()

    def read(self, timeout: float) -> bool:
        """Take what appeared within `timeout`. False where nothing did."""
        events = self._watch.read(timeout)
        for name, at in events:
            self.first.setdefault(name, at)
            self.seen[name] += 1
        return bool(events)

    def read_until(self, when: float) -> None:
        """Take what appears until that moment."""
        while (left := when - time.monotonic()) > 0:
            self.read(left)

    def read_all(self, count: int) -> None:
        """Take what appears until `count` names were seen, or nothing came for `STALL` seconds."""
        while len(self.first) < count and self.read(STALL):
            pass


def run(system: System, workload: Workload, round_: int, numbers: Iterator[int]) -> Outcome:
    """Measure a started system. `numbers` gives every document of the whole run its own."""
    with Meter(system.pid) as meter, inotify.Watch(system.arrivals, system.whole) as watch:
        arrivals = _Arrivals(watch)
        warm = _stage(system, workload, workload.warm, numbers)
        _drop(system, warm, 0.0, arrivals)
        arrivals.read_all(len(warm))
        meter.rest()
        staged = _stage(system, workload, workload.count, numbers)
        cpu = meter.cpu()
        dropped = _drop(system, staged, workload.pause, arrivals)
        arrivals.read_all(len(warm) + len(staged))
        meter.rest()
        arrivals.read(0)
        cpu, over = meter.cpu() - cpu, meter.over_ready()
    there = _read_back(system)
    times = _latencies(dropped, there, arrivals)
    lost, doubled, damaged = _compare([item.mark for item in warm + staged], there, arrivals)
    last = max(times.values(), default=float("inf"))
    waits = sorted(at - dropped[mark] for mark, at in times.items())
    return Outcome(
        system=system.name,
        workload=workload.name,
        round=round_,
        per_second=len(times) / (last - min(dropped.values())),
        p50=1000 * percentile(waits, 0.50),
        p95=1000 * percentile(waits, 0.95),
        cpu=1000 * cpu / workload.count,
        ready_mb=meter.at_ready / 1e6,
        over_mb=over / 1e6,
        lost=lost,
        doubled=doubled,
        damaged=damaged,
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which that share of an ordered list lies (nearest rank); nan of an empty one."""
    if not ordered:
        return float("nan")
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]


def _stage(system: System, workload: Workload, count: int, numbers: Iterator[int]) -> list[_Staged]:
    return [_Staged(*system.stage(number, workload.size)) for number in itertools.islice(numbers, count)]


def _drop(system: System, staged: Sequence[_Staged], pause: float, arrivals: _Arrivals) -> dict[Print, float]:
    """Drop everything in its time, reading arrivals between. Returns when each was dropped."""
    dropped, start = {}, time.monotonic()
    for at, item in enumerate(staged):
        arrivals.read_until(start + at * pause)
        arrivals.read(0)
        dropped[item.mark] = time.monotonic()
        system.drop(item.path)
    return dropped


def _read_back(system: System) -> dict[str, Print | None]:
    """The print of everything that lies in the receiver's folder, by name."""
    with os.scandir(system.arrivals) as entries:
        paths = [Path(entry.path) for entry in entries if not entry.name.startswith(".")]
    return {path.name: system.arrived(path) for path in paths}


def _latencies(dropped: dict[Print, float], there: dict[str, Print | None], arrivals: _Arrivals) -> dict[Print, float]:
    """When each measured document was first seen."""
    times: dict[Print, float] = {}
    for name, mark in there.items():
        if mark in dropped and name in arrivals.first:
            times[mark] = min(arrivals.first[name], times.get(mark, float("inf")))
    return times


def _compare(expected: Sequence[Print], there: dict[str, Print | None], arrivals: _Arrivals) -> tuple[int, int, int]:
    """How many are lost, doubled, damaged: by what lies there, and by what appeared twice under one name."""
    wanted = set(expected)
    found = Counter(mark for mark in there.values() if mark in wanted)
    doubled = sum(found.values()) - len(found) + sum(arrivals.seen.values()) - len(arrivals.seen)
    return len(wanted) - len(found), doubled, len(there) - sum(found.values())
