"""`python -m tests.duties year [--seed N] [--units 108] [--documents 6000]`: figures, and 1 if one is wrong."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Sequence

from tests.duties.year import simulate

_MOST_SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, and return 0 where everything holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.duties")
    parser.add_argument("what", choices=["year"])
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--units", type=int, default=108)
    parser.add_argument("--documents", type=int, default=6000)
    told = parser.parse_args(arguments)
    seed = told.seed if told.seed is not None else secrets.randbelow(1 << 32)
    result = simulate(seed, told.units, told.documents)
    sys.stdout.write(f"{result}\n")
    for wrong in result.wrong[:_MOST_SHOWN]:
        sys.stdout.write(f"  {wrong}\n")
    return 1 if result.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
