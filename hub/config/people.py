"""What a unit of units.yaml says about its duties: leaders, deputies, pauses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from hub.config.nodes import Entry, Node, Report
from hub.config.part import Part
from hub.config.values import Day, Word, Words
from hub.config.working import check_range
from hub.connector import Settings
from hub.duties import Delegation, Pause, Subject
from hub.kinds import EVERY, Kinds


class DelegationSays(Part):
    """One entry of `uy-quyen:`."""

    since: Day = Field(alias="tu")
    until: Day = Field(alias="den")
    person: Word = Field(alias="nguoi")
    deputy: Word = Field(alias="thay")

    @model_validator(mode="after")
    def _in_order(self) -> DelegationSays:
        check_range(self.since, self.until)
        return self


class PauseSays(Part):
    """`tam-dung:`, or one entry of it."""

    since: Day = Field(alias="tu")
    until: Day = Field(alias="den")
    reason: Word = Field(alias="ly-do")

    @model_validator(mode="after")
    def _in_order(self) -> PauseSays:
        check_range(self.since, self.until)
        return self


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


class PeopleSays(Part):
    """The keys of a unit that concern its duties."""

    leaders: Words = Field(default=(), alias="lanh-dao")
    delegations: tuple[DelegationSays, ...] = Field(default=(), alias="uy-quyen")
    pauses: Annotated[tuple[PauseSays, ...], BeforeValidator(_as_list)] = Field(default=(), alias="tam-dung")

    def subject(self, unit: str, settings: Settings, codes: frozenset[str]) -> Subject:
        """As the rules see the unit."""
        return Subject(
            unit,
            settings.kind,
            codes,
            self.leaders,
            tuple(Delegation(one.since, one.until, one.person, one.deputy) for one in self.delegations),
            tuple(Pause(one.since, one.until, one.reason) for one in self.pauses),
        )


def codes_of(settings: Settings, kinds: Mapping[str, type[Settings]]) -> frozenset[str]:
    """What the unit behind this endpoint can give."""
    able = kinds.codes.get(settings.kind, EVERY) if isinstance(kinds, Kinds) else EVERY
    return able & settings.given if settings.given else able


def check_people(units: Node, report: Report) -> None:
    """Warn of a deputy for somebody who is nobody here."""
    for entry in units.table("units"):
        known = {word.strip() for word in _people(entry)}
        for delegation in _items(entry, "uy-quyen"):
            for person, place in delegation.texts("nguoi"):
                if person.strip() not in known:
                    report.warn(place, f'"{person}" is neither under lanh-dao nor staff: the deputy is never asked')


def _people(entry: Entry) -> Iterator[str]:
    yield from (word for word, _ in entry.node.texts("lanh-dao"))
    yield from (person.key for person in entry.node.table("staff"))


def _items(entry: Entry, key: str) -> tuple[Node, ...]:
    node = entry.node.get(key)
    return (node.items or ()) if node else ()
