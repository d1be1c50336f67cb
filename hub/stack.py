"""Reads the stack of the thread that turns the event loop: whose step runs there, and at which line."""

from __future__ import annotations

import asyncio
import sysconfig
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType

from hub.containment import ACTOR, Actor

_STEP = asyncio.events.Handle._run.__code__  # noqa: SLF001 - the one frame below which a callback or task step runs
_HUB = f"{Path(__file__).parent}/"
_LIBRARY = f"{sysconfig.get_path('stdlib')}/"
#: Lines of a stack that the log shows.
_SHOWN = 12


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What the loop does at one moment."""

    #: the callback or task step that runs, by identity; None: none does
    step: object
    actor: Actor | None
    frame: FrameType

    @property
    def place(self) -> str:
        """The innermost line of the actor's own code: "file.py:12 in send"."""
        return place(_outwards(self.frame), self.actor.home if self.actor else "")

    @property
    def lines(self) -> list[str]:
        """The innermost lines, outermost first."""
        return [f"{one.filename}:{one.lineno} in {one.name}" for one in traceback.extract_stack(self.frame)[-_SHOWN:]]


def see(frame: FrameType, known: Sequence[Actor] = ()) -> Sight:
    """What runs at the end of this stack. `known`: who is blamed by his lines where the context names nobody."""
    for outer in _outwards(frame):
        if outer.f_code is _STEP:
            step = outer.f_locals.get("self")
            context = getattr(step, "_context", None)
            actor = context.get(ACTOR) if context is not None else None
            return Sight(step, actor or _owner(frame, known), frame)
    return Sight(None, None, frame)


def breakable(sight: Sight) -> bool:
    """Whether an error may be raised there: the actor's own code runs, or a library under it, none of the hub's."""
    if sight.actor is None or not sight.actor.home:
        return False
    for frame in _outwards(sight.frame):
        file = frame.f_code.co_filename
        if _within(file, sight.actor.home):
            return True
        if file.startswith(_HUB):
            return False
    return False


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _owner(frame: FrameType, known: Sequence[Actor]) -> Actor | None:
    files = {outer.f_code.co_filename for outer in _outwards(frame)}
    return next((actor for actor in known if any(_within(file, actor.home) for file in files)), None)


def _within(file: str, home: str) -> bool:
    return bool(home) and (file == home or file.startswith(f"{home}/"))


def suspended(work: object) -> list[FrameType]:
    """Where a coroutine waits, innermost first; nothing where it runs or has ended."""
    frames: list[FrameType] = []
    while work is not None:
        frame = getattr(work, "cr_frame", None) or getattr(work, "gi_frame", None)
        frames += [frame] if frame else []
        work = getattr(work, "cr_await", None) or getattr(work, "gi_yieldfrom", None)
    return frames[::-1]


def place(frames: Iterable[FrameType], home: str) -> str:
    """The innermost line that is in `home`, or else in no library: "file.py:12 in send"."""
    inwards = list(frames)
    own = [one for one in inwards if _within(one.f_code.co_filename, home)]
    found = own or [one for one in inwards if not _is_library(one)] or inwards
    return _shown(found[0].f_code, found[0].f_lineno, home if own else "") if found else "an unknown line"


def place_of_code(code: CodeType | None, home: str) -> str:
    """The line where a function begins."""
    own = code is not None and _within(code.co_filename, home)
    return _shown(code, code.co_firstlineno, home if own else "") if code else "an unknown line"


def _shown(code: CodeType, line: int, home: str) -> str:
    return f"{_short(code.co_filename, home)}:{line} in {code.co_name}"


def _is_library(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith((_LIBRARY, "<"))


def _short(file: str, home: str) -> str:
    above = str(Path(home or _HUB).parent)
    return file.removeprefix(f"{above}/")
