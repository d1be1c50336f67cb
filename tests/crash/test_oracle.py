"""The oracle itself: content with a clean trip, and with nothing that is planted."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.crash.harness import Bench, drive
from tests.crash.oracle import violations
from tests.crash.records import Evidence
from tests.crash.scenario import KEEPER, ORIGIN, TAKER, Trip


@pytest.fixture(scope="module")
def finished(benches: list[Bench]) -> Trip:
    """A whole trip, undisturbed."""
    trip = benches[0].trip()
    trip.drop_all()
    hub = benches[0].hub(trip)
    assert drive(trip, hub)
    assert hub.stop() == 0
    return trip


@pytest.fixture
def evidence(finished: Trip, tmp_path: Path) -> Evidence:
    """A copy of that trip, to be spoilt."""
    home = shutil.copytree(finished.home, tmp_path / "trip")
    shares = {unit: home / "shares" / unit for unit in finished.evidence.shares}
    seen = finished.evidence
    return replace(
        seen,
        shares=shares,
        data=home / "data",
        dropped=list(seen.dropped),
        arrived=list(seen.arrived),
        counts=list(seen.counts),
    )


def sql(evidence: Evidence, *statements: str) -> None:
    with closing(sqlite3.connect(evidence.data / "ledger.sqlite", isolation_level=None)) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0, statement


def blob(evidence: Evidence) -> Path:
    drop = next(drop for drop in evidence.dropped if drop.fate == "accepted")
    return evidence.data / "blobs" / drop.digest


def test_a_clean_trip_has_no_violation(evidence: Evidence) -> None:
    assert violations(evidence) == []
    assert {"accepted", "duplicate", "refused", "quarantined"} == {drop.fate for drop in evidence.dropped}
    assert {"", "01", "03", "06"} == {arrival.status for arrival in evidence.arrived}


def _flip(evidence: Evidence) -> None:
    path = blob(evidence)
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


def _lose_a_row(evidence: Evidence) -> None:
    name = next(drop.name for drop in evidence.dropped if drop.fate == "accepted")
    sql(evidence, f"DELETE FROM input WHERE name = '{name}'")


def _never_seen(evidence: Evidence) -> None:
    evidence.arrived.remove(next(each for each in evidence.arrived if each.unit == KEEPER))


def _another_name(evidence: Evidence) -> None:
    evidence.arrived.append(replace(evidence.arrived[0], name="x" + evidence.arrived[0].name))


def _again_unflagged(evidence: Evidence) -> None:
    evidence.ambiguous = 1
    evidence.arrived.append(replace(evidence.arrived[0], inode=1))


def _wrong_unit(evidence: Evidence) -> None:
    arrival = next(each for each in evidence.arrived if each.unit == ORIGIN)
    evidence.arrived.append(replace(arrival, unit=TAKER))


def _other_attachment(evidence: Evidence) -> None:
    number = next(n for n, each in enumerate(evidence.arrived) if each.payload)
    evidence.arrived[number] = replace(evidence.arrived[number], payload="0" * 64)


def _wrong_verdict(evidence: Evidence) -> None:
    sql(evidence, "UPDATE input SET verdict = 'echo' WHERE verdict = 'duplicate'")


def _not_given_back(evidence: Evidence) -> None:
    (evidence.shares[ORIGIN] / "error" / "hong.edxml").unlink()


def _no_reason(evidence: Evidence) -> None:
    (evidence.shares[ORIGIN] / "error" / "hong.edxml.error.json").unlink()


def _recipient_dropped(evidence: Evidence) -> None:
    sql(evidence, f"DELETE FROM delivery WHERE recipient = '{KEEPER}'")


def _left_terminal(evidence: Evidence) -> None:
    copied = "SELECT writer, seq + 1000, at, 'deferred', envelope_id, delivery_id, unit, data, hash FROM event"
    sql(evidence, f"INSERT INTO event {copied} WHERE kind = 'delivered' LIMIT 1")


def _row_against_history(evidence: Evidence) -> None:
    sql(evidence, f"UPDATE delivery SET state = 'dead' WHERE recipient = '{KEEPER}'")


def _came_although_withdrawn(evidence: Evidence) -> None:
    sql(evidence, f"UPDATE delivery SET state = 'withdrawn' WHERE recipient = '{KEEPER}'")


def _held_for_ever(evidence: Evidence) -> None:
    sql(evidence, f"UPDATE delivery SET state = 'held' WHERE recipient = '{KEEPER}'")


def _went_while_held(evidence: Evidence) -> None:
    held = """json_set(data, '$.held_until', '2026-11-23T01:00:00+00:00')"""
    sql(evidence, f"UPDATE event SET data = {held} WHERE kind = 'accepted' AND data LIKE '%{KEEPER}%'")


def _answer_elsewhere(evidence: Evidence) -> None:
    other = "SELECT max(id) FROM envelope WHERE kind = 'document'"
    sql(evidence, f"UPDATE envelope SET about = ({other}) WHERE kind = 'acknowledgement'")


def _answer_nowhere(evidence: Evidence) -> None:
    sql(evidence, "UPDATE envelope SET about = '' WHERE kind = 'acknowledgement'")


def _event_changed(evidence: Evidence) -> None:
    sql(evidence, "UPDATE event SET unit = 'other' WHERE seq = 2")


def _event_cut_out(evidence: Evidence) -> None:
    sql(evidence, "DELETE FROM event WHERE kind = 'started'")


def _fewer_events(evidence: Evidence) -> None:
    evidence.counts.append(10_000)


def _leftover(evidence: Evidence) -> None:
    (evidence.shares[KEEPER] / ".hub" / "tmp" / ".half").touch()


def _leftover_blob(evidence: Evidence) -> None:
    (evidence.data / "blobs" / "tmp" / "half").touch()


def _half_shown(evidence: Evidence) -> None:
    (evidence.shares[KEEPER] / "in" / ".half").touch()


def _still_open(evidence: Evidence) -> None:
    sql(evidence, f"UPDATE delivery SET state = 'uncertain' WHERE recipient = '{KEEPER}'")


def _claim_waits(evidence: Evidence) -> None:
    os.link(blob(evidence), evidence.shares[ORIGIN] / ".hub" / "claims" / "mot.edxml")


def _not_at_rest(evidence: Evidence) -> None:
    evidence.settled = False


_PLANTED: list[tuple[str, Callable[[Evidence], None]]] = [
    ("I1", lambda evidence: blob(evidence).unlink()),
    ("I1", _flip),
    ("I1", _lose_a_row),
    ("I1", _never_seen),
    ("I2", _another_name),
    ("I2", _again_unflagged),
    ("I2", _wrong_unit),
    ("I2", _other_attachment),
    ("I3", _wrong_verdict),
    ("I3", _not_given_back),
    ("I3", _no_reason),
    ("I3", _recipient_dropped),
    ("I4", _left_terminal),
    ("I4", _row_against_history),
    ("I2", _came_although_withdrawn),
    ("I4", _came_although_withdrawn),
    ("I4", _held_for_ever),
    ("I7", _held_for_ever),
    ("I4", _went_while_held),
    ("I4", _answer_elsewhere),
    ("I4", _answer_nowhere),
    ("I5", _event_changed),
    ("I5", _event_cut_out),
    ("I5", _fewer_events),
    ("I6", _leftover),
    ("I6", _leftover_blob),
    ("I6", _half_shown),
    ("I7", _still_open),
    ("I7", _claim_waits),
    ("I7", _not_at_rest),
]


@pytest.mark.parametrize(("letter", "plant"), _PLANTED, ids=lambda value: getattr(value, "__name__", value))
def test_what_is_planted_is_found(evidence: Evidence, letter: str, plant: Callable[[Evidence], None]) -> None:
    plant(evidence)
    assert letter in {violation.split()[0] for violation in violations(evidence)}


def test_a_repeat_that_was_announced_is_no_violation(evidence: Evidence) -> None:
    again = next(each for each in evidence.arrived if each.unit == TAKER)
    evidence.arrived.append(replace(again, inode=1))
    evidence.ambiguous = 1
    flag = "json_set(data, '$.possible_duplicate', json('true'))"
    sql(evidence, f"UPDATE event SET data = {flag} WHERE instr('{again.name}', delivery_id) AND delivery_id != ''")
    assert {"I5"} == {violation.split()[0] for violation in violations(evidence)}


def test_more_repeats_than_faults_are_a_violation(evidence: Evidence) -> None:
    evidence.arrived.append(replace(evidence.arrived[0], inode=1))
    assert any("under way at a fault" in violation for violation in violations(evidence))


def test_no_ledger_is_the_worst(evidence: Evidence) -> None:
    (evidence.data / "ledger.sqlite").unlink()
    assert ["I1 there is no ledger"] == violations(evidence)
