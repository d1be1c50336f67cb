"""One process that gives a reader input after input, and measures each."""

from __future__ import annotations

import resource
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.fuzz.slot import Slot
from tests.fuzz.target import Case, Target

#: every so many inputs there is a fresh pool and fresh dice, so that any of them can be played again alone
BLOCK = 2000
#: seconds of a processor: how busy the machine is with other things is no matter of the reader's
HANG = 10.0
#: bytes
RSS, GROWTH = 512 << 20, 256 << 20
#: more memory than this for good, after the first blocks, is a leak
LEAK = 64 << 20
_VALID = 0.15
_POOLED, _MOST_POOLED = 20_000, 600


@dataclass(frozen=True, slots=True)
class Finding:
    """An input that broke a promise."""

    target: str
    what: str
    data: bytes
    block: str


@dataclass(slots=True)
class Tally:
    """What some inputs came to."""

    inputs: int = 0
    taken: int = 0
    #: valid by their making
    valid: int = 0
    seconds: float = 0.0
    worst: float = 0.0
    worst_data: bytes = b""
    #: bytes of memory: the highest, and the most by which one input raised that
    peak: int = 0
    rise: int = 0
    words: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """These too."""
        for name in ("inputs", "taken", "valid", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        if other.worst > self.worst:
            self.worst, self.worst_data = other.worst, other.worst_data
        self.peak, self.rise = max(self.peak, other.peak), max(self.rise, other.rise)
        self.words.update(other.words)
        self.findings += other.findings


def play(target: Target, block: str, count: int, slot: Slot | None = None) -> Tally:
    """So many inputs of a block; its name decides which."""
    tally, dice, pool = Tally(), Random(block), list(target.seeds())
    _forget_peak()
    for done, case in enumerate(_cases(target, dice, pool, count)):
        if slot:
            slot.begin(done, case.data)
        word = _measured(target, case, tally, block)
        if word not in tally.words and len(case.data) < _POOLED and len(pool) < _MOST_POOLED:
            pool.append(case.data)
        tally.words[word] += 1
    if slot:
        slot.rest(count)
    return tally


def _cases(target: Target, dice: Random, pool: list[bytes], count: int) -> Iterator[Case]:
    for _ in range(count):
        if dice.random() < _VALID:
            yield target.valid(dice)
        else:
            yield Case(target.mutated(dice, dice.choice(pool), dice.choice(pool)))


def _measured(target: Target, case: Case, tally: Tally, block: str) -> str:
    """Judge one input; returns the word for how it ended."""
    before, began = peak_memory(), time.process_time()
    try:
        ending = target.judge(case)
        word, tally.taken = ending.word, tally.taken + ending.taken
    except Exception as error:  # what a reader lets out is what is looked for
        word = f"broken: {type(error).__name__}"
        tally.findings.append(Finding(target.name, _told(error), case.data, block))
    took, after = time.process_time() - began, peak_memory()
    tally.inputs, tally.valid = tally.inputs + 1, tally.valid + (case.wish is not None)
    tally.seconds += took
    if took > tally.worst:
        tally.worst, tally.worst_data = took, case.data
    tally.peak, tally.rise = max(tally.peak, after), max(tally.rise, after - before)
    for what in _beyond(took, after, after - before):
        tally.findings.append(Finding(target.name, what, case.data, block))
    return word


def _beyond(took: float, peak: int, rise: int) -> Iterator[str]:
    """The bounds that one input broke."""
    if took > HANG:
        yield f"a hang: {took:.1f} s"
    if peak > RSS:
        yield f"memory of {peak >> 20} MB"
    if rise > GROWTH:
        yield f"one input raised the memory by {rise >> 20} MB"


def _told(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{Path(each.filename).name}:{each.lineno}" for each in reversed(frames[-4:]))
    return f"{type(error).__name__}: {str(error)[:600]} ({places})"


def peak_memory() -> int:
    """The most memory that this process had since `_forget_peak`, in bytes."""
    # Not ru_maxrss: that has the memory of the process that began this one in it.
    said = Path("/proc/self/status").read_bytes()
    return int(said[said.index(b"VmHWM:") + 6 :].split(maxsplit=1)[0]) << 10


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def memory() -> int:
    """What it has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
