"""kill -9 at every durable step of the trip, restart without hand work, and the oracle: 0 violations.

The short form takes the first passing of every failpoint; the slow one a third of all of them, each day another;
HUB_TESTS=long takes all.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from itertools import cycle, pairwise

import pytest

from hub.failpoints import NAMES
from tests.crash.conftest import Show
from tests.crash.harness import Bench, Point, Result, trial
from tests.crash.scenario import documents
from tests.crash.sweep import (
    FOLDERS,
    Clean,
    Crew,
    complaints,
    failpoint_points,
    hit,
    syscall_points,
    todays,
    unsynced,
)
from tests.short import short

pytestmark = [pytest.mark.root, pytest.mark.timeout(3600)]
_SEED = 8036
_TWICE = 10
#: how many of the trip's documents are accepted
_DOCUMENTS = sum(each.drop.fate == "accepted" for each in documents())


def _content(results: list[Result]) -> None:
    found = complaints(results)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("passing", short(["first", "later"], 2))
def test_a_kill_at_every_failpoint_loses_and_doubles_nothing(
    crew: Crew, clean: Clean, show: Show, passing: str
) -> None:
    points = [point for point in failpoint_points(clean, every=False) if (point.turn == 1) == (passing == "first")]
    results = crew.trials([point] for point in points)
    show(f"Failpoints, {passing} passing", results)
    _content(results)
    names = FOLDERS if passing == "first" else {point.name for point in points} & FOLDERS
    assert names - hit(results) == set()


@pytest.mark.slow
def test_a_kill_at_every_sort_of_durable_call_loses_and_doubles_nothing(crew: Crew, clean: Clean, show: Show) -> None:
    results = crew.trials([point] for point in syscall_points(clean, 1))
    results += crew.missing(clean, results)
    show("System calls", results)
    _content(results)
    assert clean.places - hit(results) == set()


@pytest.mark.slow
def test_a_kill_during_the_recovery_from_a_kill(crew: Crew, clean: Clean, show: Show) -> None:
    plans = [*_pairs(failpoint_points(clean, every=False))[:_TWICE], *_mixed(clean, _TWICE)]
    results = crew.trials(plans)
    show("Twice", results)
    _content(results)
    assert sum(all(result.hit) for result in results) >= len(results) // 3


@pytest.mark.slow
def test_a_kill_while_documents_are_held_loses_and_doubles_nothing(crew: Crew, show: Show) -> None:
    names = "ledger.before_commit", "ledger.after_commit"
    results = crew.trials([[Point("failpoint", name, turn)] for name in names for turn in range(2, 12)], _held)
    show("Held", results)
    _content(results)
    assert sum(all(result.hit) for result in results) >= len(results) * 3 // 4


def _held(bench: Bench, points: Sequence[Point]) -> Result:
    """A trial in which every document is kept back for a while."""
    result = trial(bench, points, environment={"HOLD": "0.3"})
    with closing(sqlite3.connect(bench.folder / f"trip-{bench.turn}" / "data" / "ledger.sqlite")) as ledger:
        went = ledger.execute("SELECT count(*) FROM event WHERE kind = 'dispatched'").fetchone()[0]
    if went != _DOCUMENTS:
        result.violations.append(f"I4 {went} of {_DOCUMENTS} documents were held and went")
    return result


@pytest.mark.slow
def test_a_kill_at_every_passing_of_every_failpoint(crew: Crew, clean: Clean, show: Show) -> None:
    results = crew.trials([point] for point in todays(failpoint_points(clean, every=True)))
    show("Failpoints, all", results)
    _content(results)


@pytest.mark.slow
def test_a_kill_at_every_durable_call(crew: Crew, clean: Clean, show: Show) -> None:
    results = crew.trials([point] for point in todays(syscall_points(clean, None)))
    show("System calls, all", results)
    _content(results)


@pytest.mark.slow
def test_kills_during_many_recoveries(crew: Crew, clean: Clean, show: Show) -> None:
    results = crew.trials(todays([*_pairs(failpoint_points(clean, every=True)), *_mixed(clean, 300)]))
    show("Twice, many", results)
    _content(results)


def test_every_name_that_appears_is_synced_with_its_folder(clean: Clean) -> None:
    assert {"linkat blobs", "renameat2 in/", "renameat2 error/"} <= clean.places
    assert unsynced(clean) == []


def _pairs(points: list[Point]) -> list[list[Point]]:
    """Each failpoint after another: the first wherever the trip can get, the second early in the recovery."""
    random.Random(_SEED).shuffle(points)
    return [[first, Point("failpoint", second.name, 1)] for first, second in pairwise(points)]


def _mixed(clean: Clean, number: int) -> list[list[Point]]:
    """A failpoint, then a system call of the recovery."""
    points = [Point("syscall", call.name, call.turn) for call in clean.calls if call.turn < 8]
    random.Random(_SEED).shuffle(points)
    firsts = cycle(Point("failpoint", name, 1) for name in NAMES if name in FOLDERS)
    return [[first, second] for first, second in zip(firsts, points[:number], strict=False)]
