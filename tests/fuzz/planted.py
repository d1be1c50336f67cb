"""Readers with a fault each that harms their process; in a module of their own so that workers can make them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

from tests.fuzz.target import Case, Ending, Target

#: what the faults need
FATAL = b"fatal"
_hoard: list[bytes] = []


class _Sound:
    """Takes everything."""

    name = "sound"

    def seeds(self) -> Sequence[bytes]:
        return [b"harmless"]

    def valid(self, dice: Random) -> Case:
        return Case(FATAL)

    def mutated(self, dice: Random, data: bytes, other: bytes) -> bytes:
        return data

    def judge(self, case: Case) -> Ending:
        if case.data == FATAL:
            self.fail()
        return Ending(True, "taken")

    def fail(self) -> None:
        """Nothing."""


class Hanging(_Sound):
    """Never comes to an end."""

    def fail(self) -> None:
        while True:
            pass


class Dying(_Sound):
    """Takes the process with it."""

    def fail(self) -> None:
        raise SystemExit(9)


class Greedy(_Sound):
    """Needs a lot at once."""

    def fail(self) -> None:
        b"x" * (600 << 20)


class Leaking(_Sound):
    """Gives nothing back."""

    def fail(self) -> None:
        _hoard.append(b"x" * (8 << 20))


PLANTED: Mapping[str, Callable[[], Target]] = {
    "hanging": Hanging,
    "dying": Dying,
    "greedy": Greedy,
    "leaking": Leaking,
}


def make_planted(name: str) -> Target:
    """The target with that fault."""
    return PLANTED[name]()
