"""What is known of each document, kept through a crash: a small file each while it is open, then one for all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from hub import Damaged
from plugins.folderdrop.clerk import cases
from plugins.folderdrop.clerk.archive import Archive
from plugins.folderdrop.clerk.cases import Case
from plugins.folderdrop.share import write_whole

#: Every answer was with the hub so long after it was given.
_LONGEST = timedelta(days=14)


class Store:
    """Every case of one endpoint. One call at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._archive = folder, Archive(folder / "closed.jsonl")
        #: delivery -> case, of all that are open and some that were closed lately
        self.live: dict[str, Case] = {}
        #: delivery -> what is asked most of cases that were closed earlier
        self.closed = self._archive.kept
        #: marks that are taken for ever
        self.tails: set[str] = set()
        #: grows with every change
        self.version = 0

    def load(self) -> None:
        """Read what earlier runs kept. Raises OSError, Damaged."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self.tails = self._archive.load()
        self.closed = self._archive.kept
        for path in sorted(self._folder.glob("*.json")):
            if not path.name.startswith("."):
                self._load(path)

    def doubt(self, restored: datetime) -> None:
        """Let every answer be told again that a ledger from a backup of that time may lack. Raises OSError, Damaged."""
        since = (restored - _LONGEST).date().isoformat()
        for case in [*self._archive.since(since), *self.live.values()]:
            self.keep(self.live.get(case.delivery, case).doubted(since))

    def _load(self, path: Path) -> None:
        try:
            case = cases.read(path.read_bytes())
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Damaged(f"Không đọc được {path} (cannot read what is known of a document): {error}") from error
        self._know(case)

    def _know(self, case: Case) -> None:
        self.live[case.delivery] = case
        self.tails.add(case.tail)

    def __contains__(self, delivery: object) -> bool:
        return delivery in self.live or delivery in self.closed

    def __getitem__(self, delivery: str) -> Case:
        """One case. Raises KeyError; OSError, Damaged for one that was closed earlier."""
        return self.live[delivery] if delivery in self.live else self._archive[delivery]

    def get(self, delivery: str) -> Case | None:
        """One case, if it is known. Raises OSError, Damaged."""
        try:
            return self[delivery]
        except KeyError:
            return None

    def keep(self, case: Case) -> None:
        """Make it durable, then known. Raises OSError."""
        if self.get(case.delivery) == case:
            return
        directory = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            name = f"{case.delivery}.json".encode()
            write_whole(directory, directory, b"." + name, name, cases.written(case))
        finally:
            os.close(directory)
        self._know(case)
        self.version += 1

    def settle(self) -> None:
        """Put away what is closed and told. A crash between leaves a file too many, which holds. Raises OSError."""
        done = [case for case in self.live.values() if case.done]
        if done:
            self._archive.add(done)
        for case in done:
            with suppress(FileNotFoundError):
                (self._folder / f"{case.delivery}.json").unlink()
            del self.live[case.delivery]

    def like(self, pattern: re.Pattern[bytes]) -> Iterator[Case]:
        """Every case that is live, and the closed ones whose line has that in it. Raises OSError, Damaged."""
        yield from self.live.values()
        yield from (case for case in self._archive.like(pattern) if case.delivery not in self.live)

    def of_year(self, year: int) -> list[Case]:
        """Every case of one year's register. Raises OSError, Damaged."""
        closed = [case for case in self._archive.of_year(year) if case.delivery not in self.live]
        return [*closed, *(case for case in self.live.values() if case.year == year)]

    @property
    def years(self) -> set[int]:
        """The years that have a register."""
        found = {each.year for each in self.closed.values()} | {each.year for each in self.live.values()}
        return found - {0}
