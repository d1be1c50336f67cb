"""The configuration changes, breaks and is read again while documents flow."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial
from itertools import cycle

import pytest

from tests.crash.harness import Bench, Hub, drive
from tests.crash.machine import judged, waited
from tests.crash.oracle import glance
from tests.crash.scenario import KEEPER, TAKER, Draft, Trip, a_draft, drafted
from tests.crash.test_fault_floods import rows

pytestmark = [pytest.mark.root, pytest.mark.timeout(3600)]
#: Two rules, so that a document that met two configurations would show it; the routes' names bear the version.
_GOOD = """\
routes:
  - {name: "a-VERSION", when: {type: Giấy mời}, to: [addressees, so-khcn]}
  - {name: "b-VERSION", when: {type: Giấy mời}, to: [addressees, so-tt]}
"""
_ALONE = 'routes:\n  - {name: "a-VERSION", when: {type: Giấy mời}, to: [addressees, so-khcn]}\n'
_BROKEN = _GOOD.replace("so-tt", "khong-co-don-vi-nay")
_CUT = _GOOD[:90]
_FOURTH = """\
  so-tt: {name: Sở Thông tin, code: 000.00.13.H48, endpoint: {kind: folderdrop, folder: shares/so-tt, poll: 200ms}}
"""


def quiet_trip(bench: Bench) -> Trip:
    """A trip on which nobody answers."""
    trip = bench.trip()
    trip.answering = False
    return trip


def write(trip: Trip, name: str, content: str) -> None:
    """Replace a file of the configuration as careful people do."""
    draft = trip.home / f".{name}"
    draft.write_text(content, encoding="utf-8")
    draft.replace(trip.home / name)


def events(trip: Trip, kind: str) -> list[dict[str, object]]:
    """What the ledger holds of this kind."""
    return [json.loads(data) for name, data in rows(trip, "SELECT kind, data FROM event ORDER BY seq") if name == kind]


def _changes(trip: Trip) -> list[Callable[[str], None]]:
    """Good rules, mistaken ones, good ones, half a file, and a unit that is missing: what waits for a restart."""
    whole = (trip.home / "units.yaml").read_text(encoding="utf-8") + _FOURTH
    missing = whole.replace(_FOURTH, "")

    def become(units: str, rules: str) -> Callable[[str], None]:
        def change(version: str) -> None:
            write(trip, "units.yaml", units)
            write(trip, "routes.yaml", rules.replace("VERSION", version))

        return change

    return [become(units, rules) for units, rules in _in_turn(whole, missing)]


def _in_turn(whole: str, missing: str) -> list[tuple[str, str]]:
    return [(whole, _GOOD), (whole, _BROKEN), (whole, _GOOD), (whole, _CUT), (missing, _ALONE)]


@pytest.mark.fault(
    28,
    "SIGHUP again and again under load: good, mistaken and half configurations, and one without a unit",
    "the last good one holds, each document meets exactly one, nothing is lost or comes twice",
)
@pytest.mark.parametrize(
    "reloads", [25, pytest.param(50, marks=pytest.mark.slow), pytest.param(1000, marks=pytest.mark.long)]
)
def test_reloads_under_load_lose_and_mix_nothing(
    benches: list[Bench], reloads: int, figure: Callable[[str], None]
) -> None:
    trip = quiet_trip(benches[0])
    changes = cycle(_changes(trip))
    next(changes)("0")
    hub = benches[0].hub(trip)
    assert waited(lambda: hub.ready, 30.0)
    known = 0
    for turn in range(1, reloads + 1):
        if turn % 5 == 1:
            next(changes)(str(turn))
            known = _readings(trip)
        trip.drop(_invitation(turn))
        os.kill(hub.pid, signal.SIGHUP)
        _passes(trip, hub, 0.25)
        if turn % 5 == 0:
            # One reading may have begun before the change; the next has met it.
            assert waited(partial(_has_read, trip, known + 2), 30.0), hub.said()[-2000:]
    assert drive(trip, hub, bound=60.0), hub.said()[-2000:]
    counts = Counter(kind for (kind,) in rows(trip, "SELECT kind FROM event"))
    assert hub.stop() == 0
    assert {"config-taken", "config-refused", "config-waits"} <= counts.keys()

    met: dict[str, set[str]] = defaultdict(set)
    for envelope, route in rows(trip, _MET):
        met[envelope].add(route)
    versions = [{route.partition("-")[2] for route in routes} for routes in met.values()]
    assert [len(routes) for routes in met.values()] == [2] * reloads
    assert [each for each in versions if len(each) != 1] == []
    order = [int(version) for each in versions for version in each]
    assert order == sorted(order)
    assert len(set(order)) > 1
    write(trip, "units.yaml", (trip.home / "units.yaml").read_text().replace(_FOURTH, "") + _FOURTH)
    write(trip, "routes.yaml", _GOOD.replace("VERSION", "0"))
    assert judged(benches[0], trip) == []
    figure(
        f"{reloads} SIGHUPs: {counts['config-taken']} taken, {counts['config-refused']} refused, "
        f"{counts['config-waits']} waiting for a restart; {reloads} documents, each judged by one of {len(set(order))}"
    )


#: Which routes added recipients to each document, in the order of acceptance.
_MET = (
    "SELECT event.envelope_id, delivery.route FROM event JOIN delivery ON delivery.envelope_id = event.envelope_id "
    "WHERE event.kind = 'accepted' AND delivery.route <> '' ORDER BY event.seq"
)


def _readings(trip: Trip) -> int:
    """How often the configuration was read so far."""
    return len(rows(trip, "SELECT seq FROM event WHERE kind LIKE 'config-%'"))


def _has_read(trip: Trip, times: int) -> bool:
    return _readings(trip) >= times


def _invitation(number: int) -> Draft:
    """A document to one unit; the rules add the other."""
    return drafted(f"{number}.edxml", a_draft(number, TAKER, size=500).content, "accepted", TAKER, KEEPER)


def _passes(trip: Trip, hub: Hub, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        trip.look()
        time.sleep(0.01)
    assert hub.alive(), hub.said()[-2000:]


@pytest.mark.fault(
    28,
    "a unit with open deliveries is removed, the hub restarted, the unit put back",
    "until the restart nothing changes; then its deliveries are held, not dropped; put back they arrive",
)
def test_what_is_open_for_a_removed_unit_is_held(benches: list[Bench], figure: Callable[[str], None]) -> None:
    trip = quiet_trip(benches[0])
    keeper = trip.evidence.shares[KEEPER]
    hub = benches[0].hub(trip)
    assert waited(lambda: hub.ready, 30.0)
    away = keeper.rename(keeper.with_name("away"))
    for number in (1, 2, 3):
        trip.drop(a_draft(number, TAKER, KEEPER))
    (keeper / "in").mkdir(parents=True)
    assert drive(trip, hub, lambda: len(trip.evidence.arrived) == 3)
    whole = (trip.home / "units.yaml").read_text(encoding="utf-8")
    write(trip, "units.yaml", "".join(line for line in whole.splitlines(keepends=True) if f"  {KEEPER}:" not in line))
    os.kill(hub.pid, signal.SIGHUP)
    assert waited(lambda: bool(events(trip, "config-waits"))), hub.said()
    assert events(trip, "config-waits")[-1] == {"restart": [f"{KEEPER} (units.yaml)"]}
    assert hub.stop() == 0

    hub = benches[0].hub(trip)
    trip.drop(a_draft(4, TAKER))
    assert drive(trip, hub, lambda: len(trip.evidence.arrived) == 4), hub.said()
    assert waited(lambda: glance(trip.evidence.data).open == 3)
    assert hub.stop() == 0
    (keeper / "in").rmdir()
    keeper.rmdir()
    away.rename(keeper)
    write(trip, "units.yaml", whole)
    assert judged(benches[0], trip) == []
    assert len(trip.evidence.arrived) == 7
    figure("3 deliveries held over a restart without their unit, 3 arrived when it was put back")
