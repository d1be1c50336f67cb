"""Who is who in a report: our units, the Government Office, everyone else. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import StrEnum
from functools import cached_property

from hub.directory import Directory, normalise


class Side(StrEnum):
    """On which side somebody stands."""

    OURS = "ours"
    CENTRAL = "central"
    OUTSIDE = "outside"


class Parties:
    """Units by the ids and codes that the ledger names. `central`: the codes of the Government Office.

    `called` tells the name of a code outside the province, "" where nobody knows it.
    """

    def __init__(
        self, directory: Directory, central: Collection[str], called: Callable[[str], str] = lambda _: ""
    ) -> None:
        self.directory = directory
        self._called = called
        self._central = frozenset(map(normalise, central))
        self._sides: dict[str, Side] = {}

    def side(self, party: str) -> Side:
        """On which side one stands that the ledger names."""
        if party not in self._sides:
            self._sides[party] = self._judge(party)
        return self._sides[party]

    def _judge(self, party: str) -> Side:
        if self.directory.is_ours(party):
            return Side.OURS
        if normalise(party) in self._central or (party == self.directory.others and self._others_are_central):
            return Side.CENTRAL
        return Side.OUTSIDE

    @cached_property
    def _others_are_central(self) -> bool:
        others = self.directory.others
        return bool(others) and normalise(self.directory.unit(others or "").code) in self._central

    @cached_property
    def way_to_central(self) -> str:
        """The unit by whose endpoint everyone outside is reached, the Government Office too; "": there is none."""
        others = self.directory.others or ""
        return others if others in map(self.directory.endpoint, self._central) else ""

    @cached_property
    def units(self) -> tuple[str, ...]:
        """Our units that count, in the order of units.yaml: without those that are only tried out."""
        return tuple(unit.id for unit in self.directory.ours if not unit.is_tried_out)

    def named(self, seen: Collection[str]) -> list[str]:
        """Those units, then former ones that were seen."""
        ours = {party for party in seen if self.side(party) is Side.OURS}
        former = (party for party in ours if self.directory.former(party))
        return [*self.units, *sorted(set(former) - set(self.units))]

    def unit(self, party: str) -> str:
        """Our unit's id behind a code that a packet names, else the code as it is compared."""
        return self.directory.find(party) or normalise(party)

    def name(self, party: str) -> str:
        """What people call it; of a code outside the code too, since many agencies bear one name."""
        known = self.directory.name(party)
        called = self._called(party) if known == party else ""
        return f"{called} ({party})" if called else known
