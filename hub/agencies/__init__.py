"""The national directory of agencies: its answers read piece by piece, its rows as records. Pure."""

from __future__ import annotations

from hub.agencies.reading import KINDS, Reader
from hub.agencies.records import Agency, Enrolled
from hub.agencies.searching import asked, beginnings, nearness, words_of

__all__ = ["KINDS", "Agency", "Enrolled", "Reader", "asked", "beginnings", "nearness", "words_of"]
