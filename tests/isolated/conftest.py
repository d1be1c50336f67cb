"""What the tests of isolation share: a stage on which nothing may be left behind."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hub.log import logger
from tests.isolated.stage import Stage, alive, installed

if TYPE_CHECKING:
    from loguru import Record


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """When the test is over no process of a rogue's is left, no child of ours, no descriptor."""
    installed(tmp_path, monkeypatch)
    made = Stage(tmp_path)
    before, children = _descriptors(tmp_path), _children()
    yield made
    begun = [pid for name in ("lives", "children") for pid in made.lines(name)]
    # The kernel may take a moment to end what it was told to.
    end = time.monotonic() + 5.0
    while (any(map(alive, begun)) or _children() - children) and time.monotonic() < end:
        time.sleep(0.05)
    assert [] == [pid for pid in begun if alive(pid)]
    assert _children() <= children
    assert _descriptors(tmp_path) <= before


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """What the hub logs: level, message, unit."""
    lines: list[str] = []
    sink = logger.add(
        lambda line: lines.append(str(line).rstrip()), format="{level} {message} {extra[unit]}", filter=_of_unit
    )
    yield lines
    logger.remove(sink)


def _of_unit(record: Record) -> bool:
    record["extra"].setdefault("unit", "")
    return True


def _descriptors(home: Path) -> int:
    """Sockets, pipes, processes and files, but for those of the stage: a test's own looks at its ledger."""
    found = 0
    for each in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            found += not str(each.readlink()).startswith(str(home))
    return found


def _children() -> set[str]:
    found: set[str] = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has just ended
            found |= {*(task / "children").read_text().split()}
    return found
