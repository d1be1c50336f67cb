"""An upgrade in the middle of a queue, killed at each of its steps, and an older hub on a newer ledger."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from tests.crash.harness import Bench, Point, drive, note
from tests.crash.machine import judged
from tests.crash.oracle import glance
from tests.crash.scenario import Trip

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]
#: What the versions after the first added.
_ADDED = {
    **dict.fromkeys(("ix_delivery_held", "ix_event_well", "ix_delivery_recipient", "ix_event_turned_away"), "INDEX"),
    **dict.fromkeys(("duty", "orphan", "agency", "agency_alias", "agency_edition"), "TABLE"),
}
_FIRST, _NEWEST = "0001", "0004"
_WAL = "data/ledger.sqlite-wal"


def _half_way(bench: Bench) -> Trip:
    """A trip whose documents are accepted and not delivered, on a ledger of the first schema."""
    trip = bench.trip()
    # A hub of that time knew of no duty.
    (trip.home / "duties.yaml").write_text("defaults: false\n", encoding="utf-8")
    trip.drop_all()
    hub = bench.hub(trip, Point("failpoint", "dispatcher.taken", 1))
    drive(trip, hub)
    hub.end()
    note(trip)
    assert glance(trip.evidence.data).open > 0
    with closing(sqlite3.connect(trip.evidence.data / "ledger.sqlite")) as ledger:
        for name, kind in _ADDED.items():
            ledger.execute(f"DROP {kind} {name}")
        ledger.execute("UPDATE alembic_version SET version_num = ?", (_FIRST,))
        ledger.commit()
    return trip


def _schema(data: Path, aside: Path) -> tuple[str, frozenset[str]]:
    """The version that a ledger says it has, and what it has of the later ones; looked at in a copy."""
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    for file in data.glob("ledger.sqlite*"):
        shutil.copy(file, aside)
    with closing(sqlite3.connect(aside / "ledger.sqlite")) as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        [version] = ledger.execute("SELECT version_num FROM alembic_version").fetchone()
        names = {row[0] for row in ledger.execute("SELECT name FROM sqlite_master")}
    return version, frozenset(names & set(_ADDED))


_OLD: tuple[str, frozenset[str]] = (_FIRST, frozenset())
_NEW = (_NEWEST, frozenset(_ADDED))


def _killed(bench: Bench, point: Point) -> tuple[bool, tuple[str, frozenset[str]]]:
    """Whether the upgrade was killed there, and what it left."""
    trip = _half_way(bench)
    hub = bench.hub(trip, point)
    drive(trip, hub, until=lambda: hub.ready)
    hub.kill()
    hit = bool(hub.died_at()) and not hub.ready
    left = _schema(trip.evidence.data, trip.home / "aside")
    note(trip)
    trip.evidence.ambiguous += 10
    assert left in {_OLD, _NEW}
    assert judged(bench, trip) == []
    assert _schema(trip.evidence.data, trip.home / "aside") == _NEW
    return hit, left


@pytest.mark.fault(
    30,
    "kill -9 at each write and sync of an upgrade in the middle of a queue",
    "the old schema or the new one, never between; the next start finishes it and loses nothing",
)
@pytest.mark.parametrize(("call", "turn"), [("pwrite64", 2), ("pwrite64", 5), ("fdatasync", 1), ("fdatasync", 2)])
def test_an_upgrade_killed_at_one_step(
    benches: list[Bench], call: str, turn: int, figure: Callable[[str], None]
) -> None:
    hit, left = _killed(benches[0], Point("syscall", call, turn, _WAL))
    assert hit
    figure(f"{call} {turn}: left {left[0]}")


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.fault(
    30,
    "kill -9 at each write and sync of an upgrade in the middle of a queue",
    "the old schema or the new one, never between; the next start finishes it and loses nothing",
)
@pytest.mark.parametrize("call", ["pwrite64", "fdatasync"])
def test_an_upgrade_killed_at_each_step(benches: list[Bench], call: str, figure: Callable[[str], None]) -> None:
    old, turn = 0, 0
    for turn in count(1):
        hit, left = _killed(benches[0], Point("syscall", call, turn, _WAL))
        old += left == _OLD
        if not hit:
            break
    assert old > 0
    figure(f"{turn - 1} times {call} until ready, {old} of them left the old schema")


@pytest.mark.fault(30, "a hub on a ledger that a newer one wrote", "it refuses with a sentence and changes nothing")
def test_a_newer_ledger_is_refused(benches: list[Bench]) -> None:
    trip = _half_way(benches[0])
    with closing(sqlite3.connect(trip.evidence.data / "ledger.sqlite")) as ledger:
        ledger.execute("UPDATE alembic_version SET version_num = '9999'")
        ledger.commit()
    before = glance(trip.evidence.data)
    hub = benches[0].hub(trip)
    assert hub.end() == 1
    assert "the ledger was written by a newer hub: use that version" in hub.said()
    assert _schema(trip.evidence.data, trip.home / "aside") == ("9999", frozenset())
    assert glance(trip.evidence.data) == before
    with closing(sqlite3.connect(trip.evidence.data / "ledger.sqlite")) as ledger:
        ledger.execute("UPDATE alembic_version SET version_num = ?", (_FIRST,))
        ledger.commit()
    trip.evidence.ambiguous += 10
    assert judged(benches[0], trip) == []
