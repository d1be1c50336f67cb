"""What is wrong in a profile is told at its line and column, in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from tests.plugins.rest import THIRD

_HUB = """
data: data
listen: 127.0.0.1:0
plugins: [eoffice]
province: {code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}
"""
_UNITS = """
units:
  xa-binh-son:
    name: UBND xã Bình Sơn
    code: 000.00.31.H48
    endpoint: {kind: eoffice-rest, url: "http://127.0.0.1:9", profile: %s, system: truc, secret: !secret BI_MAT}
"""


def checked(home: Path, profile: str = "rieng.yaml", more: str = "") -> tuple[int, str]:
    """How `hub check` ends, and what it says."""
    (home / "hub.yaml").write_text(_HUB, "utf-8")
    (home / "units.yaml").write_text((_UNITS % profile).replace("system:", f"{more}system:"), "utf-8")
    (home / "secrets.yaml").write_text("BI_MAT: bi-mat-thu-ba\n", "utf-8")
    (home / "secrets.yaml").chmod(0o600)
    ended = CliRunner().invoke(app, ["check", "--config", str(home)])
    return ended.exit_code, ended.output


def place(text: str, words: str) -> str:
    """Line and column of these words in a profile."""
    before = text[: text.index(words)]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


_GOOD = THIRD.read_text("utf-8")
#: what is written in place of what, where the mistake is told (the words at its place), and what is said
MISTAKES = [
    ("  ok: ok\n", "  ok: ok\n  oke: 1\n", "oke", 'the key "oke" is not known; did you mean "ok"'),
    ("rows: ketQua.dong", "rows: 'ketQua.['", "'ketQua.['", "this is no JMESPath"),
    (
        'so: "{doc.number}"',
        'so: "{doc.numbr}"',
        '"{doc.numbr}"',
        "{doc.numbr} is not known here; did you mean {doc.number}?",
    ),
    ('"{doc.type|loai}"', '"{doc.type|lai}"', '"{doc.type|lai}"', 'there is no table "lai"'),
    ('loai: "{doc.type|loai}"', 'loai: "{doc.type"', '"{doc.type"', "a lone { stands here"),
    ("call: POST {base}/van-ban\n", "call: PAST {base}/van-ban\n", "PAST", "a call is written METHOD /path"),
    ('"1": denied', '"1": deny', "deny", '"deny" is not known here; did you mean "denied"?'),
    ("table: trang_thai}", "table: trang_tai}", "trang_tai}", 'there is no table "trang_tai"'),
    ('form: "%d/%m/%Y"}\n      id', 'fomr: "%d/%m/%Y"}\n      id', "fomr", 'did you mean "form"?'),
    ('{ma: "{to.code}"', '{ma: "{file.name}"', '"{file.name}"', "{file.name} is not known here"),
    ("      subject: ketQua.trichYeu\n", "", "document:", 'the key "subject" is missing in "document"'),
    ("values: {base:", "values: {token:", "token:", '"token" is a name that means something else already'),
    ("headers: {X-Ung-Dung:", "headers: {X Ung Dung:", "X Ung Dung", "is no name of a header"),
    (
        "      code: join('/', [ketQua.so, ketQua.kyHieu])",
        "      code: join('/', [ketQua.so",
        "join(",
        "this is no JMESPath",
    ),
    (
        "  statuses:\n    kinds: [trang-thai]",
        "  statuses:\n    kinds: ['{page}']",
        "'{page}'",
        "{page} is not known here",
    ),
]


def test_a_right_profile_is_taken(tmp_path: Path) -> None:
    (tmp_path / "rieng.yaml").write_text(_GOOD, "utf-8")
    code, said = checked(tmp_path)
    assert code == 0, said


@pytest.mark.parametrize(("old", "new", "at", "message"), MISTAKES, ids=[each[1].strip()[:30] for each in MISTAKES])
def test_a_mistake_is_told_at_its_place(tmp_path: Path, old: str, new: str, at: str, message: str) -> None:
    assert old in _GOOD
    text = _GOOD.replace(old, new, 1)
    (tmp_path / "rieng.yaml").write_text(text, "utf-8")
    code, said = checked(tmp_path)
    assert code == 1
    assert f"rieng.yaml:{place(text, at)}: " in said.replace("\n", " "), said
    assert message in said.replace("\n", " ")


def test_a_profile_that_is_no_yaml_or_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "rieng.yaml").write_text("name: [\n", "utf-8")
    assert "rieng.yaml:2:1: this is not YAML" in checked(tmp_path)[1]
    code, said = checked(tmp_path, "bkv-rest")
    assert code == 1
    assert 'did you mean "bkav-rest"?' in said
    assert "units.yaml:6:" in said


def test_what_the_profile_asks_for_must_be_said(tmp_path: Path) -> None:
    code, said = checked(tmp_path, "provincial-rest")
    assert code == 1
    assert 'needs "username"' in said
    (tmp_path / "rieng.yaml").write_text(_GOOD, "utf-8")
    assert 'has no value "bse": base' in checked(tmp_path, more="values: {bse: /x}, ")[1]


def test_a_profile_that_is_experimental_is_said_to_be(tmp_path: Path) -> None:
    code, said = checked(tmp_path, "bkav-rest")
    assert code == 0
    assert "profile bkav-rest is experimental" in said
    assert "whoever is on the way" not in said
    (tmp_path / "units.yaml").write_text((_UNITS % "bkav-rest").replace("127.0.0.1", "qlvb.example"), "utf-8")
    assert "whoever is on the way" in CliRunner().invoke(app, ["check", "--config", str(tmp_path)]).output
    assert "bi-mat" not in said
