"""Since when there may be packets that we have not taken: what is listed by dates is listed from then on."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from hub.room import sync_folder


class Looked:
    """The time of the last look after which all that was listed of a kind was ours, in a small file. Blocking."""

    def __init__(self, folder: Path, kind: str) -> None:
        self._path = folder / f"looked-{kind}"
        self._draft = folder / f".looked-{kind}"

    def last(self) -> datetime | None:
        """That time; None: it is not known."""
        with suppress(OSError, ValueError):
            return datetime.fromisoformat(self._path.read_text("utf-8")).astimezone(UTC)
        return None

    def begun(self, at: datetime) -> datetime:
        """That time; where none is known, this one from now on."""
        if (last := self.last()) is None:
            with suppress(OSError):
                self.note(at)
        return last or at

    def note(self, at: datetime) -> None:
        """All that was listed then is ours; durable when this returns. Raises OSError."""
        with self._draft.open("w", encoding="utf-8") as file:
            file.write(at.isoformat())
            file.flush()
            os.fsync(file.fileno())
        self._draft.replace(self._path)
        sync_folder(self._path.parent)
