"""What comes while the last is under way goes together: one transaction and one sync of a folder for many calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Gathering(Generic[T, R]):
    """Does work on many things at once, at most `most`; nobody waits for others to come."""

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[Sequence[R]]], most: int) -> None:
        self._work, self._most = work, most
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._task: asyncio.Task[None] | None = None

    async def done(self, thing: T) -> R:
        """What came of it. Raises what the work on its group raised."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((thing, future))
        if self._task is None:
            self._task = asyncio.create_task(self._groups())
        return await future

    async def end(self) -> None:
        """Wait for what is under way, and begin nothing more: who waits is told that it was cancelled."""
        for _, future in self._waiting:
            future.cancel()
        self._waiting = []
        if self._task:
            await asyncio.wait({self._task})

    async def _groups(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._together(group)
        finally:
            self._task = None

    async def _together(self, group: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        alive = [(thing, future) for thing, future in group if not future.cancelled()]
        try:
            results = await self._work([thing for thing, _ in alive])
        except Exception as error:  # whoever waits hears of it, whatever it is
            for _, future in alive:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(alive, results, strict=True):
            if not future.done():
                future.set_result(result)
