"""What strangers do wrong is logged, and does not fill the disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

from hub.log import logger

#: Seconds between two lines about the same; things of which it is remembered when they were said.
_EVERY, _MOST = 60.0, 10_000


class Sparing:
    """Says the same at most once a minute, then with how often it was held back meanwhile."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        #: what -> when it was said last, how often it was held back since
        self._said: dict[Hashable, tuple[float, int]] = {}

    def say(self, about: Hashable, text: str, level: str = "INFO") -> None:
        """Log it, unless the same was said a moment ago. `about`: what is the same."""
        now = self._monotonic()
        said, held = self._said.get(about, (now - _EVERY, 0))
        if now - said < _EVERY:
            self._said[about] = (said, held + 1)
            return
        if len(self._said) >= _MOST:
            self._said.clear()
        self._said[about] = (now, 0)
        logger.log(level, "{}{}", text, f" ({held} more since the last such line)" if held else "")
