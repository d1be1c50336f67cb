"""How much of their throughput two folders keep beside hostile plugins: `python -m tests.hostile.throughput [NAME...]`.

Each villain has a hub of its own, and so has nobody (the same hub without a villain). Both run at once, one of them
stopped (SIGSTOP, with all its processes) while the other is measured for a short while, in turns, in changing order.
The ratio is the median over the rounds of the documents carried beside the villain to those beside nobody; where it
may yet be on either side of the limit, more rounds are made. One that keeps the event loop is measured once it is
isolated, one whose hooks do once they are called no more; its line says so. Exit 1 where a ratio is below 0.90.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from math import comb
from pathlib import Path
from statistics import median

from tests.hostile.cast import BLOCKERS, DOWN, UP
from tests.hostile.stage import Stage, Traffic, Villain, waited

LEAST = 0.90
#: Seconds of one measurement, of running before it, and after the start.
_TURN, _WARM, _SETTLE = 1.5, 0.3, 4.0
#: Rounds: so many at least, and at most where it stays in doubt on which side of the limit the median is.
_FEWEST, _MOST, _DOUBT = 10, 40, 0.02
#: What the log says once a villain that kept the loop does so no more, by its kind: then the others are measured.
_ISOLATED = "in a process of its own"
_DISARMED = {"slowhook": "hooks are called no more", "late": "it was interrupted"}
#: The same in the table.
_WHEN = {"slowhook": "once muted", "late": "once interrupted, it does it once"}


@dataclass(frozen=True, slots=True)
class Side:
    """A running hub and its traffic, which can be stopped."""

    process: subprocess.Popen[str]
    traffic: Traffic

    def rate(self) -> float:
        """Documents a second while only this one runs."""
        self.send(signal.SIGCONT)
        time.sleep(_WARM)
        try:
            return self.traffic.rate(_TURN)
        finally:
            self.send(signal.SIGSTOP)

    def send(self, word: signal.Signals) -> None:
        """A signal to the hub and all processes that it began."""
        for pid in (self.process.pid, *_descendants(self.process.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, word)


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, path.read_text().split()):
                found += [child, *_descendants(child)]
    return found


@contextmanager
def side(stage: Stage) -> Iterator[Side]:
    """A hub that is ready, settled, and stopped."""
    with ExitStack() as stack:
        one = Side(stack.enter_context(stage.running()), Traffic(stage))
        stack.callback(one.send, signal.SIGCONT)
        stack.enter_context(one.traffic)
        time.sleep(_SETTLE)
        for villain in BLOCKERS:
            if villain in stage.villains:
                _await(stage, _DISARMED.get(villain.kind, _ISOLATED))
                time.sleep(_SETTLE)
        one.send(signal.SIGSTOP)
        yield one


def _await(stage: Stage, word: str) -> None:
    assert waited(lambda: word in stage.said(), 240), stage.said()[-2000:]


def measure(folder: Path, villain: Villain) -> list[float]:
    """The ratio of each round."""
    with side(Stage(folder / "alone", ())) as alone, side(Stage(folder / "beside", (villain,))) as beside:
        ratios: list[float] = []
        while len(ratios) < _FEWEST or (len(ratios) < _MOST and _doubt(ratios) > _DOUBT):
            order = (alone, beside) if len(ratios) % 2 else (beside, alone)
            said = {id(one): one.rate() for one in order}
            ratios.append(said[id(beside)] / max(1.0, said[id(alone)]))
    return ratios


def _doubt(ratios: Sequence[float]) -> float:
    """How likely rounds so one-sided are where the median is the limit itself: the two-sided sign test."""
    below = sum(one < LEAST for one in ratios)
    fewer = min(below, len(ratios) - below)
    return float(2 * sum(comb(len(ratios), each) for each in range(fewer + 1)) / 2 ** len(ratios))


def main(names: Sequence[str]) -> int:
    """Measure those whose names begin so, all without any; 1 where the others lose too much."""
    chosen = [one for one in (*DOWN, *UP, *BLOCKERS) if not names or one.name.startswith(tuple(names))]
    worst = 1.0
    sys.stdout.write(f"{'villain':45} {'ratio':>6}  rounds\n")
    for villain in chosen:
        with tempfile.TemporaryDirectory() as folder:
            ratios = measure(Path(folder), villain)
        worst = min(worst, median(ratios))
        sys.stdout.write(f"{villain.name:45} {median(ratios):6.2f}  {_shown(villain, ratios)}\n")
        sys.stdout.flush()
    sys.stdout.write(f"the least: {worst:.2f}, wanted: {LEAST:.2f}\n")
    return int(worst < LEAST or not chosen)


def _shown(villain: Villain, ratios: Sequence[float]) -> str:
    when = f", {_WHEN.get(villain.kind, 'once isolated')}" if villain in BLOCKERS else ""
    return f"{len(ratios)} ({min(ratios):.2f} to {max(ratios):.2f}){when}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
