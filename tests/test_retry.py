"""What an attempt's end means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Deferred, OutcomeUnknown, Refused
from hub.retry import Decision, Policy, decide, pause
from hub.vocabulary import DeliveryState, Receipt

POLICY = Policy(first=60, most=3600, give_up=86400, bugs=3)


def judged(outcome: Receipt | Exception, attempt: int = 1, bugs: int = 0, age: float = 0.0) -> Decision:
    return decide(POLICY, outcome, attempt=attempt, bugs=bugs, age=age, jitter=0.0)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Receipt(), DeliveryState.DELIVERED),
        (Refused("locked", "Đơn vị nhận đã khóa."), DeliveryState.DEAD),
        (Deferred("busy"), DeliveryState.DEFERRED),
        (OutcomeUnknown("cut"), DeliveryState.UNCERTAIN),
        (ConnectionResetError("cut"), DeliveryState.UNCERTAIN),
        (TimeoutError(), DeliveryState.UNCERTAIN),
        (KeyError("x"), DeliveryState.UNCERTAIN),
    ],
)
def test_each_ending_has_its_state(outcome: Receipt | Exception, state: DeliveryState) -> None:
    assert state == judged(outcome).state


def test_pauses_double_up_to_the_longest() -> None:
    assert [60, 120, 240, 3600, 3600] == [pause(POLICY, attempt, 0.0) for attempt in (1, 2, 3, 10, 10_000)]


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_jitter_only_adds(attempt: int, jitter: float) -> None:
    bare = pause(POLICY, attempt, 0.0)

    assert bare <= pause(POLICY, attempt, jitter) <= bare * 1.25


def test_a_longer_pause_that_was_asked_for_is_kept() -> None:
    assert judged(Deferred("busy", retry_after=900)).wait == 900
    assert judged(Deferred("busy", retry_after=5)).wait == 60


def test_a_delivery_is_given_up_when_its_time_is_over() -> None:
    late = judged(Deferred("busy"), attempt=9, age=86400)

    assert (DeliveryState.DEAD, "given up after 9 attempts: busy") == (late.state, late.reason)


def test_a_connectors_bugs_have_their_own_budget() -> None:
    assert (DeliveryState.UNCERTAIN, True) == (judged(KeyError("x"), bugs=1).state, judged(KeyError("x")).bug)

    spent = judged(KeyError("x"), bugs=2)
    assert (DeliveryState.DEAD, "the connector failed 3 times: 'x'") == (spent.state, spent.reason)
    assert not judged(Deferred("busy"), bugs=2).bug
