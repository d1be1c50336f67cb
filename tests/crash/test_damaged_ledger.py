"""Row 25: a real hub on a ledger that was damaged while it stood."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.keeping.sealing import MEMORY
from tests.crash.harness import Bench, Result, drive, finish, note
from tests.crash.oracle import glance
from tests.crash.scenario import Trip
from tests.short import short

LEDGER = "ledger.sqlite"
Figure = Callable[[str], None]


@pytest.fixture
def trip(benches: list[Bench]) -> Trip:
    """One that came to its end, and a backup of it."""
    made = benches[0].trip()
    made.drop_all()
    hub = benches[0].hub(made)
    assert drive(made, hub)
    assert hub.stop() == 0
    note(made)
    assert hub_says(made, "backup", str(made.home / "copy")) == 0
    return made


def hub_says(trip: Trip, *words: str) -> int:
    return CliRunner().invoke(app, [*words, "--config", str(trip.home)]).exit_code


def refuses(bench: Bench, trip: Trip, *words: str) -> None:
    """A start ends by itself, says why, and leaves the ledger as it is."""
    before = {path.name: path.read_bytes() for path in trip.evidence.data.glob(f"{LEDGER}*")}
    hub = bench.hub(trip)
    drive(trip, hub, until=lambda: not hub.alive())
    assert not hub.alive(), hub.said()
    assert hub.end() == 1
    assert all(word in hub.said() for word in words), hub.said()
    assert not hub.ready
    after = {path.name: path.read_bytes() for path in trip.evidence.data.glob(f"{LEDGER}*")}
    assert before.get(LEDGER) == after.get(LEDGER)


def restored(bench: Bench, trip: Trip) -> None:
    """The documented way back, after which everything is as it was and goes on."""
    shutil.move(trip.evidence.data, trip.home / "kept")
    assert hub_says(trip, "restore", str(trip.home / "copy")) == 0
    trip.evidence.counts.clear()
    result = Result(())
    finish(bench, trip, result)
    assert result.violations == [], result.log


@pytest.mark.fault(
    25, "pages of the ledger are zeros, or full of noise", "no start on it, `hub restore` brings everything back"
)
@pytest.mark.parametrize("filling", short([b"\0", b"\xa5"], 2))
def test_a_torn_ledger_is_not_run_on_and_comes_back(
    benches: list[Bench], trip: Trip, filling: bytes, figure: Figure
) -> None:
    file = trip.evidence.data / LEDGER
    sound = file.read_bytes()
    with closing(sqlite3.connect(file)) as connection:
        pages = [page for (page,) in connection.execute("SELECT rootpage FROM sqlite_master WHERE rootpage > 0")]
    chosen = [1, *sorted(pages)[:: max(len(pages) // 4, 1)]]
    for page in chosen:
        file.write_bytes(sound[: (page - 1) * 4096] + filling * 4096 + sound[page * 4096 :])
        refuses(benches[0], trip, "hub verify")
        assert hub_says(trip, "verify") == 1
    restored(benches[0], trip)
    figure(f"{len(chosen)} of {len(chosen)} pages: no start")


@pytest.mark.fault(
    25,
    "the ledger is gone or of no length, or was killed and its -wal removed or cut",
    "never a start with an empty one, `hub restore` brings everything back",
)
@pytest.mark.parametrize("harm", ["gone", "of no length", "-wal removed", "-wal cut"])
def test_a_hub_never_starts_empty_beside_what_it_accepted(benches: list[Bench], harm: str) -> None:
    trip = benches[0].trip()
    trip.drop_all()
    hub = benches[0].hub(trip)
    assert drive(trip, hub)
    assert hub_says(trip, "backup", str(trip.home / "copy")) == 0
    hub.kill()
    note(trip)
    ledger, wal = (trip.evidence.data / name for name in (LEDGER, f"{LEDGER}-wal"))
    assert wal.stat().st_size
    if harm == "-wal cut":
        wal.write_bytes(wal.read_bytes()[: wal.stat().st_size // 20])
    else:
        wal.unlink()
        (trip.evidence.data / f"{LEDGER}-shm").unlink()
    if harm == "gone":
        ledger.unlink()
    if harm == "of no length":
        ledger.write_bytes(b"")
    refuses(benches[0], trip, "hub restore")
    restored(benches[0], trip)


@pytest.mark.fault(25, "an old copy of the ledger is put back", "no start on it, `hub restore` brings everything back")
def test_an_old_copy_is_not_run_on(benches: list[Bench], trip: Trip, tmp_path: Path) -> None:
    shutil.copy(trip.evidence.data / LEDGER, tmp_path / "old")
    assert hub_says(trip, "backup", str(trip.home / "copy")) == 0
    events = glance(trip.evidence.data).events
    hub = benches[0].hub(trip)
    assert drive(trip, hub)
    assert hub.stop() == 0
    assert glance(trip.evidence.data).events > events
    assert hub_says(trip, "backup", str(trip.home / "copy")) == 0
    shutil.copy(tmp_path / "old", trip.evidence.data / LEDGER)
    refuses(benches[0], trip, "an old copy was put back", MEMORY)
    restored(benches[0], trip)


@pytest.mark.fault(25, "killed, and -shm removed", "it is made anew, nothing is lost")
def test_a_lost_shm_is_nothing(benches: list[Bench]) -> None:
    trip = benches[0].trip()
    trip.drop_all()
    hub = benches[0].hub(trip)
    drive(trip, hub, until=lambda: glance(trip.evidence.data).events > 5)
    hub.kill()
    note(trip)
    (trip.evidence.data / f"{LEDGER}-shm").unlink()
    result = Result(())
    finish(benches[0], trip, result)
    assert result.violations == [], result.log
