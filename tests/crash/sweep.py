"""Which points there are, which of them a short sweep takes, and what was hit."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

from tests.crash.harness import Bench, Call, Point, Result, drive, read_trace, strace, trial
from tests.crash.oracle import violations
from tests.crash.scenario import documents

#: Every call that changes what is on a disk, or asks for it to be kept.
DURABLE = (
    "write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,sync,syncfs,msync,sync_file_range,copy_file_range,"
    "sendfile,splice,fallocate,truncate,ftruncate,rename,renameat,renameat2,link,linkat,symlink,symlinkat,"
    "unlink,unlinkat,rmdir,mkdir,mkdirat,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,utimensat,openat,creat"
)
#: Two at a time: the machine this must be quick on has two cores.
WORKERS = 2


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


def record(bench: Bench) -> Clean:
    """Run the trip with nothing injected, and note everything it does. The oracle must be content."""
    trip = bench.trip()
    for draft in documents():
        trip.drop(draft)
    hits, trace = trip.home / "hits", trip.home / "trace"
    hub = bench.hub(trip, traced=True, FAILPOINT_HITS=str(hits), HUB_FAILPOINTS_LOG="/dev/null")
    with strace(hub.pid, trace, [f"trace={DURABLE}"]):
        assert drive(trip, hub)
        assert hub.stop() == 0
    assert violations(trip.evidence) == []
    calls = [call for call in read_trace(trace, trip.home) if call.place and _changes(call)]
    return Clean(json.loads(hits.read_text()), calls)


def _changes(call: Call) -> bool:
    return (call.name != "openat" or call.makes) and not call.place.endswith("elsewhere")


def failpoint_points(clean: Clean, every: bool) -> list[Point]:
    """Each failpoint at its first and last passing, or at all of them."""
    return [
        Point("failpoint", name, turn)
        for name, passed in clean.failpoints.items()
        for turn in (range(1, passed + 1) if every else sorted({1, passed}))
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


def missed_points(clean: Clean, place: str, most: int = 6) -> list[Point]:
    """Points for a place whose counts another thread always reaches first: by their own path."""
    mine = [call for call in clean.calls if call.place == place]
    by_path = (Point("syscall", call.name, 1, call.path) for call in mine)
    return _spread([*dict.fromkeys(by_path), *(Point("syscall", call.name, call.turn) for call in mine)], most)


def _turn(point: Point) -> int:
    return point.turn


def _spread(points: Sequence[Point], most: int | None) -> list[Point]:
    if most is None or len(points) <= most:
        return list(points)
    step = (len(points) - 1) / max(most - 1, 1)
    return [points[round(number * step)] for number in range(most)]


class Crew:
    """Benches that work side by side."""

    def __init__(self) -> None:
        self._idle: SimpleQueue[Bench] = SimpleQueue()

    def trials(
        self, plans: Iterable[Sequence[Point]], run: Callable[[Bench, Sequence[Point]], Result] = trial
    ) -> list[Result]:
        """Every plan's result, in order."""
        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(lambda points: self._one(points, run), plans))

    def _one(self, points: Sequence[Point], run: Callable[[Bench, Sequence[Point]], Result]) -> Result:
        mine = self._idle.get()
        try:
            return run(mine, points)
        finally:
            self._idle.put(mine)

    def add(self, mine: Bench) -> None:
        """One more bench."""
        self._idle.put(mine)


def table(results: Iterable[Result]) -> Iterator[str]:
    """Points hit, by failpoint or by call and place."""
    hit = Counter(where for result in results for where in result.hit if where)
    for where, number in sorted(hit.items()):
        yield f"{number:5}  {where}"


def complaints(results: Iterable[Result]) -> list[str]:
    """Every violation with the points that led to it, and the last the hub said."""
    return [
        f"{', '.join(map(str, result.points))}: {violation}" for result in results for violation in result.violations
    ]
