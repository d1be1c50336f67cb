"""What a worker writes to its standard output and error, as lines of the hub's log, so many and no more."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import suppress
from typing import Any

from hub.log import logger

#: Bytes a second that are read; a worker that writes more waits.
_PACE = 1 << 20
_CHUNK = 64 * 1024
#: Characters of one line, lines in a span, seconds of that span.
_LONGEST, _LINES, _SPAN = 4000, 200, 10.0
_LEVELS = ("TRACE", "DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR", "CRITICAL")


class Output:
    """Reads a pipe of a worker's, until its end or `close`."""

    def __init__(self, unit: str, pipe: int) -> None:
        self._unit, self._pipe = unit, pipe
        self._loop = asyncio.get_running_loop()
        self._rest = b""
        self._left_out, self._lines = 0, 0
        self._since = self._loop.time()
        self._resumed: asyncio.TimerHandle | None = None
        os.set_blocking(pipe, False)
        self._loop.add_reader(pipe, self._read)

    def close(self) -> None:
        """Read what is there, and no more. May be called twice."""
        if self._pipe < 0:
            return
        self._take()
        self._stop()
        self._tell(self._rest)
        self._rest = b""
        self._account()

    def _read(self) -> None:
        """A piece; the next after a while, so that nobody keeps the hub busy with it."""
        if not self._take():
            self.close()
            return
        self._loop.remove_reader(self._pipe)
        self._resumed = self._loop.call_later(_CHUNK / _PACE, self._resume)

    def _resume(self) -> None:
        self._loop.add_reader(self._pipe, self._read)

    def _stop(self) -> None:
        if self._resumed:
            self._resumed.cancel()
        self._loop.remove_reader(self._pipe)
        os.close(self._pipe)
        self._pipe = -1

    def _take(self) -> bool:
        """Whether there may be more."""
        with suppress(BlockingIOError):
            said = os.read(self._pipe, _CHUNK)
            *lines, self._rest = (self._rest + said).split(b"\n")
            for line in lines:
                self._tell(line)
            if len(self._rest) > _CHUNK:
                self._tell(self._rest)
                self._rest = b""
            return bool(said)
        return True

    def _tell(self, line: bytes) -> None:
        if self._loop.time() - self._since > _SPAN:
            self._account()
        self._lines += 1
        if self._lines > _LINES:
            self._left_out += 1
        elif line.strip():
            tell(self._unit, line)

    def _account(self) -> None:
        if self._left_out:
            logger.warning("{}: {} lines of its worker's output are left out", self._unit, self._left_out)
        self._since, self._lines, self._left_out = self._loop.time(), 0, 0


def tell(unit: str, line: bytes) -> None:
    """Log a worker's line: a record of its own log as such, what else it printed as text."""
    record = _record(line)
    if record is None:
        logger.bind(unit=unit).info("printed: {}", line[:_LONGEST].decode(errors="backslashreplace"))
        return
    more = {key: value for key, value in record.items() if key not in {"at", "level", "message", "unit"}}
    logger.bind(**more, unit=unit).log(record["level"], "{}", str(record["message"])[:_LONGEST])


def _record(line: bytes) -> dict[str, Any] | None:
    with suppress(ValueError):
        found = json.loads(line)
        if isinstance(found, dict) and found.get("level") in _LEVELS and "message" in found:
            return {str(key): value for key, value in found.items()}
    return None
