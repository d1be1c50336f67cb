"""Which rows were given back, and how often: one that waits again after that is a new input. Blocking.

It is written down before the unit is told. After a crash between the two the same row is judged once more, as a new
input: it was refused, so nothing of it is anywhere.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

_NAME = "returned.jsonl"
#: Rows that are remembered; the file is written anew at a start when it has twice as many lines.
_MOST = 20_000


class Returned:
    """Counts, in a file of lines in the connector's own folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _NAME
        self._times: Counter[str] = Counter()

    def load(self) -> None:
        """Read what earlier runs wrote. Raises OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileNotFoundError), self._path.open("rb") as file:
            for line in file:
                with suppress(ValueError, TypeError):
                    [row, times] = json.loads(line)
                    self._times[str(row)] = int(times)
        if len(self._times) > 2 * _MOST:
            self._renew()

    def times(self, table: str, key: Any) -> int:
        """How often that row was given back."""
        return self._times[f"{table}/{key}"]

    def add(self, table: str, key: Any) -> None:
        """It is given back. Raises OSError."""
        row = f"{table}/{key}"
        self._times[row] += 1
        with self._path.open("a", encoding="utf-8") as file:
            # On a line of its own, whatever a crash left of the one before.
            file.write("\n" + json.dumps([row, self._times[row]]) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _renew(self) -> None:
        kept = list(self._times.items())[-_MOST:]
        self._times = Counter(dict(kept))
        draft = self._path.with_name(f".{_NAME}")
        with draft.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(each) + "\n" for each in kept)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
