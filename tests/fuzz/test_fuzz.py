"""A short run of the fuzzing: what is kept, and blocks fixed and of chance. The whole: `python -m tests.fuzz`."""

from __future__ import annotations

import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.target import Case, kept
from tests.fuzz.targets import TARGETS
from tests.fuzz.worker import HANG, RSS, play

#: of each reader; some seconds altogether
_COUNTS = {"edxml": 600, "slip": 250, "config": 110}
_KEPT = [pytest.param(name, data, id=f"{name}-{file}") for name in TARGETS for file, data in kept(name).items()]


@pytest.mark.parametrize(("target", "data"), _KEPT)
def test_what_once_broke_a_reader_breaks_it_no_more(target: str, data: bytes) -> None:
    TARGETS[target]().judge(Case(data))


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("seed", [20261124, secrets.randbelow(1 << 32)], ids=["fixed", "chance"])
def test_no_input_breaks_a_promise(name: str, seed: int) -> None:
    block = f"{seed}:{name}:0"
    tally = play(TARGETS[name](), block, _COUNTS[name])
    assert not tally.findings, f"block {block}: {[(one.what, one.data[:2000]) for one in tally.findings[:3]]}"
    assert tally.inputs == _COUNTS[name]
    assert tally.worst < HANG
    assert tally.rise < RSS
    # far below what is likely: chance shall not fail a run
    assert min(tally.valid, tally.taken) > _COUNTS[name] / 40
    assert len(tally.words) > 20


def test_the_command_prints_its_figures(tmp_path: Path) -> None:
    asked = ["--inputs", "60", "--target", "slip", "--seed", "1", "--nice", "0", "--keep", str(tmp_path)]
    done = subprocess.run([sys.executable, "-m", "tests.fuzz", *asked], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "60 inputs in" in done.stdout
    assert "0 promises broken" in done.stdout
    assert list(tmp_path.iterdir()) == []
