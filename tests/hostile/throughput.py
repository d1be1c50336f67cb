"""How much of their throughput two folders keep beside hostile plugins: `python -m tests.hostile.throughput [NAME...]`.

Each villain has a hub of its own, and so has nobody (the same hub without a villain). Both run at once, one of them
stopped (SIGSTOP) while the other is measured, in turns of some seconds, in changing order. The ratio is that of all
documents carried beside the villain to all beside nobody. One that blocks the event loop is measured once it is
isolated. Exit 1 where a ratio is below 0.90.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.hostile.cast import BLOCKERS, DOWN, UP
from tests.hostile.stage import Stage, Traffic, Villain, waited

LEAST = 0.90
_TURN, _ROUNDS, _SETTLE = 3.0, 6, 4.0
_ISOLATED = "in a process of its own"


@dataclass(frozen=True, slots=True)
class Side:
    """A running hub and its traffic, which can be stopped."""

    process: subprocess.Popen[str]
    traffic: Traffic

    def rate(self) -> float:
        """Documents a second while only this one runs."""
        self.process.send_signal(signal.SIGCONT)
        time.sleep(0.5)
        try:
            return self.traffic.rate(_TURN)
        finally:
            self.process.send_signal(signal.SIGSTOP)


@contextmanager
def side(stage: Stage) -> Iterator[Side]:
    """A hub that is ready, settled, and stopped."""
    with ExitStack() as stack:
        process = stack.enter_context(stage.running())
        stack.callback(process.send_signal, signal.SIGCONT)
        traffic = stack.enter_context(Traffic(stage))
        time.sleep(_SETTLE)
        if any(villain in BLOCKERS for villain in stage.villains):
            assert waited(lambda: _ISOLATED in stage.said(), 180), "it was not isolated"
            time.sleep(_SETTLE)
        process.send_signal(signal.SIGSTOP)
        yield Side(process, traffic)


def measure(folder: Path, villain: Villain) -> tuple[float, list[float]]:
    """The ratio over all rounds, and that of each."""
    with side(Stage(folder / "alone", ())) as alone, side(Stage(folder / "beside", (villain,))) as beside:
        rates: list[tuple[float, float]] = []
        for turn in range(_ROUNDS):
            order = (alone, beside) if turn % 2 else (beside, alone)
            said = {id(one): one.rate() for one in order}
            rates.append((said[id(beside)], said[id(alone)]))
    whole = sum(one for one, _ in rates) / max(1.0, sum(other for _, other in rates))
    return whole, [one / max(1.0, other) for one, other in rates]


def main(names: Sequence[str]) -> int:
    """Measure those whose names begin so, all without any; 1 where the others lose too much."""
    chosen = [one for one in (*DOWN, *UP, *BLOCKERS) if not names or one.name.startswith(tuple(names))]
    worst = 1.0
    sys.stdout.write(f"{'villain':45} {'ratio':>6}  rounds (median)\n")
    for villain in chosen:
        with tempfile.TemporaryDirectory() as folder:
            ratio, rounds = measure(Path(folder), villain)
        worst = min(worst, ratio)
        shown = " ".join(f"{one:.2f}" for one in rounds)
        sys.stdout.write(f"{villain.name:45} {ratio:6.2f}  {shown} ({median(rounds):.2f})\n")
        sys.stdout.flush()
    sys.stdout.write(f"the least: {worst:.2f}, wanted: {LEAST:.2f}\n")
    return int(worst < LEAST)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
