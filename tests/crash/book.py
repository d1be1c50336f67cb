"""Runs every test of a fault, and writes docs/faults.md from what came out: `python -m tests.crash.book`.

Such a test is marked `@pytest.mark.fault(row, fault, expectation)`; what it measured it gives to the fixture `figure`.
"""

from __future__ import annotations

import os
import platform
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
FIGURE = "figure"

_HEAD = """\
# Faults

Every fault here is provoked for real by a test. `python -m tests.crash.book` writes this page from what came out
of one run ({machine}). A row may have several tests.
Rows 1 to 3 are the sweeps of `tests/crash/README.md`. Rows 15, 16 and 27, and of row 34 the antivirus, wait for
the connectors and servers that they are about.

| # | fault | expected | result | figure |
|---|---|---|---|---|
"""


@dataclass(slots=True)
class Entry:
    """One fault as its tests tell it."""

    row: int
    fault: str
    expected: str
    passed: int = 0
    failed: int = 0
    figures: list[str] = field(default_factory=list)

    @property
    def result(self) -> str:
        """In a word."""
        return f"**{self.failed} of {self.passed + self.failed} failed**" if self.failed else f"holds ({self.passed})"


class Book:
    """A pytest plugin: collects what the tests of faults say."""

    def __init__(self) -> None:
        self.entries: dict[tuple[int, str, str], Entry] = {}
        self._of: dict[str, tuple[int, str, str]] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Open an entry for every fault."""
        for item in session.items:
            for marker in item.iter_markers("fault"):
                self._of[item.nodeid] = key = marker.args
                self.entries.setdefault(key, Entry(*key))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a test ended."""
        entry = self.entries.get(self._of.get(report.nodeid, (0, "", "")))
        if entry is None or (report.when != "call" and report.passed):
            return
        entry.passed += report.passed
        entry.failed += not report.passed
        entry.figures += [str(said) for name, said in report.user_properties if name == FIGURE]


def page(entries: Iterable[Entry], machine: str) -> str:
    """The page as Markdown."""
    return _HEAD.format(machine=machine) + "".join(_lines(entries))


def _lines(entries: Iterable[Entry]) -> Iterator[str]:
    rows: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        rows[entry.row].append(entry)
    for row in sorted(rows):
        for entry in rows[row]:
            cells = (str(row), entry.fault, entry.expected, entry.result, "; ".join(entry.figures))
            yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


def main() -> int:
    """Run, show, write what a whole run showed, and return 0 where everything holds."""
    os.environ.setdefault("HUB_TESTS", "all")
    # As ./runtests: a hub that compiles all its libraries at its start needs 25 MB more, and figures are of memory too.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(Path(sys.prefix) / "bytecode"))
    book = Book()
    code = pytest.main(["-m", "fault", "-q", "-p", "no:cacheprovider", *sys.argv[1:]], plugins=[book])
    entries = book.entries.values()
    sys.stdout.writelines(_lines(entries))
    if entries and not sys.argv[1:]:
        kernel = f"{platform.system()} {platform.release().partition('-')[0]}"
        PAGE.write_text(page(entries, kernel), encoding="utf-8")
        sys.stdout.write(f"{PAGE.name}: {len(entries)} faults\n")
    return int(code)


if __name__ == "__main__":
    raise SystemExit(main())
