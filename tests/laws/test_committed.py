"""What is committed belongs to everybody, and the laws see what does not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.laws import committed
from tests.laws.source import HERE

PURPOSES = ("postgresql", "report", "tables")
SETS = ("runtime", *PURPOSES, "tests")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("ignored.txt\n")
    return tmp_path


def test_nothing_names_a_package_index() -> None:
    assert committed.registries(HERE) == []


def test_nothing_names_a_place_on_one_machine() -> None:
    assert committed.foreign_paths(HERE) == []


def test_nothing_speaks_of_how_it_was_written() -> None:
    assert committed.workplace_words(HERE) == []


@pytest.mark.parametrize("name", SETS)
def test_a_locked_set_is_locked(name: str) -> None:
    assert committed.unlocked(HERE, name) == []
    assert len(committed.pins(HERE, name)) > 20


@pytest.mark.parametrize("name", ["runtime", *PURPOSES])
def test_what_is_tested_is_what_runs(name: str) -> None:
    assert committed.pins(HERE, name).items() <= committed.pins(HERE, "tests").items()


@pytest.mark.parametrize("name", PURPOSES)
def test_what_runs_the_hub_is_in_every_set(name: str) -> None:
    assert committed.pins(HERE, "runtime").items() <= committed.pins(HERE, name).items()


def test_sqlmodel_is_asked_for_exactly() -> None:
    assert "sqlmodel==" in (HERE / "requirements" / "runtime.in").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "line",
    [
        "--index" + "-url x",
        "see https://pypi" + ".org/simple",
        "resolved: https://regis" + "try.npm" + "js.org/a",
        "file:" + "///srv/wheels/x",
    ],
)
def test_an_index_is_seen(checkout: Path, line: str) -> None:
    (checkout / "a.txt").write_text(f"first\n{line}\n")
    (checkout / "ignored.txt").write_text(line)
    assert [found.rpartition(": ")[0] for found in committed.registries(checkout)] == ["a.txt:2"]


@pytest.mark.parametrize("line", ["/wo" + "rk/main/hub", 'cd "/ro' + 'ot"', "PATH=/ho" + "me/an/bin"])
def test_a_foreign_path_is_seen(checkout: Path, line: str) -> None:
    (checkout / "a.txt").write_text(f"/usr/bin is everywhere, so are ./plans/main and db://root\n{line}\n")
    assert [found.rpartition(": ")[0] for found in committed.foreign_paths(checkout)] == ["a.txt:2"]


@pytest.mark.parametrize(
    "line", ["written by an assis" + "tant", "as the prom" + "pt says", "in a previous sess" + "ion"]
)
def test_a_word_of_the_workplace_is_seen(checkout: Path, line: str) -> None:
    (checkout / "a.md").write_text(f"promptly, a database session\n{line}\n")
    (checkout / "tests" / "data").mkdir(parents=True)
    (checkout / "tests" / "data" / "found.txt").write_text(line)
    assert [found.rpartition(": ")[0] for found in committed.workplace_words(checkout)] == ["a.md:2"]


def test_what_is_not_locked_is_seen(tmp_path: Path) -> None:
    digest = "a" * 64
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "runtime.txt").write_text(
        f"# made by a script\n--pre\none==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:{digest} \\\n"
        f"    --hash=sha256:{digest}\ntwo==2.0\nthree>=3 --hash=sha256:{digest}\n"
    )
    assert committed.unlocked(tmp_path, "runtime") == ["--pre", "two==2.0", "three>=3"]
    assert committed.pins(tmp_path, "runtime") == {"one": "1.0", "two": "2.0"}
