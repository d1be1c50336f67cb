"""What the connector writes down of its sends: whole lines or nothing, whatever the disk takes."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from hub.carrying.journal import Journal, read

ROOT = Path(__file__).parents[2]


def opened(folder: Path) -> Journal:
    made = Journal(folder)
    made.open_journal()
    return made


async def test_a_system_that_takes_little_at_a_time_gets_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = os.write
    journal = opened(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda descriptor, data: whole(descriptor, bytes(data)[:7]))
        await asyncio.gather(*(journal.arrived(f"d{number}", "edoc|a|b|1/GM", f"x{number}") for number in range(20)))
    assert {f"d{number}" for number in range(20)} == {delivery for delivery, _, _ in read(tmp_path / "sent.jsonl")}
    assert "x7" == opened(tmp_path).receipt("d7")


async def test_what_arrived_is_on_the_disk_before_the_hub_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, synced = os.fsync, [""]

    def fsync(descriptor: int) -> None:
        whole(descriptor)
        synced.append((tmp_path / "sent.jsonl").read_text())

    monkeypatch.setattr(os, "fsync", fsync)
    journal = opened(tmp_path)
    await journal.begun("d1", "edoc|a|b|1/GM")
    assert 1 == len(synced)
    await journal.arrived("d1", "edoc|a|b|1/GM", "x1")
    assert '"x1"' in synced[-1]


async def full(folder: Path) -> None:
    """In a process of its own: files may not grow beyond so much, and later they may."""
    journal = opened(folder)
    await journal.arrived("d0", "edoc|a|b|0/GM", "x0")
    most = (folder / "sent.jsonl").stat().st_size + 20
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    sends = [journal.arrived(f"d{number}", "edoc|a|b|1/GM", f"x{number}") for number in range(1, 5)]
    outcomes = await asyncio.gather(*sends, return_exceptions=True)
    assert all(isinstance(each, OSError) for each in outcomes), outcomes
    assert [journal.receipt(f"d{number}") for number in range(5)] == ["x0", "", "", "", ""]
    assert (folder / "sent.jsonl").stat().st_size == most - 20
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await journal.arrived("d9", "edoc|a|b|9/GM", "x9")


def test_a_disk_that_takes_half_a_line_has_nothing_of_it_and_nobody_is_told_that_it_has(tmp_path: Path) -> None:
    said = f"import asyncio, pathlib, {__name__} as t; asyncio.run(t.full(pathlib.Path({str(tmp_path)!r})))"
    done = subprocess.run([sys.executable, "-c", said], cwd=ROOT, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    lines = list(read(tmp_path / "sent.jsonl"))
    assert (tmp_path / "sent.jsonl").read_text().count("\n") == len(lines)
    assert ["d0", "x0"] == [lines[0][0], lines[0][2]]
    assert ["d9", "x9"] == [lines[-1][0], lines[-1][2]]
