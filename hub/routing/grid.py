"""Whether documents reach whom they are addressed to: units by document types. Only a certain answer is one. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product

from hub.directory import Directory
from hub.routing.covering import Covering
from hub.routing.rules import ADDRESSEES, Group, Route
from hub.routing.walking import Effect, End, Step, is_opaque, sorts, walk
from hub.routing.words import type_key

#: Stands for every type that no rule mentions.
OTHER_TYPES = ""


class Fate(StrEnum):
    """What becomes of the documents of one type that name one unit among their addressees."""

    #: the unit gets every one
    REACHED = "reached"
    #: some may be taken away from it
    PARTLY = "partly"
    #: it gets none
    DIVERTED = "diverted"
    #: addressed to it alone, none reaches anybody
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Cell:
    """One unit, one type."""

    unit: str
    #: as the first rule writes it
    type: str
    fate: Fate
    #: indices of the routes that take documents away; none where there is nobody to get them
    routes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """Looks at rules in one province."""

    directory: Directory
    groups: Mapping[str, Group]
    #: unit id -> kind of its connector
    kinds: Mapping[str, str]
    #: units that receive nothing any more
    closed: Collection[str] = ()

    def cells(self, routes: Sequence[Route]) -> list[Cell]:
        """Every cell: units in their order, the others last, by types in the order of the rules, the rest last."""
        rules = [self._rule(index, route) for index, route in enumerate(routes)]
        columns = list(_columns(rules, self.kinds))
        units = self._rows()
        made = {(unit, column.type): self._cell(unit, column) for column in columns for unit in units}
        return [made[unit, column.type] for unit in units for column in columns]

    def _rows(self) -> list[str]:
        others = [self.directory.others] if self.directory.others else []
        return [*(unit.id for unit in self.directory.ours), *others]

    def _rule(self, index: int, route: Route) -> _Rule:
        covering = Covering(self.directory, self.groups, self.kinds)
        names = [one for name in route.to for one in self._members(name)]
        return _Rule(
            index,
            route,
            frozenset(self.directory.find(name) for name in names),
            {unit: covering.named(route.when.to, unit) for unit in self._rows()},
            {
                way: _Met(covering.sent(route.when, way), any(self._can_reach(name, way) for name in names))
                for way in self.kinds
            },
        )

    def _cell(self, unit: str, column: _Column) -> Cell:
        asked = _Asked(
            receives=self._receives(unit),
            outside=unit == self.directory.others,
            addressed=tuple(rule.addressed[unit] for rule in column.rules),
            named=tuple(unit in rule.targets for rule in column.rules),
            ways=frozenset(mets for way, mets in column.ways.items() if way != unit),
        )
        fate, routes = column.judge(asked)
        return Cell(unit, column.type, fate, routes)

    def _members(self, name: str) -> Sequence[str]:
        if name in self.groups:
            return self.groups[name].units
        return () if name == ADDRESSEES else (name,)

    def _can_reach(self, name: str, way: str) -> bool:
        unit, others = self.directory.find(name), self.directory.others
        if unit is None:
            return others is not None and others != way and self._receives(others)
        return unit not in (way, others) and self._receives(unit)

    def _receives(self, unit: str) -> bool:
        return unit in self.kinds and unit not in self.closed


@dataclass(frozen=True, slots=True)
class _Met:
    """A rule, as documents meet it that came in one way."""

    #: whether `from` and `channel` hold; None: for some
    sent: bool | None
    #: whether somebody gets them whom the rule itself names
    somebody: bool


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule, and whom it means."""

    index: int
    route: Route
    #: the units it sends to, None standing for codes outside
    targets: frozenset[str | None]
    #: unit -> whether `to` of its conditions holds by that addressee; None: by some of its codes
    addressed: Mapping[str, bool | None]
    ways: Mapping[str, _Met]


@dataclass(frozen=True, slots=True)
class _Asked:
    """All that tells one unit's cell from another's in the same column."""

    receives: bool
    #: it stands for the others
    outside: bool
    addressed: tuple[bool | None, ...]
    #: for each rule whether it sends there
    named: tuple[bool, ...]
    #: how documents of other units meet the rules, each once
    ways: frozenset[tuple[_Met, ...]]


@dataclass(frozen=True, slots=True)
class _Column:
    """One type, and the rules that documents of it may meet."""

    type: str
    rules: Sequence[_Rule]
    ways: Mapping[str, tuple[_Met, ...]]
    #: units are alike, most of them
    _known: dict[_Asked, tuple[Fate, tuple[int, ...]]] = field(default_factory=dict)

    def judge(self, asked: _Asked) -> tuple[Fate, tuple[int, ...]]:
        """What becomes of the documents, and the routes that take them away."""
        if asked not in self._known:
            self._known[asked] = self._judge(asked)
        return self._known[asked]

    def _judge(self, asked: _Asked) -> tuple[Fate, tuple[int, ...]]:
        if asked.receives and all(ADDRESSEES in rule.route.to for rule in self.rules):
            return Fate.REACHED, ()
        among = self._ends(asked, alone=False)
        if all(end.arrives for end in among):
            return Fate.REACHED, ()
        alone = self._ends(asked, alone=True)
        if not any(end.somebody for end in alone):
            return Fate.LOST, _taking(alone)
        return (Fate.PARTLY if any(end.arrives for end in among) else Fate.DIVERTED), _taking(among)

    def _ends(self, asked: _Asked, *, alone: bool) -> set[End]:
        """Every end of documents that name the unit alone, or of all that name it."""
        plain = End(None, asked.receives, asked.receives)
        lines = {tuple(self._steps(asked, mets, alone=alone)) for mets in asked.ways}
        kinds = sorts([rule.route for rule in self.rules])
        met = {tuple(step.at(*kind) for step in steps) for steps, kind in product(lines, kinds)}
        return {plain if end.first is None else end for steps in met for end in walk(steps)}

    def _steps(self, asked: _Asked, mets: Sequence[_Met], *, alone: bool) -> Iterator[Step]:
        for rule, met, addressed, named in zip(self.rules, mets, asked.addressed, asked.named, strict=True):
            when, final = rule.route.when, rule.route.final
            if met.sent is False or (alone and addressed is False):
                continue
            holds = True if met.sent and addressed and not is_opaque(when) else None
            yield Step(rule.index, holds, _effects(rule, met, asked, named=named), final, when)


def _effects(rule: _Rule, met: _Met, asked: _Asked, *, named: bool) -> frozenset[Effect]:
    if asked.receives and (ADDRESSEES in rule.route.to or (named and not asked.outside)):
        return frozenset({(True, True)})
    if asked.receives and asked.outside and None in rule.targets:
        # The code that the rule names may be the one that the document is addressed to.
        return frozenset({(True, True), (False, True)})
    return frozenset({(False, met.somebody)})


def _columns(rules: Sequence[_Rule], ways: Collection[str]) -> Iterator[_Column]:
    names: dict[str | None, str] = {}
    for name in (name for rule in rules for name in rule.route.when.types):
        names.setdefault(type_key(name), name)
    names[None] = OTHER_TYPES
    for key, name in names.items():
        mine = [rule for rule in rules if key in set(map(type_key, rule.route.when.types)) or not rule.route.when.types]
        yield _Column(name, mine, {way: tuple(rule.ways[way] for rule in mine) for way in ways})


def _taking(ends: Collection[End]) -> tuple[int, ...]:
    return tuple(sorted({end.first for end in ends if end.first is not None and not end.arrives}))
