"""Everything that can go wrong, as one tree. A class's docstring is its default message.

HubError
├── ConfigError            the configuration has mistakes (all of them, each with its place)
├── PluginError            a plugin cannot be used, said to its author
├── Refused                permanent: given back to the source, or a dead letter
│   └── Quarantined        kept by the hub with its bytes: a person must decide
├── Deferred               not now: tried again later by itself
├── OutcomeUnknown         sent, but nobody can tell whether it arrived
├── Fenced                 another holder has this lane now: the result is dropped
├── AlreadyRunning         a hub already holds this data folder
└── StorageError           the ledger or the blobs
    ├── NoRoom             the disk is full, or read-only: intake pauses
    ├── Damaged            bytes or records are not what was stored
    └── StorageFailed      an fsync or write failed: the process must stop and verify
"""

from __future__ import annotations

from dataclasses import dataclass


class HubError(Exception):
    """Something went wrong in the hub."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").split("\n")[0])


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake in a configuration file. Line and column count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class ConfigError(HubError):
    """The configuration has mistakes."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = sorted(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class PluginError(HubError):
    """A plugin cannot be used."""


class Refused(HubError):
    """Refused for good.

    `code` is a short stable word for programs, `reason` a sentence for people (Vietnamese),
    `where` the place in the input ("line 4 column 12", an element name), if there is one.
    `earlier`: of an inbox's verdict, that the same input was refused before, and nothing was judged now.
    """

    def __init__(self, code: str, reason: str, where: str = "", *, earlier: bool = False) -> None:
        super().__init__(f"{code}: {reason}" + (f" ({where})" if where else ""))
        self.code, self.reason, self.where, self.earlier = code, reason, where, earlier


class Quarantined(Refused):
    """Kept by the hub: a person must decide."""


class Deferred(HubError):
    """Not now. `retry_after` (seconds) is the least pause the other side asked for."""

    def __init__(self, reason: str, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.reason, self.retry_after = reason, retry_after


class OutcomeUnknown(HubError):
    """Sent, but nobody can tell whether it arrived."""


class Fenced(HubError):
    """Another holder has this lane now."""


class AlreadyRunning(HubError):
    """A hub already holds this data folder."""


class StorageError(HubError):
    """The ledger or the blobs cannot be used."""


class NoRoom(StorageError):
    """The disk takes nothing more: it is full, or read-only."""


class Damaged(StorageError):
    """What is stored is not what was stored."""


class StorageFailed(StorageError):
    """A write or fsync failed; what reached the disk is not known."""
