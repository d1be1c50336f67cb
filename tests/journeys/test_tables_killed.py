"""Killed at any step at a unit's tables, the hub loses and doubles nothing, say the unit's own tables."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from hub import failpoints, keeping
from tests.counterparts.tables import Software
from tests.journeys.lives import killed_and_lived
from tests.journeys.tablesprovince import TablesProvince
from tests.plugins.tables import ORGANIZATIONS
from tests.unitdatabase import UnitDatabase, line_to

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
SHORT = ("tables.claimed", "tables.committed")


async def _go_on(province: TablesProvince) -> bool:
    """Both sides answer; False: all is where it belongs."""
    if province.is_over(3, 3):
        return False
    looked = time.monotonic()
    if (province.share / "in").exists():
        await asyncio.to_thread(province.answer_from_folder)
    await asyncio.to_thread(province.answer_from_tables)
    # These looks ask the same database as the hub.
    await asyncio.sleep(max(0.05, time.monotonic() - looked))
    return True


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
        await killed_and_lived(tmp_path, lambda: _go_on(province), step, turn)
    province.judge(OURS, THEIRS)
    views = province.views()
    assert {"delivered": 12} == dict(views.counts().deliveries)
    assert keeping.verify(views, tmp_path / "data", lambda *_: None, []).bad == []
    views.close()
