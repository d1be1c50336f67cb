"""Hostile plugins in a real hub, beside two folders that carry documents both ways all the time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from hub.ledger import open_views
from tests.crash.book import FIGURE
from tests.hostile.cast import BLOCKERS, DOWN, NIBBLES, TURNS, UP
from tests.hostile.stage import GOOD, Stage, Traffic, Villain, stopped, waited

pytestmark = pytest.mark.timeout(300)
Figure = Callable[[str], None]
_BLOCKS = "blocks the hub"
_NAMED = [
    Villain("blocks", {"verb": "listen", "way": "sleep", "seconds": 4}, "hostile_blocks.py"),
    *(pytest.param(one, marks=pytest.mark.slow) for one in BLOCKERS if one.kind not in {"nibbles", "turns"}),
]


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Keep what a test of a fault measured, for docs/faults.md."""
    return lambda said: record_property(FIGURE, said)


def health(stage: Stage) -> dict[str, dict[str, Any]]:
    """How the endpoints are, as the ledger has it."""
    views = open_views("sqlite", stage.folder / "data")
    try:
        return views.endpoints()
    finally:
        views.close()


def well(stage: Stage) -> bool:
    """Whether the two folders are."""
    known = health(stage)
    return all(known.get(unit, {}).get("ok") for unit in GOOD)


def flows(traffic: Traffic, documents: int = 20, within: float = 60.0) -> bool:
    """Whether so many more arrive at each of the two."""
    before = dict(traffic.carried)
    return waited(lambda: all(traffic.carried[unit] - before[unit] >= documents for unit in GOOD), within)


def complaints(stage: Stage, word: str) -> list[dict[str, Any]]:
    """The log's lines with that word."""
    return [json.loads(line) for line in stage.said().splitlines() if word in line]


@pytest.mark.fault(
    23,
    "connectors that raise anything, hang, answer wrongly, fork, spawn, leak tasks or stop the loop, all at once",
    "each is down and says why, the other two carry on, the hub ends in time",
)
def test_each_is_down_with_its_reason_and_the_others_carry_on(tmp_path: Path, figure: Figure) -> None:
    stage = Stage(tmp_path / "p", DOWN)
    with stage.running() as process, Traffic(stage, depth=4) as traffic:
        wrong = dict.fromkeys(villain.unit for villain in DOWN)

        def all_said() -> bool:
            known = health(stage)
            for villain in DOWN:
                said = known.get(villain.unit, {"ok": True})
                if not said["ok"] and villain.said in said["detail"]:
                    wrong.pop(villain.unit, None)
            return not wrong

        assert waited(all_said, 90), (wrong, health(stage))
        assert flows(traffic)
        assert waited(lambda: well(stage), 60), health(stage)
        assert process.poll() is None
    assert process.returncode == 0
    figure(f"{len(DOWN)} villains, {traffic.total} documents beside them")


@pytest.mark.fault(
    23,
    "connectors that send wrongly, leak memory, threads, descriptors, print 2 GB, flood, change cwd, umask, signals",
    "the other two carry on, what belongs to the process is put back, the hub ends in time",
)
def test_the_others_carry_on_beside_those_that_stay_up(tmp_path: Path, figure: Figure) -> None:
    stage = Stage(tmp_path / "p", UP)
    with stage.running() as process, Traffic(stage, depth=4) as traffic:
        assert flows(traffic)
        told = [villain.said for villain in UP if villain.said and villain.settings.get("verb") is None]
        assert waited(lambda: all(word in stage.said() for word in told), 60), told
        assert flows(traffic)
        assert waited(lambda: well(stage), 60), health(stage)
        assert stopped(process, 60) == 0
    assert stage.log.stat().st_size < 50_000_000
    figure(f"{len(UP)} villains, {traffic.total} documents beside them")


