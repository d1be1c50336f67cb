"""What every test may ask for, and what a whole run says at its end."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from _pytest.terminal import TerminalReporter
from blockbuster import blockbuster_ctx

from hub.ledger.engine import database_url, writing
from hub.ledger.schema import upgrade
from hub.testing import ManualClock
from tests.crash.book import FIGURE
from tests.mariadb import MariaDB
from tests.postgresql import Server, cleared
from tests.unitdatabase import UnitDatabase, on_mariadb, on_postgresql

_SERVER = pytest.StashKey[Server]()
_MARIADB = pytest.StashKey[MariaDB]()
_LEFT_OUT = pytest.StashKey[dict[str, list[str]]]()

#: A test's property of this name is a table to show at the end of the run.
TABLE = "table"
LONG = os.environ.get("HUB_TESTS") == "long"
ALL = LONG or os.environ.get("HUB_TESTS") == "all"
ROOT = os.geteuid() == 0
_ON_BOTH = ("test_from_a_folder_to_tables", "test_from_tables_to_a_folder")


@pytest.fixture(autouse=True, scope="session")
def demonstration_secret() -> None:
    """Stands for what `./quickstart` makes up before anybody reads the demonstration's configuration."""
    for name in ("CENTRAL", "SO_KHCN", "P_NGHIA_LO", "P_NGHIA_LO_PASSWORD"):
        os.environ.setdefault(f"HUB_SECRET_{name}", "bi-mat-cua-tinh")


@pytest.fixture
def clock() -> ManualClock:
    """Time that stands still until the test moves it."""
    return ManualClock()


@pytest.fixture
def nothing_blocks() -> Iterator[None]:
    """A blocking call on the event loop is an error while this test runs."""
    with blockbuster_ctx():
        yield


@pytest.fixture(scope="session")
def postgresql_url(request: pytest.FixtureRequest, worker_id: str) -> str:
    """A new, empty database on the run's own PostgreSQL server; each xdist worker has its own."""
    server = request.config.stash[_SERVER]
    server.start()
    database = f"hub_{worker_id}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {database}".encode())
    return server.url(database)


@pytest.fixture(scope="session")
def postgresql_server(request: pytest.FixtureRequest) -> Server:
    """The run's own PostgreSQL server, started."""
    server = request.config.stash[_SERVER]
    server.start()
    return server


@pytest.fixture(scope="session")
def mariadb_server(request: pytest.FixtureRequest) -> MariaDB:
    """The run's own MariaDB server, started; its tests are marked `root`."""
    server = request.config.stash[_MARIADB]
    server.start()
    return server


@pytest.fixture(scope="session")
def unit_on_postgresql(postgresql_server: Server, worker_id: str) -> UnitDatabase:
    """A unit's database on PostgreSQL, one for each worker."""
    return on_postgresql(postgresql_server, f"unit_{worker_id}")


@pytest.fixture(scope="session")
def unit_on_mariadb(mariadb_server: MariaDB, worker_id: str) -> UnitDatabase:
    """A unit's database on MariaDB, one for each worker."""
    return on_mariadb(mariadb_server, f"unit_{worker_id}")


@pytest.fixture(
    params=[
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mariadb", marks=pytest.mark.root),
    ]
)
def unit_database(request: pytest.FixtureRequest) -> UnitDatabase:
    """A unit's database on PostgreSQL, then on MariaDB. What an earlier test left may lie in it."""
    database = request.getfixturevalue(f"unit_on_{request.param}")
    assert isinstance(database, UnitDatabase)
    return database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest, empty_ledger: Path, tmp_path: Path) -> str:
    """What hub.yaml may say of the ledger, one after the other; empty, and with its tables when the test begins."""
    if request.param == "sqlite":
        shutil.copy(empty_ledger, tmp_path)
        return "sqlite"
    return cleared(request.getfixturevalue("postgresql_url"))


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that a hub left which took nothing in: hundreds of tests begin with one."""
    folder = tmp_path_factory.mktemp("ledger")
    made = writing(database_url("sqlite", folder))
    upgrade(made)
    made.dispose()
    [path] = folder.iterdir()
    return path


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where the run's servers are, or will be when the first test asks for them."""
    node.workerinput["postgresql"] = str(node.config.stash[_SERVER].folder)
    node.workerinput["mariadb"] = str(node.config.stash[_MARIADB].folder)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Learn from an xdist worker what it left out; each of them collected everything."""
    node.config.stash[_LEFT_OUT].update(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the controller the same."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash[_LEFT_OUT]


def pytest_configure(config: pytest.Config) -> None:
    given: dict[str, str] | None = getattr(config, "workerinput", None)
    config.stash[_SERVER] = Server(Path(given["postgresql"])) if given else Server.planned()
    config.stash[_MARIADB] = MariaDB(Path(given["mariadb"])) if given else MariaDB.planned()
    config.stash[_LEFT_OUT] = {}


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[_SERVER].remove()
        config.stash[_MARIADB].remove()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what runs on PostgreSQL; leave out, and remember by name, what this run cannot or need not do."""
    kept: list[pytest.Item] = []
    left_out = config.stash[_LEFT_OUT]
    for item in items:
        if {"postgresql_url", "postgresql_server"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.postgresql)
        if _is_second(item):
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("root") and not ROOT:
            left_out.setdefault("need root", []).append(item.nodeid)
        elif item.get_closest_marker("slow") and not ALL:
            left_out.setdefault("slow, HUB_TESTS=all runs them", []).append(item.nodeid)
        elif item.get_closest_marker("long") and not LONG:
            left_out.setdefault("long, HUB_TESTS=long runs them", []).append(item.nodeid)
        else:
            kept.append(item)
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


def pytest_collection() -> None:
    gc.disable()


def pytest_collection_finish() -> None:
    """Thousands of tests and modules stay to the end: the collector, and what is forked, leave them where they are."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In a whole run nothing may be skipped: it counts as failed."""
    report = yield
    if item.get_closest_marker("postgresql"):
        report.user_properties.append(("postgresql", True))
    if not hasattr(report, "wasxfail"):
        _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a file that skips itself."""
    report = yield
    _refuse_skip(report)
    return report


def _is_second(item: pytest.Item) -> bool:
    """The second database runs these journeys in every run, the rest where all is run."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    in_every_run = item.name.startswith(_ON_BOTH) and not params.get("isolate")
    return "mariadb" in params.values() and not in_every_run


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and (ALL or ROOT):
        report.outcome = "failed"
        report.longrepr = f"skipped, and a whole run skips nothing: {report.longrepr}"


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Say what was left out, what tests have to show, and what ran on a real PostgreSQL."""
    for reason, names in config.stash[_LEFT_OUT].items():
        terminalreporter.write_line(f"left out ({reason}): {len(names)}")
        for name in names:
            terminalreporter.write_line(f"    {name}")
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for line in (said for name, said in report.user_properties if name in {TABLE, FIGURE}):
                terminalreporter.write_line(line)
    passed = [one for one in terminalreporter.stats.get("passed", []) if ("postgresql", True) in one.user_properties]
    skipped = len(terminalreporter.stats.get("skipped", []))
    servers = (("PostgreSQL", config.stash[_SERVER].version), ("MariaDB", config.stash[_MARIADB].version))
    for name, version in servers:
        terminalreporter.write_line(f"{name} that was used: {version or 'none'}")
    terminalreporter.write_line(f"PostgreSQL contract tests passed: {len(passed)}, skipped = {skipped}")
