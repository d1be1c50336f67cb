"""Running a plugin's coroutine so that whatever it raises, and however long it takes, stays with it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from hub.errors import HubError, OutcomeUnknown
from hub.log import logger

T = TypeVar("T")
#: How long a cancelled coroutine may take to end before it is left behind.
_MERCY = 5.0


class Misbehaved(HubError):
    """A plugin raised what no coroutine should raise: SystemExit, KeyboardInterrupt."""


class Hung(OutcomeUnknown):
    """A plugin's coroutine did not end in time."""


async def contained(work: Coroutine[Any, Any, T], seconds: float | None = None) -> T:
    """Await it in a task of its own. Raises what it raised (never a BaseException), or Hung after `seconds`."""
    task = asyncio.create_task(_tamed(work))
    try:
        await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        await _end(task)
        raise
    if not task.done():
        await _end(task)
        raise Hung(f"no answer within {seconds:g} s")
    if task.cancelled():
        raise Misbehaved("it cancelled itself")
    return task.result()


async def outcome(work: Coroutine[Any, Any, T], seconds: float | None = None) -> T | Exception:
    """As `contained`, with the error as a value."""
    try:
        return await contained(work, seconds)
    except Exception as error:  # a plugin may raise anything, and all of it is an answer
        return error


async def _tamed(work: Coroutine[Any, Any, T]) -> T:
    try:
        return await work
    except (SystemExit, KeyboardInterrupt, GeneratorExit) as error:
        raise Misbehaved(f"it raised {type(error).__name__}") from error


async def _end(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.wait({task}, timeout=_MERCY)
    if not task.done():
        logger.error("a plugin's coroutine ignores its cancellation and is left behind")
