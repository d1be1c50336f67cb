"""The schema that migrations make is the one that the tables say, and an older ledger comes along with all it holds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event, inspect, text

from hub import ledger as room
from hub.ledger import Ledger, lanes
from hub.ledger.engine import database_url, writing
from hub.ledger.schema import NEWEST, upgrade
from hub.ledger.upgrading import upgrade as migrate
from hub.testing import ManualClock
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document
from hub.vocabulary import Acceptance
from tests.postgresql import emptied

_MIGRATIONS = Path(room.__file__).with_name("migrations")


@pytest.fixture
def database(database: str, tmp_path: Path) -> str:
    """Without tables."""
    if database == "sqlite":
        (tmp_path / "ledger.sqlite").unlink()
        return database
    return emptied(database)


@contextmanager
def engine(database: str, folder: Path) -> Iterator[Engine]:
    folder.mkdir(exist_ok=True)
    made = writing(database_url(database, folder))
    yield made
    made.dispose()


def first_schema(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")


def shape(engine: Engine) -> dict[str, Any]:
    """Every column, index and key, as the database tells it."""
    seen = inspect(engine)
    return {
        table: (
            sorted((one["name"], str(one["type"]), one["nullable"], one["default"]) for one in seen.get_columns(table)),
            sorted((one["name"], one["column_names"], _where(one)) for one in seen.get_indexes(table)),
            seen.get_pk_constraint(table),
            sorted((one["name"], one["constrained_columns"]) for one in seen.get_foreign_keys(table)),
            seen.get_unique_constraints(table),
        )
        for table in seen.get_table_names()
    }


def _where(index: Any) -> str:
    options = index.get("dialect_options", {})
    return str(options.get("sqlite_where", options.get("postgresql_where", "")))


def _version(engine: Engine) -> list[str]:
    with engine.begin() as connection:
        return list(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


def test_the_newest_is_the_last_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == NEWEST


def test_a_new_ledger_and_one_that_is_up_to_date_need_no_alembic(tmp_path: Path) -> None:
    start = f"""
import sys
from hub.ledger.engine import database_url, writing
from hub.ledger.schema import upgrade
upgrade(writing(database_url("sqlite", __import__("pathlib").Path({str(tmp_path)!r}))))
assert "alembic" not in sys.modules
"""
    for _ in ("a new one", "up to date"):
        subprocess.run([sys.executable, "-c", start], cwd=_MIGRATIONS.parents[2], check=True)


def test_a_new_ledger_is_what_the_migrations_make(database: str, tmp_path: Path) -> None:
    with engine(database, tmp_path / "a") as migrated:
        migrate(migrated)
        made, version = shape(migrated), _version(migrated)
    if database != "sqlite":
        emptied(database)
    with engine(database, tmp_path / "b") as new:
        upgrade(new)
        assert shape(new) == made
        assert _version(new) == version

    assert ("ix_delivery_held", ["due_at"]) in [entry[:2] for entry in made["delivery"][1]]
    assert ("ix_event_well", ["unit", "at"]) in [entry[:2] for entry in made["event"][1]]


def test_tables_of_somebody_else_stay_beside_those_of_the_hub(database: str, tmp_path: Path) -> None:
    with engine(database, tmp_path) as made:
        with made.begin() as connection:
            connection.execute(text("CREATE TABLE theirs (number INTEGER)"))
        upgrade(made)
        assert {"theirs", "envelope", "agency"} <= set(inspect(made).get_table_names())
        assert _version(made) == [NEWEST]
        with made.begin() as connection:
            connection.execute(text("DROP TABLE theirs"))


async def test_an_older_ledger_comes_along_with_what_it_holds(
    database: str, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine(database, tmp_path) as old:
        first_schema(old)
    given = proposal(a_document("1/CV"), "xa-binh-son", key="k", unknown=("H99.01",))
    with monkeypatch.context() as patched:
        patched.setattr("hub.ledger.upgrade", lambda _: None)
        async with Ledger(database, tmp_path, "node-1", clock) as ledger:
            [first] = await ledger.accept([given])
            with ledger._engine.begin() as connection:
                assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "0001"

    async with Ledger(database, tmp_path, "node-1", clock) as ledger:
        with ledger._engine.begin() as connection:
            assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == NEWEST
        assert await ledger.accept([given]) == [first]
        [held] = await ledger.accept([proposal(a_document("2/CV"), "xa-binh-son", hold=5)])
        assert isinstance(held, Acceptance)
        assert ledger.views.counts().deliveries == {"waiting": 1, "dead": 1, "held": 1}
        await clock.advance(5)
        await ledger.dispatch()
        grant = await ledger.lease("xa-binh-son", 9)
        assert grant
        assert [taken.delivery.seq for taken in grant.taken] == [1, 2]
        assert list(ledger.views.broken()) == []


def test_who_looks_for_what_is_open_reads_nothing_else(tmp_path: Path) -> None:
    said: list[Any] = []
    with engine("sqlite", tmp_path) as made:
        upgrade(made)
        event.listen(made, "before_cursor_execute", lambda *given: said.append(given[2:4]))
        with made.begin() as connection:
            lanes.ready(connection)
            asked = [one for one in said if "delivery" in one[0]]
            plans = [str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", given).all()) for one, given in asked]

    assert len(plans) == 1
    assert plans[0].count("ix_delivery_open (recipient=? AND seq>?)") == 3
    assert "ix_delivery_recipient" not in plans[0]
