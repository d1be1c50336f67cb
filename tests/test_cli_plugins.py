"""hub plugins: list, new, check."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.cli import app, proving
from hub.testing import connector_contract
from hub.testing.contract import Check, Make
from tests.boxes import Box, boxed
from tests.test_contract import NeverWell

_PLUGIN = """
from hub import hookimpl
from tests.{home} import {connector} as It
hub_api = 1
@hookimpl
def hub_connectors():
    return [It]
"""
_COUNTERPART = """
from tests.boxes import Box, boxed
from tests.test_contract import NeverWell
from tests.test_contract import NeverWell
from {name} import It
counterpart = boxed({tested})
"""


def hub(*words: str) -> Result:
    return CliRunner().invoke(app, words, catch_exceptions=False)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setattr(proving, "connector_contract", _few)
    return tmp_path / "site"


def _few(make: Make) -> list[Check]:
    return [check for check in connector_contract(make) if check.name in ("well", "answers")]


def install(site: Path, name: str, connector: type, tested: str = "It", counterpart: bool = True) -> None:
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    entries = f"[hub.plugins]\n{name} = {name}\n"
    if counterpart:
        entries += f"[hub.counterparts]\n{name} = {name}_counterpart:counterpart\n"
    (info / "entry_points.txt").write_text(entries)
    home = connector.__module__.removeprefix("tests.")
    (site / f"{name}.py").write_text(_PLUGIN.format(home=home, connector=connector.__name__))
    (site / f"{name}_counterpart.py").write_text(_COUNTERPART.format(name=name, tested=tested))
    for module in (name, f"{name}_counterpart"):
        sys.modules.pop(module, None)


def test_a_plugin_that_keeps_the_contract(site: Path) -> None:
    install(site, "good_box", Box)
    result = hub("plugins", "check", "good_box")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["ĐẠT", "ĐẠT", "good_box:"]
    assert "hồi báo về được, nếu đã khai là có (hồi báo comes back, if it says so)" in lines[1]
    assert lines[2] == "good_box: 2/2 cam kết được giữ (promises kept)"


def test_one_that_does_not_is_told_what_to_mend(site: Path) -> None:
    install(site, "bad_box", NeverWell)
    result = hub("plugins", "check", "bad_box")
    assert result.exit_code == 1
    assert "HỎNG" in result.stdout
    assert "→ check() says Health(ok=False" in result.stdout
    assert "1/2 cam kết được giữ" in result.stdout


def test_and_programs_too(site: Path) -> None:
    install(site, "json_box", NeverWell)
    result = hub("plugins", "check", "json_box", "--json")
    said = json.loads(result.stdout)
    assert (result.exit_code, said["plugin"], said["ok"]) == (1, "json_box", False)
    assert [(one["check"], one["ok"]) for one in said["checks"]] == [("well", False), ("answers", True)]
    assert said["checks"][0]["said"].startswith("check() says Health(ok=False")


def test_a_counterpart_of_something_else_proves_nothing(site: Path) -> None:
    install(site, "other_box", Box, tested="NeverWell")
    result = hub("plugins", "check", "other_box")
    assert result.exit_code == 1
    assert "which the plugin does not bring" in result.stdout


def test_a_plugin_without_a_counterpart_is_told_how_to_name_one(site: Path) -> None:
    install(site, "lone_box", Box, counterpart=False)
    result = hub("plugins", "check", "lone_box")
    assert result.exit_code == 1
    assert '[project.entry-points."hub.counterparts"]' in result.stderr


def test_a_wrong_plugin_is_refused_before_any_check(site: Path) -> None:
    install(site, "old_box", Box)
    (site / "old_box.py").write_text((site / "old_box.py").read_text().replace("hub_api = 1", "hub_api = 3"))
    result = hub("plugins", "check", "old_box", "--json")
    assert result.exit_code == 1
    assert "written for version 3" in json.loads(result.stdout)["error"]


def test_no_such_plugin_is_a_wrong_usage() -> None:
    result = hub("plugins", "check", "nowhere")
    assert result.exit_code == 2
    assert "nowhere" in result.stderr


def test_every_check_has_its_words() -> None:
    assert list(proving.PROMISES) == [check.name for check in connector_contract(boxed(Box))]


def test_new_writes_a_skeleton_and_never_over_anything(tmp_path: Path) -> None:
    out = tmp_path / "new"
    result = hub("plugins", "new", "so_cong_van", "--out", str(out))
    assert result.exit_code == 0, result.output
    names = ["README.md", "pyproject.toml", "so_cong_van.py", "so_cong_van_counterpart.py", "test_so_cong_van.py"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert "class SoCongVan(Connector[SoCongVanSettings])" in (out / "so_cong_van.py").read_text("utf-8")
    assert not [path for path in out.iterdir() if "vpdt" in path.read_text("utf-8").lower()]

    (out / "README.md").write_text("của tôi")
    again = hub("plugins", "new", "so_cong_van", "--out", str(out), "--json")
    assert again.exit_code == 1
    assert "error" in json.loads(again.stdout)
    assert (out / "README.md").read_text() == "của tôi"


@pytest.mark.parametrize("name", ["So-Van-Ban", "../a", "1a", "email", "folderdrop", "số", "class"])
def test_new_refuses_a_name_that_no_plugin_can_bear(tmp_path: Path, name: str) -> None:
    result = hub("plugins", "new", name, "--out", str(tmp_path / "new"))
    assert result.exit_code == 1, result.output
    assert not (tmp_path / "new").exists()
