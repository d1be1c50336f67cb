"""A hub with two units that exchange through folders, and a third whose connector is a rogue in a worker process."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hub.app import Hub
from hub.log import logger
from hub.standards import edxml
from hub.testing import RunningHub, eventually
from hub.testing.samples import a_document

if TYPE_CHECKING:
    from loguru import Record

ROGUE, ROGUE_CODE = "xa-tinh-khe", "000.00.32.H48"
GOOD, GOOD_CODE = "xa-binh-son", "000.00.31.H48"
_HUB = """
data: data
listen: 127.0.0.1:0
plugins: [folderdrop, rogue]
province: {{code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}}
retry: {{first: 100ms, most: 1s}}
reserve: 1000000
drain: 5s
isolation: {{{isolation}}}
"""
_UNITS = """
units:
  so-nv:
    name: Sở Nội vụ
    code: 000.00.14.H48
    endpoint: {{kind: folderdrop, folder: shares/so-nv, settle: 50ms, poll: 100ms}}
  xa-binh-son:
    name: UBND xã Bình Sơn
    code: 000.00.31.H48
    endpoint: {{kind: folderdrop, folder: shares/xa-binh-son, settle: 50ms, poll: 100ms}}
  xa-tinh-khe:
    name: UBND xã Tịnh Khê
    code: 000.00.32.H48
    endpoint: {{kind: rogue, isolate: true, folder: {folder}, deed: {deed}, verb: {verb}, send_timeout: {timeout}}}
"""
_TOLD = {"stall": "2s", "memory": "300MB", "processes": "12"}


def installed(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """What installing the rogue's wheel would leave: its metadata and its entry point."""
    about = folder / "site" / "hub_rogue-0.1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: hub-rogue\nVersion: 0.1\n", "utf-8")
    (about / "entry_points.txt").write_text("[hub.plugins]\nrogue = tests.isolated.rogue\n", "utf-8")
    patch.syspath_prepend(str(folder / "site"))


class Stage:
    """The configuration in one folder, and what is seen of it."""

    def __init__(self, home: Path) -> None:
        self.home, self.folder = home, home / "rogue"
        for name in ("in", "out"):
            (self.folder / name).mkdir(parents=True)
        self._number = 0
        #: what the hub said of the rogue's health, in order: it may be down for a moment only
        self._said: list[str] = []

    def plan(self, deed: str = "''", verb: str = "''", timeout: str = "2s", **isolation: str) -> None:
        """Write the configuration: the rogue does this deed in that verb."""
        told = ", ".join(f"{key}: {value}" for key, value in {**_TOLD, **isolation}.items())
        units = _UNITS.format(folder=self.folder, deed=deed, verb=verb, timeout=timeout)
        (self.home / "hub.yaml").write_text(_HUB.format(isolation=told), "utf-8")
        (self.home / "units.yaml").write_text(units, "utf-8")

    @asynccontextmanager
    async def hub(self) -> AsyncIterator[Hub]:
        """The hub in this process, the rogue in its worker."""
        sink = logger.add(lambda line: self._said.append(str(line)), format="{message}", filter=_of_health)
        try:
            async with RunningHub(self.home) as hub:
                yield hub
        finally:
            logger.remove(sink)

    def drop(self, *to: str) -> str:
        """The sender's software drops a packet for these codes. Returns its number."""
        self._number += 1
        content = b"".join(edxml.compose(a_document(f"{self._number}/GM-SNV", to=to), []))
        out = self.home / "shares" / "so-nv" / "out"
        (out / ".draft").write_bytes(content)
        (out / ".draft").rename(out / f"{self._number}.edxml")
        return f"{self._number}-GM-SNV"

    def hand(self, name: str, number: int = 900) -> None:
        """Give the rogue a packet that it is to hand over."""
        document = a_document(f"{number}/TT-UBND", ROGUE_CODE, (GOOD_CODE,))
        (self.folder / f".{name}").write_bytes(b"".join(edxml.compose(document, [])))
        (self.folder / f".{name}").rename(self.folder / "in" / name)

    def lines(self, name: str) -> list[str]:
        """What the rogue noted."""
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    def kept(self) -> list[str]:
        """What the rogue's counterpart has."""
        return sorted(path.name for path in (self.folder / "out").iterdir())

    def arrived(self) -> list[str]:
        """What the good unit has."""
        folder = self.home / "shares" / "xa-binh-son" / "in"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    async def passes(self) -> float:
        """A document from unit to unit, past the rogue. Returns the seconds that it took."""
        begun = time.monotonic()
        number = self.drop(GOOD_CODE)
        await eventually(lambda: any(name.startswith(number) for name in self.arrived()))
        return time.monotonic() - begun

    async def ended_because(self, words: str, within: float = 15.0) -> None:
        """Wait until the rogue was down, and why."""
        await eventually(lambda: any(words in said for said in self._said), within)

    async def back(self, hub: Hub, life: int = 2) -> None:
        """Wait until the rogue lives again and is well."""
        await eventually(lambda: _detail(hub) == f"life {life}", 20.0)


def _of_health(record: Record) -> bool:
    return record["message"].startswith(f"{ROGUE} is down")


def _detail(hub: Hub) -> str:
    health = hub.supervisor.health.get(ROGUE)
    return health.detail if health else ""


def alive(pid: int | str) -> bool:
    """Whether there is such a process, zombies too."""
    return Path(f"/proc/{pid}").exists()


def highest(*, anew: bool = False) -> int:
    """The most memory that this process had, in kB; from now on, where counted anew."""
    if anew:
        Path("/proc/self/clear_refs").write_text("5")
    told = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in told if line.startswith("VmHWM"))
