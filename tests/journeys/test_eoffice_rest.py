"""Whole trips between a folder and a unit's REST software and back, and a hub that is killed at any step of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from hub import failpoints
from hub.testing import RunningHub
from hub.testing.samples import BINH_SON, a_document
from tests.counterparts.eoffice import Office, Setup, eoffice
from tests.journeys.lives import killed_and_lived
from tests.journeys.offices import Offices, go_on, is_over, judge, letters
from tests.plugins.rest import PATIENT, SPOKEN

OURS = [a_document(f"{number}/GM-SNV") for number in range(1, 4)]
THEIRS = ["1", "2", "3"]
#: those that such a trip passes: each is shown to be passed
STEPS = [name for name in failpoints.NAMES if name.startswith("rest.")]
SHORT = ("rest.fetched", "rest.confirmed", "rest.handed")
BEYOND = [
    *(name for name in failpoints.NAMES if name.startswith("blobs.")),
    "inbox.before_accept",
    "inbox.accepted",
    "ledger.after_commit",
    "dispatcher.taken",
    "dispatcher.sent",
    "dispatcher.settled",
]


@pytest.fixture
async def office(tmp_path: Path, request: Any) -> AsyncIterator[Office]:
    """With the door of the profile that the test is for."""
    profile = request.node.callspec.params.get("profile", "provincial-rest")
    made = Setup(tmp_path / "eoffice", BINH_SON, "UBND xã Bình Sơn", doors=(SPOKEN[profile][1],))
    async with eoffice(made) as running:
        yield running


def offices(home: Path, office: Office, profile: str, **more: Any) -> Offices:
    """The province whose unit is spoken to by that profile, as units.yaml names it."""
    file, _, who = SPOKEN[profile]
    named = str(file) if profile == "third-rest" else profile
    return Offices(home, {"kind": "eoffice-rest", "url": office.url, "profile": named, **who, **PATIENT, **more})


@pytest.mark.parametrize(
    ("profile", "isolate"),
    [("provincial-rest", False), ("bkav-rest", False), ("third-rest", False), ("third-rest", True)],
)
async def test_a_folder_and_a_units_software_both_ways(
    tmp_path: Path, office: Office, profile: str, isolate: bool
) -> None:
    there = offices(tmp_path, office, profile, isolate=isolate)
    there.sends(*OURS)
    await letters(office, THEIRS)
    async with RunningHub(there.home), asyncio.timeout(60):
        while await both(there, office):
            pass
    judge(there, office, [each.code for each in OURS], [f"{number}/UBND-VX" for number in THEIRS])
    assert ({"accepted": 15}, {"delivered": 15}, 0) == there.verified()


async def both(there: Offices, office: Office) -> bool:
    """Both sides do what they can; False: all is where it belongs."""
    if is_over(there, office, len(OURS), len(THEIRS)):
        return False
    there.answers()
    await go_on(office)
    return True


def _points() -> Iterator[ParameterSet]:
    for step in STEPS:
        for profile in ("provincial-rest", "bkav-rest"):
            quick = profile == "provincial-rest" and step in SHORT
            yield pytest.param(step, profile, marks=() if quick else pytest.mark.slow, id=f"{step}-{profile}")
    for step in (*STEPS, *BEYOND):
        yield pytest.param(step, "third-rest", marks=pytest.mark.slow, id=f"{step}-third-rest")


@pytest.mark.parametrize(("step", "profile"), list(_points()))
async def test_a_kill_at_any_step_loses_and_doubles_nothing(
    tmp_path: Path, office: Office, step: str, profile: str
) -> None:
    there = offices(tmp_path, office, profile)
    there.sends(*OURS)
    await letters(office, THEIRS)
    await killed_and_lived(tmp_path, lambda: both(there, office), step)
    judge(there, office, [each.code for each in OURS], [f"{number}/UBND-VX" for number in THEIRS])
    inputs, deliveries, flagged = there.verified()
    assert {"delivered": 15} == deliveries
    # What was on its way when the hub died: whoever cannot be asked gets it twice, flagged, and knows it by its id.
    assert len(office.records.acts("document", "duplicate")) <= flagged
    assert 15 == inputs["accepted"]
