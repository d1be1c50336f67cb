"""An event loop of one check's own, which knows what the connector started in it and sees when it stands still."""

from __future__ import annotations

import asyncio
import sys
import sysconfig
import threading
import time
import traceback
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar
from weakref import WeakSet

T = TypeVar("T")

#: Whether what runs now was begun by the connector.
_OURS = ContextVar("hub-contract-ours", default=False)
_STDLIB = sysconfig.get_path("stdlib")
#: Seconds that a whole check may take, and that what is left over at its end is waited for.
_LIMIT, _REST = 180.0, 2.0
#: Seconds that the loop may stand still, and between two looks.
STILL, _LOOK = 0.3, 0.02


class _Pool(ThreadPoolExecutor):
    """The loop's threads; knows what the connector asked of them."""

    def __init__(self) -> None:
        super().__init__(thread_name_prefix="contract")
        self.works: list[tuple[str, Future[Any]]] = []

    def submit(self, fn: Callable[..., T], /, *args: Any, **named: Any) -> Future[T]:
        future: Future[T] = super().submit(fn, *args, **named)
        if _OURS.get():
            self.works.append((_called(args[0] if args and fn.__name__ == "run" else fn), future))
        return future


def _called(function: Any) -> str:
    inner = getattr(function, "args", ())
    inside = inner[0] if inner and callable(inner[0]) else function
    return str(getattr(inside, "__qualname__", inside))


class Ours:
    """The tasks, works and threads that the connector began in this loop."""

    def __init__(self, pool: _Pool) -> None:
        self._pool, self._tasks = pool, WeakSet[asyncio.Task[Any]]()
        self._threads = set(threading.enumerate())

    def task(self, loop: asyncio.AbstractEventLoop, work: Any, **how: Any) -> asyncio.Task[Any]:
        """Makes the loop's tasks."""
        task = asyncio.Task(work, loop=loop, **how)
        if _OURS.get():
            self._tasks.add(task)
        return task

    def mark(self) -> None:
        """From here on a thread that was not there is the connector's."""
        self._threads = set(threading.enumerate())

    async def left(self) -> list[str]:
        """What goes on although the connector has ended, after a while; each in words."""
        end = time.monotonic() + _REST
        while (found := list(self._found())) and time.monotonic() < end:  # noqa: ASYNC110 - nothing tells that a thread ended
            await asyncio.sleep(0.02)
        return found

    def _found(self) -> Iterator[str]:
        for task in list(self._tasks):
            if not task.done():
                yield f"the task {getattr(task.get_coro(), '__qualname__', task)}"
        for name, work in self._pool.works:
            if work.running():
                yield f"the thread of {name}"
        for thread in set(threading.enumerate()) - self._threads:
            if not thread.name.startswith("contract") and thread.is_alive():
                yield f"the thread {thread.name}"


_here: ContextVar[Ours] = ContextVar("hub-contract-here")


def here() -> Ours:
    """What the connector began in the loop that runs."""
    return _here.get()


def ours(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Run the connector's own coroutine: what it begins counts as its own."""
    context = copy_context()
    context.run(_OURS.set, True)
    return asyncio.get_running_loop().create_task(work, context=context)


def run_alone(play: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run it in a loop of its own, at whose end nobody is waited for without limit. Raises what it raised."""
    pool = _Pool()
    loop, begun = asyncio.new_event_loop(), Ours(pool)
    loop.set_task_factory(begun.task)
    loop.set_default_executor(pool)
    _here.set(begun)
    try:
        return loop.run_until_complete(asyncio.wait_for(play(), _LIMIT))
    finally:
        if rest := asyncio.all_tasks(loop):
            for task in rest:
                task.cancel()
            loop.run_until_complete(asyncio.wait(rest, timeout=_REST))
        loop.run_until_complete(loop.shutdown_asyncgens())
        pool.shutdown(wait=False, cancel_futures=True)
        loop.close()


@contextmanager
def watched() -> Iterator[list[str]]:
    """Collects where the loop of this thread stood still, each as "file line N in function"."""
    found: list[str] = []
    ended = threading.Event()
    watch = _Watch(asyncio.get_running_loop(), threading.get_ident(), found, ended)
    watch.start()
    try:
        yield found
    finally:
        ended.set()
        watch.join()


class _Watch(threading.Thread):
    """Knocks at the loop; where nobody answers, it looks at what the loop's thread does."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ident: int, found: list[str], ended: threading.Event) -> None:
        super().__init__(name="contract-watch", daemon=True)
        self._loop, self._watched, self._found, self._ended = loop, ident, found, ended
        self._clock = time.pthread_getcpuclockid(ident)

    def run(self) -> None:
        while not self._ended.is_set():
            answered, spent = threading.Event(), self._spent()
            self._loop.call_soon_threadsafe(answered.set)
            if not answered.wait(STILL):
                self._look(answered, spent)
            self._ended.wait(_LOOK)

    def _look(self, answered: threading.Event, spent: float) -> None:
        """On a busy machine a thread may just not have had its turn: it has not worked, and moves on when it has."""
        before = self._frame()
        if answered.wait(STILL / 3) or self._ended.is_set() or before is None:
            return
        waits = before[0].f_code.co_filename.endswith("selectors.py")
        stuck = not waits and before[1:] == (self._frame() or before)[1:]
        if stuck or self._spent() - spent > STILL / 2:
            self._found.append(_place(before[0]))
        answered.wait(_LIMIT)

    def _frame(self) -> tuple[FrameType, int, int] | None:
        frame = sys._current_frames().get(self._watched)  # noqa: SLF001 - the one way to see what another thread does
        return (frame, id(frame), frame.f_lasti) if frame else None

    def _spent(self) -> float:
        return time.clock_gettime(self._clock)


def _place(frame: FrameType) -> str:
    frames = traceback.extract_stack(frame)
    own = [one for one in frames if not one.filename.startswith((_STDLIB, "<"))] or frames
    return f"{Path(own[-1].filename).name} line {own[-1].lineno} in {own[-1].name}"
