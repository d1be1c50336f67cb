"""Fuzzing of the readers: `python -m tests.fuzz [--inputs 1000000] [--target edxml|slip|config|all] [--seed N]`.

Prints the figures, also where Ctrl-C or SIGTERM ends it early; 1 where a promise is broken. What broke it is kept in
`var/fuzz` and played again by `--replay FILE`.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.fuzz.crew import Block, Crew, make, niced
from tests.fuzz.target import Case
from tests.fuzz.targets import SHARES, TARGETS
from tests.fuzz.worker import BLOCK, HANG, RSS, Finding, Tally

_MOST_SHOWN = 30
_WIDTH = 120
_COLUMNS = ("target", "inputs", "valid", "taken", "ways", "a second", "slowest", "memory", "one input", "broken")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, and return 0 where everything holds."""
    told = _parser().parse_args(arguments)
    if told.replay:
        return _replay(told.replay, told.target)
    niced(told.nice)
    console, seed = Console(width=_WIDTH), told.seed if told.seed is not None else secrets.randbelow(1 << 32)
    crew, began = Crew(told.workers), time.monotonic()
    with suppress(KeyboardInterrupt):
        _run(crew, plan(told.target, told.inputs, seed), console, told.keep)
    _show(console, crew, seed, time.monotonic() - began)
    tallies = crew.tallies.values()
    done = sum(tally.inputs for tally in tallies) >= told.inputs
    return 0 if done and not any(tally.findings for tally in tallies) else 1


def _run(crew: Crew, blocks: Sequence[Block], console: Console, folder: Path) -> None:
    """Work them off. Raises KeyboardInterrupt where it is told to stop."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    shown: set[str] = set()
    with _bar(console) as bar:
        task = bar.add_task("fuzzing", total=sum(block.count for block in blocks))

        def hear(tally: Tally) -> None:
            bar.advance(task, tally.inputs)
            _keep(console, tally.findings, folder, shown)

        crew.run(blocks, hear)


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="of all targets together")
    parser.add_argument("--target", choices=[*TARGETS, "all"], default="all")
    parser.add_argument("--seed", type=int, help="else one of chance, which is printed")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--nice", type=int, default=19, help="how far it steps back behind other programs")
    parser.add_argument("--keep", type=Path, default=Path("var/fuzz"), help="folder for what broke a promise")
    parser.add_argument("--replay", type=Path, help="one such file again, of the named target")
    return parser


def plan(target: str, inputs: int, seed: int) -> list[Block]:
    """The blocks of a run, the slow target's first and the others mixed in."""
    shares = SHARES if target == "all" else {target: 1.0}
    queues = [_blocks(name, round(inputs * share), seed) for name, share in shares.items()]
    mixed = [(number / len(queue), block) for queue in queues for number, block in enumerate(queue)]
    return [block for _, block in sorted(mixed, key=lambda each: each[0])]


def _blocks(target: str, inputs: int, seed: int) -> list[Block]:
    starts = range(0, inputs, BLOCK)
    return [Block(target, f"{seed}:{target}:{start // BLOCK}", min(BLOCK, inputs - start)) for start in starts]


def _show(console: Console, crew: Crew, seed: int, took: float) -> None:
    table = Table(*_COLUMNS)
    for name, tally in crew.tallies.items():
        table.add_row(name, *_row(tally))
    console.print(table)
    total = sum(tally.inputs for tally in crew.tallies.values())
    broken = sum(len(tally.findings) for tally in crew.tallies.values())
    console.print(f"{total:,} inputs in {took / 60:.1f} min, seed {seed}: {broken} promises broken.")
    console.print(
        f"Promised: no crash, at most {HANG:.0f} s of a processor an input and {RSS >> 20} MB, no silent drop, "
        f"valid inputs read as they were meant, no memory kept for good (here {crew.leak >> 20} MB)."
    )


def _row(tally: Tally) -> list[str]:
    speed = tally.inputs / tally.seconds if tally.seconds else 0
    times = [f"{speed:,.0f}", f"{tally.worst * 1000:,.0f} ms", f"{tally.peak >> 20} MB", f"+{tally.rise >> 20} MB"]
    return [
        f"{tally.inputs:,}",
        f"{tally.valid:,}",
        f"{tally.taken:,}",
        f"{len(tally.words):,}",
        *times,
        str(len(tally.findings)),
    ]


def _keep(console: Console, findings: Sequence[Finding], folder: Path, shown: set[str]) -> None:
    """Write what broke a promise, one of each sort."""
    for one in findings:
        if one.what[:80] in shown or len(shown) >= _MOST_SHOWN:
            continue
        shown.add(one.what[:80])
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{one.target}-{sha256(one.data).hexdigest()[:12]}"
        path.write_bytes(one.data)
        console.print(f"{path}: block {one.block}: {one.what}", markup=False, soft_wrap=True)


def _replay(path: Path, target: str) -> int:
    name = target if target != "all" else path.name.partition("-")[0]
    sys.stdout.write(f"{make(name).judge(Case(path.read_bytes()))}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
