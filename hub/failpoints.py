"""Places where a test may kill the process or break a step. Without a test they do nothing.

Armed by the environment: `HUB_FAILPOINTS="inbox.accepted=kill@3,blobs.fsync=error:EIO"`.
`kill` ends the process as kill -9 would, `error:NAME` raises that OSError, `@N` waits for the
Nth hit (default 1). `HUB_FAILPOINTS_LOG=FILE` appends the name of every point at its first hit.
"""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

#: Every point there is, in the order of a document's journey. A test fails where one is never hit.
NAMES = (
    "folderdrop.claimed",
    "folderdrop.sealed",
    "folderdrop.hashed",
    "central.fetched",
    "rest.fetched",
    "blobs.linked",
    "blobs.synced",
    "redo.appended",
    "redo.written",
    "redo.settled",
    "axis.stored",
    "tables.claimed",
    "inbox.before_accept",
    "ledger.before_commit",
    "ledger.after_commit",
    "inbox.accepted",
    "axis.accepted",
    "central.accepted",
    "central.confirmed",
    "rest.accepted",
    "rest.confirmed",
    "tables.accepted",
    "tables.marked",
    "orphanage.ranked",
    "folderdrop.released",
    "folderdrop.refused",
    "dispatcher.taken",
    "folderdrop.copied",
    "folderdrop.placed",
    "central.begun",
    "central.handed",
    "central.noted",
    "rest.begun",
    "rest.handed",
    "rest.noted",
    "tables.inserted",
    "tables.committed",
    "dispatcher.sent",
    "dispatcher.settled",
    "outbox.fetched",
    "outbox.said",
)


class _Points:
    """What the environment armed, and what was hit."""

    def __init__(self, armed: str, log: str) -> None:
        self.actions = {name: action for name, _, action in (part.partition("=") for part in armed.split(",") if part)}
        unknown = self.actions.keys() - set(NAMES)
        if unknown:
            raise ValueError(f"no such failpoint: {', '.join(sorted(unknown))}")
        self.log = Path(log) if log else None
        self.hits: dict[str, int] = {}
        self.active = bool(self.actions or self.log)

    def hit(self, name: str) -> None:
        self.hits[name] = self.hits.get(name, 0) + 1
        if self.log and self.hits[name] == 1:
            with self.log.open("a") as lines:
                lines.write(f"{name}\n")
        action, _, turn = self.actions.get(name, "").partition("@")
        if action and self.hits[name] == int(turn or 1):
            _act(action)


def _act(action: str) -> None:
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    number = getattr(errno, action.removeprefix("error:"))
    raise OSError(number, os.strerror(number))


_points = _Points(os.environ.get("HUB_FAILPOINTS", ""), os.environ.get("HUB_FAILPOINTS_LOG", ""))


def failpoint(name: str) -> None:
    """Pass, unless a test armed this point."""
    if _points.active:
        _points.hit(name)
