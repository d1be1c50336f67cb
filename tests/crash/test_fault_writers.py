"""Files that are written slowly, half, again, or away, while the hub takes them."""

from __future__ import annotations

import io
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from hub.errors import Refused
from hub.standards import edxml
from tests.crash.harness import Bench, drive
from tests.crash.machine import judged, waited
from tests.crash.oracle import glance, violations
from tests.crash.scenario import ORIGIN, TAKER, Trip, a_draft, drafted

pytestmark = [pytest.mark.root, pytest.mark.timeout(3600)]
#: One byte, then a pause of three times `settle`. With "again" it closes the file after each.
_DRIP = """
import sys, time
path, source, again = sys.argv[1:]
file = None
for byte in open(source, "rb").read():
    file = file or open(path, "ab", buffering=0)
    file.write(bytes([byte]))
    if again:
        file = file.close()
    time.sleep(0.15)
"""


def dripping(trip: Trip, name: str, content: bytes, again: str = "") -> subprocess.Popen[bytes]:
    """A program that writes a file into `out/` so slowly that it seems to be at its end after each byte."""
    source = trip.home / f"source-{name}"
    source.write_bytes(content)
    return subprocess.Popen([sys.executable, "-c", _DRIP, _out(trip) / name, source, again])


def _out(trip: Trip) -> Path:
    return trip.evidence.shares[ORIGIN] / "out"


def quiet_trip(bench: Bench) -> Trip:
    """A trip on which nobody answers."""
    trip = bench.trip()
    trip.answering = False
    return trip


def inputs(trip: Trip) -> list[tuple[str, str, str]]:
    """Name, verdict and digest of every input."""
    with closing(sqlite3.connect(trip.evidence.data / "ledger.sqlite")) as ledger:
        return ledger.execute("SELECT name, verdict, digest FROM input").fetchall()


@pytest.mark.fault(
    9,
    "a writer that drips with pauses longer than `settle`, then is killed",
    "untouched while it is open; what it left is refused and given back, its neighbours go",
)
def test_a_file_that_is_dripped_and_left_half_is_never_accepted(
    benches: list[Bench], figure: Callable[[str], None]
) -> None:
    trip = quiet_trip(benches[0])
    packet = a_draft(1, TAKER).content
    hub = benches[0].hub(trip)
    assert waited(lambda: hub.ready)
    with dripping(trip, "nho-giot.edxml", packet) as writer:
        time.sleep(1.5)
        trip.drop(a_draft(2, TAKER))
        assert drive(trip, hub, lambda: len(trip.evidence.arrived) == 1)
        time.sleep(1.0)
        assert [name for name, _, _ in inputs(trip)] == ["2.edxml"]
        writer.kill()
        assert writer.wait() == -signal.SIGKILL
    left = packet[: len(packet)]
    assert waited(lambda: not any(_out(trip).iterdir()))
    given_back = trip.evidence.shares[ORIGIN] / "error" / "nho-giot.edxml"
    assert waited(given_back.exists)
    written = given_back.read_bytes()
    assert left.startswith(written)
    trip.evidence.dropped.append(drafted("nho-giot.edxml", written, "refused").drop)
    assert hub.stop() == 0
    assert judged(benches[0], trip) == []
    figure(f"{len(written)} bytes, one each 150 ms with settle 50 ms: untouched; after the kill refused")


@pytest.mark.fault(
    9, "the same writer closes the file after each byte", "every piece is refused and given back, none is accepted"
)
def test_pieces_of_a_file_are_refused_each(benches: list[Bench], figure: Callable[[str], None]) -> None:
    trip = quiet_trip(benches[0])
    packet = a_draft(1, TAKER).content
    hub = benches[0].hub(trip)
    assert waited(lambda: hub.ready)
    with dripping(trip, "tung-manh.edxml", packet[-20:], again="yes") as writer:
        writer.wait()
    assert waited(lambda: not any(_out(trip).iterdir()))
    assert hub.stop() == 0
    found = inputs(trip)
    given_back = [path for path in (trip.evidence.shares[ORIGIN] / "error").iterdir() if path.suffix == ".edxml"]
    assert {verdict for _, verdict, _ in found} == {"refused"}
    assert len(found) == len(given_back)
    assert sum(path.stat().st_size for path in given_back) == 20
    figure(f"{len(found)} pieces refused, their bytes given back, 0 accepted")


