"""The ceiling as a system of its own, in its own process."""

from __future__ import annotations

import sys
from pathlib import Path

from peers.base import System

_PROGRAM = Path(__file__).resolve().parent.parent / "ceiling.py"


class Ceiling(System):
    """`ceiling.py` on three folders."""

    name = "ceiling"

    @property
    def drops(self) -> Path:
        return self.home / "in"

    @property
    def arrivals(self) -> Path:
        return self.home / "out"

    def start(self) -> None:
        for folder in ("in", "claims", "out"):
            (self.home / folder).mkdir()
        self.spawn([sys.executable, _PROGRAM, self.home], ready=lambda: self.said("ready"))
