"""How much of the event loop's time each actor kept for itself in long steps. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from hub.containment import Actor

#: Seconds looked back on; the part of them that is too much for anybody, and for one who kept far more than all
#: others: where all are slow the machine is.
_WINDOW, _SHARE, _MOST = 30.0, 0.25, 0.1


@dataclass(frozen=True, slots=True)
class Stall:
    """One actor kept the loop from turning."""

    #: None: the hub itself
    actor: Actor | None
    #: "file.py:12 in send"
    place: str
    seconds: float
    #: it turned the loop again and again without a pause, rather than not at all
    spins: bool = False

    def __str__(self) -> str:
        what = "spins without a pause" if self.spins else "blocks the hub"
        return f"{self.actor or 'the hub itself'} {what} for {self.seconds:.1f} s at {self.place}"


@dataclass(slots=True, eq=False)
class Hold:
    """One and the same step that runs on and on. Seconds: held so far, and when it is to be interrupted next."""

    step: object
    held: float
    limit: float
    told: bool = False

    def still(self, step: object, seconds: float) -> bool:
        """Whether that step is the one that held on; another one begins anew."""
        if step is None or step is not self.step:
            self.step, self.held, self.told = step, 0.0, False
            return False
        self.held += seconds
        return True


@dataclass(slots=True, eq=False)
class Thefts:
    """Who kept the loop how long, of late."""

    _kept: deque[tuple[float, float, Actor]] = field(default_factory=deque)

    def add(self, at: float, seconds: float, actor: Actor | None) -> float:
        """Note seconds that the loop stood still. Returns all of that actor's in the window, 0 while bearable."""
        while self._kept and at - self._kept[0][0] > _WINDOW:
            self._kept.popleft()
        if actor is None:
            return 0.0
        self._kept.append((at, seconds, actor))
        mine = sum(kept for _, kept, other in self._kept if other == actor)
        others = sum(kept for _, kept, _ in self._kept) - mine
        return mine if mine >= _WINDOW * (_MOST if mine > 2 * others else _SHARE) else 0.0

    def forgive(self, actor: Actor | None) -> None:
        """Forget what was held against him: it was told."""
        self._kept = deque(one for one in self._kept if one[2] != actor)
