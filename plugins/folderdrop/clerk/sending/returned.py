"""What lies in `tra-lai`, and why; answers to what was taken out of it long enough ago go. Blocking."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta

from plugins.folderdrop.clerk.files import opened, sizes_in, text_of
from plugins.folderdrop.clerk.sending import boxes, placing
from plugins.folderdrop.clerk.sending.drops import REASON_ENDING, RETURNED, answer_name
from plugins.folderdrop.clerk.sending.records import Returned

#: An answer outlives by so much (seconds) what it is about: people read it while they mend the file elsewhere.
_PATIENCE = 600.0
#: Most whose reason is read.
_MOST = 10


def look(root: int, now: datetime) -> tuple[Returned, ...]:
    """What came back in this month and the last, the newest first. Raises OSError."""
    box = boxes.spelt(root, RETURNED)
    this = placing.month(now)
    found = [each for month in (this, _before(this)) for each in _lying(root, f"{box}/{month}", now)]
    ordered = sorted(found, key=lambda each: each[0], reverse=True)
    return tuple(
        Returned(name, _first_line(root, place, name) if turn < _MOST else "")
        for turn, (_at, place, name) in enumerate(ordered)
    )


def _before(month: str) -> str:
    """The month before "2026-11"."""
    first = datetime.strptime(month, "%Y-%m")  # noqa: DTZ007 - a month, not a moment
    return f"{first - timedelta(days=1):%Y-%m}"


def _lying(root: int, place: str, now: datetime) -> Iterator[tuple[float, str, str]]:
    """When each came back, where it lies, and what it is called."""
    try:
        with opened(root, place) as directory:
            answers = {
                name: each.st_mtime for name, each in sizes_in(directory).items() if name.endswith(REASON_ENDING)
            }
            here = {answer_name(name): name for name in os.listdir(directory)}
            old = [name for name, at in answers.items() if name not in here and now.timestamp() - at >= _PATIENCE]
            boxes.remove(directory, old)
    except (FileNotFoundError, NotADirectoryError):
        return
    yield from ((at, place, here[name]) for name, at in answers.items() if name in here)


def _first_line(root: int, place: str, name: str) -> str:
    with opened(root, place) as directory:
        return text_of(directory, answer_name(name)).partition("\n")[0].strip()
