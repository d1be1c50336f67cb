"""What one look through a clerk's share found, as records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from plugins.folderdrop.clerk.cases import Stage
from plugins.folderdrop.clerk.decisions import Seen


@dataclass(frozen=True, slots=True)
class Loose:
    """One of a document's files, alone in a stage."""

    place: str
    stage: Stage | None
    person: str
    delivery: str
    #: what names this very file, unchanged
    mark: str

    def apart(self, seen: Sequence[Seen]) -> bool:
        """Whether its document lies in one place, and that is another stage or person."""
        return len(seen) == 1 and (self.stage, self.person) != (seen[0].stage, seen[0].person)


@dataclass(slots=True)
class Survey:
    """What one look through the share found."""

    #: stage -> its folder, the usual one first
    stages: dict[Stage, str] = field(default_factory=dict)
    #: delivery -> where its folders lie; without what is finished and lies in the folder of a month, and only there
    seen: dict[str, list[Seen]] = field(default_factory=dict)
    loose: list[Loose] = field(default_factory=list)
    #: folders of finished documents
    listed: set[str] = field(default_factory=set)
    #: folders that were known by their content alone, and the delivery
    unmarked: list[tuple[str, str]] = field(default_factory=list)
    #: marks of folders that no known document bears
    strangers: set[str] = field(default_factory=set)
    #: folders that are spelt like another of the same meaning; both are looked through
    doubles: list[str] = field(default_factory=list)

    def moved(self, stage: Stage, delivery: str) -> bool:
        """Whether a document does not just lie in that stage, once."""
        seen = self.seen.get(delivery, ())
        return len(seen) > 1 or any(each.stage is not stage or self._lies_open(each) for each in seen)

    def _lies_open(self, seen: Seen) -> bool:
        """Whether it is finished, and in no month's folder."""
        return seen.stage is Stage.FINISHED and seen.place.rpartition("/")[0] == self.stages[Stage.FINISHED]
