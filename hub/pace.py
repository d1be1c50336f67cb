"""Counts the event loop's steps by whose they are, and tells who turns it again and again without a pause.

Steps that are long, and yet over before a watchdog comes to look, are kept with their lengths.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import Context
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, TypeVarTuple

from hub.containment import ACTOR, Actor
from hub.stack import place, place_of_code, suspended

_Arguments = TypeVarTuple("_Arguments")
#: Steps a second that no work needs: a connector under full load makes one or two for each document.
_TOO_MANY = 10_000.0
#: Seconds of such haste that are borne.
BORNE = 3.0
#: Seconds from which on a step is long, and from which on a watchdog sees it while it runs.
_LONG, SEEN = 0.02, 0.2
#: Long steps that wait to be counted, at most.
_UNCOUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Step:
    """The newest step that an actor asked the loop for."""

    actor: Actor
    callback: Callable[..., object]
    handle: asyncio.Handle

    @property
    def place(self) -> str:
        """Where it is: "file.py:12 in listen"."""
        task, home = self._task(), self.actor.home
        if task is None:
            return place_of_code(getattr(self.callback, "__code__", None), home)
        return place(suspended(task.get_coro()), home)

    def break_off(self, reason: str) -> None:
        """End what goes on and on: its task is cancelled, a bare callback not called."""
        if task := self._task():
            task.cancel(reason)
        else:
            self.handle.cancel()

    def _task(self) -> asyncio.Task[Any] | None:
        owner = getattr(self.callback, "__self__", None)
        return owner if isinstance(owner, asyncio.Task) else None


class CountingLoop(asyncio.SelectorEventLoop):
    """An event loop that knows how many steps each endpoint's connector asked it for, and which of them were long."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: dict[str, int] = {}
        self.newest: dict[str, Step] = {}
        #: long steps that nobody counted yet, and their seconds; filled by the loop, emptied by another thread
        self.long: deque[tuple[Actor, float]] = deque(maxlen=_UNCOUNTED)

    def call_soon(
        self, callback: Callable[[*_Arguments], object], *args: *_Arguments, context: Context | None = None
    ) -> asyncio.Handle:
        """As every loop's, and counted."""
        actor = ACTOR.get() if context is None else context.get(ACTOR)
        if actor is None or not actor.unit:
            return super().call_soon(callback, *args, context=context)
        handle = super().call_soon(self._timed, actor, callback, args, context=context)
        self.steps[actor.unit] = self.steps.get(actor.unit, 0) + 1
        self.newest[actor.unit] = Step(actor, callback, handle)
        return handle

    def _timed(self, actor: Actor, callback: Callable[..., object], args: tuple[object, ...]) -> None:
        begun = perf_counter()
        try:
            callback(*args)
        finally:
            if _LONG <= (kept := perf_counter() - begun) < SEEN:
                self.long.append((actor, kept))


@dataclass(slots=True, eq=False)
class Paces:
    """Who makes more steps than any work needs, and for how long already. Pure."""

    _before: dict[str, int] = field(default_factory=dict)
    _haste: dict[str, float] = field(default_factory=dict)

    def look(self, steps: Mapping[str, int], seconds: float) -> list[str]:
        """Those who did for too long now. `steps`: of each, all in all; `seconds`: since the last look."""
        now = dict(steps)
        for unit, count in now.items():
            hasty = count - self._before.get(unit, 0) >= _TOO_MANY * seconds
            self._haste[unit] = max(0.0, self._haste.get(unit, 0.0) + (seconds if hasty else -seconds))
        self._before = now
        spinning = [unit for unit, haste in self._haste.items() if haste >= BORNE]
        for unit in spinning:
            self._haste[unit] = 0.0
        return spinning
