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
        here = (self.stage, self.person, self.stage is None)
        return len(seen) == 1 and here != (seen[0].stage, seen[0].person, seen[0].reserved)


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
    #: folders for the answers to a recall, by their plain names
    reserved: set[str] = field(default_factory=set)
    #: marks of folders that no known document bears
    strangers: set[str] = field(default_factory=set)
    #: folders that are spelt like another of the same meaning; both are looked through
    doubles: list[str] = field(default_factory=list)
