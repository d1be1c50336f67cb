"""The connector contract: what every connector must keep, proved against a counterpart of its author's."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.containment import outcome
from hub.testing.contract import intake, lanes, secrecy, sending
from hub.testing.contract.alone import run_alone
from hub.testing.contract.stage import Broken, Counterpart, LeftOut, Make, Stage

__all__ = ["Broken", "Check", "Counterpart", "Make", "connector_contract"]

_Body = Callable[[Stage], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Check:
    """One promise of a connector. `name` is a word for programs, `promise` a sentence for people."""

    name: str
    promise: str
    make: Make
    body: _Body

    def __str__(self) -> str:
        return self.name

    def run(self, home: Path) -> bool:
        """Prove it in this empty folder, in an event loop of its own. Raises Broken, which says what to mend.

        False where it is not its promise to keep: the counterpart is `one_way` and it is about what that offers, or
        the counterpart fetches and it is about how the hub sends.
        """
        ends = run_alone(lambda: outcome(self._play(home)))
        if isinstance(ends, Broken):
            raise ends
        if isinstance(ends, Exception) and not isinstance(ends, LeftOut):
            raise Broken(f"the counterpart or the check failed: {type(ends).__name__}: {ends}") from ends
        return ends is None

    async def _play(self, home: Path) -> None:
        async with AsyncExitStack() as stack:
            counterpart = await stack.enter_async_context(self.make(home))
            stage = Stage(home, counterpart, stack)
            await stack.enter_async_context(stage.open_doors())
            await self.body(stage)


_PROMISES: tuple[tuple[str, str, _Body], ...] = (
    ("well", "it says that it is well, and can be opened again after its end", sending.is_well),
    ("one-effect", "the same delivery twice is one effect", sending.one_effect),
    ("find", "find tells the truth after an unknown outcome", sending.finds),
    ("order", "batches go in their order, at most as large as it says", sending.in_order),
    ("answers", "hồi báo comes back, if it says so", intake.answers),
    ("outage", "an outage is seen, and is neither a refusal nor a bug", sending.outage),
    ("custody", "a source is kept when accept raises, and let go when it returned", intake.custody),
    ("once", "an input whose answer was lost comes again under the same source key", intake.once),
    ("refusal", "what was refused is not offered again and again", intake.refusal),
    ("reminders", "people are told once what they owe, and no more when they owe nothing", intake.reminders),
    ("cancel", "a cancelled listen leaves no task and no thread", intake.cancel),
    ("loop", "it never blocks the event loop", sending.loop_is_free),
    ("secrets", "its secrets are in no text", secrecy.secrets),
    ("lane", "its exceptions and hangs stay with it, and it comes back", lanes.stays_in_its_lane),
)


def connector_contract(make: Make) -> list[Check]:
    """The checks of a connector against the counterparts that `make(folder)` opens, one for each check."""
    return [Check(name, promise, make, body) for name, promise, body in _PROMISES]