@pytest.mark.fault(
    23, "a connector blocks the event loop", "it is named with its line within 5 s while it does, and interrupted"
)
@pytest.mark.parametrize("villain", _NAMED, ids=lambda villain: villain.name)
def test_who_blocks_the_loop_is_named_while_he_does(tmp_path: Path, figure: Figure, villain: Villain) -> None:
    stage = Stage(tmp_path / "p", [villain])
    with stage.running() as process, Traffic(stage, depth=4) as traffic:
        assert waited(lambda: bool(complaints(stage, _BLOCKS)), 60)
        queued = run_queue(process.pid)
        if "seconds" not in villain.settings:
            assert waited(lambda: bool(complaints(stage, "was interrupted")), 60)
        assert flows(traffic, 5)
    [named, *_] = complaints(stage, _BLOCKS)
    assert named["level"] == "ERROR"
    assert villain.who in named["message"]
    assert f"{villain.said}:" in named["message"]
    if broken := complaints(stage, "was interrupted"):
        assert seconds(named, broken[0]) > 4.0  # it was named while it blocked, not thereafter
    if villain.settings.get("verb") != "listen":
        return
    [began, *_] = complaints(stage, f"{villain.unit} is well")
    after = seconds(began, named)
    assert after < 5.0 + queued, (after, queued)
    figure(f"{villain.name}: named after {after:.1f} s")


def seconds(earlier: dict[str, Any], later: dict[str, Any]) -> float:
    """Between two lines of the log."""
    return (datetime.fromisoformat(later["at"]) - datetime.fromisoformat(earlier["at"])).total_seconds()


def run_queue(pid: int) -> float:
    """Seconds that the hub's loop was ready to run and got no processor, since it began."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[1]) / 1e9


@pytest.mark.slow
@pytest.mark.fault(
    23,
    "a connector blocks the event loop, or turns it without a pause, again and again",
    "after the third time it runs in a process of its own, over a restart too, until it is taken back",
)
@pytest.mark.parametrize("villain", [BLOCKERS[0], NIBBLES, TURNS], ids=lambda villain: villain.name)
def test_after_the_third_stall_it_runs_in_a_process_of_its_own(
    tmp_path: Path, figure: Figure, villain: Villain
) -> None:
    stage, word = Stage(tmp_path / "p", [villain]), "spins without" if villain is TURNS else _BLOCKS
    with stage.running(), Traffic(stage) as traffic:
        began = time.monotonic()
        assert waited(lambda: "in a process of its own" in stage.said(), 180)
        isolated = time.monotonic() - began
        assert flows(traffic, 200)
        assert is_isolated(stage, villain)
        stalls = [one for one in complaints(stage, word) if one["level"] == "ERROR" and word in one["message"]]
    with stage.running(), Traffic(stage) as traffic:
        assert flows(traffic, 200)
        assert is_isolated(stage, villain)
        assert not complaints(stage, word)
        assert stage.hub("units", "reinstate", villain.unit)[0] == 0
        assert waited(lambda: bool(complaints(stage, word)), 60)
        assert not is_isolated(stage, villain)
    assert len(stalls) == 3
    assert all(f"{villain.said}:" in stall["message"] for stall in stalls)
    figure(f"{villain.name}: isolated {isolated:.0f} s after the start")


def is_isolated(stage: Stage, villain: Villain) -> bool:
    """Whether `hub status` says so."""
    _, said = stage.hub("status")
    return [one["unit"] for one in said["isolated"]] == [villain.unit]


@pytest.mark.slow
def test_a_plugin_whose_hooks_block_is_called_no_more(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "p", [Villain("slowhook")])
    with stage.running() as process, Traffic(stage, depth=4) as traffic:
        assert waited(lambda: "called no more" in stage.said(), 120)
        assert flows(traffic, 200)
        assert stopped(process, 60) == 0


def test_one_that_ends_the_process_ends_the_hub_unless_it_is_isolated(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "p", [Villain("dies")])
    with stage.running() as process:
        assert process.wait(60) == 9


def test_safe_mode_starts_although_nothing_else_does(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "p", [Villain("brief")])
    hub, units = stage.folder / "hub.yaml", stage.folder / "units.yaml"
    hub.write_text(hub.read_text().replace("hostile_brief", "hostile_nowhere"))
    units.write_text(units.read_text().replace("settle: 50ms", "settle: never"))
    dropped = stage.share("so-nv") / "out" / "cho.edxml"
    dropped.parent.mkdir(parents=True)
    dropped.write_text("văn bản")
    with stage.running("--safe") as process:
        code, said = stage.hub("status")
        assert (code, said["running"]) == (1, True)
        assert {one["unit"]: one["detail"] for one in said["down"]} == dict.fromkeys([*GOOD, "la-brief"], "safe mode")
        assert "no dead letter" in stage.hub("requeue", "all")[1]["error"]
        assert dropped.exists()
        assert stopped(process, 30) == 0
