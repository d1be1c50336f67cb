"""Whether one rule's conditions hold whenever another's do. Only a certain yes is a yes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from hub.directory import Directory, normalise
from hub.routing.rules import Days, Enclosed, Group, When
from hub.routing.words import bare, type_key
from hub.vocabulary import Business, Urgency

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
        return all(self.covers_from(wide, narrow, way) for way in self.ways(narrow))

    def covers_from(self, wide: When, narrow: When, way: str) -> bool:
        """Whether every document that meets `narrow` and came in that way certainly meets `wide`."""
        return (
            (self._sends(wide.sender, way) or self._all_named(narrow.sender, wide.sender))
            and (not wide.channel or way in self._channels(wide.channel))
            and self._all_named(narrow.to, wide.to)
            and _subset(map(type_key, narrow.types), map(type_key, wide.types))
            and _subset(narrow.urgency, wide.urgency)
            and _subset(narrow.business, wide.business)
            and _all_like(narrow.subject, wide.subject)
            and _all_like(narrow.code, wide.code)
            and (wide.attachments is None or _encloses(narrow.attachments, wide.attachments))
            and (wide.days is None or _within(narrow.days, wide.days))
            and wide.expression in (None, narrow.expression)
        )

    def covers_together(self, several: Sequence[When], narrow: When, way: str) -> bool:
        """Whether every document that meets `narrow` and came in that way certainly meets one of several.

        The documents are told apart by type, urgency, what they ask for and addressees, where these do so.
        """
        return self._together(several, narrow, way, _splits(several))

    def _together(self, several: Sequence[When], narrow: When, way: str, splits: Sequence[str]) -> bool:
        if any(self.covers_from(wide, narrow, way) for wide in several):
            return True
        parts = self._parts(narrow, splits[0]) if splits else ()
        return bool(splits) and all(self._together(several, part, way, splits[1:]) for part in parts)

    def _parts(self, when: When, key: str) -> Iterator[When]:
        """The same documents in parts that are told apart by this key; a document may be in several."""
        if key == "types" and when.types:
            yield from (replace(when, types=(name,)) for name in when.types)
        elif key == "urgency":
            yield from (replace(when, urgency=frozenset({one})) for one in when.urgency or Urgency)
        elif key == "business":
            yield from (replace(when, business=frozenset({one})) for one in when.business or Business)
        elif key == "to" and when.to:
            yield from (replace(when, to=(name,)) for pattern in when.to for name in self._single(pattern))
        else:
            yield when

    def _single(self, pattern: str) -> Iterable[str]:
        """The members of a group by name, where their names mean nothing else; the pattern itself otherwise."""
        units = self._units(pattern) or ()
        return sorted(units) if units and all(self._units(unit) == {unit} for unit in units) else (pattern,)

    def sent(self, when: When, way: str) -> bool | None:
        """Whether documents that came in that way meet `from` and `channel`; None: some of them may."""
        return False if when.channel and way not in self._channels(when.channel) else self.named(when.sender, way)

    def named(self, patterns: Iterable[str], unit: str) -> bool | None:
        """Whether one of the patterns names the unit; None: by some of the codes that a packet may bear."""
        if self._sends(patterns, unit):
            return True
        return None if self._may_send(unit, patterns) else False

    def _sends(self, patterns: Iterable[str], way: str) -> bool:
        """Whether they name whoever sends by that unit's endpoint, senders being bound to their endpoints."""
        codes = self._codes(way)
        return not patterns or any(self._names(pattern, way, codes) for pattern in patterns)

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


def _splits(several: Sequence[When]) -> list[str]:
    """The keys that these tell documents apart by."""
    return [key for key in ("types", "urgency", "business", "to") if any(getattr(when, key) for when in several)]


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
