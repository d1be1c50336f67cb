"""The files' values as trees that know their places, and the report of what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hub.errors import Mistake

_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def says(self, message: str) -> Mistake:
        """A mistake at this spot. What a file's values bring into the message cannot forge lines."""
        shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in message[:_LONGEST])
        return Mistake(self.file, self.line, self.column, shown)


@dataclass(slots=True)
class Report:
    """What was found so far, in all files."""

    mistakes: list[Mistake] = field(default_factory=list)
    warnings: list[Mistake] = field(default_factory=list)

    def wrong(self, place: Place, message: str) -> None:
        """Note what keeps the hub from starting."""
        self.mistakes.append(place.says(message))

    def warn(self, place: Place, message: str) -> None:
        """Note what is allowed and probably not meant."""
        self.warnings.append(place.says(message))


@dataclass(frozen=True, slots=True)
class SecretName:
    """A scalar written `!secret NAME`."""

    name: str


Scalar = str | int | float | bool | None | SecretName


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value`. Of a repeated key all entries are kept; `repeat` counts from 1 at the second."""

    key: str
    at: Place
    node: Node
    repeat: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One value: a scalar, a list of nodes, or a table of entries."""

    at: Place
    scalar: Scalar = None
    items: tuple[Node, ...] | None = None
    entries: tuple[Entry, ...] | None = None

    @property
    def is_scalar(self) -> bool:
        """Neither list nor table."""
        return self.items is None and self.entries is None

    def entry(self, key: object) -> Entry | None:
        """The entry of that key, the first where it is repeated."""
        return next((entry for entry in self.entries or () if entry.key == key), None)

    def get(self, *path: str) -> Node | None:
        """The node under these keys, or None."""
        node: Node | None = self
        for key in path:
            entry = node.entry(key) if node else None
            node = entry.node if entry else None
        return node

    def text(self, *path: str) -> str:
        """The text under these keys, "" where there is none."""
        node = self.get(*path)
        return node.scalar if node and isinstance(node.scalar, str) else ""

    def texts(self, *path: str) -> Iterator[tuple[str, Place]]:
        """Each text under these keys, be it one or a list, with its place."""
        node = self.get(*path)
        for item in (node.items or (node,)) if node else ():
            if isinstance(item.scalar, str):
                yield item.scalar, item.at

    def table(self, *path: str) -> tuple[Entry, ...]:
        """The entries under these keys, none where there is no table."""
        node = self.get(*path)
        return (node.entries or ()) if node else ()
