"""Much at once, the same again, the same and yet another, and answers in every order."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from hub.ledger import open_views
from hub.standards.edxml import write_acknowledgement
from hub.testing.samples import a_document, an_answer
from hub.tracking import standing
from hub.vocabulary import Answer
from tests.crash.harness import Bench, Hub, drive
from tests.crash.machine import judged, waited
from tests.crash.scenario import CODES, KEEPER, ORIGIN, TAKER, Draft, Trip, a_draft, drafted

pytestmark = [pytest.mark.root, pytest.mark.timeout(1800)]
#: What the hub may grow by, however much lies in the folder.
_ROOM_KB = 60_000


def quiet_trip(bench: Bench) -> Trip:
    """A trip on which nobody answers by himself."""
    trip = bench.trip()
    trip.answering = False
    return trip


def rows(trip: Trip, query: str) -> list[Any]:
    """What the ledger says."""
    with closing(sqlite3.connect(trip.evidence.data / "ledger.sqlite")) as ledger:
        return ledger.execute(query).fetchall()


def memory(hub: Hub, line: str = "VmHWM") -> int:
    """The most that it held in memory so far, in kB."""
    told = Path(f"/proc/{hub.pid}/status").read_text()
    return int(told.split(f"{line}:")[1].split()[0])


_ACCEPTED = (
    "SELECT input.name FROM event JOIN input ON input.envelope_id = event.envelope_id "
    "WHERE kind = 'accepted' ORDER BY event.seq"
)
_DELIVERED = (
    "SELECT input.name FROM event JOIN input ON input.envelope_id = event.envelope_id "
    "WHERE kind = 'delivered' ORDER BY event.seq"
)


@pytest.mark.fault(
    12,
    "thousands of files at once in one folder",
    "all in and out, in the order of their times and names, memory bounded",
)
@pytest.mark.parametrize("files", [800, pytest.param(10_000, marks=pytest.mark.long)])
def test_a_flood_goes_through_in_order(benches: list[Bench], files: int, figure: Callable[[str], None]) -> None:
    trip = quiet_trip(benches[0])
    hub = benches[0].hub(trip)
    assert waited(lambda: hub.ready, 30.0)
    before = memory(hub, "VmRSS")
    assert hub.stop() == 0
    names = random.Random(8036).sample(range(100_000, 100_000 + files), files)
    for turn, number in enumerate(names):
        _drop(trip, a_draft(number, TAKER, size=500), turn // 50)
    wanted = [f"{number}.edxml" for at in range(0, files, 50) for number in sorted(names[at : at + 50])]

    hub = benches[0].hub(trip)
    begun = time.monotonic()
    inside = trip.evidence.shares[TAKER] / "in"
    assert waited(lambda: len(list(inside.iterdir())) == files, 300.0), hub.said()[-2000:]
    seconds, most = time.monotonic() - begun, memory(hub)
    assert hub.stop(30.0) == 0
    assert [name for (name,) in rows(trip, _ACCEPTED)] == wanted
    assert [name for (name,) in rows(trip, _DELIVERED)] == wanted
    assert most - before < _ROOM_KB
    assert judged(benches[0], trip, bound=120.0) == []
    figure(f"{files} files in {seconds:.1f} s, in order; at most {most // 1024} MB, {before // 1024} MB when idle")


def _drop(trip: Trip, draft: Draft, moment: int) -> None:
    """Drop a file of that time; several may have the same."""
    trip.drop(draft)
    os.utime(trip.evidence.shares[ORIGIN] / "out" / draft.drop.name, (1_764_000_000 + moment, 1_764_000_000 + moment))


@pytest.mark.fault(
    13,
    "a document twice, its id with other bytes, its bytes under another id",
    "one effect; quarantined; a document of its own",
)
def test_duplicates_and_conflicts_are_told_apart(benches: list[Bench], figure: Callable[[str], None]) -> None:
    trip = quiet_trip(benches[0])
    hub = benches[0].hub(trip)
    chance, waiting = random.Random(13), [_family(number) for number in range(1, 41)]
    while waiting:
        family = chance.choice(waiting)
        trip.drop(family.pop(0))
        if not family:
            waiting.remove(family)
    assert drive(trip, hub, bound=60.0), hub.said()
    assert hub.stop() == 0
    verdicts = Counter(verdict for (verdict,) in rows(trip, "SELECT verdict FROM input"))
    assert verdicts == {"accepted": 80, "duplicate": 40, "quarantined": 40}
    assert judged(benches[0], trip, bound=120.0) == []
    figure("160 files of 40 documents: 80 effects, 40 duplicates, 40 in quarantine")


def _family(number: int) -> list[Draft]:
    """A document; the same again; other bytes under its id; its attachment under another id."""
    first, other = a_draft(number, TAKER, KEEPER), a_draft(number, TAKER, KEEPER, size=11_000)
    assert first.drop.document_id == other.drop.document_id
    again = drafted(f"{number}-lai.edxml", first.content, "duplicate")
    conflict = drafted(f"{number}-khac.edxml", other.content, "quarantined")
    return [first, again, conflict, a_draft(number + 1000, TAKER, KEEPER, like=number)]


_WHEN = datetime(2026, 11, 24, tzinfo=UTC)
_STATUSES = ("01", "02", "03", "05", "06")


@pytest.mark.fault(
    21,
    "answers in each of the 120 orders of five contradictory codes, some repeated",
    "all stored and handed on, what stands never goes back, and is the same in the end",
)
def test_answers_in_every_order_end_the_same(benches: list[Bench], figure: Callable[[str], None]) -> None:
    trip = quiet_trip(benches[0])
    orders = dict(enumerate(permutations(_STATUSES), 1))
    for number in orders:
        trip.drop(a_draft(number, TAKER, size=500))
    hub = benches[0].hub(trip)
    assert drive(trip, hub, bound=60.0), hub.said()
    for turn in range(len(_STATUSES)):
        for number, order in orders.items():
            trip.drop(_answer(number, order[turn]))
    for number in range(1, 21):
        repeated = _answer(number, orders[number][0])
        trip.drop(drafted(f"lai-{repeated.drop.name}", repeated.content, "duplicate", unit=TAKER))
    assert drive(trip, hub, bound=90.0), hub.said()
    assert hub.stop(30.0) == 0
    assert judged(benches[0], trip, bound=120.0) == []

    said: dict[str, list[str]] = defaultdict(list)
    for document, status in rows(trip, _ANSWERS):
        said[document].append(status)
    assert sorted(map(tuple, said.values())) == sorted(orders.values())
    falls = [codes for codes in said.values() if _falls(codes)]
    assert falls == []
    views = open_views("sqlite", trip.evidence.data)
    try:
        ends = Counter(standing(views.trace(f"{number}/GM-SNV")[0].recipients[0].answers) for number in orders)
    finally:
        views.close()
    assert ends == {"06": len(orders)}
    figure(f"{len(orders)} orders, {sum(map(len, said.values()))} answers stored, 20 repeats, 0 steps back")


_ANSWERS = (
    "SELECT about, json_extract(body, '$.status') FROM event JOIN envelope ON envelope.id = event.envelope_id "
    "WHERE event.kind = 'accepted' AND envelope.kind = 'acknowledgement' ORDER BY event.seq"
)
#: The further a code, the later it stands here.
_RANK = (None, "01", "02", "03", "05", "06")


def _falls(codes: list[str]) -> bool:
    """Whether what stands ever went back while these came in."""
    answers = [Answer(code, _WHEN, "", "") for code in codes]
    stood = [_RANK.index(standing(answers[:length])) for length in range(len(answers) + 1)]
    return stood != sorted(stood)


def _answer(number: int, status: str) -> Draft:
    document, reason = a_document(f"{number}/GM-SNV", CODES[ORIGIN]), "Gửi nhầm nơi nhận" if status == "02" else ""
    content = write_acknowledgement(an_answer(document, status, CODES[TAKER], description=reason))
    return drafted(f"{number}-{status}.edxml", content, "accepted", ORIGIN, unit=TAKER)
