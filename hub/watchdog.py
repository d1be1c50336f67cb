"""Sees an event loop that does not turn, says whose code keeps it and at which line, and breaks in."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType

from hub.containment import Actor, Stuck
from hub.log import finish, logger
from hub.pace import BORNE, SEEN, CountingLoop, Paces, Step
from hub.stack import Sight, breakable, see
from hub.theft import Hold, Stall, Thefts

#: Seconds between looks; how long the loop may take to answer before it is looked at, and looked at again.
_EVERY, _SOON = 0.25, 0.05
_LATER = SEEN - _SOON
#: Seconds between samples of a loop that does not turn.
_SAMPLE = 0.1
#: Seconds of one and the same step after which it is a stall, after which it is interrupted, and again.
PATIENCE, LIMIT, _AGAIN = 3.0, 10.0, 2.0
#: Seconds of processor time after which the kernel interrupts a step that lets no other thread run, this one neither.
_SEIZED = 2.5


class Watchdog:
    """Watches the loop of the thread that starts it. `told` hears of each stall, on the loop, once it turns again.

    On a `CountingLoop` one that turns it without a pause is a stall too, and so are many steps that are long together.
    `known`: whom lines in a stack are held against where nothing else says whose they are.
    """

    def __init__(self, told: Callable[[Stall], None], known: Sequence[Actor] = ()) -> None:
        self._told, self._known = told, known
        self._ended, self._turned = threading.Event(), threading.Event()
        self._thefts, self._paces = Thefts(), Paces()
        self._spent = 0.0
        #: where each endpoint's connector was seen last that let the loop wait
        self._places: dict[str, str] = {}
        #: the step that shall be broken off, and the one that the kernel interrupted
        self._condemned: object = None
        self._seizing: object = None

    def start(self) -> None:
        """Begin to watch the running loop."""
        self._loop, self._target = asyncio.get_running_loop(), threading.get_ident()
        self._run_queue = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._may_break = threading.current_thread() is threading.main_thread()
        if self._may_break:
            self._before = signal.signal(signal.SIGPROF, self._interrupted)
            self._spent = time.thread_time()
            signal.setitimer(signal.ITIMER_PROF, _SEIZED)
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._ended.set()
        self._thread.join()
        if self._may_break:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, self._before)

    def _watch(self) -> None:
        last, waited = time.monotonic(), self._waited()
        while not self._ended.wait(_EVERY):
            now, waits = time.monotonic(), self._waited()
            if isinstance(self._loop, CountingLoop):
                run = max(_EVERY / 4, now - last - (waits - waited))
                self._pace(self._loop, run)
                self._add_up(self._loop, now, run / max(run, now - last))
            last, waited = now, waits
            # Once a step was told of, its own time runs until it is interrupted.
            if self._may_break and self._seizing is None:
                signal.setitimer(signal.ITIMER_PROF, _SEIZED)
            self._turned.clear()
            try:
                self._loop.call_soon_threadsafe(self._turn)
            except RuntimeError:  # the loop is closed
                return
            if not self._turned.wait(_SOON):
                if (sight := self._see()) and sight.actor and sight.actor.unit:
                    self._places[sight.actor.unit] = sight.place
                if not self._turned.wait(_LATER) and sight:
                    self._follow(sight)

    def _turn(self) -> None:
        self._spent = time.thread_time()
        self._condemned = self._seizing = None
        self._turned.set()

    def _see(self) -> Sight | None:
        frame = sys._current_frames().get(self._target)  # noqa: SLF001 - the one way to another thread's stack
        return see(frame, self._known) if frame else None

    def _pace(self, loop: CountingLoop, seconds: float) -> None:
        for unit in self._paces.look(loop.steps, seconds):
            loop.call_soon_threadsafe(self._spins, loop.newest, unit)

    def _add_up(self, loop: CountingLoop, now: float, ran: float) -> None:
        """Long steps that were over before a look. `ran`: the part of the time in which the loop had a processor."""
        while loop.long:
            actor, kept = loop.long.popleft()
            if lately := self._thefts.add(now, kept * ran, actor):
                self._thefts.forgive(actor)
                loop.call_soon_threadsafe(self._nibbles, loop.newest, actor, lately)

    def _nibbles(self, newest: Mapping[str, Step], actor: Actor, seconds: float) -> None:
        """On the loop: a connector kept it in many steps."""
        stall = Stall(actor, self._places.get(actor.unit) or newest[actor.unit].place, seconds)
        logger.error("{}", stall)
        self._told(stall)

    def _spins(self, newest: Mapping[str, Step], unit: str) -> None:
        """On the loop: a coroutine or callback asks for a step again and again."""
        step = newest[unit]
        stall = Stall(step.actor, step.place, BORNE, spins=True)
        logger.error("{}", stall)
        step.break_off(f"it was interrupted because it spins without a pause at {step.place}")
        self._told(stall)

    def _follow(self, sight: Sight | None) -> None:
        """The loop does not turn: sample who keeps it, until it does."""
        hold = Hold(sight and sight.step, _LATER, LIMIT)
        last, waited = time.monotonic(), self._waited()
        while not self._ended.is_set():
            now, sight, waits = time.monotonic(), self._see(), self._waited()
            # Neither a stopped process nor a crowded machine is anybody's fault.
            kept = max(0.0, min(now - last, 2 * _SAMPLE) - (waits - waited))
            last, waited = now, waits
            if sight and hold.still(sight.step, kept):
                # What goes on after it was told is not held against him once more.
                self._judge(sight, hold, 0.0 if hold.told else self._thefts.add(now, kept, sight.actor))
            if self._turned.wait(_SAMPLE):
                return

    def _judge(self, sight: Sight, hold: Hold, lately: float) -> None:
        if not hold.told and (hold.held >= PATIENCE or lately):
            hold.told = True
            self._tell(sight, max(hold.held, lately))
        if hold.held >= hold.limit and self._may_break:
            hold.limit = hold.held + _AGAIN
            self._condemned = sight.step
            signal.pthread_kill(self._target, signal.SIGPROF)

    def _tell(self, sight: Sight, seconds: float) -> None:
        stall = Stall(sight.actor, sight.place, seconds)
        logger.bind(stack=sight.lines).error("{}", stall)
        self._thefts.forgive(sight.actor)
        self._loop.call_soon_threadsafe(self._told, stall)

    def _waited(self) -> float:
        """Seconds that the loop's thread was ready to run and got no processor."""
        try:
            return int(self._run_queue.read_bytes().split()[1]) / 1e9
        except (OSError, IndexError):
            return 0.0

    def _interrupted(self, _: int, frame: FrameType | None) -> None:
        """On the loop's thread, in the middle of whatever runs there."""
        if self._condemned is None:
            signal.setitimer(signal.ITIMER_PROF, LIMIT - PATIENCE)
        if frame is None or (sight := see(frame, self._known)).step is None:
            return
        if sight.step in (self._condemned, self._seizing) and breakable(sight):
            self._condemned = self._seizing = None
            raise Stuck(f"it was interrupted because it blocked the hub at {sight.place}")
        # The kernel's timer: was it this thread that let no other run?
        if self._condemned is None and time.thread_time() - self._spent >= _SEIZED * 0.8:
            self._seizing = sight.step
            self._tell(sight, PATIENCE)
            finish()  # lets the log's thread write, which this step does not
