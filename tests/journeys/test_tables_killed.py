"""Killed at any step at a unit's tables, the hub loses and doubles nothing, say the unit's own tables."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from itertools import product
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from hub import failpoints, keeping
from hub.testing import RunningHub, eventually
from tests.counterparts.tables import Software
from tests.forked import arm, forked
from tests.journeys.tablesprovince import TablesProvince
from tests.plugins.tables import ORGANIZATIONS
from tests.unitdatabase import UnitDatabase, line_to

_CONTEXT = forked(__name__)
OURS, THEIRS = [f"5{number}/TTr-UBND" for number in range(3)], [f"21{number}/GM-SNV" for number in range(3)]
#: those that such a trip passes: each is shown to be passed
STEPS = [
    *(name for name in failpoints.NAMES if name.startswith("tables.")),
    "inbox.before_accept",
    "inbox.accepted",
    "ledger.before_commit",
    "ledger.after_commit",
    "dispatcher.taken",
    "dispatcher.sent",
    "dispatcher.settled",
]
SHORT = ("tables.claimed", "tables.marked", "tables.committed")


async def _run(home: Path) -> None:
    async with RunningHub(home):
        await eventually((home / "stop").exists, 60)


def _life(home: Path, armed: str) -> None:
    arm(armed)
    asyncio.run(_run(home))


async def _live(province: TablesProvince, armed: str = "") -> BaseProcess:
    """A life of the hub, until it dies or all is done."""
    process: BaseProcess = _CONTEXT.Process(target=_life, args=(province.home, armed))
    process.start()
    async with asyncio.timeout(60):
        while process.is_alive() and not province.is_over(3, 3):
            looked = time.monotonic()
            if (province.share / "in").exists():
                await asyncio.to_thread(province.answer_from_folder)
            await asyncio.to_thread(province.answer_from_tables)
            # These looks ask the same database as the hub.
            await asyncio.sleep(max(0.05, time.monotonic() - looked))
    (province.home / "stop").touch()
    await asyncio.to_thread(process.join, 30)
    (province.home / "stop").unlink()
    return process


def _points() -> Iterator[ParameterSet]:
    for database, step, turn in product(("postgresql", "mariadb"), STEPS, (1, 2, 5)):
        quick = turn == 1 and step in SHORT and database == "postgresql"
        marks = [pytest.mark.root if database == "mariadb" else pytest.mark.postgresql]
        marks += [] if quick else [pytest.mark.slow]
        yield pytest.param(step, turn, database, marks=marks, id=f"{database}-{step}@{turn}")


@pytest.mark.parametrize(("step", "turn", "unit_database"), list(_points()), indirect=["unit_database"])
async def test_a_kill_at_any_step_loses_and_doubles_nothing(
    tmp_path: Path, unit_database: UnitDatabase, step: str, turn: int
) -> None:
    software = Software(unit_database.url)
    software.install(ORGANIZATIONS)
    async with line_to(unit_database) as line:
        province = TablesProvince(tmp_path, software, unit_database.endpoint(line.port))
        province.write(*OURS)
        province.drop(*THEIRS)
        process = await _live(province, f"{step}=kill@{turn}")
        assert -signal.SIGKILL == process.exitcode, f"{step} was not passed {turn} times"
        second = await _live(province)
        assert 0 == second.exitcode
    province.judge(OURS, THEIRS)
    views = province.views()
    assert {"delivered": 12} == dict(views.counts().deliveries)
    assert keeping.verify(views, tmp_path / "data", lambda *_: None, []).bad == []
    views.close()
