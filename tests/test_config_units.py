"""What units.yaml says of a unit beyond its code: staff, mode, last day, successors; and the hotline."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from hub.config import Config, load, needs_restart
from hub.errors import ConfigError
from hub.vocabulary import Unit
from tests.test_config import HUB, UNITS, connectors, write

TODAY = date(2026, 11, 25)
FORMER = """\
units:
  so-tttt:
    name: Sở Thông tin và Truyền thông
    code: 000.00.20.H48
    until: 30/6/2025
    successors: [000.00.15.H48]
  so-khcn:
    name: Sở Khoa học và Công nghệ
    code: 000.00.15.H48
    mode: thu-nghiem
    staff: {Nguyễn Văn A: nva@so-khcn.example}
    endpoint: {kind: folderdrop, folder: shares/so-khcn}
"""


def read(folder: Path, units: str = FORMER, hub: str = HUB) -> Config:
    return load(write(folder, hub, units, "routes: []\n"), connectors, today=TODAY)


def mistakes(folder: Path, units: str, hub: str = HUB) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(folder, units, hub)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_what_is_said_of_a_unit_is_known(tmp_path: Path) -> None:
    config = read(tmp_path)

    former, heir = config.units
    assert former == Unit(
        "so-tttt",
        "Sở Thông tin và Truyền thông",
        "000.00.20.H48",
        until=date(2025, 6, 30),
        successors=("so-khcn",),
    )
    assert (heir.mode, heir.staff) == ("thu-nghiem", {"Nguyễn Văn A": "nva@so-khcn.example"})
    assert list(config.endpoints) == ["so-khcn"]
    assert config.hotline == "0255 3822 xxx"
    assert config.warnings == ()
    assert {former, heir} == set(config.units)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "30/6/2025",
            "25/11/2026",
            'units.yaml:2:3: the key "endpoint" is missing in "so-tttt"; it may be left out',
        ),
        ("    until: 30/6/2025\n", "", 'units.yaml:2:3: the key "endpoint" is missing in "so-tttt"'),
        ("    until: 30/6/2025\n", "", 'units.yaml:5:18: the key "until" is missing: after which day do they take'),
        ("30/6/2025", "31/6/2025", 'units.yaml:5:12: "31/6/2025" is no day'),
        ("[000.00.15.H48]", "[so-kh]", 'units.yaml:6:18: there is no unit "so-kh"'),
        ("[000.00.15.H48]", "[so-tttt]", 'units.yaml:6:17: "so-tttt" would take over from itself in the end'),
        ("mode: thu-nghiem", "mode: thu", "units.yaml:10:11: "),
        ("nva@so-khcn.example", "nva", 'units.yaml:11:27: "nva" is no e-mail address'),
    ],
)
def test_a_mistake_is_named_at_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in FORMER
    found = mistakes(tmp_path, FORMER.replace(old, new))
    assert any(mistake.startswith(said) for mistake in found), found


def test_two_that_take_over_from_each_other_are_a_mistake(tmp_path: Path) -> None:
    around = FORMER.replace("    mode: thu-nghiem\n", "    until: 1/7/2026\n    successors: [so-tttt]\n")
    assert len([one for one in mistakes(tmp_path, around) if "from itself in the end" in one]) == 2


def test_who_stands_for_the_others_has_no_end(tmp_path: Path) -> None:
    outside = "  ngoai: {name: A, mode: thu-nghiem, endpoint: {kind: wire, serves: others, url: a}}\n"
    [said] = mistakes(tmp_path, UNITS.replace("groups:", outside + "groups:"), HUB.replace("drop]", "drop, wire]"))
    assert '"mode" is for one unit, and "ngoai" stands for everyone outside' in said


def test_nobody_who_takes_over_is_a_warning(tmp_path: Path) -> None:
    config = read(tmp_path, FORMER.replace("    successors: [000.00.15.H48]\n", ""))
    [warning] = config.warnings
    assert str(warning).startswith('units.yaml:5:5: nobody takes over from "so-tttt"')


@pytest.mark.parametrize("line", ["", 'hotline: ""\n'])
def test_clerks_without_a_number_to_call_are_a_warning(tmp_path: Path, line: str) -> None:
    hub = HUB.replace("hotline: 0255 3822 xxx\n", line)
    assert [warning.message.partition(":")[0] for warning in read(tmp_path, hub=hub).warnings] == ["hotline"]
    plain = UNITS.replace("settle: 500ms", "layout: plain")
    assert read(tmp_path, plain, hub).warnings == ()


def test_a_number_is_one_line(tmp_path: Path) -> None:
    [said] = mistakes(tmp_path, FORMER, HUB.replace("0255 3822 xxx", '"0255\\n3822"'))
    assert said.startswith("hub.yaml:6:10: a telephone number is one line")


def test_what_connectors_hold_needs_a_restart(tmp_path: Path) -> None:
    before = read(tmp_path)
    for old, new in (("nva@", "nvb@"), ("    mode: thu-nghiem\n", "")):
        assert needs_restart(before, read(tmp_path, FORMER.replace(old, new))) == ["so-khcn (units.yaml)"]
    later = read(tmp_path, hub=HUB.replace("3822", "3823"))
    assert needs_restart(before, later) == ["hotline (hub.yaml)"]
