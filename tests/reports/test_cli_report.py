"""hub report as people and programs call it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from hub.report import writing
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document
from tests.cli import Province

MONTH = "2026-11"


@pytest.fixture
def province(tmp_path: Path) -> Province:
    made = Province(tmp_path / "config")
    made.take_in(proposal(a_document(), "xa-binh-son"))
    return made


@pytest.mark.parametrize("suffix", [".docx", ".xlsx", ".html", ".HTML"])
def test_a_file_is_written_and_said_in_words(province: Province, suffix: str, tmp_path: Path) -> None:
    out = tmp_path / f"bao cao{suffix}"
    result = province.hub("report", "--month", MONTH, "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "Tháng 11/2026: 1 văn bản, 1 lượt gửi, 0 đã giao, 0 không chuyển được." in result.stdout
    assert "chênh lệch 0" in result.stdout
    assert str(out) in result.stdout
    assert out.stat().st_size > 5000
    assert out.stat().st_mode & 0o777 == 0o640


def test_the_figures_alone_as_json(province: Province) -> None:
    said = province.json("report", "--month", "11/2026")
    assert (said["month"], said["totals"]["documents"], said["difference"], said["out"]) == ("11/2026", 1, 0, None)
    assert [each["month"] for each in said["series"]] == [f"{number:02}/2026" for number in range(1, 12)]
    [sender] = [one for one in said["exchanges"] if one["unit"] == "so-nv"]
    assert (sender["sent"], sender["sent_legs"]) == (1, 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--month", "2026-13", "--json"], "2026-13"),
        (["--month", MONTH], "--out"),
        (["--month", MONTH, "--out", "a.doc"], ".docx"),
        (["--json"], "--month"),
    ],
)
def test_usage(province: Province, words: list[str], said: str) -> None:
    result = province.hub("report", *words)
    assert result.exit_code == 2
    assert said in result.output


def test_where_the_hub_never_ran(tmp_path: Path) -> None:
    made = Province(tmp_path / "config")
    result = made.hub("report", "--month", MONTH, "--json")
    assert result.exit_code == 1
    assert "hub run" in json.loads(result.stdout)["error"]


def test_a_difference_is_found_wrong(province: Province, tmp_path: Path) -> None:
    out = tmp_path / "a.html"
    with sqlite3.connect(province.data / "ledger.sqlite") as database:
        database.execute("DELETE FROM delivery")
    database.close()
    result = province.hub("report", "--month", MONTH, "--out", str(out))
    assert result.exit_code == 1
    assert "chênh lệch 1" in result.stdout
    assert "CÓ CHÊNH LỆCH 1" in out.read_text("utf-8")


def test_without_its_library_a_format_says_what_to_do(
    province: Province, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in sys.modules if each in ("hub.report.paper", "hub.report.wordxml", "docx")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "docx", None)
    result = province.hub("report", "--month", MONTH, "--out", str(tmp_path / "a.docx"))
    assert result.exit_code == 1
    assert "requirements/setup report" in result.output
    assert not list(tmp_path.glob("*.docx"))


@pytest.mark.parametrize("suffix", [".html", ".pdf"])
def test_what_cannot_be_written_is_said_before_it_is_counted(
    province: Province, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr("hub.report.printing.shutil.which", lambda _: None)
    monkeypatch.setattr("hub.cli.reporting.open_accounts", None)
    folder = tmp_path / "none" if suffix == ".html" else tmp_path
    result = province.hub("report", "--month", MONTH, "--out", str(folder / f"a{suffix}"))
    assert result.exit_code == 1
    assert ("Không có thư mục" if suffix == ".html" else "cần LibreOffice") in result.output


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET data = 'x' WHERE kind = 'accepted'",
        "UPDATE event SET data = '[]' WHERE kind = 'accepted'",
        "UPDATE envelope SET body = '{}'",
    ],
)
def test_what_cannot_be_read_sends_to_hub_verify(province: Province, statement: str) -> None:
    with sqlite3.connect(province.data / "ledger.sqlite") as database:
        database.execute(statement)
    database.close()
    result = province.hub("report", "--month", MONTH, "--json")
    assert result.exit_code == 1
    assert "hub verify" in json.loads(result.stdout)["error"]
    assert result.stderr.count("\n") == 1


def test_other_commands_load_none_of_it(province: Province) -> None:
    code = (
        "import sys; from hub.cli import app; from typer.testing import CliRunner;"
        f"CliRunner().invoke(app, ['status', '--config', {str(province.folder)!r}]);"
        "CliRunner().invoke(app, ['--help']);"
        "sys.exit(any(name == 'docx' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_every_format_has_a_writer() -> None:
    assert set(writing.FORMATS) == {".docx", ".xlsx", ".html", ".pdf"}
