"""`NHAC-VIEC` at the top of a clerk's share: one note of what is owed, gone when nothing is. Blocking."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from hub import Context, Reminder
from plugins.folderdrop import system
from plugins.folderdrop.clerk import arrivals, names, owing
from plugins.folderdrop.clerk.names import Folders
from plugins.folderdrop.share import write_whole

_FILE = "reminders.json"


class Reminding:
    """What one unit's people are reminded of. One call at a time."""

    def __init__(self, context: Context, folders: Folders) -> None:
        self._context, self._folders = context, folders
        self._folder: Path = context.state
        #: the most pressing first
        self.owed: tuple[Reminder, ...] = ()
        #: what the note says, as far as this run wrote it; None: not known
        self._shown: tuple[Reminder, ...] | None = None

    def load(self) -> None:
        """Read what was told last. What cannot be read is told again sooner or later. Raises OSError."""
        with suppress(FileNotFoundError, ValueError, TypeError, KeyError):
            said = json.loads((self._folder / _FILE).read_bytes())
            self.owed = tuple(Reminder(**{**each, "due_at": datetime.fromisoformat(each["due_at"])}) for each in said)

    def keep(self, owed: Sequence[Reminder]) -> None:
        """Put this in the place of what was owed before, through a restart too. Raises OSError."""
        self.owed, self._shown = tuple(owed), None
        self._folder.mkdir(parents=True, exist_ok=True)
        directory = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            content = json.dumps([{**asdict(each), "due_at": each.due_at.isoformat()} for each in owed]).encode()
            write_whole(directory, directory, b"." + _FILE.encode(), _FILE.encode(), content)
        finally:
            os.close(directory)

    def write(self, root: int) -> None:
        """Make the note say it. Open in a program that locks it, it is written by a later call; nothing waits."""
        there = {system.exists(root, name.encode()) for name in (owing.PAGE, owing.TEXT)}
        if self._shown == self.owed and there == {bool(self.owed)}:
            return
        try:
            for name, content in self._files().items():
                arrivals.put(root, "", name, content)
            for name in (owing.PAGE, owing.TEXT) if not self.owed else ():
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=root)
            self._shown = self.owed
        except OSError:
            self._shown = None

    def _files(self) -> dict[str, bytes]:
        if not self.owed:
            return {}
        said = (self._context.unit.name, self.owed, self._context.clock.now(), self._context.hotline)
        page = names.respelt(owing.page(*said).decode(), self._folders).encode()
        return {owing.PAGE: page, owing.TEXT: names.respelt_text(owing.text(*said), self._folders)}
