"""What is fuzzed: a reader, how its inputs are made, and what must hold of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Protocol

SEEDS = Path(__file__).parents[1] / "data" / "fuzz"


class Broken(AssertionError):
    """A promise that the reader did not keep."""


def hold(promise: object, what: str) -> None:
    """Raises Broken with these words where the promise is not kept."""
    if not promise:
        raise Broken(what)


@dataclass(frozen=True, slots=True)
class Case:
    """One input; with a wish, the reader must take it and come to just that."""

    data: bytes
    wish: object = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How one input ended: taken, or refused by name. The same word is the same way through the reader."""

    taken: bool
    word: str


class Target(Protocol):
    """One reader under test."""

    name: str

    def seeds(self) -> Sequence[bytes]:
        """What mutation begins with."""
        ...

    def valid(self, dice: Random) -> Case:
        """An input that must be taken, with the value that it must be read as."""
        ...

    def mutated(self, dice: Random, data: bytes, other: bytes) -> bytes:
        """An input made from one or two others."""
        ...

    def judge(self, case: Case) -> Ending:
        """Give it to the reader. Raises Broken, or whatever the reader let out."""
        ...


def kept(name: str) -> dict[str, bytes]:
    """The seeds of a target that are kept in the repository, by name."""
    return {path.name: path.read_bytes() for path in sorted((SEEDS / name).iterdir())}
