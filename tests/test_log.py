"""The hub's own log: written beside the work, and honest about what it lost."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest

from hub import log


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    """A pipe where standard error was: its reading and its writing end."""
    reader, writer = os.pipe()
    monkeypatch.setattr(log, "_STDERR", writer)
    yield reader, writer
    for end in (reader, writer):
        os.close(end)


def test_lines_come_in_their_order(stderr: tuple[int, int]) -> None:
    pen = log._Pen()
    for number in range(3):
        pen.write(f"{number}\n")
    pen.finish()
    assert os.read(stderr[0], 100) == b"0\n1\n2\n"


def test_a_reader_that_stands_still_holds_up_nobody_and_is_told_what_it_missed(
    stderr: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_MOST", 10)
    reader, writer = stderr
    os.set_blocking(writer, False)
    filled = 0
    try:
        while True:
            filled += os.write(writer, b"." * 512)
    except BlockingIOError:
        os.set_blocking(writer, True)
    pen = log._Pen()
    for number in range(100):
        pen.write(f"{number}\n")
    while filled:
        filled -= len(os.read(reader, filled))
    pen.finish()
    lines = os.read(reader, 10_000).decode().splitlines()
    gaps = [json.loads(line)["message"] for line in lines if line.startswith("{")]
    assert len(lines) - len(gaps) + sum(int(said.split()[0]) for said in gaps) == 100
    assert gaps


def test_what_a_full_disk_lost_is_counted(stderr: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    pen = log._Pen()
    full = os.open("/dev/full", os.O_WRONLY)
    monkeypatch.setattr(log, "_STDERR", full)
    for line in ("one\n", "two\n"):
        pen.write(line)
    pen.finish()
    monkeypatch.setattr(log, "_STDERR", stderr[1])
    os.close(full)
    pen.write("three\n")
    pen.finish()
    gap, line = os.read(stderr[0], 1000).decode().splitlines()
    assert (json.loads(gap)["message"], line) == ("2 lines of the log are lost here", "three")
