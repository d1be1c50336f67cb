"""Documents that kill the hub, that are built to, and that are only very large."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial

import pytest

from tests.crash.harness import Bench, drive, note
from tests.crash.machine import judged, waited
from tests.crash.oracle import glance
from tests.crash.records import Dropped
from tests.crash.scenario import ORIGIN, TAKER, Trip, a_draft, drafted
from tests.crash.test_fault_floods import memory

pytestmark = [pytest.mark.root, pytest.mark.timeout(600)]
_MEGABYTE = 1_000_000
_KILLING = {"HUB_FAILPOINTS": "folderdrop.hashed=kill"}
#: What the hub may grow by, whatever it is given, in kB.
_ROOM_KB = 60_000


def quiet_trip(bench: Bench) -> Trip:
    """A trip on which nobody answers."""
    trip = bench.trip()
    trip.answering = False
    return trip


def told(trip: Trip, name: str) -> tuple[str, str, int]:
    """Verdict, code and counted readings of an input."""
    with closing(sqlite3.connect(trip.evidence.data / "ledger.sqlite")) as ledger:
        query = "SELECT verdict, code, tries FROM input WHERE source_key LIKE ? || '|%'"
        return ledger.execute(query, [name]).fetchone() or ("", "", 0)


def _is_kept(trip: Trip) -> bool:
    return bool(glance(trip.evidence.data).events) and told(trip, "doc.edxml")[0] == "quarantined"


@pytest.mark.fault(
    22,
    "a packet that kills the hub whenever it is read",
    "each reading after the first is counted before it begins; unread in quarantine after 3",
)
def test_a_packet_that_kills_the_hub_is_quarantined_unread(benches: list[Bench], figure: Callable[[str], None]) -> None:
    trip = quiet_trip(benches[0])
    poison = a_draft(1, TAKER)
    trip.drop(drafted("doc.edxml", poison.content, "quarantined"))
    counted = []
    for _life in range(3):
        hub = benches[0].hub(trip, environment=_KILLING)
        drive(trip, hub)
        assert hub.end() == -9
        note(trip)
        counted.append(told(trip, "doc.edxml")[2])
    assert counted == [0, 1, 2]
    hub = benches[0].hub(trip)
    assert waited(partial(_is_kept, trip)), hub.said()
    assert hub.stop() == 0
    assert told(trip, "doc.edxml")[:2] == ("quarantined", "poison")
    trip.drop(a_draft(2, TAKER))
    assert judged(benches[0], trip) == []
    figure(f"{len(counted)} deaths, then in quarantine unread; what came after it went its way")


_DTD = b"""<?xml version="1.0"?><!DOCTYPE edXML [<!ENTITY a "aaaaaaaaaa">%s]><edXML>&j;</edXML>""" % b"".join(
    b'<!ENTITY %c "%s">' % (98 + level, b"&%c;" % (97 + level) * 10) for level in range(9)
)
_BOMBS = {
    "deep.edxml": b"<a>" * 200_000 + b"</a>" * 200_000,
    "deep-json.edxml": b'{"header": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "laughs.edxml": _DTD,
    "attributes.edxml": b"<edXML " + b" ".join(b'a%d="1"' % number for number in range(200_000)) + b"/>",
    "names.edxml": b"<edXML><" + b"a" * 5_000_000 + b"/></edXML>",
    "text.edxml": b"<edXML><b>" + b"x" * 20_000_000 + b"</b></edXML>",
}


def _zeros(trip: Trip, name: str, size: int) -> None:
    """Drop a file full of nothing, which must come back."""
    draft = trip.evidence.shares[ORIGIN] / "out" / f".{name}"
    with draft.open("wb") as file:
        file.truncate(size)
    draft.rename(draft.with_name(name))
    digest = hashlib.sha256()
    for _ in range(size // _MEGABYTE):
        digest.update(bytes(_MEGABYTE))
    trip.evidence.dropped.append(Dropped(ORIGIN, name, digest.hexdigest(), size, "refused"))


@pytest.mark.fault(
    22,
    "deep nesting, entities, 200,000 attributes, endless names, files of nothing, a very large document",
    "refused with a reason or passed on whole, in bounded memory and time",
)
@pytest.mark.parametrize("megabytes", [80, pytest.param(800, marks=pytest.mark.long)])
def test_bombs_are_given_back_and_cost_little_memory(
    benches: list[Bench], megabytes: int, figure: Callable[[str], None]
) -> None:
    trip = quiet_trip(benches[0])
    units = trip.home / "units.yaml"
    units.write_text(units.read_text().replace("poll: 200ms", f"poll: 200ms, largest: {megabytes * 2}"))
    hub = benches[0].hub(trip)
    assert waited(lambda: hub.ready, 30.0)
    before = memory(hub, "VmRSS")
    begun = time.monotonic()
    for name, content in _BOMBS.items():
        trip.drop(drafted(name, content, "refused"))
    _zeros(trip, "nothing.edxml", megabytes * _MEGABYTE)
    _zeros(trip, "too-large.edxml", megabytes * 2 * _MEGABYTE + _MEGABYTE)
    trip.drop(a_draft(7, TAKER, size=megabytes * _MEGABYTE // 2))
    trip.drop(a_draft(8, TAKER))
    assert drive(trip, hub, bound=120.0), hub.said()
    seconds, most = time.monotonic() - begun, memory(hub)
    assert hub.stop() == 0
    assert most - before < _ROOM_KB
    assert judged(benches[0], trip) == []
    figure(f"{len(_BOMBS)} bombs, files up to {megabytes * 2} MB: {seconds:.1f} s, {(most - before) // 1024} MB more")
