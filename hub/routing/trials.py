"""Cases kept beside the rules: a document, and who must get it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hub.directory import Directory, normalise
from hub.routing.explaining import Explanation, Outcome, explain
from hub.routing.rules import Group, Route
from hub.vocabulary import Document


@dataclass(frozen=True, slots=True)
class Trial:
    """One case."""

    name: str
    document: Document
    #: the unit whose endpoint it comes in by
    channel: str
    #: unit ids, groups and outside codes, in any order
    expect: tuple[str, ...]
    #: addressees that nobody serves
    unknown: tuple[str, ...] = ()
    #: names of the rules that must match, in order; None where the case does not say
    rules: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """One case, and how what happened differs from what it says."""

    trial: Trial
    #: in words; none where the case holds
    differences: tuple[str, ...]


def run(
    trial: Trial,
    directory: Directory,
    routes: Sequence[Route],
    groups: Mapping[str, Group],
    kinds: Mapping[str, str],
    outside: Mapping[str, str],
) -> Ran:
    """Plan the case's document and compare. `outside`: by which names codes outside are told."""
    found = explain(trial.document, trial.channel, directory, routes, groups, kinds)
    return Ran(trial, tuple(_differences(trial, found, _written_out(trial, directory, groups), outside)))


def _differences(
    trial: Trial, found: Explanation, expected: Sequence[str], outside: Mapping[str, str]
) -> Iterator[str]:
    plan = found.plan
    if plan is None:
        failed = next(one for one in found.rules if one.outcome is Outcome.FAILED)
        yield f'quy tắc "{failed.route.name}" không xét được (failed): {failed.reason}'
        return
    for unit in expected:
        if unit not in plan.recipients:
            yield f"- {_named(unit, outside)}: phải nhận mà không nhận (missing)"
    for unit in plan.recipients:
        if unit not in expected:
            by = ", ".join(name or "gói tin" for name in found.why[unit])
            yield f"+ {_named(unit, outside)}: nhận mà không được chờ đợi, do {by} (surplus)"
    if (unknown := tuple(map(normalise, trial.unknown))) != plan.unknown:
        yield f"không rõ nơi nhận (unknown): {_list(plan.unknown)}, phải là {_list(unknown)}"
    matched = tuple(one.route.name for one in found.rules if one.outcome is Outcome.MATCHED)
    if trial.rules not in (None, matched):
        yield f"quy tắc khớp (matched): {_list(matched)}, phải là {_list(trial.rules or ())}"


def _written_out(trial: Trial, directory: Directory, groups: Mapping[str, Group]) -> tuple[str, ...]:
    """The recipients it names; of a group all but the one that it came from."""
    named: dict[str, None] = {}
    for name in trial.expect:
        members = groups[name].units if name in groups else (directory.find(name) or normalise(name),)
        named.update(dict.fromkeys(one for one in members if name not in groups or one != trial.channel))
    return tuple(named)


def _named(unit: str, outside: Mapping[str, str]) -> str:
    return f"{unit} ({outside[unit]})" if unit in outside else unit


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "không có"
