"""Threads of one connector: a share that hangs holds up nobody else, not even the end of the process."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from queue import SimpleQueue
from typing import Any, ClassVar, ParamSpec, Self, TypeVar
from weakref import WeakKeyDictionary

from hub import Deferred

P = ParamSpec("P")
T = TypeVar("T")
_Job = Callable[[], None]
_turn = threading.Lock()
#: Seconds to wait for a turn at most: a disk that hangs must hold up its own share alone.
_PATIENCE = 0.5
#: Seconds that the end waits for what a thread is doing: it was given its time before.
_MERCY = 2.0
_MUCH = 4 * 1024 * 1024
#: Works of all connectors at the same time, but for those that take longer than so many seconds.
_PLACES, _LONG = 4, 0.25


@contextmanager
def turn(size: int, *, local: bool) -> Iterator[None]:
    """One batch at a time, over all shares on local disks: side by side they only fight over the interpreter.

    Not where there are many bytes (`size`): hashing and copying leave it free. Calls that wait for the disk
    belong outside.
    """
    mine = local and size <= _MUCH and _turn.acquire(timeout=_PATIENCE)
    try:
        yield
    finally:
        if mine:
            _turn.release()


class _Place:
    """One of the few places at work, over all shares: a hundred threads side by side only fight over the interpreter.

    Who is at work for long, with many bytes or on a disk that hangs, works on without one.
    """

    _of: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]] = WeakKeyDictionary()

    def __init__(self, places: asyncio.Semaphore, loop: asyncio.AbstractEventLoop) -> None:
        self._places, self._is_left = places, False
        self._timer = loop.call_later(_LONG, self.leave)

    @classmethod
    async def free(cls, loop: asyncio.AbstractEventLoop) -> Self:
        """Wait for one."""
        places = cls._of.setdefault(loop, asyncio.Semaphore(_PLACES))
        await places.acquire()
        return cls(places, loop)

    def leave(self, _: object = None) -> None:
        """Somebody else may have it. Again is no harm."""
        if not self._is_left:
            self._is_left = True
            self._timer.cancel()
            self._places.release()


class Hands:
    """A few daemon threads that do blocking work, started when first needed."""

    def __init__(self, count: int, name: str) -> None:
        self._count, self._name = count, name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._pending: set[asyncio.Future[Any]] = set()
        self._started, self._closed = 0, False

    async def do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it in a thread. A cancelled caller does not wait; the work goes on to its end."""
        loop = asyncio.get_running_loop()
        place = await _Place.free(loop)
        if self._closed:
            place.leave()
            raise Deferred("the connector is closed")
        future: asyncio.Future[T] = loop.create_future()
        future.add_done_callback(place.leave)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        call = partial(contextvars.copy_context().run, partial(work, *args, **kwargs))
        self._jobs.put(partial(_run, loop, future, call))
        self._start_one()
        return await asyncio.shield(future)

    def _start_one(self) -> None:
        if self._started < min(self._count, len(self._pending)):
            self._started += 1
            threading.Thread(target=self._work, name=f"{self._name}-{self._started}", daemon=True).start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the threads; wait a little for what they are doing."""
        self._closed = True
        for _each in range(self._started):
            self._jobs.put(None)
        if self._pending:
            await asyncio.wait(self._pending, timeout=_MERCY)


def _run(loop: asyncio.AbstractEventLoop, future: asyncio.Future[T], call: Callable[[], T]) -> None:
    try:
        settle = partial(future.set_result, call())
    except BaseException as error:  # whatever it is belongs to the caller, not to this thread
        settle = partial(future.set_exception, error)
    with suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(settle)
