"""Running a plugin's code so that whatever it raises, and however long it takes, stays with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from time import thread_time
from typing import Any, TypeVar

from hub.errors import HubError, OutcomeUnknown
from hub.log import logger

T = TypeVar("T")
#: How long a cancelled coroutine may take to end before it is left behind.
MERCY = 5.0
#: The longest text of an error that goes into the ledger, the log and /healthz.
_LONGEST = 4000
#: Seconds of processor time that an error's words may take: the loop waits meanwhile.
_WINDED = 0.02


@dataclass(frozen=True, slots=True)
class Actor:
    """Whose code runs: an endpoint's connector, or a plugin's hook (`unit` is "")."""

    unit: str
    #: the endpoint's kind, or the plugin's name
    kind: str
    #: the plugin's file or folder, by which its lines are known in a stack; "" where nobody knows
    home: str = ""

    def __str__(self) -> str:
        return f"the connector of {self.unit} ({self.kind})" if self.unit else f"the plugin {self.kind}"


#: Whose code runs in this context; what that code starts (tasks, callbacks, `asyncio.to_thread`) inherits it.
ACTOR: ContextVar[Actor | None] = ContextVar("actor", default=None)


#: Whose errors of what name took longer: his are not asked again. Others' may be well, it may be OSError.
_LONG_WINDED: set[tuple[Actor, str]] = set()


class Stuck(BaseException):
    """Raised inside a plugin's code that keeps the event loop from turning."""


class Misbehaved(HubError):
    """A plugin did what no plugin should do: it raised SystemExit, blocked the loop, answered with a wrong type."""


class Interrupted(Misbehaved):
    """A plugin's code kept the event loop from turning until it was broken off."""


class Stalled(OutcomeUnknown):
    """A plugin's worker process was ended because it blocked its loop, or turned it without a pause."""


class Hung(OutcomeUnknown):
    """A plugin's coroutine did not end in time."""


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """What runs in the block is that actor's doing."""
    token = ACTOR.set(actor)
    try:
        yield
    finally:
        ACTOR.reset(token)


async def contained(work: Coroutine[Any, Any, T], seconds: float | None = None, actor: Actor | None = None) -> T:
    """Await it in a task of its own. Raises what it raised (never a BaseException), or Hung after `seconds`."""
    task = _begun(work, actor)
    if (error := await _failure(task, seconds, actor)) is not None:
        raise error
    return task.result()


async def outcome(
    work: Coroutine[Any, Any, T], seconds: float | None = None, actor: Actor | None = None
) -> T | Exception:
    """As `contained`, with the error as a value."""
    task = _begun(work, actor)
    error = await _failure(task, seconds, actor)
    return task.result() if error is None else error


def _begun(work: Coroutine[Any, Any, T], actor: Actor | None) -> asyncio.Task[T]:
    """Its task, whose first step already is that actor's."""
    with acting(actor) if actor else nullcontext():
        return asyncio.create_task(_tamed(work))


async def _failure(task: asyncio.Task[Any], seconds: float | None, actor: Actor | None) -> Exception | None:
    try:
        await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        await _end(task, actor)
        raise
    if not task.done():
        await _end(task, actor)
        return Hung(f"no answer within {seconds:g} s")
    if task.cancelled():
        return Misbehaved(_reason(task))
    error = task.exception()
    return None if error is None else tamed(error)


def _reason(cancelled: asyncio.Task[Any]) -> str:
    try:
        cancelled.result()
    except asyncio.CancelledError as error:
        said = error.args[0] if error.args else None
        return said if isinstance(said, str) else "it cancelled itself"
    return ""


def attempted(work: Callable[[], T]) -> T | Exception:
    """What a plugin's function returns, or what it raises as an error that can be kept."""
    found = _caught(work)
    return tamed(found) if isinstance(found, BaseException) else found


def _caught(work: Callable[[], T]) -> T | BaseException:
    try:
        return work()
    except BaseException as error:  # a plugin may raise anything
        return error


async def _tamed(work: Coroutine[Any, Any, T]) -> T:
    try:
        return await work
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        if (fine := tamed(error)) is not error:
            raise fine from None
        raise


def tamed(error: BaseException) -> Exception:
    """What a plugin raised, as an error that can be kept, logged and shown."""
    name, actor = type(error).__name__, ACTOR.get()
    if actor and (actor, name) in _LONG_WINDED:
        return Misbehaved(f"it raised {name}, which takes too long to be shown")
    began = thread_time()
    # Its __str__ and __repr__ may raise anything, too.
    text, shown = _caught(lambda: str(error)), _caught(lambda: repr(error))
    if actor and thread_time() - began > _WINDED:
        _LONG_WINDED.add((actor, name))
    if isinstance(text, BaseException) or isinstance(shown, BaseException):
        return Misbehaved(f"it raised {name}, which cannot be shown")
    if isinstance(error, Stuck):
        return Interrupted(text)
    if not isinstance(error, Exception):
        return Misbehaved(f"it raised {name}")
    if len(text) > _LONGEST:
        return Misbehaved(f"it raised {name}: {text[:_LONGEST]} ...")
    return error


async def _end(task: asyncio.Task[Any], actor: Actor | None) -> None:
    task.cancel()
    await asyncio.wait({task}, timeout=MERCY)
    if not task.done():
        logger.error("a coroutine of {} ignores its cancellation and is left behind", actor or "a plugin")
