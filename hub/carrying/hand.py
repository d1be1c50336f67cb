"""Which packets were being read when the hub died: so that one that kills it is kept unread in the end."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


class Hand:
    """The packets of one list that are in hand, in a small file. Blocking."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path, self._draft = folder / f"reading-{name}.json", folder / f".reading-{name}"

    def left(self) -> frozenset[str]:
        """Those that an earlier run had in hand when it ended."""
        with suppress(OSError, ValueError):
            said = json.loads(self._path.read_bytes())
            return frozenset(map(str, said)) if isinstance(said, list) else frozenset()
        return frozenset()

    def take(self, ids: Iterable[str]) -> None:
        """These are in hand now, and no others. Raises OSError."""
        self._draft.write_text(json.dumps(sorted(ids)), "utf-8")
        self._draft.replace(self._path)
