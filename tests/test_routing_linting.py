"""hub routes lint: what it finds, and that it never calls reached what is not, nor covered what can be lost.

The proof enumerates documents and asks the rules themselves, not the linter's own reasoning.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pytest

from hub.routing import Days, Enclosed, Expression, Route, When, plan
from hub.routing.covering import Covering
from hub.routing.explaining import Outcome, explain
from hub.routing.linting import Fault, Finding, Linter
from hub.vocabulary import Business, Urgency
from tests.rulesets import BS, DIRECTORY, G22, GROUPS, KHCN, KINDS, SETS, finite_routes, letters, some_routes

LINTER = Linter(DIRECTORY, GROUPS, KINDS, {"so-khcn"})


def lint(*routes: Route) -> list[tuple[int, str, str]]:
    return [(one.route, one.key, one.fault.value) for one in LINTER.lint(routes)]


TO = ("addressees",)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (When(), When(types=("Luật",))),
        (When(sender=("cac-so",)), When(sender=("so-nv",))),
        (When(sender=("000.00.1*",)), When(sender=("cac-so",))),
        (When(sender=("H48.*", "so-khcn")), When(sender=("cac-so",))),
        (When(sender=("*",)), When(sender=("vpcp",))),
        (When(channel=("folderdrop",)), When(sender=("cac-xa",))),
        (When(channel=("cac-so",)), When(channel=("email",))),
        (When(to=("*.H48",)), When(to=("cac-xa",))),
        (When(types=("Công văn", "Luật")), When(types=("cong van",))),
        (When(urgency=frozenset({Urgency.FLASH, Urgency.URGENT})), When(urgency=frozenset({Urgency.FLASH}))),
        (When(business=frozenset(Business)), When(business=frozenset({Business.REVOKE}))),
        (When(subject=("*số*",)), When(subject=("V/v chuyển đổi số*", "?số"))),
        (When(code=("*/UBND*",)), When(code=("7/UBND-VX",))),
        (When(attachments=Enclosed(larger=5)), When(attachments=Enclosed(("pdf",), 10))),
        (When(days=Days(until=date(2026, 2, 1))), When(days=Days(until=date(2026, 1, 1)))),
        (When(expression=Expression("pages > 1")), When(types=("Luật",), expression=Expression("pages > 1"))),
    ],
)
def test_a_rule_below_a_final_one_that_takes_all_of_it_is_never_reached(wide: When, narrow: When) -> None:
    first = Route("một", TO, wide, final=True)
    assert lint(first, Route("hai", TO, narrow)) == [(1, "name", "shadowed")]
    if wide != When():
        assert lint(Route("một", TO, narrow, final=True), Route("hai", TO, wide)) == []
    assert lint(Route("một", TO, wide), Route("hai", TO, narrow)) == []


def test_who_does_not_send_by_that_endpoint_makes_a_rule_dead() -> None:
    dead = When(sender=("cac-xa",), channel=("email", "so-nv"))
    assert lint(Route("r", TO, dead)) == [(0, "when", "dead")]
    assert lint(Route("r", TO, When(sender=("*.31.H48",), channel=("folderdrop",)))) == []


def test_a_rule_that_sends_only_back_is_a_loop() -> None:
    assert lint(Route("r", ("so-nv",), When(sender=("H48.14",)))) == [(0, "to", "loop")]
    assert lint(Route("r", (G22,), When(channel=("vpcp",)))) == [(0, "to", "loop")]
    assert lint(Route("r", ("so-nv", *TO), When(sender=("so-nv",)))) == []


def test_units_whose_documents_reach_nobody_are_named_with_the_type() -> None:
    route = Route("r", ("so-nv",), When(types=("Thư công",)), divert=True)
    [found] = LINTER.lint([route])
    assert (found.key, found.fault) == ("to", Fault.NOWHERE)
    assert found.message == "without a way: documents of so-nv (Thư công) reach nobody by this rule"


def test_another_rule_that_takes_the_same_documents_is_a_way() -> None:
    lost, rest = Route("r", ("so-nv",), When(types=("Thư công",))), Route("s", TO)
    assert lint(lost, rest) == []
    assert lint(rest, lost) == []
    assert lint(Route("r", ("so-nv",), When(types=("Thư công",)), final=True), rest) == [(0, "to", "nowhere")]
    stop = Route("t", ("so-nv",), When(types=("Luật",)), final=True)
    assert (0, "to", "nowhere") in lint(lost, stop, rest)


def test_answers_that_nobody_gives_or_that_come_anyhow() -> None:
    assert lint(Route("r", ("so-khcn", *TO), answers="origin")) == [(0, "answers", "answers")]
    assert lint(Route("r", TO, answers="origin")) == [(0, "answers", "answers")]
    assert lint(Route("r", (BS, *TO), answers="origin")) == []
    assert lint(Route("r", ("cac-so", *TO))) == []


def final(name: str, **when: Any) -> Route:
    return Route(name, TO, When(**when), final=True)


@pytest.mark.parametrize(
    ("above", "narrow"),
    [
        ([{"types": ("Luật",)}, {"types": ("Công văn",)}], {"types": ("cong van", "Luật")}),
        ([{"urgency": frozenset(Urgency) - {few}} for few in (Urgency.FLASH, Urgency.NORMAL)], {}),
        ([{"business": frozenset({Business.NEW})}, {"business": frozenset(Business) - {Business.NEW}}], {}),
        ([{"sender": ("so-nv",)}, {"sender": (KHCN,)}], {"sender": ("cac-so",)}),
        ([{"channel": ("folderdrop",)}, {"sender": ("cac-so", "vpcp")}], {}),
        ([{"to": ("so-nv",)}, {"to": ("so-khcn", "cac-xa")}], {"to": ("cac-xa", "cac-so")}),
        ([{"types": ("Luật",)}, {"sender": ("so-nv",)}], {"types": ("Luật", "Lệnh"), "sender": ("so-nv",)}),
        (
            [
                {"types": ("Luật",), "urgency": frozenset({Urgency.FLASH})},
                {"urgency": frozenset(Urgency) - {Urgency.FLASH}},
            ],
            {"types": ("Luật",), "subject": ("*số*",)},
        ),
        (
            [{"types": ("Luật",), "subject": ("*số*",)}, {"types": ("Lệnh",)}],
            {"types": ("Luật", "Lệnh"), "subject": ("V/v số*",)},
        ),
    ],
)
def test_several_final_rules_together_shadow_one(above: list[dict[str, Any]], narrow: dict[str, Any]) -> None:
    finals = [final(str(number), **when) for number, when in enumerate(above)]
    below = Route("dưới", TO, When(**narrow))
    assert (len(above), "name", "shadowed") in lint(*finals, below)
    for lacking in range(len(finals)):
        kept = [one if at != lacking else Route(one.name, one.to, one.when) for at, one in enumerate(finals)]
        single = any(Covering(DIRECTORY, GROUPS, KINDS).covers(one.when, below.when) for one in kept if one.final)
        assert ((len(above), "name", "shadowed") in lint(*kept, below)) is single


def test_those_that_together_shadow_a_rule_are_named() -> None:
    rules = final("a", types=("Luật",)), final("b", sender=("so-nv",)), final("c", types=("Lệnh",))
    [found] = LINTER.lint([*rules, Route("d", TO, When(types=("Lệnh", "Luật"), to=("cac-xa",)))])
    assert found.message == 'never reached: the final rules "a", "c" above together match whatever this one does'


@pytest.mark.parametrize(
    ("above", "narrow"),
    [
        ([{"types": ("Luật",)}, {"types": ("Lệnh",)}], {}),
        ([{"subject": ("*số*",)}, {"subject": ("*đổi*",)}], {"subject": ("*",)}),
        ([{"types": ("Luật",), "subject": ("*số*",)}, {"types": ("Lệnh",)}], {"types": ("Luật", "Lệnh")}),
        ([{"to": ("so-nv",)}, {"to": ("so-khcn",)}], {"to": ("000.00.1*",)}),
        ([{"to": ("so-nv", "so-khcn", "xa-binh-son")}, {"to": ("vpcp",)}], {}),
        ([{"sender": ("cac-so", "cac-xa")}], {}),
        ([{"sender": ("cac-so", "cac-xa")}, {"sender": ("*.G22",)}], {}),
        ([{"days": Days(until=date(2026, 1, 5))}, {"days": Days(since=date(2026, 1, 6))}], {}),
        ([{"expression": Expression("pages > 1")}, {"expression": Expression("pages <= 1")}], {}),
    ],
)
def test_where_some_may_slip_between_nothing_is_called_shadowed(
    above: list[dict[str, Any]], narrow: dict[str, Any]
) -> None:
    finals = [final(str(number), **when) for number, when in enumerate(above)]
    assert lint(*finals, Route("dưới", TO, When(**narrow))) == []


# ---------------------------------------------------------------------------------------------- the proof


def _lies(routes: Sequence[Route], findings: Sequence[Finding]) -> Iterator[str]:
    """What documents prove wrong: rules called unreachable that one reaches, and losses that were not told."""
    told = {(one.route, one.fault) for one in findings}
    for letter in letters():
        found = explain(letter.document, letter.way, DIRECTORY, routes, GROUPS, KINDS)
        matched = [index for index, one in enumerate(found.rules) if one.outcome is Outcome.MATCHED]
        for index in matched:
            for fault in (Fault.DEAD, Fault.SHADOWED):
                if (index, fault) in told:
                    yield f"{fault}: {routes[index].name}"
            alone = plan(letter.document, letter.way, DIRECTORY, routes[index : index + 1], GROUPS, KINDS)
            if (index, Fault.LOOP) in told and alone.recipients:
                yield f"loop: {routes[index].name}"
        if found.plan and not found.plan.recipients and not _is_told(matched, letter.way, findings):
            yield f"covered: {letter.way}"


def _is_told(matched: Sequence[int], way: str, findings: Sequence[Finding]) -> bool:
    return any(
        one.route in matched and (one.fault is Fault.LOOP or (one.fault is Fault.NOWHERE and f" {way}" in one.message))
        for one in findings
    )


@SETS
def test_no_false_covered_in_random_sets_of_rules(sets: int) -> None:
    dice = random.Random(48 + sets)
    counts = dict.fromkeys(Fault, 0)
    lost = 0
    for _ in range(sets):
        routes = some_routes(dice)
        findings = LINTER.lint(routes)
        for one in findings:
            counts[one.fault] += 1
        lies = set(_lies(routes, findings))
        assert not lies, routes
        lost += any(one.fault in (Fault.NOWHERE, Fault.LOOP) for one in findings)
    assert min(counts[fault] for fault in (Fault.DEAD, Fault.SHADOWED, Fault.LOOP, Fault.NOWHERE)) > sets // 50, counts
    assert lost < sets * 0.95


@SETS
def test_no_false_covered_where_rules_shadow_one_together(sets: int) -> None:
    dice = random.Random(49 + sets)
    together = 0
    for _ in range(sets):
        routes = finite_routes(dice)
        findings = LINTER.lint(routes)
        assert not set(_lies(routes, findings)), routes
        together += any("together" in one.message for one in findings)
    assert together > sets // 20


@pytest.mark.parametrize("lie", ["everything is covered", "nothing is lost", "together they cover all"])
def test_the_enumeration_catches_a_linter_that_lies(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if lie == "nothing is lost":
        monkeypatch.setattr(Linter, "_saved", lambda *_: True)
    elif lie == "everything is covered":
        monkeypatch.setattr(Covering, "covers", lambda *_: True)
    else:
        monkeypatch.setattr(Covering, "covers_together", lambda *_: True)
    dice = random.Random(48)
    sets = [some_routes(dice) for _ in range(60)]
    assert any(set(_lies(routes, LINTER.lint(routes))) for routes in sets)
