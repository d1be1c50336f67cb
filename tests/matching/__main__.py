"""Matching on a labelled corpus: `python -m tests.matching [--count 5000] [--seed TEXT] [--kind NAME] [--size 330]`.

Prints a line for each kind of damage; 1 where one match is wrong, or fewer than 98 of 100 that a careful clerk could
tell are found. tests/matching/README.md says what is counted.
"""

from __future__ import annotations

import argparse
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from rich.console import Console
from rich.table import Table

from tests.matching.corpus import SIZE, Corpus
from tests.matching.kinds import KINDS
from tests.matching.measure import PRECISION, RECALL, Tally, measured, speed

_WIDTH = 120
_COLUMNS = ("kind", "tried", "not here", "right", "wrong", "for a person", "could be told", "recall", "unseeable")
_MOST_SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, and return 0 where the promise is kept."""
    told = _parser().parse_args(arguments)
    seed, kinds = told.seed or secrets.token_hex(4), told.kind or list(KINDS)
    console, began = Console(width=_WIDTH), time.monotonic()
    with ProcessPoolExecutor(told.workers) as workers:
        tallies = list(workers.map(partial(_one, seed, told.count, told.size), kinds))
    total = added(tallies)
    _show(console, [*tallies, total])
    _show_wrong(console, tallies)
    first, again = speed(Corpus(seed, told.size))
    console.print(f"rank() over 2,000 documents: {again:.1f} ms of a processor, {first:.0f} ms the first time.")
    console.print(f"{len(kinds)} kinds, seed {seed}, {time.monotonic() - began:.0f} s. {summary(total)}")
    return 0 if keeps_promise(total) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.matching", description=__doc__)
    parser.add_argument("--count", type=int, default=5_000, help="answers of each kind about documents that are here")
    parser.add_argument("--seed", help="else one of chance, which is printed")
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="only this one; may be said again")
    parser.add_argument("--size", type=int, default=SIZE, help="documents of a unit's box, before their near twins")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return parser


def _one(seed: str, count: int, size: int, kind: str) -> Tally:
    return measured(Corpus(seed, size), kind, count)


def added(tallies: Sequence[Tally]) -> Tally:
    """All kinds together."""
    total = Tally("all")
    for tally in tallies:
        for name in ("tried", "absent", "right", "left", "tellable", "told", "unseeable"):
            setattr(total, name, getattr(total, name) + getattr(tally, name))
        total.wrong += tally.wrong
        total.missed += tally.missed
    return total


def keeps_promise(total: Tally) -> bool:
    """Whether nothing was matched wrongly, and enough was."""
    return total.precision >= PRECISION and (total.recall or 0) >= RECALL


def summary(total: Tally) -> str:
    """The two figures."""
    return (
        f"Automatic precision {total.precision:.2%} (promised 100 %), recall {total.recall or 0:.2%} (promised 98 %)."
    )


def _show(console: Console, tallies: Sequence[Tally]) -> None:
    table = Table(*_COLUMNS)
    for tally in tallies:
        table.add_row(tally.kind, *_row(tally))
    console.print(table)


def _row(tally: Tally) -> Iterator[str]:
    for figure in (tally.tried, tally.absent, tally.right, len(tally.wrong), tally.left, tally.tellable):
        yield f"{figure:,}"
    yield "-" if tally.recall is None else f"{tally.recall:.2%}"
    yield f"{tally.unseeable:,}"


def _show_wrong(console: Console, tallies: Sequence[Tally]) -> None:
    wrong = [found for tally in tallies for found in tally.wrong]
    for case, verdict in wrong[:_MOST_SHOWN]:
        assert verdict.match
        about = f"{case.paper.identifier} {case.paper.code}"
        console.print(f"WRONG {case.kind}: {case.written} is about {about}, not {verdict.match.document_id}")


if __name__ == "__main__":
    raise SystemExit(main())
