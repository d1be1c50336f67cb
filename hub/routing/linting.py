"""What a set of rules does that is probably not meant. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hub.directory import Directory
from hub.routing.covering import Covering
from hub.routing.rules import ADDRESSEES, Group, Route


class Fault(StrEnum):
    """What may be wrong with a rule."""

    #: no document can meet its conditions
    DEAD = "dead"
    #: every document that meets them is stopped by earlier final rules
    SHADOWED = "shadowed"
    #: it sends documents only to where they came from
    LOOP = "loop"
    #: because of it documents of some unit reach nobody
    NOWHERE = "nowhere"
    #: it asks for answers of a unit that gives none
    ANSWERS = "answers"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, and where it stands."""

    #: index of the route
    route: int
    #: the key that is to blame
    key: str
    fault: Fault
    message: str


@dataclass(frozen=True, slots=True)
class Linter:
    """Looks at rules in one province."""

    directory: Directory
    groups: Mapping[str, Group]
    #: unit id -> kind of its connector
    kinds: Mapping[str, str]
    #: units that give no answers
    silent: Collection[str] = ()

    def lint(self, routes: Sequence[Route]) -> list[Finding]:
        """Everything found, in the order of the rules."""
        found = [
            one
            for index, route in enumerate(routes)
            for one in (*self._way(routes, index, route), *self._answers(index, route))
        ]
        return sorted(found, key=lambda one: one.route)

    @property
    def _covering(self) -> Covering:
        return Covering(self.directory, self.groups, self.kinds)

    def _way(self, routes: Sequence[Route], index: int, route: Route) -> Iterator[Finding]:
        """Whether documents come to the rule, and go on from it."""
        ways = self._covering.ways(route.when)
        lost = sorted(way for way in ways if not self._reached(route, way) and not self._saved(routes, index, way))
        if not ways:
            text = "no document can match: nobody of `from` sends by an endpoint of `channel`"
            yield Finding(index, "when", Fault.DEAD, text)
        elif above := self._stopped(routes[:index], route):
            yield Finding(index, "name", Fault.SHADOWED, _never_reached(above))
        elif not any(self._reached(route, way) for way in ways):
            yield Finding(index, "to", Fault.LOOP, "sends back to where the document came from, and nowhere else")
        elif lost:
            text = f"without a way: documents of {', '.join(lost)} ({_types(route)}) reach nobody by this rule"
            yield Finding(index, "to", Fault.NOWHERE, text)

    def _stopped(self, above: Sequence[Route], route: Route) -> list[str]:
        """The final rules that alone, or else together, stop whatever would meet this one; none where some may."""
        finals = [one for one in above if one.final]
        alone = (one for one in finals if self._covering.covers(one.when, route.when))
        if (first := next(alone, None)) or not self._stop(finals, route):
            return [first.name] if first else []
        for one in reversed(finals):
            fewer = [other for other in finals if other is not one]
            finals = fewer if self._stop(fewer, route) else finals
        return [one.name for one in finals]

    def _stop(self, finals: Sequence[Route], route: Route) -> bool:
        several = [one.when for one in finals]
        ways = self._covering.ways(route.when)
        return all(self._covering.covers_together(several, route.when, way) for way in ways)

    def _saved(self, routes: Sequence[Route], index: int, way: str) -> bool:
        """Whether other rules certainly take the same documents somewhere."""
        route = routes[index]
        below = () if route.final else _up_to_final(routes[index + 1 :])
        saving = [other.when for other in (*routes[:index], *below) if self._reached(other, way)]
        return self._covering.covers_together(saving, route.when, way)

    def _reached(self, route: Route, way: str) -> bool:
        """Whether somebody may get a document by this rule alone that came in that way."""
        return ADDRESSEES in route.to or any(self._can_reach(name, way) for name in self._members(route))

    def _can_reach(self, name: str, way: str) -> bool:
        unit = self.directory.find(name)
        if unit is None:
            return self.directory.others not in (None, way)
        return unit not in (way, self.directory.others)

    def _members(self, route: Route) -> Iterator[str]:
        for name in route.to:
            yield from self.groups[name].units if name in self.groups else (name,)

    def _answers(self, index: int, route: Route) -> Iterator[Finding]:
        if route.answers != "origin":
            return
        names = [name for name in self._members(route) if name != ADDRESSEES]
        mute = [name for name in names if (self.directory.find(name) or self.directory.others) in self.silent]
        if not names:
            yield Finding(index, "answers", Fault.ANSWERS, "says nothing: addressees answer the sender in any case")
        elif mute:
            text = f"the endpoint of {', '.join(mute)} can give no answers"
            yield Finding(index, "answers", Fault.ANSWERS, text)


def _up_to_final(routes: Sequence[Route]) -> Sequence[Route]:
    """Those that are certainly looked at when the first one is."""
    final = next((index for index, route in enumerate(routes) if route.final), len(routes))
    return routes[: final + 1]


def _never_reached(above: Sequence[str]) -> str:
    names = ", ".join(f'"{name}"' for name in above)
    if len(above) == 1:
        return f"never reached: the final rule {names} above matches whatever this one does"
    return f"never reached: the final rules {names} above together match whatever this one does"


def _types(route: Route) -> str:
    return ", ".join(route.when.types) or "every type"
