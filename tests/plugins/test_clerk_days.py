"""Random days of a clerk on a real folder: at every moment the disk and the sender say what the contract says.

Short: a hundred and some. Slow (HUB_TESTS=all): HUB_DAYS of them (3,000) in two processes, and hundreds of kills.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings

from plugins.folderdrop.clerk import gestures
from tests.conftest import ALL
from tests.plugins.clerk_days import ROOM, ModelledDay
from tests.plugins.clerk_killed import KilledDay
from tests.plugins.clerk_model import FOLLOWING
from tests.plugins.clerk_steps import Clerk, Step, killing_steps, steps

_ALMOST = 20
_days = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))


def lived(
    made: list[Step], documents: int = 1, kind: type[ModelledDay] = ModelledDay, room: str | None = ROOM
) -> ModelledDay:
    """A day with these gestures, and the hours after it in which everything falls due."""
    with tempfile.TemporaryDirectory(dir=room) as home:
        day = kind(Path(home), documents, gestures.CROWD)
        clerk = Clerk(day)
        for step in made:
            clerk.make(step)
        for hours in (1, 1, 48, 48, 48):
            day.wait(hours * 3600.0)
        check_end(day)
    return day


def check_end(day: ModelledDay) -> None:
    """What holds at the end of any day, whatever the model says."""
    for place, paper in enumerate(day.model.papers):
        told = [code for code, _staff in day.told(place)]
        once = Counter(code for code in told if code != "04")
        assert told[0] == "01"
        assert max(once.values()) == 1
        stages = [1, *(int(code) for code in told[1:])]
        assert all(after in FOLLOWING[before] for before, after in pairwise(stages)), told
        assert paper.copies or paper.gone or paper.closed
        assert paper.kept is None
    assert day.office.drafts() == []
    assert (day.office.share / "theo-doi.html").exists()


def live(shard: int, count: int, documents: int) -> Counter[str]:
    """So many random days; what was told in them, and how often the hub died."""
    seen: Counter[str] = Counter()
    gestures.CROWD = documents - 1 if documents > 1 else _ALMOST

    @seed(shard)
    @settings(_days, max_examples=count)
    @given(steps)
    def one(made: list[Step]) -> None:
        day = lived(made, documents)
        seen.update(code for _delivery, code, _staff in day.heard)
        seen.update(days=1, gestures=len(made), deaths=day.deaths)

    one()
    return seen


@pytest.fixture(autouse=True)
def _crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put back afterwards what some days set."""
    monkeypatch.setattr(gestures, "CROWD", gestures.CROWD)


def test_whatever_a_day_brings_is_kept_and_answered_rightly() -> None:
    live(1, 100 if ALL else 50, 1)


def test_whatever_becomes_of_three_documents_of_which_three_are_a_crowd() -> None:
    live(2, 30, 3)


def test_a_day_on_a_real_disk() -> None:
    @settings(_days, max_examples=20)
    @given(steps)
    def one(made: list[Step]) -> None:
        lived(made, room=None)

    one()


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_thousands_of_days(capsys: pytest.CaptureFixture[str]) -> None:
    count = int(os.environ.get("HUB_DAYS", "3000"))
    parts = [(count * 9 // 20, 1), (count * 9 // 20, 1), (count // 20, 3), (count - count * 19 // 20, 3)]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        done = [pool.submit(live, shard, days, documents) for shard, (days, documents) in enumerate(parts)]
        seen = sum((each.result() for each in done), Counter[str]())
    with capsys.disabled():
        print(f"\n{dict(sorted(seen.items()))}")  # noqa: T201  # the figures are what the run is for
    assert {"01", "02", "03", "04", "05", "06", "deaths"} <= seen.keys()


def killed(count: int, documents: int) -> int:
    """So many random days with kills in them; the number of processes that died of it."""
    deaths = 0

    @settings(_days, max_examples=count)
    @given(killing_steps)
    def one(made: list[Step]) -> None:
        nonlocal deaths
        deaths += lived(made, documents, KilledDay).deaths

    one()
    return deaths


@pytest.mark.slow
def test_a_few_kills_in_the_middle_of_a_day() -> None:
    assert killed(12, 1) >= 4


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_some_hundred_kills_in_the_middle_of_days(capsys: pytest.CaptureFixture[str]) -> None:
    deaths = killed(400, 1)
    with capsys.disabled():
        print(f"\nkilled {deaths} times")  # noqa: T201  # the figures are what the run is for
    assert deaths >= 150
