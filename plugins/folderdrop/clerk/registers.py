"""Keeps the registers at the top of a clerk's share as the cases say, seldom and never in anybody's way. Blocking."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from hub import VIETNAM, Context
from plugins.folderdrop.clerk import arrivals, register, workbook
from plugins.folderdrop.clerk.cases import Case
from plugins.folderdrop.clerk.files import open_file
from plugins.folderdrop.share import Share

#: A register is made at most this part of the time: a long one less often.
_PART = 20
_LARGEST = 64 * 1024 * 1024
_NEVER = -1
_HELD = "Chưa ghi lại được {}, có thể đang mở trong Excel; sẽ ghi sau (the register cannot be replaced now): {}."


@dataclass(frozen=True, slots=True)
class Written:
    """For how many seconds to leave the registers alone now, and which could not be replaced."""

    pause: float
    trouble: str


class Registers:
    """Every year's register of one share. One call at a time."""

    def __init__(self, share: Share, context: Context, cases: Callable[[int], list[Case]]) -> None:
        self._share, self._context, self._cases = share, context, cases
        #: year -> the lines that its file holds, and how that file looked when it was last seen to hold them
        self._held: dict[int, tuple[int, tuple[int, ...]]] = {}
        self._version = _NEVER

    def write(self, version: int, years: set[int]) -> Written:
        """Write what says something else, or was changed by somebody. Raises Outage, Damaged."""
        began, trouble = time.monotonic(), ""
        changed, self._version = version != self._version, version
        for year in sorted(years | {self._context.clock.now().astimezone(VIETNAM).year}):
            try:
                self._keep(year, changed=changed)
            except OSError as error:  # open in Excel, say: the other years do not wait for it
                self._version, trouble = _NEVER, _HELD.format(register.file_name(year), error.strerror or error)
        return Written((time.monotonic() - began) * _PART, trouble)

    def _keep(self, year: int, *, changed: bool) -> None:
        name = register.file_name(year)
        with self._share.rooted() as root:
            looks = _look_of(root, name)
            held, looked = self._held.get(year, (0, ()))
            if looks and looks == looked and not changed:
                return
            lines = register.lines(self._cases(year))
            if looks and (looks, hash(lines)) == (looked, held):
                return
            content = workbook.written(self._context.unit.name, year, lines)
            if not workbook.same(_content_of(root, name), content):
                arrivals.put(root, "", name, content, read_only=True)
            self._held[year] = (hash(lines), _look_of(root, name))


def _look_of(root: int, name: str) -> tuple[int, ...]:
    with suppress(FileNotFoundError):
        status = os.stat(os.fsencode(name), dir_fd=root, follow_symlinks=False)
        return (status.st_ino, status.st_size, status.st_mtime_ns)
    return ()


def _content_of(root: int, name: str) -> bytes:
    with suppress(OSError), os.fdopen(open_file(root, name), "rb") as file:
        return file.read(_LARGEST)
    return b""
