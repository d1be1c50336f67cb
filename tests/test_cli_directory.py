"""hub directory: the same whether a hub runs or not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.cli import Province

ROWS = (
    {"id": "1", "pid": "", "code": "000.00.00.H48", "name": "UBND tỉnh Quảng Ngãi", "mail": "vp@qn.example"},
    {
        "id": "7",
        "pid": "1",
        "code": "000.00.18.H48",
        "name": "Sở Y tế",
        "mail": "syt@qn.example",
        "oldCode": "28.18.H48",
    },
    {"id": "8", "pid": "1", "code": "000.00.14.H48", "name": "Sở Nội vụ", "mail": "", "oldCode": "28.14.H48"},
    {"id": "9", "pid": "1", "name": "Không mã"},
)


@pytest.fixture
def province(tmp_path: Path) -> Province:
    made = Province(tmp_path / "config")
    made.take_in()
    return made


@pytest.fixture(params=["no hub runs", "beside a running hub"])
def anyway(request: pytest.FixtureRequest, province: Province) -> Iterator[Province]:
    with province.running() if "beside" in request.param else nullcontext():
        yield province


def saved(province: Province, *rows: Any, **rest: Any) -> str:
    file = province.folder.parent / "danh ba.json"
    file.write_text(json.dumps({"status": "OK", "ErrorCode": "0", "data": rows, **rest}, ensure_ascii=False))
    return str(file)


def test_a_saved_answer_is_taken_in_and_searched(anyway: Province) -> None:
    assert anyway.json("directory") == []

    said = anyway.json("directory", "import", saved(anyway, *ROWS))
    assert said == {"result": "3 rows: 3 added, 0 changed, 0 gone"}

    [found] = anyway.json("directory", "search", "so y te quang ngai")
    names = ("code", "old_code", "name", "parent", "parent_code", "state", "unit", "aliases")
    assert [found[name] for name in names] == [
        "000.00.18.H48",
        "28.18.H48",
        "Sở Y tế",
        "UBND tỉnh Quảng Ngãi",
        "000.00.00.H48",
        "listed",
        "",
        ["28.18.H48"],
    ]
    [ours] = anyway.json("directory", "show", "28.14.h48")
    assert (ours["code"], ours["unit"]) == ("000.00.14.H48", "so-nv")
    [last] = anyway.json("directory")
    assert (last["answer"], last["rows"], sum(last["skipped"].values())) == ("getAgenciesList", 3, 1)


def test_people_read_code_old_code_name_and_parent(province: Province) -> None:
    province.hub("directory", "import", saved(province, *ROWS))
    shown = province.hub("directory", "search", "so", "noi", "vu").stdout
    for said in ("000.00.14.H48", "28.14.H48", "Sở Nội vụ", "UBND tỉnh Quảng Ngãi (000.00.00.H48)", "so-nv"):
        assert said in shown
    assert "3 dòng" in province.hub("directory").stdout
    assert "000.00.18.H48" in province.hub("directory", "show", "000.00.18.H48").stdout


def test_what_is_not_there_ends_with_one(province: Province) -> None:
    assert province.json("directory", "search", "gi", ends=1) == []
    assert province.json("directory", "show", "H99", ends=1) == []
    assert "Không tìm thấy" in province.hub("directory", "search", "gi").stdout
    assert "hub directory import" in province.hub("directory").stdout


@pytest.mark.parametrize(
    ("rest", "words"),
    [({"ErrorCode": "15", "ErrorDesc": "Sai SystemId"}, "directory-failed"), ({"data": None}, "directory-unreadable")],
)
def test_a_bad_answer_changes_nothing_and_says_why(anyway: Province, rest: dict[str, Any], words: str) -> None:
    anyway.hub("directory", "import", saved(anyway, *ROWS))
    said = anyway.json("directory", "import", saved(anyway, **{"data": ROWS[:1], **rest}), ends=1)
    assert words in said["error"]
    assert len(anyway.json("directory", "search", "so")) == 2


def test_a_file_or_kind_that_is_none_is_said(province: Province) -> None:
    missing = province.json("directory", "import", str(province.folder / "none.json"), ends=1)
    assert "none.json" in missing["error"]
    wrong = province.json("directory", "import", saved(province, *ROWS), "--kind", "getEdoc", ends=1)
    assert "getAgenciesListQD20" in wrong["error"]


def test_most_missing_is_taken_only_when_told(province: Province) -> None:
    many = [{"id": str(count), "code": f"H48.{count:02}", "name": f"Phòng {count}"} for count in range(40)]
    province.hub("directory", "import", saved(province, *many))
    assert "directory-shrunk" in province.json("directory", "import", saved(province, many[0]), ends=1)["error"]
    said = province.json("directory", "import", saved(province, many[0]), "--shrunk")
    assert said == {"result": "1 rows: 0 added, 0 changed, 39 gone"}
    assert province.hub("directory", "show", "H48.39").stdout.count("gone") == 1


def test_a_ledger_with_a_directory_is_verified(province: Province) -> None:
    province.hub("directory", "import", saved(province, *ROWS))
    assert province.hub("verify").exit_code == 0
    assert province.hub("reconcile").exit_code == 0
