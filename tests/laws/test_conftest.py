"""The rules of a whole run, each seen at work in a small run of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.laws.source import HERE

pytest_plugins = ["pytester"]

FILES = """
import pytest

@pytest.mark.root
def test_power_cut(): pass

@pytest.mark.slow
def test_slow(): pass

@pytest.mark.long
def test_long(): pass

@pytest.mark.postgresql
def test_contract(): pass

def test_skips():
    pytest.skip("no reason")
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A small checkout with this one's conftest and configuration."""
    for name in (
        "pyproject.toml",
        "tests/conftest.py",
        "tests/postgresql.py",
        "tests/mariadb.py",
        "tests/unitdatabase.py",
        "tests/crash/book.py",
    ):
        target = pytester.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text((HERE / name).read_text(encoding="utf-8"), encoding="utf-8")
    Path("tests/test_small.py").write_text(FILES, encoding="utf-8")
    monkeypatch.delenv("HUB_TESTS", raising=False)
    return pytester


def _as_nobody(run: pytest.Pytester) -> None:
    conftest = run.path / "tests" / "conftest.py"
    conftest.write_text(conftest.read_text(encoding="utf-8").replace("os.geteuid() == 0", "False"), encoding="utf-8")


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
@pytest.mark.slow
def test_what_this_run_leaves_out_is_named(run: pytest.Pytester, workers: str) -> None:
    _as_nobody(run)
    result = run.runpytest_subprocess(workers)
    result.stdout.fnmatch_lines_random(
        [
            "left out (need root): 1",
            "    tests/test_small.py::test_power_cut",
            "left out (slow, *): 1",
            "    tests/test_small.py::test_slow",
            "left out (long, *): 1",
            "    tests/test_small.py::test_long",
            "PostgreSQL contract tests passed: 1, skipped = 1",
        ]
    )
    assert result.ret == 0


@pytest.mark.slow
def test_a_whole_run_skips_nothing(run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_TESTS", "all")
    _as_nobody(run)
    result = run.runpytest_subprocess("-n2")
    result.stdout.fnmatch_lines(["PostgreSQL contract tests passed: 1, skipped = 0"])
    outcomes = result.parseoutcomes()
    assert (outcomes["passed"], outcomes["failed"]) == (2, 1)
    assert "skipped" not in outcomes
    assert result.ret == 1


def test_nor_does_a_file_skip_itself(run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_TESTS", "all")
    (run.path / "tests" / "test_other.py").write_text("import pytest\npytest.importorskip('no_such_module')\n")
    result = run.runpytest_subprocess()
    assert "skipped" not in result.parseoutcomes()
    assert result.ret != 0


@pytest.mark.slow
def test_the_servers_that_were_used_are_named(run: pytest.Pytester) -> None:
    Path("tests/test_small.py").write_text("def test_one(postgresql_server): pass\n")
    result = run.runpytest_subprocess("-n2")
    result.stdout.fnmatch_lines(["PostgreSQL that was used: [1-9][0-9].*", "MariaDB that was used: none"])
    assert result.ret == 0


def test_the_last_line_is_the_summary(run: pytest.Pytester) -> None:
    result = run.runpytest_subprocess("-q")
    assert " in " in result.outlines[-1]
    assert "passed" in result.outlines[-1]
