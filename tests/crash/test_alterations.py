"""What is altered is found; the long form is `python -m tests.crash.alterations`."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.crash.alterations import KINDS, found, roll_back, run, table
from tests.crash.specimen import LEDGER, specimen


@pytest.mark.fault(
    25,
    "bits, rows, pages, bodies and the -wal altered at random; an old copy put back",
    "`hub verify` finds each that changed anything before the newest checkpoint",
)
def test_alterations_of_every_kind_are_found(tmp_path: Path, figure: Callable[[str], None]) -> None:
    tallies = run(5 * len(KINDS), 7, tmp_path)

    lines = list(table(tallies))
    assert not any(tally.missed for tally in tallies.values()), "\n".join(lines)
    changed, seen, tail = (
        sum(getattr(each, part) for each in tallies.values()) for part in ("changed", "found", "tail")
    )
    assert seen > 3 * len(KINDS)
    figure(f"{seen} of {changed} found, {tail} in the unsealed tail")


def test_without_checkpoints_an_older_copy_is_missed(tmp_path: Path) -> None:
    given = replace(specimen(tmp_path / "specimen", documents=6), marks=())
    data = given.copied(tmp_path / "harmed")
    roll_back(given, data, random.Random(1))

    assert found(given, data) == ""


def test_another_number_for_true_is_found(tmp_path: Path) -> None:
    given = specimen(tmp_path / "specimen", documents=6)
    data = given.copied(tmp_path / "harmed")
    with closing(sqlite3.connect(data / LEDGER)) as ledger, ledger:
        ended = "state = 'delivered' AND possible_duplicate = 1"
        assert ledger.execute(f"UPDATE delivery SET possible_duplicate = 3 WHERE {ended}").rowcount

    assert "possible_duplicate is 3" in found(given, data)
