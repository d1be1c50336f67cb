"""What is known of each document, kept through a crash: a small file each in the endpoint's own folder."""

from __future__ import annotations

import os
from pathlib import Path

from hub import Damaged
from plugins.folderdrop.clerk import cases
from plugins.folderdrop.clerk.cases import Case
from plugins.folderdrop.share import write_whole


class Store:
    """Every case of one endpoint. One call at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        #: delivery -> case
        self.cases: dict[str, Case] = {}

    def load(self) -> None:
        """Read what earlier runs kept. Raises OSError, Damaged."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(self._folder.glob("*.json")):
            if not path.name.startswith("."):
                self._load(path)

    def _load(self, path: Path) -> None:
        try:
            case = cases.read(path.read_bytes())
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Damaged(f"Không đọc được {path} (cannot read what is known of a document): {error}") from error
        self.cases[case.delivery] = case

    def keep(self, case: Case) -> None:
        """Make it durable, then known. Raises OSError."""
        if self.cases.get(case.delivery) == case:
            return
        directory = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            name = f"{case.delivery}.json".encode()
            write_whole(directory, directory, b"." + name, name, cases.written(case))
        finally:
            os.close(directory)
        self.cases[case.delivery] = case

    @property
    def tails(self) -> set[str]:
        """Marks that are taken for ever."""
        return {case.tail for case in self.cases.values()}
