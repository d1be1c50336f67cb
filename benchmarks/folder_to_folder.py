"""Measure the hub folder to folder, interleaved with a bare ceiling, Node-RED and Postfix.

    .venv/bin/python benchmarks/folder_to_folder.py --quick

Exit 0: every binding figure that concerns the run holds; 1: one does not; 2: usage.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import report
import trial
import typer
from peers.bare import Ceiling
from peers.base import LeftOut, System
from peers.hub import Hub, Isolated
from peers.node_red import NodeRed
from peers.postfix import Postfix
from rich.console import Console

SYSTEMS: dict[str, type[System]] = {system.name: system for system in (Ceiling, Hub, Isolated, NodeRed, Postfix)}
WORKLOADS = {
    "20k": trial.Workload("20k", count=2_000, size=20 << 10, pause=0.0, warm=100),
    "1m": trial.Workload("1m", count=500, size=1 << 20, pause=0.0, warm=16),
    "trickle": trial.Workload("trickle", count=60, size=20 << 10, pause=0.2, warm=20),
}
QUICK = {
    "20k": trial.Workload("20k", count=200, size=20 << 10, pause=0.0, warm=20),
    "1m": trial.Workload("1m", count=50, size=1 << 20, pause=0.0, warm=4),
    "trickle": trial.Workload("trickle", count=15, size=20 << 10, pause=0.2, warm=10),
}
WORK = Path(__file__).resolve().parent / ".work"

_say = Console(stderr=True, highlight=False)


def main(
    rounds: Annotated[
        int, typer.Option(min=0, show_default="3, quick 1", help="How often every system meets every workload.")
    ] = 0,
    systems: Annotated[str, typer.Option(help="Which systems, by comma.")] = ",".join(SYSTEMS),
    workloads: Annotated[str, typer.Option(help="Which workloads, by comma.")] = ",".join(WORKLOADS),
    quick: Annotated[bool, typer.Option(help="A tenth of the documents: shows that it runs.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value on stdout and nothing else.")] = False,
    work: Annotated[Path, typer.Option(help="Where the folders lie; its file system is the one measured.")] = WORK,
    keep: Annotated[bool, typer.Option(help="Leave the folders for a look.")] = False,
) -> None:
    """Measure folder to folder, print medians, ratios to the ceiling, and the binding figures."""
    wanted = _choose(workloads, WORKLOADS)
    chosen, left_out = _prepared(_choose(systems, SYSTEMS))
    plan = [(QUICK if quick else WORKLOADS)[name] for name in wanted]
    rounds = rounds or (1 if quick else 3)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
    with _ground(work, keep) as ground:
        _check_room(ground, rounds * len(chosen) * sum(each.size * (each.count + each.warm) for each in plan))
        outcomes = list(_measure(ground, chosen, plan, rounds))
    table = report.rows(outcomes)
    judged = report.binding(table, wanted) if report.HUB in _choose(systems, SYSTEMS) else []
    if as_json:
        typer.echo(json.dumps(report.as_json(outcomes, table, judged, left_out)))
    else:
        report.show(Console(width=None if sys.stdout.isatty() else 140), table, judged)
    raise typer.Exit(0 if all(each.passed for each in judged) else 1)


def _choose(text: str, known: dict[str, type[System]] | dict[str, trial.Workload]) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise typer.BadParameter(f"unknown: {', '.join(unknown) or 'nothing'}; known: {', '.join(known)}")
    return [name for name in known if name in names]


def _prepared(names: Sequence[str]) -> tuple[list[type[System]], dict[str, str]]:
    """The systems this machine can run, and why not the others."""
    chosen, left_out = [], {}
    for name in names:
        try:
            SYSTEMS[name].prepare()
            chosen.append(SYSTEMS[name])
        except LeftOut as reason:
            left_out[name] = str(reason)
            _say.print(f"{name} is left out: {reason}")
    return chosen, left_out


@contextmanager
def _ground(work: Path, keep: bool) -> Iterator[Path]:
    """A fresh folder whose subfolders lie far apart on the disk. Nothing in it is deleted before the end."""
    work.mkdir(parents=True, exist_ok=True)
    ground = Path(tempfile.mkdtemp(prefix="run-", dir=work.resolve()))
    ground.chmod(0o755)
    spread = subprocess.run(["chattr", "+T", str(ground)], capture_output=True, check=False)
    if spread.returncode:
        _say.print(f"{ground}: no chattr +T here; files deleted minutes ago may slow this run")
    try:
        yield ground
    finally:
        if not keep:
            shutil.rmtree(ground)


def _check_room(ground: Path, dropped: int) -> None:
    """Nothing is deleted during a run: what is dropped, its copy, and as much again for queues and records."""
    needed, free = 3 * dropped, shutil.disk_usage(ground).free
    if needed > free:
        raise typer.BadParameter(f"{needed / 1e9:.1f} GB needed under {ground.parent}, {free / 1e9:.1f} GB free")


def _measure(
    ground: Path, systems: Sequence[type[System]], plan: Sequence[trial.Workload], rounds: int
) -> Iterator[trial.Outcome]:
    """Every system meets every workload in every round; what is compared runs side by side in time."""
    numbers = itertools.count(1)
    for round_, workload, system in itertools.product(range(1, rounds + 1), plan, systems):
        _quiet()
        with system(ground / f"{round_}-{workload.name}-{system.name}") as running:
            outcome = trial.run(running, workload, round_, numbers)
        _say.print(
            f"round {round_}/{rounds} {workload.name:8} {system.name:9} {outcome.per_second:8.1f} docs/s"
            f"  p50 {outcome.p50:8.1f} ms  CPU {outcome.cpu:6.2f} ms/doc"
        )
        yield outcome


def _quiet() -> None:
    """What earlier trials left to be written, and their cached pages, must not burden the next one."""
    os.sync()
    with suppress(PermissionError):
        Path("/proc/sys/vm/drop_caches").write_text("3")


if __name__ == "__main__":
    typer.run(main)
