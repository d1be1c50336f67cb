"""Disks that can lose their power: an ext4 image on a loop device whose unwritten pages are thrown away."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.crash.harness import BOUND, PLAIN, Bench, Hub, Point, Result, drive, finish, note
from tests.crash.scenario import Trip

#: EXT4_IOC_SHUTDOWN; 2: do not even write the journal out.
_SHUTDOWN, _NO_LOG_FLUSH = 0x8004587D, (2).to_bytes(4, "little")
_SIZE = 64 * 1024 * 1024
#: Nothing is written out by time or by guess: what was not synced is lost.
_OPTIONS = "noauto_da_alloc,commit=3600"


class Disk:
    """A file system of its own."""

    def __init__(self, image: Path, mount: Path) -> None:
        self.mount = mount
        with image.open("wb") as file:
            file.truncate(_SIZE)
        _run("mkfs.ext4", "-q", "-F", image)
        mount.mkdir()
        # One device for good: a share on another device is rightly not believed.
        self._device = _run("losetup", "--find", "--show", image)

    def attach(self) -> None:
        """Mount it."""
        _run("mount", "-o", _OPTIONS, self._device, self.mount)

    def cut(self) -> None:
        """Throw away whatever was not synced. The file system answers nothing but EIO from now on."""
        descriptor = os.open(self.mount, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, _NO_LOG_FLUSH)
        finally:
            os.close(descriptor)

    def remove(self) -> None:
        """Give the device back."""
        _run("losetup", "--detach", self._device)

    def detach(self, within: float = 5.0) -> None:
        """Unmount it, once nobody uses it any more."""
        deadline = time.monotonic() + within
        while subprocess.run(["umount", self.mount], capture_output=True, check=False).returncode:
            assert time.monotonic() < deadline, f"{self.mount} is in use"
            time.sleep(0.02)


def _run(*command: object) -> str:
    ran = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
    return ran.stdout.strip()


@contextmanager
def disk(folder: Path) -> Iterator[Disk]:
    """A mounted disk, gone afterwards."""
    folder.mkdir()
    image = folder / "image"
    made = Disk(image, folder / "disk")
    made.attach()
    try:
        yield made
    finally:
        made.detach()
        made.remove()
        image.unlink()


@dataclass(frozen=True, slots=True)
class Promise:
    """What the hub had said of itself when the power went."""

    #: envelope id -> digest
    accepted: Mapping[str, str]
    #: deliveries that were called delivered
    delivered: frozenset[str]


def blackout(
    bench: Bench, points: Sequence[Point], bound: float = BOUND, environment: Mapping[str, str] = PLAIN
) -> Result:
    """The whole trip on a disk of its own, whose power fails as the hub passes each point; then the judgement."""
    begun = time.monotonic()
    bench.turn += 1
    with disk(bench.folder / f"disk-{bench.turn}") as own:
        trip = Trip(own.mount / "trip", takes=False, durable=True)
        trip.set_up()
        os.sync()
        trip.drop_all()
        result = Result(points)
        for point in points:
            hub = bench.hub(trip, point, environment)
            drive(trip, hub, bound=bound)
            hub.kill()
            result.hit.append(hub.died_at())
            result.violations += lose_power(own, trip)
        finish(bench, trip, result, bound, environment)
    result.seconds = time.monotonic() - begun
    return result


def sudden(bench: Bench, moment: Callable[[Trip], bool]) -> Result:
    """The same, cut while the hub works: as soon as `moment` has come."""
    begun = time.monotonic()
    bench.turn += 1
    with disk(bench.folder / f"disk-{bench.turn}") as own:
        trip = Trip(own.mount / "trip", takes=False, durable=True)
        trip.set_up()
        os.sync()
        trip.drop_all()
        result = Result(())
        hub = bench.hub(trip)
        drive(trip, hub, until=lambda: moment(trip))
        result.hit.append("cut" if hub.alive() else "")
        result.violations += lose_power(own, trip, hub)
        finish(bench, trip, result)
    result.seconds = time.monotonic() - begun
    return result


def lose_power(own: Disk, trip: Trip, hub: Hub | None = None) -> list[str]:
    """Cut, and bring back what the disk kept. Returns what the hub had promised and is not there."""
    trip.look()
    note(trip)
    promise = promised(trip.evidence.data)
    own.cut()
    if hub:
        hub.kill()
    own.detach()
    own.attach()
    trip.forget_lost()
    return list(_broken(trip, promise))


def promised(data: Path) -> Promise:
    """Read the ledger as any other process would: whatever it shows is committed."""
    ledger = data / "ledger.sqlite"
    try:
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
            accepted = dict(connection.execute("SELECT id, digest FROM envelope"))
            delivered = connection.execute("SELECT id FROM delivery WHERE state = 'delivered'")
            return Promise(accepted, frozenset(row[0] for row in delivered))
    except sqlite3.OperationalError:
        return Promise({}, frozenset())


def _broken(trip: Trip, promise: Promise) -> Iterator[str]:
    now = promised(trip.evidence.data)
    for envelope, digest in promise.accepted.items():
        kept = trip.evidence.data / "blobs" / digest
        if now.accepted.get(envelope) != digest:
            yield f"I1 the ledger forgot that it accepted {envelope}"
        if not kept.exists() or hashlib.sha256(kept.read_bytes()).hexdigest() != digest:
            yield f"I1 the bytes of {envelope} are gone: {digest}"
    arrived = [path.name for share in trip.evidence.shares.values() for path in (share / "in").glob("*")]
    for delivery in promise.delivered:
        if delivery not in now.delivered:
            yield f"I1 the ledger forgot that it delivered {delivery}"
        if not any(delivery in name for name in arrived):
            yield f"I1 delivered, and gone from in/: {delivery}"
