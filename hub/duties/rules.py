"""The rules of duties.yaml as records, and those that hold without it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.calendar import Kind, Span
from hub.vocabulary import Urgency

_HOUR, _DAY, _FORTNIGHT = Span(Kind.WORKING, 60), Span(Kind.WORKING_DAYS, 1), Span(Kind.WORKING_DAYS, 10)


@dataclass(frozen=True, slots=True)
class When:
    """A rule's conditions. An empty one holds for every document; of a list one entry must hold."""

    #: loại văn bản by name
    types: tuple[str, ...] = ()
    urgency: frozenset[Urgency] = frozenset()
    #: who owes: unit ids, groups, kinds of connector
    to: tuple[str, ...] = ()
    #: who sent it: unit ids, groups, codes, globs of codes
    sender: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chase:
    """How a duty is pursued. None: not at all."""

    #: so long before it is due the unit is reminded, minutes of the clock or of work
    before: Span | None = _HOUR
    #: so often when it is overdue
    every: Span | None = _DAY
    #: most reminders
    most: int = 5
    #: so long after it was due the leaders are told
    escalate: Span | None = _DAY
    #: so long after it was due it is closed as broken
    limit: Span | None = _FORTNIGHT


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: who owes what by when."""

    name: str
    #: code -> by when; None: nothing, whatever later rules say
    owe: Mapping[str, Span | None]
    when: When = When()
    chase: Chase = field(default_factory=Chase)
