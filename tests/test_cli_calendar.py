"""hub calendar show."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from hub.calendar import USUAL, Change, WorkCalendar
from hub.cli.yearshow import Year, shown
from tests.cli import Province

CALENDAR = """\
chinh-thuc: [2026]
nghi:
  - {ngay: 2026-01-02, ten: Nghỉ hoán đổi}
  - {ngay: 2026-12-31, ten: Tất niên, buoi: chieu}
lam-bu:
  - {ngay: 2026-01-10, ten: Làm bù}
nghi-bao:
  - {ngay: 2026-10-12, ten: "Bão \\e[31msố 11", don-vi: xa-binh-son}
"""


@pytest.fixture
def province(tmp_path: Path) -> Province:
    province = Province(tmp_path / "config")
    (province.folder / "calendar.yaml").write_text(CALENDAR, encoding="utf-8")
    return province


def test_a_year_is_twelve_months_and_a_list(province: Province) -> None:
    result = province.hub("calendar", "show", "2026")
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert "năm 2026: 261 ngày làm việc · danh sách chính thức" in lines[0]
    months = [line for line in lines if "Tháng" in line]
    assert [number for line in months for number in line.split() if number.isdigit()] == [str(n) for n in range(1, 13)]
    january = lines[4 : lines.index("", 4)]
    assert january[0].startswith("              1   2*  3   4 ")
    assert "  5   6   7   8   9  10+ 11 " in january[1]
    said = lines[-4:]
    assert said[0] == "02/01/2026  thứ Sáu   nghỉ      Nghỉ hoán đổi  (calendar.yaml)"
    assert said[1].startswith("10/01/2026  thứ Bảy   làm bù    Làm bù")
    assert said[2].startswith("12/10/2026  thứ Hai   nghỉ bão  Bão \\u001b[31msố 11 · chỉ xa-binh-son")
    assert said[3].startswith("31/12/2026  thứ Năm   nghỉ      Tất niên 12:00-24:00")
    assert all(line == line.rstrip() for line in lines)


def test_a_year_without_an_official_list_says_so(province: Province) -> None:
    text = province.hub("calendar", "show", "2027").stdout
    assert "DỰ KIẾN" in text
    assert "06/02/2027  thứ Bảy   nghỉ      Tết Nguyên Đán  (thư viện, dự kiến)" in text


def test_one_unit_has_its_own_storms_and_pauses(province: Province) -> None:
    units = province.folder / "units.yaml"
    pause = "    tam-dung: {tu: 2026-11-25, den: 2026-11-26, ly-do: Lũ}\n"
    units.write_text(units.read_text().replace("    name: UBND xã Bình Sơn\n", f"    name: UBND xã Bình Sơn\n{pause}"))
    said = province.json("calendar", "show", "2026", "--unit", "000.00.31.H48")
    assert (said["unit"], said["official"], said["workdays"]) == ("xa-binh-son", True, 258)
    assert said["days"]["2026-10-12"] == said["days"]["2026-11-25"] == []
    assert said["days"]["2026-12-31"] == [["07:30", "11:30"]]
    assert [change["kind"] for change in said["changes"] if change["day"] == "2026-11-26"] == ["tam-dung"]
    text = province.hub("calendar", "show", "2026", "--unit", "xa-binh-son").stdout
    assert "· UBND xã Bình Sơn: 258" in text
    assert " 25! 26!" in text
    other = province.json("calendar", "show", "2026", "--unit", "so-nv")
    assert other["days"]["2026-10-12"] == [["07:30", "11:30"], ["13:00", "17:00"]]
    assert province.json("calendar", "show", "2026", "--unit", "nobody", ends=1)["error"]


def test_on_a_terminal_the_days_have_colours() -> None:
    calendar = WorkCalendar((USUAL,), [Change(date(2026, 1, 2), "nghi"), Change(date(2026, 1, 10), "lam-bu")])
    console = Console(force_terminal=True, color_system="standard", width=100, record=True)
    with console.capture() as captured:
        for line in shown(Year(calendar, 2026), ""):
            console.print(line)
    text = captured.get()
    assert "\x1b[31m  2*\x1b[0m" in text
    assert "\x1b[1;32m 10+\x1b[0m" in text
    assert "\x1b[2m 11 \x1b[0m" in text
