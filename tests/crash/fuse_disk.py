"""A disk, or a share, that fails on demand: EIO, ESTALE, other bytes, slow, hanging, gone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.crash.fuse_passthrough import Fault

_ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class FuseDisk:
    """A mount under a daemon of ours. What it shows lies in `source`, which may change behind its back."""

    source: Path
    mount: Path
    _orders: Path
    _daemon: subprocess.Popen[bytes]

    def fail(self, *faults: Fault) -> None:
        """From now on these faults, and no others, are in force; their counting begins."""
        draft = self._orders.with_suffix(".draft")
        draft.write_text(json.dumps(faults))
        draft.replace(self._orders)

    def heal(self) -> None:
        """No faults any more."""
        self.fail()

    def met(self) -> list[str]:
        """The calls that a fault met so far, each with its path: "read blobs/0a1b"."""
        met = self._orders.with_suffix(".met")
        return met.read_text().splitlines() if met.exists() else []

    def hang(self) -> None:
        """Answer no call until `go_on`, and have taken up none.

        A process that waits for a call which the daemon had taken up already could not even be killed meanwhile.
        """
        self._stop()
        while _somebody_waits():
            self.go_on()
            time.sleep(0.01)
            self._stop()

    def _stop(self) -> None:
        self._daemon.send_signal(signal.SIGSTOP)
        while any(_state(task) != "T" for task in Path(f"/proc/{self._daemon.pid}/task").iterdir()):
            time.sleep(0.001)

    def go_on(self) -> None:
        """Answer again."""
        self._daemon.send_signal(signal.SIGCONT)

    def die(self) -> None:
        """The server is gone: every call fails with ENOTCONN until somebody unmounts."""
        self._daemon.kill()
        self._daemon.wait()

    def vanish(self) -> None:
        """Unmount, whoever uses it: the bare mount point is what is left to see."""
        subprocess.run(["umount", "-l", self.mount], check=False, capture_output=True)
        self.die()

    def come_back(self, within: float = 10.0) -> None:
        """Mount it anew, after `die` or `vanish`."""
        subprocess.run(["umount", "-l", self.mount], check=False, capture_output=True)
        self._daemon = _serve(self.source, self.mount, self._orders, within)


def _somebody_waits() -> bool:
    """Whether any thread waits for an answer of any FUSE daemon."""
    for place in Path("/proc").glob("[0-9]*/task/[0-9]*/wchan"):
        with suppress(OSError):
            if place.read_text() == "request_wait_answer":
                return True
    return False


def _state(task: Path) -> str:
    return (task / "stat").read_text().rpartition(")")[2].split()[0]


@contextmanager
def fuse_disk(folder: Path) -> Iterator[FuseDisk]:
    """A mounted disk in a new folder, gone afterwards."""
    source, mount, orders = folder / "behind", folder / "disk", folder / "orders.json"
    for each in (source, mount):
        each.mkdir(parents=True)
    orders.write_text("[]")
    disk = FuseDisk(source, mount, orders, _serve(source, mount, orders, 10.0))
    try:
        yield disk
    finally:
        disk.go_on()
        disk.vanish()


def _serve(source: Path, mount: Path, orders: Path, within: float) -> subprocess.Popen[bytes]:
    """Start the daemon and wait until it answers."""
    command = [sys.executable, "-m", "tests.crash.fuse_passthrough", source, mount, orders]
    with (orders.with_suffix(".log")).open("ab") as log:
        daemon = subprocess.Popen([str(part) for part in command], cwd=_ROOT, stdout=log, stderr=log)
    deadline = time.monotonic() + within
    while not os.path.ismount(mount):
        assert daemon.poll() is None, orders.with_suffix(".log").read_text()
        assert time.monotonic() < deadline, f"{mount} is not mounted"
        time.sleep(0.01)
    return daemon
