"""hub units import, list, status."""

from __future__ import annotations

import difflib
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from hub.cli import units, unitshow
from hub.clock import VIETNAM
from hub.config import load
from hub.ledger import Ledger, Settlement
from hub.plugins import Plugins
from hub.roster.stages import Stage
from hub.testing.ledgers import proposal
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import DeliveryState
from tests.cli import Province
from tests.test_roster import as_cp1258, book

HEADER = "id;ten;ma_102;ma_qd20;nhom"
LIST = f"{HEADER}\nso-nv;Sở Nội vụ;000.00.14.H48;H48.14;\nxa-binh-son;UBND xã Bình Sơn;000.00.31.H48;;\n"
DOCUMENT = a_document()


@pytest.fixture
def province(tmp_path: Path) -> Province:
    return Province(tmp_path / "config")


def put(province: Province, content: str | bytes, name: str = "don-vi.csv") -> str:
    file = province.folder.parent / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(file)


def units_yaml(province: Province) -> str:
    return (province.folder / "units.yaml").read_text(encoding="utf-8")


def a_province() -> list[list[object]]:
    """108 units, as the province has: so many lines that nobody looks at each."""
    rows: list[list[object]] = [["ID", "Tên", "Mã 102", "Mã QĐ20", "Cấp", "Hiệu lực từ", "Nhóm"]]
    for number in range(1, 109):
        level = "so" if number <= 20 else "xa"
        name = f"Sở số {number}" if level == "so" else f"UBND xã “Số {number}”, Quảng Ngãi"
        code, flat = f"001.{number // 100:02}.{number % 100:02}.H48", f"H48.{number:02}"
        rows.append([f"{level}-{number}", name, code, flat, level, datetime(2025, 7, 1), ""])  # noqa: DTZ001 - a cell
    return rows


# import


def test_without_write_only_the_differences_are_shown(province: Province) -> None:
    before = units_yaml(province)
    file = put(province, LIST.replace("Sở Nội vụ", "Sở Nội vụ và Lao động"))

    result = province.hub("units", "import", file)

    assert result.exit_code == 0
    assert units_yaml(province) == before
    [first, second, last] = [" ".join(line.split()) for line in result.stdout.splitlines()[1:]]
    assert first == "~ sửa so-nv tên Sở Nội vụ Sở Nội vụ và Lao động"
    assert second == "so-nv mã khác H48.14"
    assert last == "0 thêm, 1 sửa, 0 đóng. Mới chỉ xem; thêm --write để ghi (nothing was written yet)."


def test_the_same_for_programs(province: Province) -> None:
    said = province.json("units", "import", put(province, f"{HEADER}\nso-y;Sở Y tế;000.00.16.H48;;\n"))

    assert said.keys() == {"added", "changed", "closing", "errors", "warnings", "mistakes", "written"}
    [added] = said["added"]
    assert (added["unit"], added["name"]) == ("so-y", "Sở Y tế")
    assert {"field": "folder", "old": "", "new": "shares/so-y"} in added["changes"]
    assert said["closing"] == ["so-nv", "xa-binh-son"]
    assert (said["errors"], said["mistakes"], said["written"]) == ([], [], False)


def test_what_is_written_loads_and_a_second_time_there_is_nothing_left(province: Province) -> None:
    file = put(province, LIST + "so-y;Sở Y tế;16;16;\n")

    assert province.json("units", "import", file, "--write")["written"] is True

    lines = {one["id"]: one for one in province.json("units", "list")}
    assert lines["so-y"]["code"] == "000.00.16.H48"
    assert lines["so-y"]["aliases"] == ["H48.16"]
    assert lines["so-nv"]["aliases"] == ["H48.14"]
    again = province.json("units", "import", file, "--write")
    assert (again["added"], again["changed"], again["written"]) == ([], [], False)
    assert "units.yaml đã đúng" in province.hub("units", "import", file, "--write").stdout


