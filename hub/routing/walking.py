"""Where documents may end that meet rules one after the other, some of which hold for some of them only. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import product

from hub.routing.rules import Route, When
from hub.vocabulary import Business, Urgency

#: Whether the addressee looked at gets a document, and whether anybody does.
Effect = tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class End:
    """Where a document came to."""

    #: the first route that matched
    first: int | None = None
    arrives: bool = False
    somebody: bool = False

    def after(self, index: int, effect: Effect) -> End:
        """The same after one more route that matched."""
        first = index if self.first is None else self.first
        return End(first, self.arrives or effect[0], self.somebody or effect[1])


@dataclass(frozen=True, slots=True)
class Step:
    """A route, as documents meet it that are alike in type, addressee and way in."""

    index: int
    #: whether it matches; None: some of them
    holds: bool | None
    #: each that it may have
    effects: frozenset[Effect]
    final: bool
    when: When

    def at(self, urgency: Urgency, business: Business) -> Step:
        """For documents of this urgency that ask for this."""
        asked, urgent = self.when.business, self.when.urgency
        met = (not urgent or urgency in urgent) and (not asked or business in asked)
        return self if met else replace(self, holds=False)


def walk(steps: Sequence[Step]) -> set[End]:
    """Every end that is possible; perhaps more of them, never fewer."""
    going, ended = {End()}, set[End]()
    for step in steps:
        if step.holds is False:
            continue
        matched = {end.after(step.index, effect) for end in going for effect in step.effects}
        going = set() if step.holds else going
        (ended if step.final else going).update(matched)
    return going | ended


def sorts(routes: Collection[Route]) -> set[tuple[Urgency, Business]]:
    """Of all urgencies and businesses that these rules do not tell apart, one each."""
    told: dict[tuple[bool, ...], tuple[Urgency, Business]] = {}
    for urgency, business in product(Urgency, Business):
        signs = [(urgency in route.when.urgency, business in route.when.business) for route in routes]
        told.setdefault(tuple(sign for pair in signs for sign in pair), (urgency, business))
    return set(told.values())


def is_opaque(when: When) -> bool:
    """Whether it depends on more than sender, addressees, type, urgency and what is asked for."""
    return bool(when.subject or when.code or when.attachments or when.days or when.expression)
