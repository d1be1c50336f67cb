"""Why a document goes where it goes: what became of every rule, and who gets it by which. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hub.directory import Directory, normalise
from hub.routing.matching import Case, Unmet
from hub.routing.planning import case_of, is_echo, planned
from hub.routing.rules import Group, Plan, Route, RuleFailed
from hub.vocabulary import Document


class Outcome(StrEnum):
    """What became of a rule."""

    MATCHED = "matched"
    UNMATCHED = "unmatched"
    #: an earlier rule was final, or failed
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Judged:
    """One rule, and what became of it."""

    route: Route
    outcome: Outcome
    #: of an unmatched one
    unmet: Unmet | None = None
    #: of a skipped one the rule that ended it, of a failed one what went wrong
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that decides about one document."""

    rules: tuple[Judged, ...]
    #: None where a rule failed: then the document is quarantined
    plan: Plan | None
    #: recipient -> names of the matching rules that send it there, "" standing for the packet itself
    why: Mapping[str, tuple[str, ...]]


def explain(
    document: Document,
    came_from: str,
    directory: Directory,
    routes: Sequence[Route],
    groups: Mapping[str, Group],
    kinds: Mapping[str, str],
) -> Explanation:
    """The same decision as `plan`, with its reasons."""
    if is_echo(document.sender, came_from, directory):
        return Explanation((), Plan(echo=True), {})
    case, unknown = case_of(document, came_from, directory, groups, kinds)
    rules = tuple(_judge(case, routes))
    if any(one.outcome is Outcome.FAILED for one in rules):
        return Explanation(rules, None, {})
    matching = [one.route for one in rules if one.outcome is Outcome.MATCHED]
    decided = planned(case, unknown, matching)
    return Explanation(rules, decided, {name: _reasons(case, matching, name) for name in decided.recipients})


def _judge(case: Case, routes: Sequence[Route]) -> Iterator[Judged]:
    ended = ""
    for route in routes:
        judged = Judged(route, Outcome.SKIPPED, reason=ended) if ended else _judge_one(case, route)
        if judged.outcome is Outcome.FAILED or (judged.outcome is Outcome.MATCHED and route.final):
            ended = route.name
        yield judged


def _judge_one(case: Case, route: Route) -> Judged:
    try:
        unmet = case.unmet(route)
    except RuleFailed as failed:
        return Judged(route, Outcome.FAILED, reason=failed.reason)
    return Judged(route, Outcome.UNMATCHED, unmet) if unmet else Judged(route, Outcome.MATCHED)


def _reasons(case: Case, matching: Sequence[Route], recipient: str) -> tuple[str, ...]:
    if not matching:
        return ("",)
    return tuple(
        route.name
        for route in matching
        if any((case.directory.addressee(name) or normalise(name)) == recipient for name in case.expand(route))
    )
