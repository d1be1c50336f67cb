"""Which rules hold for a document, and of them the one that decides about a code. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hub.calendar import Span
from hub.directory import Directory, normalise
from hub.duties.people import Subject
from hub.duties.rules import Rule
from hub.routing import Group, type_key
from hub.vocabulary import Document


@dataclass(frozen=True, slots=True)
class Matcher:
    """The rules that hold for one document, of those who owe not yet speaking."""

    rules: Sequence[Rule]
    groups: Mapping[str, Group]

    @classmethod
    def of(
        cls, rules: Sequence[Rule], document: Document, directory: Directory, groups: Mapping[str, Group]
    ) -> Matcher:
        """Those of the rules whose type, urgency and sender fit."""
        return cls([rule for rule in rules if _fits(rule, document, directory, groups)], groups)

    def owed_by(self, subject: Subject) -> Iterator[tuple[str, Rule, Span]]:
        """Code, rule and span of all that the first rule for it gives this unit."""
        decided: set[str] = set()
        for rule in self.rules:
            if not concerns(rule.when.to, subject, self.groups):
                continue
            for code, span in rule.owe.items():
                if span and code not in decided:
                    yield code, rule, span
                decided.add(code)


def concerns(names: Sequence[str], subject: Subject, groups: Mapping[str, Group]) -> bool:
    """Whether one of these ids, groups and kinds means this unit; none at all mean everyone."""
    return not names or any(
        name in (subject.unit, subject.kind) or (name in groups and subject.unit in groups[name].units)
        for name in names
    )


def _fits(rule: Rule, document: Document, directory: Directory, groups: Mapping[str, Group]) -> bool:
    when = rule.when
    if when.urgency and document.urgency not in when.urgency:
        return False
    if when.types and type_key(document.type.name) not in map(type_key, when.types):
        return False
    return not when.sender or _is_from(document.sender.id, when.sender, directory, groups)


def _is_from(organ: str, names: Sequence[str], directory: Directory, groups: Mapping[str, Group]) -> bool:
    unit, code = directory.find(organ), normalise(organ)
    for name in names:
        if name in groups:
            if unit in groups[name].units:
                return True
        elif (unit is not None and directory.find(name) == unit) or fnmatchcase(code, normalise(name)):
            return True
    return False
