"""What a unit itself says about its duties: leaders, deputies, pauses. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

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

    def days(self) -> Iterator[date]:
        """All its days."""
        return (self.since + timedelta(days=step) for step in range((self.until - self.since).days + 1))


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

    def pause(self, day: date) -> Pause | None:
        """The pause that this day lies in."""
        return next((pause for pause in self.pauses if pause.since <= day <= pause.until), None)

    def told(self, day: date) -> tuple[str, ...]:
        """The leaders, deputies in place of those on leave; nobody twice."""
        return tuple(dict.fromkeys(stand_in(person, self.delegations, day) for person in self.leaders))


def stand_in(person: str, delegations: Iterable[Delegation], day: date) -> str:
    """Who acts for this person on this day: a deputy on leave has a deputy too; in a circle the first one."""
    deputies = {one.person: one.deputy for one in delegations if one.since <= day <= one.until}
    seen = {person}
    acting = person
    while acting in deputies:
        acting = deputies[acting]
        if acting in seen:
            return person
        seen.add(acting)
    return acting
