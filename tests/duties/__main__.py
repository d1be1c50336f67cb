"""`python -m tests.duties year|ledger|many ...`: figures, and 1 if one is wrong.

`year`: a simulated year of the rules alone. `ledger`: one through a real ledger. `many`: what many open duties cost.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.duties.ledger_year import year
from tests.duties.many import costs
from tests.duties.year import Result, simulate

_MOST_SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, and return 0 where everything holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.duties")
    parser.add_argument("what", choices=["year", "ledger", "many"])
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--units", type=int, default=None)
    parser.add_argument("--documents", type=int, default=None)
    parser.add_argument("--duties", type=int, default=100_000)
    told = parser.parse_args(arguments)
    if told.what == "many":
        found = costs(told.duties, told.documents or 3000)
        sys.stdout.write(f"{found}\n")
        return 0 if found.flat else 1
    seed = told.seed if told.seed is not None else secrets.randbelow(1 << 32)
    result = _ledger(seed, told) if told.what == "ledger" else simulate(seed, told.units or 108, told.documents or 6000)
    sys.stdout.write(f"{result}\n")
    for wrong in result.wrong[:_MOST_SHOWN]:
        sys.stdout.write(f"  {wrong}\n")
    return 1 if result.wrong else 0


def _ledger(seed: int, told: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        played, strange = asyncio.run(year(Path(folder), seed, told.units or 12, told.documents or 300))
    played.result.wrong += strange
    return played.result


if __name__ == "__main__":
    sys.exit(main())
