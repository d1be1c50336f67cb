"""Who gets an envelope: the addressees, and what the routes add or divert. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from hub.directory import Directory, normalise
from hub.routing.matching import Case
from hub.routing.rules import ADDRESSEES, Group, Plan, Route
from hub.vocabulary import Acknowledgement, Document, Organization

#: Behind the name of one that a document for trying does not reach.
_SPARED = "/thu-nghiem"
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
    named = [organ.id or organ.name for organ in case.document.to]
    if not matching:
        left = _left(unknown, directory) if came_from == directory.others and addressees else unknown
        return _explained(Plan(addressees, left), named, directory)
    recipients, missed = _address((name for route in matching for name in case.expand(route)), came_from, directory)
    diverted = not any(ADDRESSEES in route.to for route in matching)
    settled = came_from == directory.others and recipients
    left = () if diverted else _left(unknown, directory) if settled else unknown
    left = tuple(dict.fromkeys((*left, *_left(missed, directory))))
    return _explained(Plan(recipients, left, case.added(matching, recipients)), named, directory)


def _left(unknown: Sequence[str], directory: Directory) -> tuple[str, ...]:
    """Of addressees that nobody here serves those that are to be accounted for anyway: units that are no more."""
    return tuple(code for code in unknown if directory.former(code))


def _explained(plan: Plan, named: Iterable[str], directory: Directory) -> Plan:
    """The plan with what is to be said of units that are no more."""
    if not directory.heirs:
        return plan
    reasons = {code: said for code in plan.unknown if (said := directory.farewell(code))}
    gone = {unit.id: heir for name in named if (unit := directory.former(name)) and (heir := directory.addressee(name))}
    inherited = {former: heir for former, heir in gone.items() if heir in plan.recipients}
    return replace(plan, reasons=reasons, inherited=inherited)


def case_of(
    document: Document, came_from: str, directory: Directory, groups: Mapping[str, Group], kinds: Mapping[str, str]
) -> tuple[Case, tuple[str, ...]]:
    """The document as the rules see it, and its addressees that nobody serves."""
    addressees, unknown = _address((organ.id or organ.name for organ in document.to), came_from, directory)
    return Case(document, came_from, addressees, directory, groups, kinds), unknown


def only_tried_out(plan: Plan, directory: Directory) -> Plan:
    """The plan for a document of a unit that is tried out: it reaches only others that are, the rest is accounted for.

    These bear a name that nobody has, so that a dead letter sent again does not reach them either.
    """
    tried = tuple(name for name in plan.recipients if _is_tried_out(name, directory))
    spared = {f"{name}{_SPARED}": _why_spared(name, directory) for name in plan.recipients if name not in tried}
    return replace(
        plan, recipients=tried, unknown=(*plan.unknown, *spared), reasons={**plan.reasons, **spared}, trial=True
    )


def intended(recipient: str) -> str:
    """Whom a recipient stands for: itself, or the one that a document for trying was to be kept from."""
    return recipient.removesuffix(_SPARED)


def _is_tried_out(name: str, directory: Directory) -> bool:
    unit = directory.find(name)
    return unit is not None and unit != directory.others and directory.unit(unit).is_tried_out


def _why_spared(name: str, directory: Directory) -> str:
    unit = directory.find(name)
    if unit is None or unit == directory.others:
        return f"Văn bản thử không được chuyển ra ngoài trục ({name})."
    return f"{directory.unit(unit).name} là đơn vị đang vận hành nên không nhận văn bản thử."


def plan_acknowledgement(ack: Acknowledgement, came_from: str, directory: Directory) -> Plan:
    """Who gets a hồi báo: the organisation that it answers, and nobody else."""
    if is_echo(ack.sender, came_from, directory):
        return Plan(echo=True)
    named = [ack.response_for.organ_id]
    return _explained(Plan(*_address(named, came_from, directory)), named, directory)


def is_echo(sender: Organization, came_from: str, directory: Directory) -> bool:
    """Whether our own packet came back from outside."""
    return came_from == directory.others and directory.is_ours(sender.id)


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
    unit = directory.addressee(organ)
    if unit is not None and unit != directory.others:
        return unit
    outside = unit is None and directory.others not in (None, came_from) and not directory.is_ours_to_serve(organ)
    return (normalise(organ) or None) if outside else None
