"""Whom a unit can send to, out of the directory and the groups of the day. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hub.directory import Directory, normalise
from hub.routing import Group
from hub.standards.addresses import AddressBook, AddressGroup, Contact, Former


def address_book(directory: Directory, groups: Mapping[str, Group], own: str) -> AddressBook:
    """Everyone but the unit itself; a group of which it is a member goes to the others of it."""
    contacts = tuple(_contacts(directory, own))
    known = {contact.id for contact in contacts}
    return AddressBook(contacts, tuple(_group(group, known) for group in groups.values()), tuple(_former(directory)))


def _contacts(directory: Directory, own: str) -> Iterator[Contact]:
    for unit in directory.ours:
        if unit.id != own:
            yield Contact(unit.id, unit.code, unit.name, unit.aliases)
    if directory.others and directory.others != own:
        outside = directory.unit(directory.others)
        if outside.code:
            yield Contact(normalise(outside.code), outside.code, outside.name, outside.aliases, outside=True)


def _group(group: Group, known: set[str]) -> AddressGroup:
    return AddressGroup(group.id, group.name or group.id, tuple(unit for unit in group.units if unit in known))


def _former(directory: Directory) -> Iterator[Former]:
    for name, heirs in directory.heirs.items():
        unit = directory.unit(name)
        if unit.until:
            yield Former(unit.name, tuple(filter(None, (unit.code, *unit.aliases))), unit.until, heirs)