def test_every_mistake_is_named_at_its_place_and_nothing_is_written(province: Province) -> None:
    before = units_yaml(province)
    file = put(
        province, f'{HEADER}\nSO-Y;;000.00.14.H48;;\nso-x;"Sở\nX";000.00.31.H48;;cac-xa\nso-z;Z;000.00.17.H48;;\n'
    )

    result = province.hub("units", "import", file, "--write")

    assert result.exit_code == 1
    found = re.findall(r"^don-vi\.csv:\d+:\w+(?=: )", result.stdout, re.MULTILINE)
    assert found == ["don-vi.csv:2:id", "don-vi.csv:2:ten", "don-vi.csv:3:ma_102", "don-vi.csv:3:nhom"]
    assert "4 lỗi (mistakes); không ghi gì" in result.stdout
    assert units_yaml(province) == before


def test_what_would_not_load_is_not_written(province: Province) -> None:
    before = units_yaml(province)
    file = put(province, "id,ten,ma_102,dia_chi_ket_noi\nso-y,Sở Y tế,000.00.16.H48,shares/so-nv/trong\n")

    said = province.json("units", "import", file, "--write", ends=1)

    assert said["written"] is False
    [mistake] = said["mistakes"]
    assert (mistake["file"], said["errors"]) == ("units.yaml", [])
    assert 'that of "so-nv"' in mistake["message"]
    assert "units.yaml:" in province.hub("units", "import", file).stdout
    assert units_yaml(province) == before


@pytest.mark.parametrize("form", ["utf-8-sig", "utf-16", "cp1258", "xlsx"])
def test_a_whole_province_comes_in_and_every_comment_stays(province: Province, form: str) -> None:
    rows = a_province()
    text = "\r\n".join(";".join(_cell(cell) for cell in row) for row in rows) + "\r\n"
    content = book(*rows) if form == "xlsx" else as_cp1258(text) if form == "cp1258" else text.encode(form)
    units_file = province.folder / "units.yaml"
    before = "# Đầu tệp\n" + units_yaml(province).replace("  so-nv:", "\n  # Về sở\n  so-nv:") + "# Cuối tệp\n"
    units_file.write_text(before, encoding="utf-8")
    units_file.chmod(0o640)

    said = province.json("units", "import", put(province, content, "don-vi." + form[:4]), "--write")

    assert (len(said["added"]), said["errors"], said["written"]) == (108, [], True)
    kept = [line for line in difflib.ndiff(before.splitlines(), units_yaml(province).splitlines()) if line[0] == "-"]
    assert kept == []
    assert units_file.stat().st_mode & 0o777 == 0o640
    found = {one["id"]: one for one in province.json("units", "list")}
    assert len(found) == 110
    assert found["xa-42"]["name"] == "UBND xã “Số 42”, Quảng Ngãi"
    assert found["xa-108"]["aliases"] == ["H48.108"]
    assert province.hub("check").exit_code == 0


def test_a_unit_that_ends_names_who_takes_over(province: Province) -> None:
    rows = (
        "so-nv;Sở Nội vụ;000.00.14.H48;30/6/2025;\n"
        "so-moi;Sở mới;000.00.16.H48;;so-nv\n"
        "xa-binh-son;UBND xã Bình Sơn;000.00.31.H48;31/12/2026;\n"
        "xa-lon;UBND xã Lớn;000.00.32.H48;31/12/2030;000.00.31.H48\n"
    )
    file = put(province, f"id;ten;ma_102;het_hieu_luc;ke_thua\n{rows}")

    said = province.json("units", "import", file, "--write")

    assert (said["closing"], said["errors"], said["warnings"], said["written"]) == ([], [], [], True)
    config = load(province.folder, lambda names: Plugins(names).settings)
    assert {unit.id: (unit.until, unit.successors) for unit in config.units} == {
        "so-nv": (date(2025, 6, 30), ("so-moi",)),
        "xa-binh-son": (date(2026, 12, 31), ("xa-lon",)),
        "so-moi": (None, ()),
        "xa-lon": (date(2030, 12, 31), ()),
    }
    again = province.json("units", "import", file, "--write")
    assert (again["added"], again["changed"], again["written"]) == ([], [], False)
    assert "đơn vị tiếp nhận" not in province.hub("units", "import", file).stdout


