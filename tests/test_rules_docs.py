"""What docs/rules.md says is so: its recipes can be loaded, its table of names is that of the expressions."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

from hub.cli import opening
from hub.config import load_trials
from hub.routing.expressions import NAMES
from hub.routing.trials import run

HERE = Path(__file__).parent.parent
PAGE = (HERE / "docs" / "rules.md").read_text(encoding="utf-8")


def test_the_recipes_can_be_loaded(tmp_path: Path) -> None:
    shutil.copytree(HERE / "config", tmp_path / "config")
    [recipes] = re.findall(r"```yaml\n(routes:.*?)```", PAGE, re.DOTALL)
    (tmp_path / "config" / "routes.yaml").write_text(recipes, encoding="utf-8")

    config = opening.settings(tmp_path / "config")

    assert len(config.routes) == recipes.count("- name:") > 5
    # the profile of one of the demonstration's units
    [warning] = config.warnings
    assert "experimental" in warning.message
    [cases] = re.findall(r"```yaml\n(cases:.*?)```", PAGE, re.DOTALL)
    (tmp_path / "config" / "routes-tests.yaml").write_text(cases, encoding="utf-8")
    trials = load_trials(tmp_path / "config", config)
    ran = [run(trial, config.directory, config.routes, config.groups, config.kinds, {}) for trial, _ in trials]
    assert [one.differences for one in ran] == [()]


def test_the_demonstration_meets_its_cases() -> None:
    config = opening.settings(HERE / "config")
    trials = load_trials(HERE / "config", config)
    directory = config.directory.on(date(2026, 11, 23))
    ran = [run(trial, directory, config.routes, config.groups, config.kinds, {}) for trial, _ in trials]
    assert [one.differences for one in ran] == [()] * len(trials)
    assert {name for trial, _ in trials for name in trial.rules or ()} == {route.name for route in config.routes}


def test_every_name_is_listed() -> None:
    rows = re.findall(r"^\| (`[a-z`, ]+) \| (text|number|list)", PAGE, re.MULTILINE)
    listed = {name: kind for names, kind in rows for name in re.findall(r"\w+", names)}
    kinds = {str: "text", int: "number", list: "list"}
    assert listed == {name: kinds[type(value)] for name, value in NAMES.items()}