@pytest.mark.fault(9, "a packet cut after any of its bytes", "refused, never read as a whole one")
def test_a_packet_cut_anywhere_is_refused(figure: Callable[[str], None]) -> None:
    whole = a_draft(1, TAKER, size=300).content.rstrip()
    taken = []
    for length in range(len(whole)):
        try:
            edxml.read(io.BytesIO(whole[:length]))
        except Refused:
            continue
        taken.append(length)
    assert taken == []
    figure(f"{len(whole)} cuts, 0 accepted")


# A racing writer: two versions of one length, and what is done to the file while the hub may be taking it.
def _replace(path: Path, _old: bytes, new: bytes) -> None:
    draft = path.with_name(f".{path.name}")
    draft.write_bytes(new)
    draft.rename(path)


def _rewrite(path: Path, _old: bytes, new: bytes) -> None:
    with path.open("r+b", buffering=0) as file:
        file.write(new[: len(new) // 2])
        time.sleep(0.001)
        file.write(new[len(new) // 2 :])


def _write_anew(path: Path, _old: bytes, new: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_TRUNC), "wb", buffering=0) as file:
        file.write(new[: len(new) // 2])
        time.sleep(0.001)
        file.write(new[len(new) // 2 :])


def _truncate(path: Path, old: bytes, _new: bytes) -> None:
    os.truncate(path, len(old) // 2)


def _append(path: Path, _old: bytes, new: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND), "wb", buffering=0) as file:
        file.write(new)


def _move(path: Path, _old: bytes, _new: bytes) -> None:
    aside = path.with_name(f".{path.name}.aside")
    path.rename(aside)
    time.sleep(0.002)
    aside.rename(path)


_RACES: Mapping[str, Callable[[Path, bytes, bytes], None]] = {
    "replaced": _replace,
    "rewritten": _rewrite,
    "written anew": _write_anew,
    "truncated": _truncate,
    "appended to": _append,
    "moved away and back": _move,
}


def _race(out: Path, number: int) -> tuple[str, str, set[str]]:
    """One round: what was done, or that the hub was first, and the digests that may be accepted."""
    chance = random.Random(number)
    kind = chance.choice(list(_RACES))
    old, new = (a_draft(100_000 + 2 * number + each, TAKER, size=20_000).content for each in (0, 1))
    path = out / f"{number}.edxml"
    _replace(path, b"", old)
    time.sleep(chance.uniform(0, 0.05))
    try:
        _RACES[kind](path, old, new)
    except FileNotFoundError:
        return path.name, "the hub was first", {_sha(old), _sha(new)}
    return path.name, kind, {_sha(old), _sha(new)}


def _sha(content: bytes) -> str:
    return sha256(content).hexdigest()


@pytest.mark.fault(
    10,
    "files replaced, truncated, rewritten, appended to or moved while they are taken",
    "the bytes in the ledger are the bytes hashed and kept, and are one whole version",
)
@pytest.mark.parametrize("rounds", [400, pytest.param(10_000, marks=pytest.mark.long)])
def test_a_racing_writer_never_gets_a_mixture_accepted(
    benches: list[Bench], rounds: int, figure: Callable[[str], None]
) -> None:
    trip = quiet_trip(benches[0])
    hub = benches[0].hub(trip)
    assert waited(lambda: hub.ready)
    with ThreadPoolExecutor(4) as pool:
        races = list(pool.map(lambda number: _race(_out(trip), number), range(rounds)))
    claims = trip.evidence.shares[ORIGIN] / ".hub" / "claims"
    assert waited(lambda: not any(_out(trip).iterdir()) and not any(claims.iterdir()), 60.0), hub.said()
    assert waited(lambda: glance(trip.evidence.data).open == 0, 60.0), hub.said()
    assert hub.stop(30.0) == 0

    allowed = {name: digests for name, _, digests in races}
    found = inputs(trip)
    kept = [(name, digest) for name, verdict, digest in found if verdict != "refused"]
    assert [name for name, digest in kept if digest not in allowed[name]] == []
    blobs = trip.evidence.data / "blobs"
    assert [digest for _, digest in kept if _sha((blobs / digest).read_bytes()) != digest] == []
    assert {name for name, _, _ in found} == allowed.keys()
    trip.look()
    # Several inputs have one name here, which the oracle's count of drops does not know.
    assert [line for line in violations(trip.evidence) if line[:2] in {"I4", "I5", "I6", "I7"}] == []
    assert len(kept) == len(trip.evidence.arrived) == len({each.document_id for each in trip.evidence.arrived})
    done = Counter(what for _, what, _ in races)
    assert set(done) == {*_RACES, "the hub was first"}
    first = done["the hub was first"]
    figure(f"{rounds} rounds, {len(kept)} accepted, each one whole version; the hub was first {first} times")
