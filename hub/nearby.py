"""Whom an addressee may mean that nobody on the hub is: asked of the central hub's directory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from hub.directory import Directory, normalise
from hub.errors import Refused
from hub.ledger import Ledger, Proposal
from hub.ledger.agencies import Listing
from hub.standards.addresses import Contact
from hub.standards.addressing import spellings
from hub.vocabulary import Document, Organization, Packet

#: Inputs of one call, and addressees of one of them, that are looked up; how many names are said of each.
_INPUTS, _ADDRESSEES, _NAMES = 10, 5, 2
#: How many are proposed to a person for one name.
_PROPOSED = 3


async def advised(ledger: Ledger, directory: Directory, proposals: Sequence[Proposal]) -> list[Proposal]:
    """The same inputs; what is said of addressees that nobody knows here names those whom the directory knows.

    Raises StorageError.
    """
    advised = list(proposals)
    lost = [(place, found) for place, one in enumerate(proposals) if (found := _strangers(one, directory))]
    for place, strangers in lost[:_INPUTS]:
        if near := await _nearby(ledger, strangers):
            advised[place] = _with(proposals[place], near)
    return advised


async def proposed(ledger: Ledger, names: Sequence[str]) -> dict[str, tuple[Contact, ...]]:
    """Whom the directory knows by these names, as people write them: of each the nearest, if there are any.

    Raises StorageError.
    """
    found = {name: await _proposed(ledger, name) for name in dict.fromkeys(names[:_ADDRESSEES])}
    return {name: contacts for name, contacts in found.items() if contacts}


async def _proposed(ledger: Ledger, name: str) -> tuple[Contact, ...]:
    for spelling in dict.fromkeys(spellings(name)):
        found = await ledger.agencies.search(spelling, _PROPOSED)
        if listed := [each for each in found if each.state == "listed"]:
            names = Counter(each.name for each in listed)
            called = ((each.code, each.name if names[each.name] == 1 else _placed(each)) for each in listed)
            return tuple(Contact(code, code, name, outside=True) for code, name in called)
    return ()


def _placed(listing: Listing) -> str:
    """Its name and whose it is: departments and communes of all provinces are called alike."""
    return f"{listing.name}, {listing.parent}" if listing.parent else listing.name


def _strangers(proposal: Proposal, directory: Directory) -> list[Organization]:
    """The addressees that nobody here is and nobody reaches, where nothing better is said of them."""
    refused, unknown = proposal.refused, set(proposal.plan.unknown) - set(proposal.plan.reasons)
    lost = refused is not None and refused.code == "unknown-addressee"
    if not (lost or unknown) or not isinstance(proposal.incoming.packet, Packet):
        return []
    body = proposal.incoming.packet.body
    named = body.to if isinstance(body, Document) else (Organization(body.response_for.organ_id),)
    if lost:
        return [one for one in named if not directory.is_ours_to_serve(one.id or one.name)]
    return [one for one in named if normalise(one.id or one.name) in unknown]


async def _nearby(ledger: Ledger, strangers: Sequence[Organization]) -> Mapping[str, str]:
    """Normalised code or name -> who has that code, else those called like it; only of those of whom there are any."""
    found = {normalise(one.id or one.name): await _listings(ledger, one) for one in strangers[:_ADDRESSEES]}
    said = {name: ", ".join(f"{one.code} ({one.name})" for one in listings) for name, listings in found.items()}
    return {name: text for name, text in said.items() if text}


async def _listings(ledger: Ledger, organ: Organization) -> Sequence[Listing]:
    found = await ledger.agencies.named(organ.id) if organ.id else []
    for text in (organ.name, organ.id):
        found = found or (await ledger.agencies.search(text, _NAMES) if text else [])
    return found[:_NAMES]


def _with(proposal: Proposal, near: Mapping[str, str]) -> Proposal:
    if refused := proposal.refused:
        said = f"{refused.reason} Trong danh bạ của trục trung ương: {'; '.join(near.values())}."
        return replace(proposal, refused=Refused("unknown-addressee", said, refused.where))
    reasons = {code: f"no unit or hub for {code}; danh bạ của trục trung ương: {said}" for code, said in near.items()}
    return replace(proposal, plan=replace(proposal.plan, reasons={**reasons, **proposal.plan.reasons}))
