"""Closed cases in one file, a line each, read again only when they are asked for: they pile up over the years."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from hub import Damaged
from plugins.folderdrop.clerk import cases
from plugins.folderdrop.clerk.cases import Case, Stage, year_of

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a closed case's line lies, and what is asked of it most."""

    offset: int
    length: int
    stage: Stage
    #: of the register; 0: in none
    year: int


class Archive:
    """Grows only; the last line about a delivery holds. One call at a time."""

    def __init__(self, path: Path) -> None:
        self._path, self._end = path, 0
        #: delivery -> where
        self.kept: dict[str, Kept] = {}

    def load(self) -> set[str]:
        """Read where everything lies; a last line that a crash cut off is left out. Returns the tails.

        Raises OSError, Damaged.
        """
        tails: set[str] = set()
        self.kept, self._end = {}, 0
        if not self._path.exists():
            return tails
        with self._path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                tails.add(self._note(line))
        return tails

    def _note(self, line: bytes) -> str:
        try:
            fields = json.loads(line)
            accepted = next((each["at"] for each in fields["said"] if each["code"] == "03"), "")
            kept = Kept(self._end, len(line), Stage(fields["stage"]), year_of(accepted))
            delivery, tail = str(fields["delivery"]), str(fields["tail"])
        except (ValueError, TypeError, KeyError) as error:
            raise Damaged(
                f"Không đọc được {self._path} (cannot read what is known of closed cases): {error}"
            ) from error
        self.kept[delivery] = kept
        self._end += len(line)
        return tail

    def add(self, closed: Sequence[Case]) -> None:
        """Make them durable in one go. Raises OSError; then none is in it."""
        lines = [cases.line(case) for case in closed]
        new = not self._path.exists()
        descriptor = os.open(self._path, _FLAGS, 0o600)
        with closing(os.fdopen(descriptor, "r+b", buffering=0)) as file:
            file.truncate(self._end)
            file.seek(self._end)
            content = b"".join(lines)
            while content:
                content = content[file.write(content) :]
            os.fsync(descriptor)
        if new:
            _sync(self._path.parent)
        for line in lines:
            self._note(line)

    def __getitem__(self, delivery: str) -> Case:
        """One closed case. Raises KeyError, OSError, Damaged."""
        return self._read([self.kept[delivery]])[0]

    def of_year(self, year: int) -> list[Case]:
        """The cases of one year's register. Raises OSError, Damaged."""
        return self._read([each for each in self.kept.values() if each.year == year])

    def like(self, pattern: re.Pattern[bytes]) -> Iterator[Case]:
        """The closed cases whose line has that in it: most need not be read for it. Raises OSError, Damaged."""
        if self.kept:
            with self._path.open("rb") as file:
                lines = _lines(file.fileno(), list(self.kept.values()))
                yield from (cases.read(line) for line in lines if pattern.search(line))

    def since(self, day: str) -> list[Case]:
        """The cases whose last answer was given on that day (ISO 8601) or later. Raises OSError, Damaged."""
        found = (self._read([each])[0] for each in self.kept.values())
        return [case for case in found if case.said and case.said[-1].at[:10] >= day]

    def _read(self, wanted: Sequence[Kept]) -> list[Case]:
        if not wanted:
            return []
        with self._path.open("rb") as file:
            return [cases.read(line) for line in _lines(file.fileno(), wanted)]


def _lines(descriptor: int, wanted: Sequence[Kept]) -> Iterator[bytes]:
    for each in wanted:
        yield os.pread(descriptor, each.length, each.offset)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
