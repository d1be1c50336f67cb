"""What is known of each document sent, kept through a crash: a small file each in the endpoint's own folder."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from hub import Damaged
from plugins.folderdrop.clerk.sending.records import Enclosed, Fate, Posted, Recall, Request
from plugins.folderdrop.share import write_whole

_KNOWN = frozenset(each.name for each in fields(Posted))


class Outbox:
    """Every document that one unit sent. One call at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        #: id -> what is known
        self.posted: dict[str, Posted] = {}

    def load(self) -> None:
        """Read what earlier runs kept. Raises OSError, Damaged."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(self._folder.glob("*.json")):
            if not path.name.startswith("."):
                posted = _read(path)
                self.posted[posted.id] = posted

    def keep(self, posted: Posted) -> None:
        """Make it durable, then known. Raises OSError."""
        if self.posted.get(posted.id) == posted:
            return
        directory = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            name = f"{posted.id}.json".encode()
            content = json.dumps(asdict(posted), indent=1).encode() + b"\n"
            write_whole(directory, directory, b"." + name, name, content)
        finally:
            os.close(directory)
        self.posted[posted.id] = posted

    def by_envelope(self, envelope: str) -> Posted | None:
        """The document that the hub knows by this id."""
        return next((each for each in self.posted.values() if envelope and each.envelope == envelope), None)

    @property
    def all(self) -> tuple[Posted, ...]:
        """All of them, oldest first."""
        return tuple(self.posted.values())

    @property
    def tails(self) -> Sequence[str]:
        """Marks that are taken for ever."""
        return [each.tail for each in self.posted.values()]


def _read(path: Path) -> Posted:
    try:
        said = json.loads(path.read_bytes())
        said = {key: tuple(value) if isinstance(value, list) else value for key, value in said.items() if key in _KNOWN}
        files = tuple(Enclosed(**each) for each in said.pop("files"))
        recall = _recall(said.pop("recall", None))
        return Posted(**{**said, "fate": Fate(said["fate"])}, files=files, recall=recall)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Damaged(f"Không đọc được {path} (cannot read what is known of a document): {error}") from error


def _recall(said: dict[str, Any] | None) -> Recall | None:
    if said is None:
        return None
    return Recall(**{**said, "requests": tuple(Request(**each) for each in said["requests"])})
