"""Worker processes and their watcher: blocks go out, tallies come back; who hangs or dies is seen with its input."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.fuzz.slot import Slot
from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS
from tests.fuzz.worker import HANG, LEAK, Finding, Tally, memory, play

#: more than this of address space and a worker gets MemoryError, before the machine swaps
_SPACE = 4 << 30
_LOOK = 0.5
#: who does not even use a processor, waits for something that never comes
_STANDS = 12 * HANG


@dataclass(frozen=True, slots=True)
class Block:
    """Some inputs of one target, named so that they can be played again."""

    target: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a worker says after a block."""

    tally: Tally
    memory: int


def _used(pid: int | None) -> float:
    """Seconds of a processor that a process used; 0.0 where it is no more."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


Makers = Callable[[str], Target]


def make(name: str) -> Target:
    """A target by its name."""
    return TARGETS[name]()


def _work(door: Connection, slot: Path, makers: Makers) -> None:
    """What a worker does: block after block, until it is told nothing more."""
    resource.setrlimit(resource.RLIMIT_AS, (_SPACE, _SPACE))
    shared, targets = Slot(slot), dict[str, Target]()
    while block := door.recv():
        target = targets.setdefault(block.target, targets.get(block.target) or makers(block.target))
        door.send(Report(play(target, block.name, block.count, shared), memory()))


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    door: Connection
    slot: Slot
    block: Block | None = None
    #: what it had after each block
    memories: list[int] = field(default_factory=list)

    def give(self, block: Block | None) -> None:
        self.block = block
        with suppress(BrokenPipeError):
            self.door.send(block)

    @property
    def hangs(self) -> bool:
        seen = self.slot.seen()
        if not seen.since or time.monotonic() - seen.since < HANG:
            return False
        return _used(self.process.pid) - seen.used > HANG or time.monotonic() - seen.since > _STANDS

    def end(self) -> None:
        """Ends for sure."""
        self.process.kill()
        self.process.join()
        self.door.close()


class Crew:
    """Some workers. What they found is in the tallies, by target."""

    def __init__(self, size: int, makers: Makers = make) -> None:
        self._makers, self._size = makers, size
        self._context = get_context("spawn")
        self._folder = Path(tempfile.mkdtemp(prefix="fuzz-crew-"))
        self._made = 0
        self.tallies: dict[str, Tally] = {}
        #: the most that one worker kept for good after its first blocks, in bytes
        self.leak = 0

    def run(self, blocks: Sequence[Block], told: Callable[[Tally], None] = lambda _: None) -> None:
        """Work all blocks off; `told` hears of each."""
        with ExitStack() as stack:
            ahead = iter(blocks)
            workers = [self._hire(stack) for _ in range(min(self._size, len(blocks)))]
            for worker in workers:
                worker.give(next(ahead, None))
            while busy := [worker for worker in workers if worker.block]:
                for worker in self._stirred(busy):
                    told(self._taken(worker))
                    if not worker.process.is_alive():
                        workers.remove(worker)
                        workers.append(worker := self._hire(stack))
                    worker.give(next(ahead, None))
        self._clear()

    def _hire(self, stack: ExitStack) -> _Worker:
        here, there = self._context.Pipe()
        self._made += 1
        slot = self._folder / f"worker-{self._made}"
        shared = Slot(slot)
        process = self._context.Process(target=_work, args=(there, slot, self._makers), daemon=True)
        process.start()
        there.close()
        worker = _Worker(process, here, shared)
        stack.callback(worker.end)
        return worker

    def _stirred(self, busy: Sequence[_Worker]) -> Iterator[_Worker]:
        """Those that have something to say, died, or hang."""
        ready = wait([worker.door for worker in busy], timeout=_LOOK)
        yield from (worker for worker in busy if worker.door in ready or worker.hangs)

    def _taken(self, worker: _Worker) -> Tally:
        block = worker.block
        assert block
        try:
            report = worker.door.recv() if worker.door.poll() else None
        except (EOFError, ConnectionError):
            report = None
        if report is None:
            tally = _lost(worker, block)
        else:
            tally = report.tally
            self._weigh(worker, report.memory, block, tally)
        self.tallies.setdefault(block.target, Tally()).add(tally)
        return tally

    def _weigh(self, worker: _Worker, memory_now: int, block: Block, tally: Tally) -> None:
        """Whether a worker keeps memory for good: after its first blocks it has seen everything."""
        worker.memories.append(memory_now)
        kept = memory_now - min(worker.memories[2:], default=memory_now)
        self.leak = max(self.leak, kept)
        if kept > LEAK:
            tally.findings.append(
                Finding(block.target, f"{kept >> 20} MB of memory are not given back", b"", block.name)
            )

    def _clear(self) -> None:
        for path in self._folder.iterdir():
            path.unlink()
        self._folder.rmdir()


def _lost(worker: _Worker, block: Block) -> Tally:
    """The tally of a worker that hangs or died; the input that it was about is the finding."""
    seen, hung = worker.slot.seen(), worker.hangs
    if hung:
        worker.process.kill()
    worker.process.join()
    what = f"a hang of more than {HANG:.0f} s" if hung else f"the process died ({worker.process.exitcode})"
    return Tally(inputs=seen.done + 1, findings=[Finding(block.target, what, seen.data, block.name)])


def niced(steps: int) -> None:
    """Leave the machine to others."""
    with suppress(OSError):
        os.nice(steps)
