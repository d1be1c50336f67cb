"""One trial: run the trip, break the hub at one point, start it again without hand work, let the oracle judge."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from tests.crash.nursery import Nursery
from tests.crash.oracle import glance, violations
from tests.crash.scenario import Trip

_PAUSE = 0.004
#: Seconds within which everything must come to rest once no fault is injected any more (I7).
BOUND = float(os.environ.get("CRASH_BOUND", "20"))
#: A hub that is not told anything special by its environment.
PLAIN: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Point:
    """Where a run is broken: at the Nth passing of a failpoint, or at the Nth call of a system call."""

    kind: Literal["failpoint", "syscall"]
    name: str
    turn: int
    #: count only the calls about this path of the trip's folder; "": all
    path: str = ""
    #: what happens there, in the tracer's words
    what: str = "signal=SIGKILL"
    #: the calls after it too
    on: bool = False

    def __str__(self) -> str:
        return f"{self.name}@{self.turn}" + (f" of {self.path}" if self.path else "")


@dataclass(slots=True)
class Result:
    """What came of one trial."""

    points: Sequence[Point]
    #: for each point whether it was reached, and what the call was about
    hit: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    #: files that came to a receiver once more, each flagged
    again: int = 0
    seconds: float = 0.0
    log: str = ""


class Hub:
    """One running hub, perhaps with a point where it dies."""

    def __init__(
        self, nursery: Nursery, home: Path, point: Point | None, environment: Mapping[str, str], *, traced: bool
    ) -> None:
        self._nursery, self._home, self._point = nursery, home, point
        self._log = home / "hub.log"
        self._begun = self._log.stat().st_size if self._log.exists() else 0
        armed = {"HUB_FAILPOINTS": f"{point.name}=kill@{point.turn}"} if point and point.kind == "failpoint" else {}
        fatal = point if point and point.kind == "syscall" else None
        self.pid = nursery.start(home, {**environment, **armed}, traced=traced or fatal is not None)
        self._ends = os.pidfd_open(self.pid)
        self._trace = home / "trace"
        self._tracer = self._traced(fatal) if fatal else None
        self.code: int | None = None
        self._ready = False

    def _traced(self, point: Point) -> subprocess.Popen[bytes]:
        fault = f"inject={point.name}:{point.what}:when={point.turn}{'+' * point.on}"
        path = str(self._home / point.path) if point.path else ""
        return strace(self.pid, self._trace, [f"trace={point.name}", fault], path)

    def alive(self) -> bool:
        """Whether it still runs."""
        return not select.select([self._ends], [], [], 0)[0]

    def said(self) -> str:
        """What it wrote so far, the `ready` line and its log."""
        if not self._log.exists():
            return ""
        with self._log.open("rb") as log:
            log.seek(self._begun)
            return log.read().decode(errors="replace")

    @property
    def ready(self) -> bool:
        """Whether it said so."""
        self._ready = self._ready or "ready http" in self.said()
        return self._ready

    def stop(self, within: float = 10.0) -> int:
        """SIGTERM, then its exit code; killed hard where it does not obey."""
        if self.alive():
            signal.pidfd_send_signal(self._ends, signal.SIGTERM)
        if not select.select([self._ends], [], [], within)[0]:
            signal.pidfd_send_signal(self._ends, signal.SIGKILL)
            self.end()
            return -1
        return self.end()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, while it is there."""
        if self.code is None and self.alive():
            signal.pidfd_send_signal(self._ends, number)

    def kill(self) -> int:
        """SIGKILL."""
        if self.alive():
            signal.pidfd_send_signal(self._ends, signal.SIGKILL)
        return self.end()

    def end(self) -> int:
        """Wait until it is gone; its exit code."""
        if self.code is None:
            select.select([self._ends], [], [])
            if self._tracer:
                self._tracer.wait()
            while (code := self._nursery.ended(self.pid)) is None:
                time.sleep(_PAUSE)
            self.code = code
            os.close(self._ends)
        return self.code

    def died_at(self) -> str:
        """Where it was killed: the failpoint, or the call and what it was about. "": it was not."""
        if self.code != -signal.SIGKILL or self._point is None:
            return ""
        if self._point.kind == "failpoint":
            return self._point.name
        calls = list(read_trace(self._trace, self._home))
        return calls[-1].place if calls else ""

    def held_open(self) -> list[str]:
        """The files of the shares and the blobs that it holds open: none, when it has nothing to do."""
        found = []
        for each in Path(f"/proc/{self.pid}/fd").iterdir() if self.alive() else ():
            try:
                target = str(each.readlink())
            except FileNotFoundError:
                continue
            watched = (str(self._home / "shares"), str(self._home / "data" / "blobs"))
            if target.startswith(watched):
                found.append(target)
        return found


