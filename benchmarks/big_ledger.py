"""How long people wait for answers out of a ledger of a million envelopes.

    .venv/bin/python benchmarks/big_ledger.py [ENVELOPES] [--home DIR] [--rounds N] [--reconcile]

Exit 0: `hub duties --overdue` and `hub trace NUMBER` answer within the bound; 1: one does not; 2: usage.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ledger_of import CODE, UNITS, built

from hub.ledger import Views, open_views

#: Milliseconds that an answer may take, over what its program needs to start.
_BOUND = 200.0
_HUB = """
data: data
listen: 127.0.0.1:0
plugins: [folderdrop]
province: {code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}
"""


@dataclass(frozen=True)
class Question:
    """A command, what it asks of the ledger, and whether the bound holds for it."""

    words: tuple[str, ...]
    asks: Callable[[Views], object]
    binds: bool = False


QUESTIONS = (
    Question(("duties", "--overdue"), lambda views: views.duties("overdue", most=201), binds=True),
    Question(("trace", CODE), lambda views: views.trace(CODE), binds=True),
    Question(("orphans",), lambda views: views.orphans()),
    Question(("status",), lambda views: (views.counts(), views.lanes(), views.inputs("refused"))),
)


@dataclass(frozen=True)
class Figure:
    """Milliseconds, medians: the query, the command, the command on a ledger of one document."""

    question: Question
    query: float
    command: float
    start: float

    @property
    def holds(self) -> bool:
        """Whether it is within the bound, or has none."""
        return not self.question.binds or max(self.query, self.command - self.start) < _BOUND


def configured(home: Path) -> Path:
    """A configuration whose ledger is to be in `home`."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "hub.yaml").write_text(_HUB)
    units = {
        name: {
            "name": f"UBND xã {name}",
            "code": f"000.00.{number:02}.H48",
            "endpoint": {"kind": "folderdrop", "folder": f"shares/{name}", "layout": "plain"},
        }
        for number, name in enumerate(UNITS, 1)
    }
    (home / "units.yaml").write_text(json.dumps({"units": units}, ensure_ascii=False))
    (home / "data").mkdir(exist_ok=True)
    return home


def milliseconds(work: Callable[[], object], rounds: int) -> float:
    """The median time that something takes."""
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        found.append((time.perf_counter() - began) * 1000)
    return statistics.median(found)


def _command(home: Path, words: Iterable[str]) -> Callable[[], object]:
    command = [sys.executable, "-m", "hub.cli", *words, "--config", str(home)]

    def run() -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1) or "Traceback" in done.stderr:
            sys.exit(f"{' '.join(command)}: {done.stderr}")

    return run


def measured(big: Path, small: Path, rounds: int) -> Iterator[Figure]:
    """Every question, asked of both ledgers in turn."""
    views = open_views("sqlite", big / "data")
    for question in QUESTIONS:
        ask, command, start = (
            lambda question=question: question.asks(views),
            _command(big, question.words),
            _command(small, question.words),
        )
        command()
        pairs = [(milliseconds(command, 1), milliseconds(start, 1)) for _ in range(rounds)]
        figures = (statistics.median(side) for side in zip(*pairs, strict=True))
        yield Figure(question, milliseconds(ask, rounds), *figures)
    views.close()


def report(figures: Iterable[Figure]) -> bool:
    """Print the table. Returns whether every bound holds."""
    print(
        f"{'milliseconds, medians':32} {'query':>8} {'command':>8} {'its start':>9} {'over it':>8}  within {_BOUND:.0f}"
    )
    held = True
    for one in figures:
        name, over = "hub " + " ".join(one.question.words), one.command - one.start
        said = ("yes" if one.holds else "NO") if one.question.binds else ""
        print(f"{name:32} {one.query:8.1f} {one.command:8.0f} {one.start:9.0f} {over:8.0f}  {said}", flush=True)
        held = held and one.holds
    return held


def main() -> int:
    """Build, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("envelopes", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path, help="keep the ledger there, and use the one that is there")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--reconcile", action="store_true", help="also time `hub reconcile`, of a day and of all days")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = given.home or Path(temporary)
        big, small = configured(home / "big"), configured(home / "small")
        for place, envelopes in ((big, given.envelopes), (small, 1)):
            if not (place / "data/ledger.sqlite").exists():
                print(built(place / "data", envelopes), flush=True)
        held = report(measured(big, small, given.rounds))
        for words in (("reconcile", "--day", "2026-06-01"), ("reconcile",)) if given.reconcile else ():
            print(f"hub {' '.join(words)}: {milliseconds(_command(big, words), 1) / 1000:.1f} s", flush=True)
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
