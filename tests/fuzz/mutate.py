"""Mutations that know no grammar: bytes and numbers are changed, doubled, dropped, swapped and cut."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

#: the longest input that mutation makes in its usual steps
LONGEST = 1 << 16
_BYTES = (0, 9, 10, 13, 32, 34, 38, 39, 45, 47, 58, 59, 60, 61, 62, 91, 92, 93, 123, 125, 127, 128, 0xC3, 0xE2, 0xFF)
_NUMBER = re.compile(rb"\d+")
_NUMBERS = (b"0", b"-1", b"1e9", b"2147483648", b"18446744073709551616", b"9" * 400, b"00000000000001", b"1_0", b"0x1f")
STRAYS = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\r", b"\x0b", b"\x85",
    b"\xe2\x80\xa8", b"\xe2\x80\x8b", b"\xcc\x81", b"\xf0\x9f\x94\x92", b"%s%n", b"${x}", b"{}", b"../", b"\x1b[2J",
    b"\xe2\x80\xae",
)  # fmt: skip

Step = Callable[[Random, bytes], bytes]


def flip(dice: Random, data: bytes) -> bytes:
    """A bit changed."""
    at = dice.randrange(len(data))
    return data[:at] + bytes((data[at] ^ 1 << dice.randrange(8),)) + data[at + 1 :]


def put(dice: Random, data: bytes) -> bytes:
    """A byte that means something put in another's place."""
    at = dice.randrange(len(data))
    return data[:at] + bytes((dice.choice(_BYTES),)) + data[at + 1 :]


def stray(dice: Random, data: bytes) -> bytes:
    """Something that has no business here."""
    at = dice.randrange(len(data) + 1)
    return data[:at] + dice.choice(STRAYS) + data[at:]


def drop(dice: Random, data: bytes) -> bytes:
    """A piece left out."""
    start, end = piece(dice, data)
    return data[:start] + data[end:]


def double(dice: Random, data: bytes) -> bytes:
    """A piece that stands there twice, or often."""
    start, end = piece(dice, data)
    times = dice.choice((2, 2, 2, 3, 17, 300))
    return data[:start] + data[start:end] * min(times, LONGEST // (end - start + 1) + 1) + data[end:]


def move(dice: Random, data: bytes) -> bytes:
    """A piece that stands elsewhere."""
    start, end = piece(dice, data)
    rest = data[:start] + data[end:]
    at = dice.randrange(len(rest) + 1)
    return rest[:at] + data[start:end] + rest[at:]


def cut(dice: Random, data: bytes) -> bytes:
    """The beginning alone."""
    return data[: dice.randrange(len(data) + 1)]


def renumber(dice: Random, data: bytes) -> bytes:
    """Another number."""
    found = list(_NUMBER.finditer(data))
    if not found:
        return put(dice, data)
    match = dice.choice(found)
    return data[: match.start()] + dice.choice(_NUMBERS) + data[match.end() :]


#: the commoner of them more than once
STEPS: Sequence[Step] = (flip, flip, put, put, stray, stray, drop, drop, double, move, cut, renumber)


def piece(dice: Random, data: bytes, longest: int = 64) -> tuple[int, int]:
    """Where a piece begins and ends; short ones are likelier."""
    start = dice.randrange(len(data) + 1)
    return start, min(len(data), start + dice.choice((1, 2, 4, 8, 16, dice.randint(1, longest))))


def joined(dice: Random, data: bytes, other: bytes) -> bytes:
    """The beginning of one and the end of the other."""
    return data[: dice.randrange(len(data) + 1)] + other[dice.randrange(len(other) + 1) :]


def steps(dice: Random, data: bytes, known: Sequence[Step]) -> bytes:
    """A few of these steps, one after the other."""
    for _ in range(dice.choice((1, 1, 1, 2, 3, 5, 8))):
        data = dice.choice(known)(dice, data or b"x")[:LONGEST]
    return data
