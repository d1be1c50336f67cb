"""Whom a document can be addressed to, as people know them: organisations, groups, and those that are no more. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Contact:
    """An organisation that a document can be sent to."""

    #: our unit's id, or the code of one outside
    id: str
    code: str
    name: str
    #: other names and codes
    aliases: tuple[str, ...] = ()
    #: it is none of ours
    outside: bool = False


@dataclass(frozen=True, slots=True)
class AddressGroup:
    """Several that are addressed by one name: "UBND các xã, phường, đặc khu"."""

    id: str
    name: str
    #: ids of contacts, as they are today
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Former:
    """An organisation that is no more."""

    name: str
    #: other names and codes
    aliases: tuple[str, ...]
    #: its last day
    until: date
    #: ids of the contacts that took over
    successors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddressBook:
    """Everyone a unit can send to today, itself left out."""

    contacts: tuple[Contact, ...] = ()
    groups: tuple[AddressGroup, ...] = ()
    former: tuple[Former, ...] = ()
