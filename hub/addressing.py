"""Whom a unit can send to, out of the directory and the groups of the day. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hub.directory import Directory, normalise
from hub.routing import Group
from hub.standards.addresses import AddressBook, AddressGroup, Contact


def address_book(directory: Directory, groups: Mapping[str, Group], own: str) -> AddressBook:
    """Everyone but the unit itself; a group of which it is a member goes to the others of it."""
    return AddressBook(tuple(_contacts(directory, own)), tuple(_group(group, own) for group in groups.values()))


def _contacts(directory: Directory, own: str) -> Iterator[Contact]:
    for unit in directory.ours:
        if unit.id != own:
            yield Contact(unit.id, unit.code, unit.name, unit.aliases)
    if directory.others and directory.others != own:
        outside = directory.unit(directory.others)
        if outside.code:
            yield Contact(normalise(outside.code), outside.code, outside.name, outside.aliases, outside=True)


def _group(group: Group, own: str) -> AddressGroup:
    return AddressGroup(group.id, group.name or group.id, tuple(unit for unit in group.units if unit != own))
