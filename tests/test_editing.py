"""units.yaml is changed where something changes, and nowhere else."""

from __future__ import annotations

import difflib
import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from hub.config.editing import edited, scalar
from hub.config.file import Found
from hub.config.nodes import Report
from hub.config.reading import tree_of
from hub.config.roll import roll_of
from hub.errors import HubError
from hub.roster.merge import Change, Difference
from tests.laws.source import HERE

TODAY = date(2026, 11, 23)
UNITS = (HERE / "config" / "units.yaml").read_text(encoding="utf-8")


def new(unit: str = "so-y", name: str = "Sở Y tế", *groups: str) -> Difference:
    changes = (Change("name", "", name), Change("code", "", "000.00.20.H48"), Change("folder", "", "../shares/so-y"))
    return Difference(unit, name, True, (*changes, *(Change("groups", "", group) for group in groups)))


def change(unit: str, *changes: tuple[str, str]) -> Difference:
    return Difference(unit, "", False, tuple(Change(field, "", value) for field, value in changes))


def lines(before: str, after: str) -> list[str]:
    """The lines that differ, with + and -."""
    found = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in found if line[0] in "+-"]


def data(text: str) -> object:
    found: object = YAML(typ="safe", pure=True).load(text)
    return found


def test_nothing_to_change_leaves_every_byte() -> None:
    assert edited(UNITS, []) == UNITS


def test_only_the_values_that_change_are_touched() -> None:
    after = edited(
        UNITS,
        [
            change("so-nv", ("name", "Sở Nội vụ, Lao động"), ("aliases", "H48.99")),
            change("vp-ubnd", ("folder", "/srv/vp-ubnd")),
            change("trung-uong", ("aliases", "G22")),
        ],
    )

    assert lines(UNITS, after) == [
        "-     endpoint: {kind: folderdrop, folder: ../var/shares/vp-ubnd, layout: plain, settle: 300ms}",
        "+     endpoint: {kind: folderdrop, folder: /srv/vp-ubnd, layout: plain, settle: 300ms}",
        "-     name: Sở Nội vụ",
        '+     name: "Sở Nội vụ, Lao động"',
        "-     aliases: [H48.14]",
        "+     aliases: [H48.14, H48.99]",
        "+     aliases: [G22]",
    ]


def test_new_units_come_after_the_last_one_and_into_their_groups() -> None:
    after = edited(UNITS, [new("so-y", "Sở Y tế", "cac-so"), new("so-x", "Sở X", "cac-so", "cac-xa")])

    assert lines(UNITS, after) == [
        *(f"+ {line}".rstrip(" ") if line else "+ " for line in NEW.splitlines()),
        "-     units: [so-nv, so-khcn]",
        "+     units: [so-nv, so-khcn, so-y, so-x]",
        "-     units: [xa-binh-son, xa-tinh-khe, p-nghia-lo, dk-ly-son, xa-mang-den]",
        "+     units: [xa-binh-son, xa-tinh-khe, p-nghia-lo, dk-ly-son, xa-mang-den, so-x]",
    ]
    assert list(roll_of(tree_of(after, "units.yaml", Report()), TODAY).units)[-3:] == ["trung-uong", "so-y", "so-x"]


def test_where_no_blank_lines_part_the_units_none_come_with_a_new_one() -> None:
    unit = "  {}:\n    name: A\n    code: b\n    endpoint: {{kind: f}}\n"
    tight, loose = f"units:\n{unit.format('a')}{unit.format('b')}", f"units:\n{unit.format('a')}\n{unit.format('b')}"

    assert "\n\n" not in edited(tight, [new()])
    assert edited(loose, [new()]).startswith(loose + "\n  so-y:\n")


NEW = """\
  so-y:
    name: Sở Y tế
    code: 000.00.20.H48
    endpoint: {kind: folderdrop, folder: ../shares/so-y, layout: plain}

  so-x:
    name: Sở X
    code: 000.00.20.H48
    endpoint: {kind: folderdrop, folder: ../shares/so-y, layout: plain}

"""


def test_who_is_no_member_any_more_is_none_and_who_will_be_one_is() -> None:
    gone, last, coming = "{unit: b, until: 22/11/2026}", "{unit: c, until: 23/11/2026}", "{unit: d, since: 1/1/2099}"
    text = f"groups: {{g: {{units: [a, {gone}, {last}, {coming}]}}}}"

    assert roll_of(tree_of(text, "units.yaml", Report()), TODAY).groups["g"].units == ("a", "c", "d")


