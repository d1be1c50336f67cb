"""Which points there are, which of them a short sweep takes, and what was hit."""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle, islice
from queue import SimpleQueue
from typing import TypeVar

from hub.failpoints import NAMES
from tests.crash.harness import PLAIN, Bench, Call, Point, Result, drive, read_trace, strace, trial
from tests.crash.oracle import violations

#: Every call that changes what is on a disk, or asks for it to be kept.
DURABLE = (
    "write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,sync,syncfs,msync,sync_file_range,copy_file_range,"
    "sendfile,splice,fallocate,truncate,ftruncate,rename,renameat,renameat2,link,linkat,symlink,symlinkat,"
    "unlink,unlinkat,rmdir,mkdir,mkdirat,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,utimensat"
)
#: Two at a time, for the machine this must be quick on has two cores; one where other tests run beside.
WORKERS = 1 if "PYTEST_XDIST_WORKER" in os.environ else 2
_ROUNDS = 24
#: A whole sweep takes too long for every change.
_PARTS = 3
#: The failpoints that a trip through folders passes; each other door has a sweep of its own in tests/journeys.
FOLDERS = frozenset(
    name for name in NAMES if not name.startswith(("central.", "axis.", "outbox.", "rest.", "tables.", "redo."))
)
P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Clean:
    """What an undisturbed trip did."""

    #: how often each failpoint was passed
    failpoints: Mapping[str, int]
    #: its calls about files of the trip that change something
    calls: Sequence[Call]

    @property
    def places(self) -> set[str]:
        """Every sort of call: "fsync in/"."""
        return {call.place for call in self.calls}


def record(bench: Bench, environment: Mapping[str, str] = PLAIN) -> Clean:
    """Run the trip with nothing injected, and note everything it does. The oracle must be content."""
    trip = bench.trip()
    trip.drop_all()
    hits, trace = trip.home / "hits", trip.home / "trace"
    told = {"FAILPOINT_HITS": str(hits), "HUB_FAILPOINTS_LOG": "/dev/null", **environment}
    hub = bench.hub(trip, environment=told, traced=True)
    with strace(hub.pid, trace, [f"trace={DURABLE}"]):
        try:
            assert drive(trip, hub), hub.said()
            assert hub.stop() == 0
        finally:
            if hub.code is None:
                hub.kill()
    assert violations(trip.evidence) == []
    return Clean(json.loads(hits.read_text()), [call for call in read_trace(trace, trip.home) if call.place])


def todays(plans: Sequence[P]) -> Sequence[P]:
    """All of them with HUB_TESTS=long; else every third, each day others, so that three days have them all."""
    if os.environ.get("HUB_TESTS") == "long":
        return plans
    return plans[datetime.now(UTC).toordinal() % _PARTS :: _PARTS]


def failpoint_points(clean: Clean, *, every: bool) -> list[Point]:
    """Each failpoint at its first and at a later passing, or at all of them."""
    return [
        Point("failpoint", name, turn)
        for name, passed in clean.failpoints.items()
        for turn in (range(1, passed + 1) if every else sorted({1, (passed + 1) // 2}))
    ]


def syscall_points(clean: Clean, each: int | None) -> list[Point]:
    """Distinct (call, N): of every place `each` of them, evenly spread, or all."""
    turns: dict[str, list[Point]] = defaultdict(list)
    for call in clean.calls:
        point = Point("syscall", call.name, call.turn)
        if point not in turns[call.place]:
            turns[call.place].append(point)
    chosen = (point for points in turns.values() for point in _spread(sorted(points, key=_turn), each))
    return list(dict.fromkeys(chosen))


def _turn(point: Point) -> int:
    return point.turn


def _spread(points: Sequence[Point], most: int | None) -> list[Point]:
    if most is None or len(points) <= most:
        return list(points)
    step = len(points) / most
    return [points[int((number + 0.5) * step)] for number in range(most)]


#: a name that appears -> the call that makes it durable, the next of its thread that waits for the disk
_SYNCED_BY = {
    "linkat blobs": "fsync blobs",
    "renameat2 in/": "fsync in/",
    "renameat2 error/": "fsync error/",
    "renameat error/": "fsync error/",
    "renameat share": "fsync share",
    "renameat data": "fsync data",
}
_WAITS = {"fsync", "fdatasync", "unlinkat"}


def unsynced(clean: Clean) -> list[str]:
    """Names that appeared and whose folder was not synced next, which no kill can show and not every file system."""
    threads: dict[str, list[Call]] = defaultdict(list)
    for call in clean.calls:
        threads[call.thread].append(call)
    return [
        f"{call.place}: {call.path}"
        for calls in threads.values()
        for number, call in enumerate(calls)
        if (wanted := _SYNCED_BY.get(call.place)) and _next_wait(calls[number:]) != wanted
    ]


def _next_wait(calls: Sequence[Call]) -> str:
    return next((call.place for call in calls if call.name in _WAITS), "")


Trial = Callable[[Bench, Sequence[Point]], Result]


class Crew:
    """Benches that work side by side."""

    def __init__(self, benches: Iterable[Bench]) -> None:
        self._idle: SimpleQueue[Bench] = SimpleQueue()
        for each in benches:
            self._idle.put(each)

    def trials(self, plans: Iterable[Sequence[Point]], run: Trial = trial) -> list[Result]:
        """Every plan's result, in order."""
        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(lambda points: self._one(points, run), plans))

    def _one(self, points: Sequence[Point], run: Trial) -> Result:
        mine = self._idle.get()
        try:
            return run(mine, points)
        finally:
            self._idle.put(mine)

    def missing(self, clean: Clean, results: Sequence[Result]) -> list[Result]:
        """More trials for the places that nothing hit yet: other threads counted first. One a place and round."""
        more: list[Result] = []
        for turn in range(_ROUNDS):
            left = sorted(clean.places - hit([*results, *more]))
            more += self.trials([point] for place in left for point in _candidates(clean, place)[turn : turn + 1])
        return more


def _candidates(clean: Clean, place: str) -> list[Point]:
    """Points for one place: first by its own path, where it has the same in every trip, then by count.

    Which thread comes to a count first differs from trip to trip, so counts are tried again and again.
    """
    mine = [call for call in clean.calls if call.place == place]
    by_path = [Point("syscall", call.name, 1, call.path) for call in mine[:1]]
    by_count = _spread(sorted({Point("syscall", call.name, call.turn) for call in mine}, key=_turn), _ROUNDS // 3)
    return [*by_path, *islice(cycle(by_count), _ROUNDS - 1)]


def hit(results: Iterable[Result]) -> set[str]:
    """Every failpoint and every sort of call at which a hub was killed."""
    return {where for result in results for where in result.hit if where}


def table(title: str, results: Sequence[Result]) -> Iterator[str]:
    """Points hit, by failpoint or by call and place."""
    hits = Counter(where for result in results for where in result.hit if where)
    seconds = sum(result.seconds for result in results)
    yield f"{title}: {len(results)} trials, {hits.total()} hits, {seconds / max(len(results), 1):.2f} s a trial"
    yield from (f"{number:5}  {where}" for where, number in sorted(hits.items()))


def complaints(results: Iterable[Result]) -> list[str]:
    """Every violation with the points that led to it, and the last the hub said."""
    return [
        f"{', '.join(map(str, result.points))}: {violation}\n{result.log}"
        for result in results
        for violation in result.violations
    ]
