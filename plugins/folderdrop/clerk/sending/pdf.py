"""What PDFs show, looked at by a child process: a hostile one may loop, eat memory or crash."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PROGRAM = Path(__file__).with_name("pdf_child.py")
_LONGEST_ANSWER = 1 << 18
_START = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """What one PDF may cost its reader."""

    seconds: int = 20
    #: address space, besides twice the file's own size
    memory: int = 512 << 20


USUAL = Limits()


@dataclass(frozen=True, slots=True)
class Look:
    """What one PDF showed; its text is for deciding only and is never kept."""

    #: "open", "damaged", "locked"; "unread": the reader gave up or was ended, which proves nothing
    state: str = "unread"
    #: None: cannot be told
    text: str | None = None
    #: name and time of each filled signature field, as it says
    signatures: tuple[tuple[str, str], ...] = ()
    #: opening it starts a script or a program
    active: bool = False


def look(descriptors: Sequence[int], limits: Limits = USUAL) -> list[Look]:
    """What each of the open PDFs shows, in their order, read by one child. Raises OSError if it cannot run."""
    if not descriptors:
        return []
    lines = _asked(descriptors, limits).split(b"\n")
    looks = dict(found for line in lines if (found := _read(line)) is not None)
    return [looks.get(place, Look()) for place in range(len(descriptors))]


def _asked(descriptors: Sequence[int], limits: Limits) -> bytes:
    # -I: neither the environment nor the working folder decides which code reads a stranger's file.
    arguments = [sys.executable, "-I", str(_PROGRAM), str(limits.seconds), str(limits.memory), *map(str, descriptors)]
    child = subprocess.Popen(  # noqa: S603 - our own program; numbers are all it is told
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=descriptors,
        cwd="/",
        env={},
        start_new_session=True,
    )
    with child:
        try:
            assert child.stdout is not None
            heard = _heard(child.stdout, _START + len(descriptors) * (limits.seconds + 1), len(descriptors))
        finally:
            # Its forks are in its session; it is not waited for yet, so the number is still its own.
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
    if child.returncode > 0:
        # It is our own code, and opens no file itself: without this, pypdf missing would look like unreadable files.
        raise ChildProcessError(f"{_PROGRAM.name} ended with {child.returncode}")
    return heard


def _heard(stdout: IO[bytes], seconds: float, files: int) -> bytes:
    """What comes until its end, the time-out, or more than any honest answer."""
    heard, end = b"", time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while len(heard) < _LONGEST_ANSWER * files and selector.select(max(0.0, end - time.monotonic())):
            chunk = os.read(stdout.fileno(), 1 << 16)
            if not chunk:
                break
            heard += chunk
    return heard


def _read(line: bytes) -> tuple[int, Look] | None:
    try:
        said = json.loads(line)
        signatures = tuple((name, at) for name, at in said.get("signatures", []))
        return said["at"], Look(said["state"], said.get("text"), signatures, said.get("active", False))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