def test_a_units_level_is_kept(province: Province) -> None:
    rows = "so-nv;Sở Nội vụ;000.00.14.H48;sở\nxa-moi;UBND xã Mới;000.00.36.H48;xã\n"
    province.json("units", "import", put(province, f"id;ten;ma_102;cap\n{rows}"), "--write")

    levels = {unit.id: unit.level for unit in load(province.folder, lambda names: Plugins(names).settings).units}
    assert levels == {"so-nv": "so", "xa-binh-son": "", "xa-moi": "xa"}
    again = province.json("units", "import", put(province, f"id;ten;ma_102;cap\n{rows.replace(';sở', ';')}"), "--write")
    assert (again["added"], again["changed"]) == ([], [])


def _cell(cell: object) -> str:
    if isinstance(cell, datetime):
        return f"{cell.day}/{cell.month}/{cell.year}"
    return f'"{cell}"' if "," in str(cell) else str(cell)


def test_the_first_list_fills_an_empty_units_yaml(province: Province) -> None:
    (province.folder / "units.yaml").write_text("# Chưa có đơn vị nào\nunits: {}\n")

    assert province.json("units", "import", put(province, LIST), "--write")["written"] is True
    assert [one["id"] for one in province.json("units", "list")] == ["so-nv", "xa-binh-son"]
    assert units_yaml(province).startswith("# Chưa có đơn vị nào\nunits:\n  so-nv:\n    name: Sở Nội vụ\n")


def test_a_group_gets_its_new_members_by_name(province: Province) -> None:
    file = province.folder / "units.yaml"
    file.write_text(units_yaml(province) + 'groups:\n  cac-so: {name: "Các sở, ban", units: [so-nv]}  # một nhóm\n')

    province.json("units", "import", put(province, f"{HEADER}\nso-y;Sở Y tế;000.00.16.H48;;các sở ban\n"), "--write")

    assert units_yaml(province).endswith('cac-so: {name: "Các sở, ban", units: [so-nv, so-y]}  # một nhóm\n')
    assert {one["id"]: one["groups"] for one in province.json("units", "list")}["so-y"] == ["cac-so"]


def test_a_unit_is_listed_in_the_groups_of_today(province: Province) -> None:
    file = province.folder / "units.yaml"
    members = "[{unit: so-nv, until: 1/1/2020}, {unit: xa-binh-son, since: 1/1/2020}]"
    file.write_text(units_yaml(province) + f"groups:\n  cac-so: {{units: {members}}}\n")

    assert [one["groups"] for one in province.json("units", "list")] == [[], ["cac-so"]]
    province.json("units", "import", put(province, f"{HEADER}\nso-nv;Sở Nội vụ;000.00.14.H48;;cac-so\n"), "--write")
    assert [one["groups"] for one in province.json("units", "list")] == [["cac-so"], ["cac-so"]]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xlsx"),
        (b"PK\x03\x04 no workbook", ".xlsx"),
        ("id,ten,ma_102\nso-nv,Së Néi vô ¸µ,1\n".encode("latin-1"), "TCVN3"),
    ],
)
def test_a_file_that_is_no_list_is_told_so(province: Province, content: bytes, says: str) -> None:
    assert says in province.json("units", "import", put(province, content), ends=1)["error"]


def test_a_file_that_is_not_there_is_named(province: Province) -> None:
    assert "thieu.csv" in province.json("units", "import", "thieu.csv", ends=1)["error"]


def test_a_units_yaml_that_is_no_yaml_is_told_at_its_place(province: Province) -> None:
    (province.folder / "units.yaml").write_text("units: {a: [}\n")

    result = province.hub("units", "import", put(province, LIST), "--write")

    assert result.exit_code == 1
    assert result.stderr.startswith("units.yaml:1:13: ")


def test_old_windows_text_is_said_to_be_a_guess(province: Province) -> None:
    [doubt] = province.json("units", "import", put(province, as_cp1258(LIST)))["warnings"]

    assert "windows-1258" in doubt["message"]


def test_control_characters_of_a_list_do_not_reach_the_terminal(province: Province) -> None:
    result = province.hub("units", "import", put(province, f"{HEADER}\nso-y;Sở \x1b[31mY;000.00.16.H48;;\x1b[5m\n"))

    assert "\x1b" not in result.stdout


