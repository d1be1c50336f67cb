"""What an attempt's end means for a delivery. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from hub.errors import Deferred, OutcomeUnknown, Refused
from hub.vocabulary import DeliveryState, Receipt

#: Endings after which nobody knows whether it arrived.
UNKNOWN = (OutcomeUnknown, OSError, TimeoutError, EOFError)


@dataclass(frozen=True, slots=True)
class Policy:
    """Growing pauses, and when to give up. Seconds."""

    first: float = 60.0
    most: float = 4 * 3600.0
    #: a delivery is given up so long after it was accepted
    give_up: float = 3 * 86400.0
    #: attempts that a connector's own bugs may cost
    bugs: int = 5


@dataclass(frozen=True, slots=True)
class Decision:
    """What to record: the delivery's next state, in how many seconds it is due, and why."""

    state: DeliveryState
    wait: float = 0.0
    reason: str = ""
    bug: bool = False


def decide(
    policy: Policy,
    outcome: Receipt | Exception,
    *,
    attempt: int,
    bugs: int,
    age: float,
    jitter: float,
) -> Decision:
    """Judge attempt number `attempt` (from 1), so many seconds (`age`) after its time began.

    `jitter` is random in 0..1 and only ever adds to the pause.
    """
    match outcome:
        case Receipt():
            return Decision(DeliveryState.DELIVERED)
        case Refused():
            return Decision(DeliveryState.DEAD, reason=str(outcome))
    bug = not isinstance(outcome, (Deferred, *UNKNOWN))
    reason = _reason(outcome)
    if bug and bugs + 1 >= policy.bugs:
        return Decision(DeliveryState.DEAD, reason=f"the connector failed {bugs + 1} times: {reason}", bug=True)
    asked = outcome.retry_after if isinstance(outcome, Deferred) else 0.0
    wait = max(asked, pause(policy, attempt, jitter))
    if age + wait > policy.give_up:
        return Decision(DeliveryState.DEAD, reason=f"given up after {attempt} attempts: {reason}", bug=bug)
    known = isinstance(outcome, Deferred)
    return Decision(DeliveryState.DEFERRED if known else DeliveryState.UNCERTAIN, wait, reason, bug=bug)


def pause(policy: Policy, attempt: int, jitter: float) -> float:
    """Seconds until the next attempt: doubling, bounded, plus up to a quarter."""
    grown = min(policy.most, policy.first * 2.0 ** min(attempt - 1, 60))
    return grown * (1.0 + 0.25 * jitter)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
