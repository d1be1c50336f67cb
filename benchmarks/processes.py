"""What a process and its children cost, read from /proc."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Cost(NamedTuple):
    """CPU seconds so far, resident bytes now."""

    cpu: float
    resident: int


class _Row(NamedTuple):
    parent: int
    cost: Cost


def tree_cost(root: int) -> Cost:
    """The sum over a process and all that descend from it, children that ended included."""
    rows = _rows()
    children: dict[int, list[int]] = defaultdict(list)
    for pid, row in rows.items():
        children[row.parent].append(pid)
    todo, cpu, resident = [root], 0.0, 0
    while todo:
        pid = todo.pop()
        todo.extend(children[pid])
        if pid in rows:
            cpu += rows[pid].cost.cpu
            resident += rows[pid].cost.resident
    return Cost(cpu, resident)


def _rows() -> dict[int, _Row]:
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (row := _row(name)):
            found[int(name)] = row
    return found


def _row(pid: str) -> _Row | None:
    try:
        text = Path("/proc", pid, "stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    ticks = sum(map(int, fields[11:15]))
    return _Row(int(fields[1]), Cost(ticks / _TICK, int(fields[21]) * _PAGE))


class Meter:
    """Watches one process tree from the moment it is ready: what it holds then, its peak, its CPU time."""

    def __init__(self, root: int, every: float = 0.2) -> None:
        self._root, self._every = root, every
        Path("/proc", str(root), "clear_refs").write_text("5")  # the kernel's own peak starts anew
        self.at_ready = self.peak = tree_cost(root).resident
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(self._every):
            self.peak = max(self.peak, tree_cost(self._root).resident)

    def cpu(self) -> float:
        """CPU seconds of the tree so far."""
        return tree_cost(self._root).cpu

    def over_ready(self) -> int:
        """Bytes that the tree held at its peak over what it held at ready."""
        self.peak = max(self.peak, _high_water(self._root))
        return self.peak - self.at_ready

    def rest(self, limit: float = 10.0) -> None:
        """Wait until the tree is idle: under 2 % of a core over half a second."""
        end, last = time.monotonic() + limit, self.cpu()
        while time.monotonic() < end:
            time.sleep(0.5)
            now = self.cpu()
            if now - last <= 0.01:
                return
            last = now


def _high_water(pid: int) -> int:
    for line in Path("/proc", str(pid), "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
