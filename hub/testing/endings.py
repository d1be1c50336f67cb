"""How a send ends, as the hub would judge it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from hub.connector import Connector, Outcome
from hub.containment import outcome
from hub.errors import Deferred, Refused
from hub.retry import Policy, decide
from hub.vocabulary import Delivery, DeliveryState, Receipt

Word = Literal["receipt", "deferred", "refused", "unknown", "bug"]


@dataclass(frozen=True, slots=True)
class Ending:
    """One attempt's end: what it counts as, what was returned or raised, and the state the hub would record."""

    word: Word
    outcome: Outcome
    state: DeliveryState

    def __str__(self) -> str:
        said = self.outcome.reference if isinstance(self.outcome, Receipt) else self.outcome
        return f"{self.word} ({type(self.outcome).__name__}: {said})"


async def outcome_of(connector: Connector[Any], delivery: Delivery) -> Ending:
    """Send it as the hub would, contained and within `send_timeout`, and judge how that ended. Raises nothing."""
    ends = await outcome(connector.send_many([delivery]), connector.settings.send_timeout)
    if isinstance(ends, Exception):
        return judged(ends)
    if len(ends) != 1:
        return judged(ValueError(f"send_many answered {len(ends)} times for one delivery"))
    return judged(ends[0])


def judged(end: Outcome) -> Ending:
    """What this end of a first attempt counts as."""
    decision = decide(Policy(), end, attempt=1, bugs=0, age=0.0, jitter=0.0)
    return Ending("bug" if decision.bug else _word(end), end, decision.state)


def _word(end: Outcome) -> Word:
    match end:
        case Receipt():
            return "receipt"
        case Refused():
            return "refused"
        case Deferred():
            return "deferred"
    return "unknown"
