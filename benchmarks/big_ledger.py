"""How long people wait for answers out of a ledger of a million envelopes.

    .venv/bin/python benchmarks/big_ledger.py [ENVELOPES] [--home DIR] [--rounds N] [--reconcile]

Exit 0: `hub duties --overdue`, `hub trace NUMBER` and `hub directory search` answer within their bounds; 1: one does
not; 2: usage.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ledger_of import CODE, UNITS, built
from sqlalchemy.engine import Connection
from typer.testing import CliRunner

from hub.cli import app, collect_seldom
from hub.ledger import Views, gazette, open_views
from hub.simulating.central.agencies import made_up

#: Milliseconds that an answer may take, once its program has started.
_BOUND, _SEARCH = 200.0, 100.0
_AGENCIES, _WORDS = 120_000, "so y te quang ngai"
_HUB = """
data: data
listen: 127.0.0.1:0
plugins: [folderdrop]
province: {code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}
"""


@dataclass(frozen=True)
class Question:
    """A command, what it asks of the ledger, and within how many milliseconds it must answer."""

    words: tuple[str, ...]
    asks: Callable[[Views], object]
    bound: float | None = None


def _found(connection: Connection) -> object:
    return gazette.search(connection, _WORDS, 20)


QUESTIONS = (
    Question(("duties", "--overdue"), lambda views: (views.duties("overdue", most=51), views.owed_by_unit()), _BOUND),
    Question(("trace", CODE), lambda views: views.trace(CODE), _BOUND),
    Question(("directory", "search", _WORDS), lambda views: views.looking(_found), _SEARCH),
    Question(("orphans",), lambda views: views.orphans()),
    Question(("status",), lambda views: (views.counts(), views.lanes(), views.inputs("refused"))),
)


class Spent(NamedTuple):
    """Milliseconds by the clock, and of the processor."""

    passed: float
    worked: float


@dataclass(frozen=True)
class Figure:
    """The query alone; the command in a process that has started; the command as a program."""

    question: Question
    query: Spent
    answer: Spent
    program: Spent

    @property
    def holds(self) -> bool:
        """Whether it is within the bound, or has none."""
        bound = self.question.bound
        return bound is None or max(self.query.passed, self.answer.passed) < bound


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


def answered(file: Path) -> Path:
    """An answer of the central hub that lists the agencies of a country."""
    rows = [
        {"id": one.id, "pid": one.pid, "code": one.code, "name": one.name, "mail": one.mail}
        for one in made_up(_AGENCIES)
    ]
    file.write_text(json.dumps({"status": "OK", "data": rows}, ensure_ascii=False), encoding="utf-8")
    return file


def spent(work: Callable[[], object]) -> Spent:
    """What something takes, programs that it runs included."""
    began, worked = time.perf_counter(), _processor()
    work()
    return Spent((time.perf_counter() - began) * 1000, (_processor() - worked) * 1000)


def _processor() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def median(found: Sequence[Spent]) -> Spent:
    """Of each side."""
    return Spent(*(statistics.median(side) for side in zip(*found, strict=True)))


def _command(home: Path, words: Iterable[str]) -> Callable[[], object]:
    command = [sys.executable, "-m", "hub.cli", *words, "--config", str(home)]

    def run() -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1) or "Traceback" in done.stderr:
            sys.exit(f"{' '.join(command)}: {done.stderr}")

    return run


def _here(home: Path, words: Iterable[str]) -> Callable[[], object]:
    """The whole command, from its configuration to its last line, in this process; it collects as the program does."""
    collect_seldom()
    command = [*words, "--config", str(home)]
    return lambda: CliRunner().invoke(app, command, catch_exceptions=False)


def measured(home: Path, rounds: int) -> Iterator[Figure]:
    """Every question, asked in each of the three ways; the first time does not count."""
    views = open_views("sqlite", home / "data")
    for question in QUESTIONS:
        ways = (
            lambda question=question: question.asks(views),
            _here(home, question.words),
            _command(home, question.words),
        )
        for way in ways:
            way()
        yield Figure(question, *(median([spent(way) for _ in range(rounds)]) for way in ways))
    views.close()


def report(figures: Iterable[Figure]) -> bool:
    """Print the table. Returns whether every bound holds."""
    columns = "".join(f"{name:>17}" for name in ("query", "answer", "program"))
    print(f"{'ms: clock (processor)':44}{columns}  within")
    held = True
    for one in figures:
        ways = (one.query, one.answer, one.program)
        cells = "".join(f"{passed:8.0f} ({worked:6.0f})" for passed, worked in ways)
        said = f"{one.question.bound:.0f}: {'yes' if one.holds else 'NO'}" if one.question.bound else ""
        print(f"{'hub ' + ' '.join(one.question.words):44}{cells}  {said}", flush=True)
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
        big = configured(home / "big")
        if not (big / "data/ledger.sqlite").exists():
            print(built(big / "data", given.envelopes), flush=True)
        listed = spent(_command(big, ("directory", "import", str(answered(home / "agencies.json")))))
        print(f"{_AGENCIES} agencies taken in: {listed.passed / 1000:.1f} s", flush=True)
        held = report(measured(big, given.rounds))
        for words in (("reconcile", "--day", "2026-06-01"), ("reconcile",)) if given.reconcile else ():
            taken = spent(_command(big, words))
            most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
            said = f"{taken.passed / 1000:.1f} s ({taken.worked / 1000:.1f} s of the processor)"
            print(f"hub {' '.join(words)}: {said}, most memory of any command so far {most:.0f} MB", flush=True)
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
