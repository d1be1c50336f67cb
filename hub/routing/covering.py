"""Whether one rule's conditions hold whenever another's do. Only a certain yes is a yes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hub.directory import Directory, normalise
from hub.routing.rules import Days, Enclosed, Group, When
from hub.routing.words import bare, type_key

_WILD = re.compile(r"[*?\[\]]")


@dataclass(frozen=True, slots=True)
class Covering:
    """What conditions mean in one directory."""

    directory: Directory
    groups: Mapping[str, Group]
    #: unit id -> kind of its connector
    kinds: Mapping[str, str]

    def covers(self, wide: When, narrow: When) -> bool:
        """Whether every document that meets `narrow` certainly meets `wide`."""
        return (
            self._all_named(narrow.sender, wide.sender)
            and self._all_named(narrow.to, wide.to)
            and (not wide.channel or self.ways(narrow) <= self._channels(wide.channel))
            and _subset(map(type_key, narrow.types), map(type_key, wide.types))
            and _subset(narrow.urgency, wide.urgency)
            and _subset(narrow.business, wide.business)
            and _all_like(narrow.subject, wide.subject)
            and _all_like(narrow.code, wide.code)
            and (wide.attachments is None or _encloses(narrow.attachments, wide.attachments))
            and (wide.days is None or _within(narrow.days, wide.days))
            and wide.expression in (None, narrow.expression)
        )

    def ways(self, when: When) -> frozenset[str]:
        """The units by whose endpoint such a document may come in, senders being bound to their endpoints."""
        ways = self._channels(when.channel) if when.channel else frozenset(self.kinds)
        return frozenset(unit for unit in ways if not when.sender or self._may_send(unit, when.sender))

    def _channels(self, names: Iterable[str]) -> frozenset[str]:
        named = frozenset(names)
        units = {unit for name in named for unit in self._units(name) or ()}
        return frozenset(unit for unit, kind in self.kinds.items() if unit in units or kind in named)

    def _may_send(self, unit: str, patterns: Iterable[str]) -> bool:
        if unit == self.directory.others:
            return any(unit in (self._units(pattern) or {unit}) for pattern in patterns)
        words = {normalise(unit), *self._codes(unit)}
        return any(self._names(pattern, unit, words) for pattern in patterns)

    def _all_named(self, narrow: tuple[str, ...], wide: tuple[str, ...]) -> bool:
        return not wide or (bool(narrow) and all(self._is_named(pattern, wide) for pattern in narrow))

    def _is_named(self, pattern: str, wide: tuple[str, ...]) -> bool:
        """Whether whoever the pattern names is named by one of the wide ones."""
        units = self._units(pattern)
        if units is not None:
            return all(any(self._names(other, unit, self._codes(unit)) for other in wide) for unit in units)
        globs = [normalise(other) for other in wide if self._units(other) is None]
        return any(_is_part(normalise(pattern), glob) for glob in globs)

    def _names(self, pattern: str, unit: str, codes: Iterable[str]) -> bool:
        """Whether the pattern names that unit, whichever of its codes a packet bears."""
        units = self._units(pattern)
        if units is not None:
            return unit in units
        glob = normalise(pattern)
        return glob == "*" or any(fnmatchcase(code, glob) for code in codes)

    def _units(self, name: str) -> set[str] | None:
        """The units of a group or of a unit's name, None for a code or a glob of codes."""
        if name in self.groups:
            return set(self.groups[name].units)
        found = self.directory.find(name)
        return {found} if found else None

    def _codes(self, unit: str) -> tuple[str, ...]:
        return tuple(code for code, owner in self.directory.codes.items() if owner == unit)


def _subset(narrow: Iterable[object], wide: Iterable[object]) -> bool:
    few, many = set(narrow), set(wide)
    return not many or (bool(few) and few <= many)


def _all_like(narrow: tuple[str, ...], wide: tuple[str, ...]) -> bool:
    return not wide or (bool(narrow) and all(any(_is_part(bare(one), bare(other)) for other in wide) for one in narrow))


def _is_part(narrow: str, wide: str) -> bool:
    """Whether whatever the first glob fits, the second fits too."""
    if wide in ("*", narrow):
        return True
    if not _WILD.search(narrow):
        return fnmatchcase(narrow, wide)
    inner = wide[1:-1]
    open_ends = len(wide) > 1 and wide[0] == wide[-1] == "*" and not _WILD.search(inner)
    return open_ends and "[" not in narrow and any(inner in run for run in _WILD.split(narrow))


def _encloses(narrow: Enclosed | None, wide: Enclosed) -> bool:
    return (
        narrow is not None
        and _subset(map(bare, narrow.types), map(bare, wide.types))
        and (wide.larger is None or (narrow.larger is not None and narrow.larger >= wide.larger))
    )


def _within(narrow: Days | None, wide: Days) -> bool:
    return narrow is not None and wide.since <= narrow.since and narrow.until <= wide.until
