"""The power fails at every failpoint of the trip: every accepted document is there afterwards, with its bytes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.crash.conftest import Show
from tests.crash.harness import Bench, Point
from tests.crash.oracle import glance
from tests.crash.power import blackout, sudden
from tests.crash.scenario import Trip
from tests.crash.sweep import FOLDERS, Clean, Crew, complaints, failpoint_points, hit, todays

pytestmark = [pytest.mark.root, pytest.mark.timeout(1800)]


def _arrivals(number: int) -> Callable[[Trip], bool]:
    return lambda trip: len(trip.evidence.arrived) >= number


def _events(number: int) -> Callable[[Trip], bool]:
    return lambda trip: glance(trip.evidence.data).events >= number


_MOMENTS = (_events(1), _events(5), _events(12), _arrivals(1), _arrivals(4), _arrivals(8))


def test_every_accepted_document_survives_a_power_cut_at_every_failpoint(crew: Crew, clean: Clean, show: Show) -> None:
    later = [Point("failpoint", name, (passed + 1) // 2) for name, passed in clean.failpoints.items()]
    results = crew.trials([[point] for point in later], blackout)
    show("Power cuts at failpoints", results)
    assert not (found := complaints(results)), "\n".join(found)
    assert FOLDERS - hit(results) == set()


@pytest.mark.slow
def test_every_accepted_document_survives_a_power_cut_in_full_flight(benches: list[Bench], show: Show) -> None:
    results = [sudden(benches[0], moment) for moment in _MOMENTS]
    show("Power cuts in full flight", results)
    assert not (found := complaints(results)), "\n".join(found)
    assert sum(result.hit == ["cut"] for result in results) >= len(_MOMENTS) - 1


@pytest.mark.slow
def test_every_accepted_document_survives_power_cuts_everywhere(crew: Crew, clean: Clean, show: Show) -> None:
    points = failpoint_points(clean, every=True)
    twice = [[point, Point("failpoint", "ledger.after_commit", 2)] for point in points]
    results = crew.trials(todays([*([point] for point in points), *twice]), blackout)
    show("Power cuts, all", results)
    assert not (found := complaints(results)), "\n".join(found)
