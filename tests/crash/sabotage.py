"""Plants faults one by one and shows that the suite goes red: `python -m tests.crash.sabotage [name ...]`.

Each is planted into a private copy of the code, never into the working tree.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from rich.console import Console
from rich.table import Table

from tests.crash.planted import FAULTS, Fault

ROOT = Path(__file__).parents[2]
_LEFT_BEHIND = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build")
#: Seconds that a broken hub gets to come to rest: most never do, and a sound one takes less than one.
_BOUND = "5"
#: How pytest names a failure of the tests' own judgement.
_JUDGED = ("assert ", "AssertionError", "Failed: DID NOT RAISE")
_FAILED = 1


@dataclass(frozen=True, slots=True)
class Case:
    """One test that ran: what it said when it failed, "" where it passed."""

    test: str
    said: str = ""
    #: it failed before or after its own code
    around: bool = False


@contextmanager
def private_copy() -> Iterator[Path]:
    """A copy of the code that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="sabotage-") as folder:
        yield shutil.copytree(ROOT, Path(folder) / "code", ignore=_LEFT_BEHIND)


def planted(code: str, fault: Fault) -> str:
    """The file's text with the fault in it. Raises ValueError where its place is not exactly one."""
    if (found := code.count(fault.old)) != 1:
        raise ValueError(f"{fault.name}: {fault.path} has its place {found} times")
    return code.replace(fault.old, fault.new)


def plant(tree: Path, fault: Fault) -> None:
    """Put the fault into a copy. Raises ValueError."""
    path = tree / fault.path
    path.write_text(planted(path.read_text("utf-8"), fault), "utf-8")


def run(tree: Path, tests: Sequence[str], *, whole: bool = False) -> list[Case]:
    """Run these tests on that copy; `whole`: their slow cases too. Raises RuntimeError where pytest could not."""
    report = tree.parent / "report.xml"
    options = ["-q", "-p", "no:cacheprovider", f"--basetemp={tree.parent / 'tmp'}"]
    options += [f"--junitxml={report}", "-o", "junit_family=xunit1"]
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "CRASH_BOUND": _BOUND}
    environment |= {"HUB_TESTS": "all"} if whole else {}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=tree,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    if ended.returncode not in {0, _FAILED}:
        raise RuntimeError(ended.stdout[-2000:] + ended.stderr[-2000:])
    return [_case(element) for element in ET.parse(report).iter("testcase")]


def _case(element: ET.Element) -> Case:
    test = f"{element.get('classname', '').replace('.', '/')}.py::{element.get('name', '')}"
    if (failure := element.find("failure")) is not None:
        return Case(test, failure.get("message") or failure.text or "?")
    around = element.find("error")
    return Case(test) if around is None else Case(test, around.get("message") or "?", around=True)


def survived(fault: Fault, cases: Sequence[Case]) -> str:
    """Why the fault was not caught as it must be; "" where it was."""
    return next((said for test in fault.tests if (said := _unmoved(fault, _of(test, cases)))), "")


def _unmoved(fault: Fault, cases: Sequence[Case]) -> str:
    red = [case for case in cases if case.said]
    if not cases:
        return "a test did not run"
    if not red:
        return f"{cases[0].test} stayed green"
    return next((f"{case.test} is red for another reason: {case.said}" for case in red if not _hit(fault, case)), "")


def _hit(fault: Fault, case: Case) -> bool:
    judged = fault.says in case.said if fault.says else case.said.startswith(_JUDGED)
    return judged and not case.around


def _of(test: str, cases: Sequence[Case]) -> list[Case]:
    return [case for case in cases if test in {case.test, case.test.partition("[")[0]}]


def try_out(fault: Fault) -> str:
    """Plant it and run its tests. Returns why it survived; "" where it was caught."""
    with private_copy() as tree:
        plant(tree, fault)
        return survived(fault, run(tree, fault.tests, whole=fault.whole))


def sound(faults: Sequence[Fault]) -> list[str]:
    """What fails without any fault, on a copy: it would prove nothing."""
    tests = sorted({test for fault in faults for test in fault.tests})
    with private_copy() as tree:
        return [f"{case.test}: {case.said}" for case in run(tree, tests) if case.said]


def _timed(fault: Fault) -> tuple[Fault, str, float]:
    begun = time.monotonic()
    return fault, try_out(fault), time.monotonic() - begun


def _table(results: Sequence[tuple[Fault, str, float]]) -> Table:
    table = Table("planted", "what is wrong then", "found by", "s", title="Sabotage", show_lines=True)
    for fault, why, seconds in results:
        found = "\n".join(test.rpartition("::")[2] for test in fault.tests)
        table.add_row(fault.name, fault.wrong, f"[red]SURVIVED: {why}" if why else found, f"{seconds:.0f}")
    return table


def main() -> int:
    """Plant the faults named on the command line, or all. Returns 1 where one survives."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    faults = [fault for fault in FAULTS if fault.name in sys.argv[1:] or not sys.argv[1:]]
    if not faults:
        console.print("There are:", *(fault.name for fault in FAULTS), markup=False)
        return 1
    if found := sound(faults):
        console.print("These tests fail with nothing planted:", *found, sep="\n", markup=False)
        return 1
    results = []
    for fault in faults:
        results.append(_timed(fault))
        console.print(f"{fault.name}: {results[-1][1] or 'caught'}", markup=False)
    console.print(_table(results))
    caught = sum(not why for _, why, _ in results)
    console.print(f"{caught} of {len(results)} planted faults were caught")
    return int(caught < len(results))


if __name__ == "__main__":
    raise SystemExit(main())
