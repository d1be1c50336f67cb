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
from tests.short import short

pytestmark = [pytest.mark.root, pytest.mark.timeout(1800)]

#: Every failpoint is in one of so many parts; the first of them is the short form.
_PARTS = 3


def _arrivals(number: int) -> Callable[[Trip], bool]:
    return lambda trip: len(trip.evidence.arrived) >= number


def _events(number: int) -> Callable[[Trip], bool]:
    return lambda trip: glance(trip.evidence.data).events >= number


_MOMENTS = (_events(1), _events(5), _events(12), _arrivals(1), _arrivals(4), _arrivals(8))


@pytest.mark.parametrize("part", short(range(_PARTS), _PARTS))
def test_every_accepted_document_survives_a_power_cut_at_every_failpoint(
    crew: Crew, clean: Clean, show: Show, part: int
) -> None:
    assert FOLDERS <= clean.failpoints.keys()
    names = sorted(clean.failpoints)[part::_PARTS]
    results = crew.trials([[Point("failpoint", name, (clean.failpoints[name] + 1) // 2)] for name in names], blackout)
    show(f"Power cuts at failpoints, part {part + 1} of {_PARTS}", results)
    assert not (found := complaints(results)), "\n".join(found)
    assert (FOLDERS & set(names)) - hit(results) == set()


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
