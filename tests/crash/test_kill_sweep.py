"""kill -9 at every durable step of the trip, restart without hand work, and the oracle: 0 violations.

HUB_CRASH=long takes every point; the short form takes the same ones each time.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise

import pytest

from hub.failpoints import NAMES
from tests.crash.harness import Point, Result, bench
from tests.crash.sweep import (
    WORKERS,
    Clean,
    Crew,
    complaints,
    failpoint_points,
    missed_points,
    record,
    syscall_points,
    table,
)

pytestmark = [pytest.mark.root, pytest.mark.timeout(900)]
LONG = os.environ.get("HUB_CRASH") == "long"


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    with ExitStack() as stack:
        crew = Crew()
        for number in range(WORKERS):
            crew.add(stack.enter_context(bench(tmp_path_factory.mktemp(f"worker{number}"))))
        yield crew


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Clean:
    """What an undisturbed trip does: it decides what there is to break."""
    with bench(tmp_path_factory.mktemp("clean")) as mine:
        return record(mine)


def show(title: str, results: Sequence[Result]) -> None:
    """Print what was hit."""
    seconds = sum(result.seconds for result in results)
    hits = sum(bool(where) for result in results for where in result.hit)
    sys.stdout.write(f"\n{title}: {len(results)} trials, {hits} kills, {seconds:.0f} s of work\n")
    sys.stdout.writelines(f"{line}\n" for line in table(results))


def hit(results: Sequence[Result]) -> set[str]:
    return {where for result in results for where in result.hit}


def test_a_kill_at_every_failpoint_loses_and_doubles_nothing(crew: Crew, clean: Clean) -> None:
    results = crew.trials([point] for point in failpoint_points(clean, LONG))
    show("Failpoints", results)
    assert not (found := complaints(results)), "\n".join(found)
    assert set(NAMES) - hit(results) == set()


def test_a_kill_before_every_durable_call_loses_and_doubles_nothing(crew: Crew, clean: Clean) -> None:
    results = crew.trials([point] for point in syscall_points(clean, None if LONG else 2))
    for place in sorted(clean.places - hit(results)):
        results += crew.trials([point] for point in missed_points(clean, place))
    show("System calls", results)
    assert not (found := complaints(results)), "\n".join(found)
    assert clean.places - hit(results) == set()


def test_a_kill_during_the_recovery_from_a_kill(crew: Crew, clean: Clean) -> None:
    plans = [*_pairs(failpoint_points(clean, LONG)), *_mixed(clean)]
    results = crew.trials(plans)
    show("Twice", results)
    assert not (found := complaints(results)), "\n".join(found)
    assert sum(all(result.hit) for result in results) >= len(results) // 3


def _pairs(points: list[Point]) -> list[list[Point]]:
    """Each failpoint after another: the first wherever the trip can get, the second early in the recovery."""
    random.Random(8036).shuffle(points)
    return [[first, Point("failpoint", second.name, 1)] for first, second in pairwise(points)][: None if LONG else 12]


def _mixed(clean: Clean) -> list[list[Point]]:
    """A failpoint, then a system call of the recovery."""
    points = [Point("syscall", call.name, call.turn) for call in clean.calls if call.turn < 8]
    random.Random(8036).shuffle(points)
    firsts = [Point("failpoint", name, 1) for name in NAMES]
    return [[first, second] for first, second in zip(firsts * 20, points, strict=False)][: 240 if LONG else 12]
