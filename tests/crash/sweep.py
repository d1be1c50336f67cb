"""Which points there are, which of them a short sweep takes, and what was hit."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

from tests.crash.harness import Bench, Call, Point, Result, drive, read_trace, strace, trial
from tests.crash.oracle import violations

#: Every call that changes what is on a disk, or asks for it to be kept.
DURABLE = (
    "write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,sync,syncfs,msync,sync_file_range,copy_file_range,"
    "sendfile,splice,fallocate,truncate,ftruncate,rename,renameat,renameat2,link,linkat,symlink,symlinkat,"
    "unlink,unlinkat,rmdir,mkdir,mkdirat,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,utimensat"
)
#: Two at a time: the machine this must be quick on has two cores.
WORKERS = 2
_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Clean:
    """What an undisturbed trip did."""

    #: how often each failpoint was passed
    failpoints: Mapping[str, int]
    #: every call it made, in order
    calls: Sequence[Call]

    @property
    def places(self) -> dict[str, list[Call]]:
        """The calls that change something about the trip's files, by sort: "fsync in/"."""
        places: dict[str, list[Call]] = defaultdict(list)
        for call in self.calls:
            if call.changes:
                places[call.place].append(call)
        return places

    @property
    def first(self) -> dict[Point, Call]:
        """Each (call, N) with the thread that reaches it first: that is where it strikes."""
        first: dict[Point, Call] = {}
        for call in self.calls:
            first.setdefault(Point("syscall", call.name, call.turn), call)
        return first


def record(bench: Bench, **environment: str) -> Clean:
    """Run the trip with nothing injected, and note everything it does. The oracle must be content."""
    trip = bench.trip()
    trip.drop_all()
    hits, trace = trip.home / "hits", trip.home / "trace"
    told = {"FAILPOINT_HITS": str(hits), "HUB_FAILPOINTS_LOG": "/dev/null"}
    hub = bench.hub(trip, traced=True, **told, **environment)
    with strace(hub.pid, trace, [f"trace={DURABLE}"]):
        assert drive(trip, hub)
        assert hub.stop() == 0
    assert violations(trip.evidence) == []
    calls = [call for call in read_trace(trace, trip.home) if call.place and not call.place.endswith("elsewhere")]
    return Clean(json.loads(hits.read_text()), calls)


def failpoint_points(clean: Clean, every: bool) -> list[Point]:
    """Each failpoint at its first and last passing, or at all of them."""
    return [
        Point("failpoint", name, turn)
        for name, passed in clean.failpoints.items()
        for turn in (range(1, passed + 1) if every else sorted({1, passed}))
    ]


def syscall_points(clean: Clean, *, every: bool) -> list[Point]:
    """Distinct (call, N): of every sort of call the middle one, or all."""
    mine: dict[str, list[Point]] = {place: [] for place in clean.places}
    for point, call in clean.first.items():
        if call.changes:
            mine[call.place].append(point)
    return [point for points in mine.values() for point in (points if every else points[len(points) // 2 :][:1])]


def missed_points(clean: Clean, place: str) -> list[Point]:
    """More points for a sort of call: counted by path where that is the same each time, then by its highest counts."""
    calls = clean.places[place]
    paths = dict.fromkeys(path for call in calls for path in (call.path, call.path.rpartition("/")[0]))
    stable = [path for path in paths if not _FRESH.search(path)]
    by_path = [Point("syscall", calls[0].name, turn, path) for path in stable[:3] for turn in (1, 2, 3)]
    counts = sorted({call.turn for call in calls}, reverse=True)
    return [*by_path, *(Point("syscall", calls[0].name, turn) for turn in counts[:8])]


#: An id or a key that is another one in every run.
_FRESH = re.compile(r"[0-9a-z]{16,}")


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
    """Points for one place: first by its own path, where it has the same in every trip, then by count."""
    mine = [call for call in clean.calls if call.place == place]
    by_path = [Point("syscall", call.name, 1, call.path) for call in mine]
    by_count = _spread(sorted({Point("syscall", call.name, call.turn) for call in mine}, key=_turn), _ROUNDS - 1)
    return [*by_path[:1], *by_count, *by_path[1:]]


def hit(results: Iterable[Result]) -> set[str]:
    """Every failpoint and every sort of call at which a hub was killed."""
    return {where for result in results for where in result.hit if where}


def table(title: str, results: Sequence[Result]) -> Iterator[str]:
    """Points hit, by failpoint or by call and place."""
    hits = Counter(where for result in results for where in result.hit if where)
    seconds = sum(result.seconds for result in results)
    yield f"{title}: {len(results)} trials, {hits.total()} kills, {seconds / max(len(results), 1):.2f} s a trial"
    yield from (f"{number:5}  {where}" for where, number in sorted(hits.items()))


def complaints(results: Iterable[Result]) -> list[str]:
    """Every violation with the points that led to it, and the last the hub said."""
    return [
        f"{', '.join(map(str, result.points))}: {violation}\n{result.log}"
        for result in results
        for violation in result.violations
    ]
