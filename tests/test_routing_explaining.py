"""An explanation is the decision itself, with reasons."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.routing import Expression, Plan, Route, RuleFailed, When, plan
from hub.routing.explaining import Explanation, Outcome, explain
from hub.testing.samples import a_document
from hub.vocabulary import Document, Urgency
from tests.test_routing_conditions import BS, DIRECTORY, G22, GROUPS, KHCN, KINDS, NV

_WHEN = st.builds(
    When,
    sender=st.lists(st.sampled_from(["so-nv", "cac-so", "*.H48", G22]), max_size=2).map(tuple),
    to=st.lists(st.sampled_from(["xa-binh-son", "cac-so", G22]), max_size=1).map(tuple),
    urgency=st.frozensets(st.sampled_from(Urgency), max_size=2),
    channel=st.lists(st.sampled_from(["folderdrop", "cac-so"]), max_size=1).map(tuple),
    expression=st.sampled_from([None, Expression("urgency > 1"), Expression("10 / urgency > 3")]),
)
_NAMES = st.lists(st.sampled_from(["addressees", "cac-so", "xa-binh-son", G22]), min_size=1).map(tuple)
_ROUTES = st.lists(st.builds(Route, st.sampled_from("abc"), _NAMES, _WHEN, final=st.booleans()), max_size=4)
_DOCUMENTS = st.builds(
    a_document,
    sender=st.sampled_from([NV, BS, G22]),
    to=st.lists(st.sampled_from([NV, KHCN, BS, G22, "H99.1"]), min_size=1).map(tuple),
    urgency=st.sampled_from(Urgency),
)


def explained(document: Document, came_from: str, routes: list[Route]) -> Explanation:
    return explain(document, came_from, DIRECTORY, routes, GROUPS, KINDS)


def decided(document: Document, came_from: str, routes: list[Route]) -> Plan | None:
    try:
        return plan(document, came_from, DIRECTORY, routes, GROUPS, KINDS)
    except RuleFailed:
        return None


@given(_DOCUMENTS, st.sampled_from(["so-nv", "xa-binh-son", "vpcp"]), _ROUTES)
def test_it_decides_as_the_plan_does(document: Document, came_from: str, routes: list[Route]) -> None:
    found = explained(document, came_from, routes)
    assert found.plan == decided(document, came_from, routes)
    assert set(found.why) == set(found.plan.recipients if found.plan else ())
    assert all(found.why.values())
    for judged in found.rules:
        alone = decided(document, came_from, [judged.route])
        if judged.outcome is Outcome.FAILED:
            assert alone is None
        if judged.outcome is Outcome.UNMATCHED:
            assert alone == decided(document, came_from, [])


def test_a_recipient_of_two_rules_is_told_of_both() -> None:
    routes = [Route("một", ("addressees", "so-khcn")), Route("hai", ("cac-so",))]
    assert explained(a_document(), "so-nv", routes).why == {"xa-binh-son": ("một",), "so-khcn": ("một", "hai")}


def test_without_a_rule_the_packet_decides() -> None:
    assert explained(a_document(), "so-nv", []).why == {"xa-binh-son": ("",)}
