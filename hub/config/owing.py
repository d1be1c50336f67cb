"""duties.yaml: who owes which answer by when, and how it is pursued."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field, PlainValidator, StrictBool, model_validator

from hub.calendar import Kind, Span, span
from hub.config.part import Part
from hub.config.values import Types, Urgencies, Word, Words, one_of
from hub.directory import Directory
from hub.duties import DEFAULTS, FOR_INFORMATION, GUI, OWABLE, Chase, Rule, When
from hub.routing import Group, bare

NAME = "duties.yaml"

_NOTHING = ("khong", "none", "no")
_MINUTES = (Kind.CLOCK, Kind.WORKING)
_COUNTED = (*_MINUTES, Kind.WORKING_DAYS)
#: More often nobody reads it.
_LEAST_MINUTES = 15


def _owed(value: object) -> Span | None:
    """A span; None where nothing shall be owed. Raises ValueError."""
    if value is False or (isinstance(value, str) and bare(value) in _NOTHING):
        return None
    return span(str(value))


def _minutes(value: object) -> Span | None:
    return _of(value, _MINUTES, '"30 phút" or "1 giờ làm việc"')


def _often(value: object) -> Span | None:
    found = _counted(value)
    if found and found.kind in _MINUTES and found.amount < _LEAST_MINUTES:
        raise ValueError(f'"{value}" is too often: {_LEAST_MINUTES} phút at least')
    return found


def _counted(value: object) -> Span | None:
    return _of(value, _COUNTED, '"4 giờ làm việc" or "1 ngày làm việc"')


def _of(value: object, kinds: Iterable[Kind], how: str) -> Span | None:
    found = _owed(value)
    if found and found.kind not in kinds:
        raise ValueError(f'"{value}" cannot stand here: write {how}, or "không"')
    return found


def _code(value: object) -> str:
    code = str(value).strip()
    if code == "16":
        raise ValueError('the answer to a recall is owed as "15": 16 answers it too')
    if code == "13":
        raise ValueError("a recall (13) is a sender's right, nobody owes it")
    if code not in OWABLE:
        raise ValueError(one_of(code, OWABLE))
    return code


Code = Annotated[str, PlainValidator(_code)]
Owe = Annotated[Span | None, PlainValidator(_owed)]
Minutes = Annotated[Span | None, PlainValidator(_minutes)]
Often = Annotated[Span | None, PlainValidator(_often)]
Counted = Annotated[Span | None, PlainValidator(_counted)]


class RemindSays(Part):
    """`remind:`."""

    before: Minutes = Chase().before
    every: Often = Chase().every
    most: Annotated[int, Field(strict=True, ge=0, le=50)] = Chase().most


class ChaseSays(Part):
    """How duties are pursued: for all, or of one rule."""

    remind: RemindSays | None = None
    escalate: Counted = Chase().escalate
    limit: Counted = Chase().limit

    def chase(self, usual: Chase) -> Chase:
        """As this says, and where it says nothing as usual."""
        said, remind = self.model_fields_set, self.remind
        return Chase(
            before=remind.before if remind and "before" in remind.model_fields_set else usual.before,
            every=remind.every if remind and "every" in remind.model_fields_set else usual.every,
            most=remind.most if remind and "most" in remind.model_fields_set else usual.most,
            escalate=self.escalate if "escalate" in said else usual.escalate,
            limit=self.limit if "limit" in said else usual.limit,
        )


class OwingWhenSays(Part):
    """`when:` of a duty."""

    types: Types = Field(default=(), alias="type")
    urgency: Urgencies = ()
    to: Words = ()
    sender: Words = Field(default=(), alias="from")


class DutySays(ChaseSays):
    """One rule of duties.yaml."""

    name: Word
    when: OwingWhenSays = OwingWhenSays()
    owe: dict[Code, Owe] = Field(min_length=1)

    @model_validator(mode="after")
    def _can_be_owed(self) -> DutySays:
        for code, by in self.owe.items():
            if code == GUI and by and by.kind is Kind.DUE_DATE:
                raise ValueError("gui counts from the day of signing: it has no hạn trả lời")
        return self

    def rule(self, usual: Chase, directory: Directory, groups: Mapping[str, Group]) -> Rule:
        """As the book takes it, units by id."""
        when = When(
            self.when.types,
            frozenset().union(*self.when.urgency),
            tuple(name if name in groups else directory.find(name) or name for name in self.when.to),
            self.when.sender,
        )
        return Rule(self.name, self.owe, when, self.chase(usual))


class DutiesSays(ChaseSays):
    """duties.yaml."""

    rules: tuple[DutySays, ...] | None = Field(default=None, alias="duties")
    defaults: StrictBool = True
    information: Types | None = Field(default=None, alias="de-biet")

    def book(self, directory: Directory, groups: Mapping[str, Group]) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
        """The rules, with those that are shipped behind them, and the types that are only for information."""
        usual = self.chase(Chase())
        own = tuple(one.rule(usual, directory, groups) for one in self.rules or ())
        shipped = tuple(Rule(one.name, one.owe, one.when, usual) for one in DEFAULTS) if self.defaults else ()
        return (*own, *shipped), FOR_INFORMATION if self.information is None else self.information