# status


def test_where_no_hub_ever_ran_every_unit_is_only_declared(province: Province) -> None:
    said = province.json("units", "status")

    assert [(one["id"], one["stage"], one["down"]) for one in said] == [
        ("so-nv", "declared", False),
        ("xa-binh-son", "declared", False),
    ]


def test_a_unit_goes_from_declared_over_connected_to_tested_and_live(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    province.take_in(proposal(DOCUMENT, "xa-binh-son"))
    assert _stages(province) == {"xa-binh-son": "declared", "so-nv": "connected"}

    province.in_ledger(_deliver)
    assert _stages(province) == {"so-nv": "connected", "xa-binh-son": "connected"}

    province.take_in(proposal(an_answer(DOCUMENT), "so-nv", unit="xa-binh-son"))
    assert _stages(province) == {"so-nv": "connected", "xa-binh-son": "connected"}
    province.take_in(proposal(an_answer(DOCUMENT, "03"), "so-nv", unit="xa-binh-son"))
    heard = datetime.fromisoformat(
        next(one["heard_at"] for one in province.json("units", "status") if one["id"] == "xa-binh-son")
    )
    _at(monkeypatch, heard + timedelta(days=30))
    assert _stages(province) == {"so-nv": "connected", "xa-binh-son": "live"}
    _at(monkeypatch, heard + timedelta(days=30, seconds=1))
    assert _stages(province) == {"so-nv": "connected", "xa-binh-son": "tested"}
    lines = province.hub("units", "status").stdout.splitlines()
    assert "đã kết nối" in lines[1]
    assert heard.astimezone(VIETNAM).strftime("%d/%m/%Y") in lines[2]


def test_an_answer_to_what_never_arrived_tests_nothing(province: Province) -> None:
    province.take_in(proposal(DOCUMENT, "xa-binh-son"))
    province.take_in(proposal(an_answer(DOCUMENT), "so-nv", unit="xa-binh-son"))

    assert _stages(province)["xa-binh-son"] == "connected"


def test_a_hub_that_runs_connects_its_units_and_one_that_is_down_comes_first(province: Province) -> None:
    with province.running():
        _wait_for(province, {"so-nv": False, "xa-binh-son": False}, "connected")
    (province.folder / "shares" / "xa-binh-son").rename(province.folder / "shares" / "moved")
    with province.running():
        _wait_for(province, {"xa-binh-son": True, "so-nv": False}, "connected")
        assert "mất kết nối (down): " in province.hub("units", "status").stdout.splitlines()[1]

    assert [one["down"] for one in province.json("units", "status")] == [False, False]


def _wait_for(province: Province, down: dict[str, bool], stage: str) -> None:
    end = datetime.now(UTC) + timedelta(seconds=20)
    while True:
        said = province.json("units", "status")
        found = {one["id"]: one["down"] for one in said}
        if list(found.items()) == list(down.items()) and {one["stage"] for one in said} == {stage}:
            return
        assert datetime.now(UTC) < end, said


def _stages(province: Province) -> dict[str, str]:
    return {one["id"]: one["stage"] for one in province.json("units", "status")}


def _at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return moment

    monkeypatch.setattr(units, "datetime", Clock)


async def _deliver(ledger: Ledger) -> None:
    grant = await ledger.lease("xa-binh-son", 1)
    assert grant
    await ledger.settle(grant, [Settlement(grant.taken[0], DeliveryState.DELIVERED)], 0)


def test_every_stage_has_its_words() -> None:
    lines = [{"id": "a", "name": "A", "stage": stage, "down": False, "detail": "", "heard_at": None} for stage in Stage]
    assert unitshow.staged({**line, "mode": "van-hanh"} for line in lines).row_count == len(Stage)
    tried = unitshow.staged({**line, "mode": "thu-nghiem"} for line in lines if line["stage"] == Stage.TESTED)
    assert [str(cell) for cell in tried.columns[4].cells] == ["khi dùng thật: đổi mode sang van-hanh"]
