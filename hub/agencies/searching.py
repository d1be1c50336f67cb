"""Names as they are searched: without diacritics, hyphens and case; what to look at, and what comes first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from zlib import crc32

from hub.standards.addressing import folded

#: Words of a question that are looked at.
MOST_WORDS = 12
#: Bits of a sign: one for each letter that a word may begin with, the others for its first two letters.
_LETTERS, _BITS = 27, 63


def words_of(name: str) -> str:
    """The searched form of a name: " so y te tinh quang ngai ", a blank at each end; " " where nothing is left."""
    words = folded(name)
    return f" {words} " if words else " "


def asked(text: str) -> list[str]:
    """The words of a question, in its order, each once."""
    return list(dict.fromkeys(folded(text).split()))[:MOST_WORDS]


def beginnings(words: Iterable[str]) -> int:
    """How these words begin, in 63 bits: a text can have words that begin so only if it has all their bits."""
    signs = 0
    for word in words:
        signs |= _beginning(word[:2])
    return signs


@lru_cache(maxsize=4096)
def _beginning(start: str) -> int:
    first = ord(start[0]) - ord("a")
    letter = 1 << (first if 0 <= first < _LETTERS - 1 else _LETTERS - 1)
    return letter if len(start) < 2 else letter | 1 << (_LETTERS + crc32(start.encode()) % (_BITS - _LETTERS))


def nearness(asked_for: Sequence[str], words: str, found_by: str) -> tuple[int, ...]:
    """How near an agency of these words comes to what was asked for; the least is the nearest.

    First whether each word begins one of its words, then how many are whole, whether its name begins as was asked,
    how many stand in its own name, and how short that is.
    """
    begun = all(f" {word}" in found_by for word in asked_for)
    whole = sum(f" {word} " in found_by for word in asked_for)
    as_asked = words.startswith(f" {' '.join(asked_for)}") + words.startswith(f" {asked_for[0]}")
    own = sum(f" {word}" in words for word in asked_for)
    return -begun, -whole, -as_asked, -own, len(words)
