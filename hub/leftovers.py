"""Knows the tasks that plugins begin, and ends those that they leave behind."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from contextvars import Context
from typing import Any
from weakref import WeakSet

from hub.containment import ACTOR, MERCY, Actor
from hub.log import logger

#: Tasks that a log line names.
_NAMED = 5


class Leftovers:
    """The tasks that each actor's code began and that did not end yet."""

    def __init__(self) -> None:
        self._of: dict[Actor, WeakSet[asyncio.Task[Any]]] = {}

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """From now on know what this loop's tasks begin."""
        loop.set_task_factory(self._begun)

    async def end(self, actor: Actor) -> None:
        """Cancel what that actor left behind, and name it."""
        left = [task for task in self._of.pop(actor, ()) if not task.done()]
        if not left:
            return
        for task in left:
            task.cancel()
        logger.warning("{} left {} tasks behind, they are cancelled: {}", actor, len(left), _names(left))
        _, clinging = await asyncio.wait(left, timeout=MERCY)
        if clinging:
            logger.error("{} tasks of {} ignore it: {}", len(clinging), actor, _names(list(clinging)))

    def _begun(
        self,
        loop: asyncio.AbstractEventLoop,
        work: Coroutine[Any, Any, Any] | Generator[Any, None, Any],
        context: Context | None = None,
    ) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, context=context)
        if actor := ACTOR.get() if context is None else context.get(ACTOR):
            self._of.setdefault(actor, WeakSet()).add(task)
        return task


def _names(tasks: list[asyncio.Task[Any]]) -> str:
    names = dict.fromkeys(getattr(task.get_coro(), "__qualname__", "?") for task in tasks)
    return ", ".join(list(names)[:_NAMED]) + (" ..." if len(names) > _NAMED else "")