FORMS = [
    "# chỉ có chú thích\n",
    "",
    "units: {}\n",
    "units:\n",
    "units:   # chưa có\ngroups: {cac-so: {units: [a]}}\n",
    "units: {}   # chưa có\n",
    "groups:\n  cac-so:\n    units:\n    - a   # đầu\n    # cuối\n",
    "units: {a: {name: A, code: b, endpoint: {kind: f}}}  # dòng\ngroups: {cac-so: {units: [a]}}\n",
    (
        "units:\n    a:\n        name: A\n        code: b\n        aliases:\n            - x\n            - y # của y\n"
        "        endpoint:\n            kind: f # kiểu\n            folder: c\n\n# hết\ngroups:\n    cac-so:\n"
        "        units:\n            - a"
    ),
    "units:\n  a:\n    name: >\n      dài\n    code: b\n    endpoint: {kind: f}",
    "groups: {cac-so: {name: Sở, units: [a,]}}\nunits:\n  a: {name: A, code: b, aliases: [], endpoint: {kind: f}}\n",
]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("form", FORMS)
def test_whatever_form_the_file_has_only_what_was_asked_comes_to_it(form: str, newline: str) -> None:
    before = form.replace("\n", newline)
    expected = data(before) or {}
    assert isinstance(expected, dict)

    after = edited(before, [new("so-y", "Sở Y tế", "cac-so"), change("a", ("name", "B"), ("aliases", "z"))])

    fresh = {"name": "Sở Y tế", "code": "000.00.20.H48"}
    fresh["endpoint"] = {"kind": "folderdrop", "folder": "../shares/so-y", "layout": "plain"}  # type: ignore[assignment]
    units = expected["units"] = expected.get("units") or {}
    if "a" in units:
        units["a"] |= {"name": "B", "aliases": [*units["a"].get("aliases", []), "z"]}
    units["so-y"] = fresh
    for group in (expected.get("groups") or {}).values():
        group["units"].append("so-y")
    assert data(after) == expected
    assert [word for word in before.split() if word.startswith("#")] == [
        word for word in after.split() if word.startswith("#")
    ]
    assert newline not in before or "\n" not in after.replace(newline, "")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1))
def test_any_text_is_read_back_as_it_was_in_any_place(text: str) -> None:
    assert data(f"[{scalar(text)}]") == [text]
    assert data(f"a: {scalar(text)}\n") == {"a": text}


@pytest.mark.parametrize("text", ["Sở Nội vụ", "000.00.14.H48", "H48.14", "../var/shares/so-nv", "UBND xã A - B"])
def test_ordinary_words_stand_without_quotes(text: str) -> None:
    assert scalar(text) == text


@pytest.mark.parametrize(
    "text", ["12", "1e3", "true", "null", "-", "a:", "a: b", "a #b", "a, b", "[x]", "- a", " a", "!secret X"]
)
def test_words_that_would_be_read_as_something_else_are_quoted(text: str) -> None:
    assert scalar(text) == f'"{text}"'


# The file


def test_a_file_is_replaced_whole_with_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "units.yaml"
    file.write_bytes(b"\xef\xbb\xbfunits: {}\n")
    file.chmod(0o640)

    found = Found.at(file)
    found.replace(found.text + "# mới\n")

    assert file.read_bytes() == b"\xef\xbb\xbfunits: {}\n# m\xe1\xbb\x9bi\n"
    assert file.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["units.yaml"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "u.yaml").write_text("a")
    (tmp_path / "units.yaml").symlink_to("there/u.yaml")

    Found.at(tmp_path / "units.yaml").replace("b")

    assert (tmp_path / "units.yaml").is_symlink()
    assert (tmp_path / "there" / "u.yaml").read_text() == "b"


def test_what_somebody_else_wrote_meanwhile_is_not_lost(tmp_path: Path) -> None:
    file = tmp_path / "units.yaml"
    file.write_text("a")
    found = Found.at(file)
    file.write_text("theirs")

    with pytest.raises(HubError):
        found.replace("ours")

    assert file.read_text() == "theirs"
    assert os.listdir(tmp_path) == ["units.yaml"]


def test_a_disk_that_fails_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "units.yaml"
    file.write_text("old")

    def broken(_: int) -> None:
        raise OSError("Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        Found.at(file).replace("new")

    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["units.yaml"]
