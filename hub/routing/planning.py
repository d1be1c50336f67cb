"""Who gets an envelope: the addressees, and what the routes add or divert. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from hub.directory import Directory, normalise
from hub.routing.matching import Case
from hub.routing.rules import ADDRESSEES, Group, Plan, Route
from hub.vocabulary import Acknowledgement, Document, Organization

_NO_KINDS: Mapping[str, str] = MappingProxyType({})


def plan(
    document: Document,
    came_from: str,
    directory: Directory,
    routes: Sequence[Route],
    groups: Mapping[str, Group],
    kinds: Mapping[str, str] = _NO_KINDS,
) -> Plan:
    """Who gets a document that came in by that unit's endpoint. Never the endpoint itself. Raises RuleFailed."""
    if is_echo(document.sender, came_from, directory):
        return Plan(echo=True)
    case, unknown = case_of(document, came_from, directory, groups, kinds)
    return planned(case, unknown, list(case.matching(routes)))


def planned(case: Case, unknown: tuple[str, ...], matching: Sequence[Route]) -> Plan:
    """Who gets it, when these routes match."""
    came_from, directory, addressees = case.came_from, case.directory, case.addressees
    if not matching:
        return Plan(addressees, () if came_from == directory.others and addressees else unknown)
    recipients, _ = _address((name for route in matching for name in case.expand(route)), came_from, directory)
    diverted = not any(ADDRESSEES in route.to for route in matching)
    settled = diverted or (came_from == directory.others and recipients)
    return Plan(recipients, () if settled else unknown, case.added(matching, recipients))


def case_of(
    document: Document, came_from: str, directory: Directory, groups: Mapping[str, Group], kinds: Mapping[str, str]
) -> tuple[Case, tuple[str, ...]]:
    """The document as the rules see it, and its addressees that nobody serves."""
    addressees, unknown = _address((organ.id or organ.name for organ in document.to), came_from, directory)
    return Case(document, came_from, addressees, directory, groups, kinds), unknown


def plan_acknowledgement(ack: Acknowledgement, came_from: str, directory: Directory) -> Plan:
    """Who gets a hồi báo: the organisation that it answers, and nobody else."""
    if is_echo(ack.sender, came_from, directory):
        return Plan(echo=True)
    return Plan(*_address([ack.response_for.organ_id], came_from, directory))


def is_echo(sender: Organization, came_from: str, directory: Directory) -> bool:
    """Whether our own packet came back from outside."""
    return came_from == directory.others and directory.find(sender.id) not in (None, directory.others)


def _address(organs: Iterable[str], came_from: str, directory: Directory) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Recipients, and those nobody can reach. From outside only our own units can be reached."""
    known: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for organ in organs:
        recipient = _reach(organ, came_from, directory)
        if recipient is None:
            unknown[normalise(organ)] = None
        elif recipient != came_from:
            known[recipient] = None
    return tuple(known), tuple(unknown)


def _reach(organ: str, came_from: str, directory: Directory) -> str | None:
    """A unit's id, or the normalised code of one reached through the others' endpoint."""
    unit = directory.find(organ)
    if unit is not None and unit != directory.others:
        return unit
    outside = unit is None and directory.others not in (None, came_from)
    return (normalise(organ) or None) if outside else None
