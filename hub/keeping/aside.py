"""Work on a place that may hang: in a thread that nobody waits for longer than is bearable."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from hub.errors import HubError

R = TypeVar("R")


class Aside:
    """One thing at a time. While a thread hangs, nothing else is begun."""

    def __init__(self, name: str, patience: float) -> None:
        self._name, self._patience = name, patience
        self._free = threading.Lock()

    async def run(self, work: Callable[[], R]) -> R:
        """What the work returns. Raises HubError, OSError as it does; HubError where it takes too long."""
        if not self._free.acquire(blocking=False):
            raise HubError("the place does not answer")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[R] = loop.create_future()
        # A daemon: one that hangs for ever must not keep the process from ending.
        threading.Thread(target=self._work, args=(work, loop, done), name=self._name, daemon=True).start()
        try:
            async with asyncio.timeout(self._patience):
                return await done
        except TimeoutError:
            raise HubError("the place does not answer") from None

    def _work(self, work: Callable[[], R], loop: asyncio.AbstractEventLoop, done: asyncio.Future[R]) -> None:
        try:
            result = work()
        except (OSError, HubError) as error:
            self._answer(loop, _failing(done, error))
        else:
            self._answer(loop, _resolving(done, result))

    def _answer(self, loop: asyncio.AbstractEventLoop, answer: Callable[[], None]) -> None:
        self._free.release()
        with suppress(RuntimeError):  # the loop is closed: nobody asks any more
            loop.call_soon_threadsafe(answer)


def _resolving(done: asyncio.Future[R], result: R) -> Callable[[], None]:
    return lambda: None if done.done() else done.set_result(result)


def _failing(done: asyncio.Future[R], error: Exception) -> Callable[[], None]:
    return lambda: None if done.done() else done.set_exception(error)
