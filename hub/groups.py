"""Groups whose members come and go on given days. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from hub.directory import Directory
from hub.routing import Group


@dataclass(frozen=True, slots=True)
class Term:
    """From when until when a unit is a member; both days are days of it."""

    since: date = date.min
    until: date = date.max

    def holds(self, day: date) -> bool:
        """Whether it does on this day."""
        return self.since <= day <= self.until


@dataclass(frozen=True, slots=True)
class DatedGroup(Group):
    """A group in which some are members for a term only. `units` are all that ever were or will be."""

    #: unit id -> its terms; who has none is a member always
    terms: Mapping[str, tuple[Term, ...]] = field(default_factory=dict)

    def on(self, day: date) -> Group:
        """The group as it is on this day."""
        return Group(self.id, tuple(unit for unit in self.units if self._has(unit, day)), self.name)

    def _has(self, unit: str, day: date) -> bool:
        terms = self.terms.get(unit)
        return terms is None or any(term.holds(day) for term in terms)


def of_heirs(groups: Mapping[str, Group], directory: Directory) -> Mapping[str, Group]:
    """The groups with the one that took over in place of each member that is no more."""
    if not directory.heirs:
        return groups
    return {name: _of_heirs(group, directory) for name, group in groups.items()}


def _of_heirs(group: Group, directory: Directory) -> Group:
    return Group(group.id, tuple(dict.fromkeys(directory.find(unit) or unit for unit in group.units)), group.name)


def on(groups: Mapping[str, Group], day: date) -> Mapping[str, Group]:
    """All groups as they are on this day."""
    if not any(isinstance(group, DatedGroup) for group in groups.values()):
        return groups
    return {name: group.on(day) if isinstance(group, DatedGroup) else group for name, group in groups.items()}
