"""What a unit itself says about its duties: leaders, deputies, pauses. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hub.vocabulary import StatusCode


@dataclass(frozen=True, slots=True)
class Delegation:
    """From one day to another, both in it, `deputy` is told in place of `person`."""

    since: date
    until: date
    person: str
    deputy: str


@dataclass(frozen=True, slots=True)
class Pause:
    """From one day to another, both in it, the unit is asked for nothing."""

    since: date
    until: date
    reason: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A unit as the rules see it."""

    unit: str
    #: of its connector
    kind: str = ""
    #: what it can give
    codes: frozenset[str] = frozenset(StatusCode)
    #: who is told where a duty stays overdue
    leaders: tuple[str, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    pauses: tuple[Pause, ...] = ()
