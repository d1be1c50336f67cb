"""What tests of faults need of a machine: small disks, filling them, and a look at a running hub from outside."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from tests.crash.harness import Bench, Hub, Result, finish
from tests.crash.scenario import Trip

_READY = re.compile(r"ready (http://\S+)")
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A file system that is soon full, in memory."""
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def remount(folder: Path, how: str) -> None:
    """Mount it anew with these options: "ro", "rw"."""
    subprocess.run(["mount", "-o", f"remount,{how}", folder], check=True)


def fill(folder: Path, leave: int) -> Path:
    """A file that leaves only so much, whatever others take meanwhile."""
    filler = folder / "filler"
    with filler.open("wb") as file:
        while (room := _free(folder) - leave) > 0:
            with suppress(OSError):
                os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), room)
    return filler


def _free(folder: Path) -> int:
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize


def waited(fact: Callable[[], bool], within: float = 10.0) -> bool:
    """Whether it became true in time."""
    deadline = time.monotonic() + within
    while not (true := fact()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return true


def took(fact: Callable[[], bool], within: float) -> float:
    """Seconds until it was true; it must be, in time."""
    begun = time.monotonic()
    assert waited(fact, within), f"not within {within:g} s"
    return time.monotonic() - begun


def judged(bench: Bench, trip: Trip, bound: float = 60.0) -> list[str]:
    """What the oracle says after one more start, with the log where it complains."""
    result = Result(())
    finish(bench, trip, result, bound=bound)
    return [*result.violations, result.log] if result.violations else []


def health(hub: Hub) -> dict[str, Any]:
    """What /healthz says; {} where it does not answer."""
    found = _READY.search(hub.said())
    if not found:
        return {}
    try:
        with urlopen(f"{found[1]}/healthz", timeout=5) as answer:
            said: dict[str, Any] = json.load(answer)
            return said
    except HTTPError as error:
        with error:
            said = json.load(error)
            return said | {"status": error.code}
    except (URLError, OSError):
        return {}


def sick(hub: Hub) -> str:
    """Why /healthz says that it is not well, "" where it is, or does not answer."""
    said = health(hub)
    return str(said["failed"]) if said.get("status") == 503 else ""


def cpu(pid: int) -> float:
    """Seconds of processor time that a process used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def cpu_share(pid: int, seconds: float) -> float:
    """Percent of one processor that it uses in the next seconds."""
    before, begun = cpu(pid), time.monotonic()
    time.sleep(seconds)
    return 100 * (cpu(pid) - before) / (time.monotonic() - begun)


def memory(pid: int, what: str = "VmRSS") -> int:
    """Bytes: "VmRSS" now, "VmHWM" the most so far, "RssAnon" its own."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) * 1024
    raise ValueError(what)