def strace(pid: int, output: Path, expressions: Sequence[str], path: str = "") -> subprocess.Popen[bytes]:
    """Attach to a process that waits for it."""
    options = [part for expression in expressions for part in ("-e", expression)]
    options += ["-P", path] if path else []
    command = ["strace", "-f", "-y", "-qq", "-o", str(output), *options, "-p", str(pid)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


_CALL = re.compile(r"(\d+) +(\w+)\((.*)")


class Call(NamedTuple):
    """One system call of a trace."""

    thread: str
    name: str
    #: 1 for this thread's first call of that name
    turn: int
    #: what it does to what sort of file: "fsync in/"; "" where it is no file of the trip
    place: str
    #: the file it is about, below the trip's folder
    path: str


def read_trace(trace: Path, home: Path) -> Iterator[Call]:
    """The calls of a trace, as they began."""
    turns: Counter[tuple[str, str]] = Counter()
    below = re.compile(re.escape(str(home)) + r'/([^>"]*)')
    for line in trace.read_text(errors="replace").splitlines():
        if match := _CALL.match(line):
            thread, name, arguments = match.groups()
            turns[thread, name] += 1
            found = below.findall(arguments)
            where = _place(found[-1]) if found else ""
            # A hint promises nothing anywhere: one sort, whichever file it is about.
            where = "share" if where and name == "sync_file_range" else where
            yield Call(thread, name, turns[thread, name], where and f"{name} {where}", found[-1] if found else "")


def _place(path: str) -> str:
    return next((name for part, name in _PLACES if part in f"/{path}"), "")


#: part of a path -> the place it is about; the first that matches names it
_PLACES = (
    ("/ledger.sqlite-journal", "journal"),
    ("/ledger.sqlite-shm", "shm"),
    ("/ledger.sqlite-wal", "wal"),
    ("/ledger.sqlite", "ledger"),
    ("/data/blobs", "blobs"),
    ("/data", "data"),
    ("/.hub/claims", ".hub/claims"),
    ("/.hub/tmp", ".hub/tmp"),
    ("/error", "error/"),
    ("/in", "in/"),
    ("/out", "out/"),
    ("/shares", "share"),
)


@dataclass(slots=True)
class Bench:
    """Where trials run: a nursery, and a folder for each."""

    nursery: Nursery
    folder: Path
    turn: int = 0
    started: list[Hub] = field(default_factory=list)

    def trip(self) -> Trip:
        """A new trip in a folder of its own."""
        self.turn += 1
        trip = Trip(self.folder / f"trip-{self.turn}")
        trip.set_up()
        return trip

    def hub(
        self, trip: Trip, point: Point | None = None, environment: Mapping[str, str] = PLAIN, *, traced: bool = False
    ) -> Hub:
        """Start a hub on a trip. Traced: it waits until the caller's tracer has attached."""
        hub = Hub(self.nursery, trip.home, point, environment, traced=traced)
        self.started = [*(each for each in self.started if each.code is None), hub]
        return hub

    def close(self) -> None:
        """End what a failed test left behind."""
        for hub in self.started:
            if hub.code is None:
                hub.kill()


@contextmanager
def bench(folder: Path, environment: Mapping[str, str] = PLAIN) -> Iterator[Bench]:
    """A bench of one's own, whose hubs all have this environment from their first moment."""
    with Nursery(environment) as nursery, closing(Bench(nursery, folder)) as mine:
        yield mine


def trial(
    bench: Bench, points: Sequence[Point], bound: float = BOUND, environment: Mapping[str, str] = PLAIN
) -> Result:
    """The whole trip, killed at each of the points, one start after the other; then the judgement."""
    begun = time.monotonic()
    trip = bench.trip()
    trip.drop_all()
    result = Result(points)
    for point in points:
        hub = bench.hub(trip, point, environment)
        drive(trip, hub, bound=bound)
        hub.stop()
        result.hit.append(hub.died_at())
        note(trip)
        trip.look()
        if hub.code not in {0, -signal.SIGKILL}:
            result.violations.append(f"I7 killed at {point}, it ended with {hub.code}")
    finish(bench, trip, result, bound, environment)
    result.seconds = time.monotonic() - begun
    return result


def finish(
    bench: Bench, trip: Trip, result: Result, bound: float = BOUND, environment: Mapping[str, str] = PLAIN
) -> None:
    """A start without faults: all must come to rest, and the oracle must be content."""
    hub = bench.hub(trip, environment=environment)
    trip.evidence.settled = drive(trip, hub, bound=bound)
    trip.evidence.held_open = _still_open(hub)
    if (code := hub.stop()) != 0:
        result.violations.append(f"I7 the hub that was not disturbed ended with {code}")
    trip.look()
    result.violations += violations(trip.evidence)
    result.again = len(trip.evidence.arrived) - len({(each.unit, each.name) for each in trip.evidence.arrived})
    if result.violations:
        result.log = (trip.home / "hub.log").read_text(errors="replace")[-6000:]


def _still_open(hub: Hub, within: float = 2.0) -> list[str]:
    """The files that it holds open although all is done; a scan that just ends is waited for."""
    deadline = time.monotonic() + within
    while (found := hub.held_open()) and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    return found


def drive(trip: Trip, hub: Hub, until: Callable[[], bool] = lambda: False, bound: float = BOUND) -> bool:
    """Let the units' software work until all is done, the hub is gone, or `until`. False: time is up."""
    deadline = time.monotonic() + bound
    while hub.alive() and not until():
        trip.look()
        if hub.ready and trip.complete() and at_rest(trip):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True


def at_rest(trip: Trip) -> bool:
    """Whether the ledger has nothing open and the shares' inner folders are empty."""
    seen = glance(trip.evidence.data)
    if seen.open or not seen.events:
        return False
    inner = (share / folder for share in trip.evidence.shares.values() for folder in ("out", ".hub/claims"))
    return not any(True for folder in inner for _ in folder.iterdir())


def note(trip: Trip) -> None:
    """Remember what a stop left in the ledger."""
    seen = glance(trip.evidence.data)
    trip.evidence.counts.append(seen.events)
    trip.evidence.ambiguous += seen.under_way
