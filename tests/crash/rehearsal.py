"""Backup under load, the machine lost, restore elsewhere: `python -m tests.crash.rehearsal [--seconds N]`.

A real hub carries documents both ways while it is backed up again and again, some backups killed. Then it is killed,
its data is gone, the newest whole backup is brought back under another path, with the shares or to where they are.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.cli import start
from tests.crash.flow import CLERK, CLERK_CODE, Flow, Judge, codes, for_clerk, judged, named, packet, waited
from tests.crash.harness import Bench, bench, note
from tests.crash.oracle import glance
from tests.crash.records import Arrived, Dropped
from tests.crash.scenario import ORIGIN

_BOUND = 120.0
_LEAST = 4


@dataclass(slots=True)
class Rehearsed:
    """The figures of one rehearsal, and what is wrong."""

    shares: str
    dropped: int = 0
    backups: int = 0
    killed: int = 0
    #: in custody before the newest whole backup began
    before: int = 0
    brought_back: int = 0
    #: handed in after it: sent again, as the restore asks
    asked: int = 0
    #: of the clerk's documents after it: named by the hub
    named: int = 0
    #: files that came once more, each flagged
    again: int = 0
    bad: list[str] = field(default_factory=list)


def rehearse(mine: Bench, home: Path, seconds: float, *, moved: bool, seed: int) -> Rehearsed:
    """One rehearsal; the shares are moved along, or stay where they are."""
    found, flow, chance = Rehearsed("moved along" if moved else "stayed"), Flow(home / "one"), random.Random(seed)
    flow.set_up()
    hub = mine.hub(flow)
    waited(lambda: (flow.clerk / "gui-di").is_dir() and hub.ready, _BOUND)
    flow.start()
    try:
        _back_up_often(flow, found, seconds, chance)
        kept = _last_backup(flow, found)
        time.sleep(min(3.0, seconds / 2))
        flow.sending = False
        hub.kill()
    finally:
        flow.stop()
    found.dropped = len(flow.evidence.dropped) + len(flow.papers)
    _move(flow, home / "two", moved=moved)
    said = _hub(flow, "restore", str(home / "one" / "copy"))
    if said.returncode or "have it sent again" not in said.stderr:
        found.bad.append(f"restore ended with {said.returncode}: {said.stderr[-300:]}")
        return found
    _go_on(mine, flow, found, kept)
    return found


def _back_up_often(flow: Flow, found: Rehearsed, seconds: float, chance: random.Random) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end or found.backups < _LEAST:
        process = start("backup", str(flow.home / "copy"), "--config", str(flow.home), stdout=subprocess.DEVNULL)
        if found.backups % 2:
            time.sleep(chance.uniform(0.5, 3.0))
            process.kill()
            found.killed += process.wait() == -9
        elif code := process.wait():
            found.bad.append(f"a backup ended with {code}")
        found.backups += 1
        whole = _hub(flow, "verify", "--backup", str(flow.home / "copy"))
        if whole.returncode:
            found.bad.append(f"after {found.backups} backups the copy is not whole: {whole.stdout[-300:]}")


def _last_backup(flow: Flow, found: Rehearsed) -> tuple[set[tuple[str, str]], set[str]]:
    """What was in custody before it began. No answer is on its way meanwhile: it would be lost with its document."""
    with flow.lock:
        flow.answering = False
    replies = (drop for drop in list(flow.evidence.dropped) if drop.status)
    waited(lambda: not any(map(flow.waits, replies)), _BOUND)
    before, papers = flow.let_go(), codes(flow.evidence.data, CLERK)
    said = _hub(flow, "backup", str(flow.home / "copy"))
    found.backups += 1
    found.bad += [f"the last backup ended with {said.returncode}"] if said.returncode else []
    found.before = len(before) + len(papers)
    return before, papers


def _hub(flow: Flow, *words: str) -> subprocess.CompletedProcess[str]:
    with start(*words, "--config", str(flow.home), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(words, process.returncode, out, err)


def _move(flow: Flow, target: Path, *, moved: bool) -> None:
    """Another machine: the configuration out of the backup, no data, the shares moved or mounted as before."""
    shutil.rmtree(flow.evidence.data)
    target.mkdir()
    for file in (flow.home / "copy" / "config").iterdir():
        shutil.copy(file, target)
    if moved:
        (flow.home / "shares").rename(target / "shares")
        flow.evidence.shares = {unit: target / "shares" / unit for unit in flow.evidence.shares}
    else:
        units = target / "units.yaml"
        units.write_text(units.read_text("utf-8").replace("folder: shares/", f"folder: {flow.home}/shares/"), "utf-8")
    flow.home, flow.evidence.data = target, target / "data"


def _go_on(mine: Bench, flow: Flow, found: Rehearsed, kept: tuple[set[tuple[str, str]], set[str]]) -> None:
    """Start on the restored data, have sent again what is asked for, and judge when all has come to rest."""
    evidence, brought = flow.evidence, judged(flow.evidence.data)
    before, papers = kept
    found.bad += [f"{name} was accepted before the backup and is not in it" for name in sorted(before - brought)]
    found.bad += [f"the clerk's {name} is not in it" for name in sorted(papers - codes(evidence.data, CLERK))]
    flow.look()
    lost = [drop for drop in evidence.dropped if (drop.unit, drop.name) not in brought and not flow.waits(drop)]
    found.brought_back, found.asked = len(brought), len(lost)
    early = _early(flow, lost)
    evidence.dropped = [drop for drop in evidence.dropped if drop not in lost]
    evidence.counts.clear()
    evidence.ambiguous = glance(evidence.data).open
    hub = mine.hub(flow)
    waited(lambda: hub.ready, _BOUND)
    for drop in lost:
        flow.drop(packet(int(drop.name.partition(".")[0]), again="-lai"))
    waited(lambda: not any(map(flow.waits, evidence.dropped)), _BOUND)
    flow.answering = True
    evidence.settled = waited(lambda: _rests(flow, early), _BOUND)
    found.bad += [f"the restored hub ended with {code}"] if (code := hub.stop()) else []
    note(flow)
    flow.look()
    evidence.arrived = [each for each in evidence.arrived if each not in early]
    found.bad += list(Judge(flow).all())
    seen = Counter((each.unit, each.name) for each in flow.seen())
    found.again = sum(count - 1 for count in seen.values())
    found.bad += list(_clerk(flow, found, {drop.document_id for drop in lost}))


def _early(flow: Flow, lost: Sequence[Dropped]) -> set[Arrived]:
    """What came of documents that the restored hub does not know: it belongs to another history."""
    gone = {drop.document_id for drop in lost}
    return {each for each in flow.evidence.arrived if each.document_id in gone}


def _rests(flow: Flow, early: set[Arrived]) -> bool:
    flow.look()
    evidence, codes_of = flow.evidence, flow.evidence.codes
    if any(map(flow.waits, evidence.dropped)) or glance(evidence.data).open:
        return False
    seen = {(each.unit, each.sender, each.document_id, each.status) for each in evidence.arrived if each not in early}
    wanted = (
        (unit, codes_of[drop.unit], drop.document_id, drop.status) for drop in evidence.dropped for unit in drop.to
    )
    still = any((flow.clerk / ".hub" / "claims").iterdir())
    return all(one in seen for one in wanted) and not still and not _unknown(flow)


def _unknown(flow: Flow) -> list[str]:
    """The clerk's documents that the hub neither knows nor has named, and that do not lie where he put them either.

    One that the hub was just taking up when it stopped lies among its claims: the next run goes on with it.
    """
    places = (path for where in ("gui-di/*", ".hub/claims/*/files") for path in flow.clerk.glob(f"{where}/*.pdf"))
    lying = {path.name.partition(" ")[0] for path in places}
    told = codes(flow.evidence.data, CLERK) | named(flow.home / "hub.log") | lying
    return [name for name in flow.papers if name not in told]


def _clerk(flow: Flow, found: Rehearsed, asked: set[str]) -> Iterator[str]:
    """Every document lies with the clerk once; each of his own is in the ledger, or named to be sent again."""
    again = {document_id.rpartition(",")[2].partition("/")[0] for document_id in asked}
    cases = flow.cases()
    for drop in flow.evidence.dropped:
        number = drop.document_id.rpartition(",")[2].partition("/")[0]
        if drop.unit == ORIGIN and for_clerk(int(number)) and not (1 <= cases[number] <= 1 + (number in again)):
            yield f"document {number} lies {cases[number]} times with the clerk"
    found.named = len(named(flow.home / "hub.log"))
    yield from (f"the clerk's {name} is neither known, named nor there" for name in _unknown(flow))
    came = Counter(each.document_id for each in flow.evidence.arrived if each.sender == CLERK_CODE and not each.status)
    names = {(each.document_id, each.name) for each in flow.evidence.arrived if each.sender == CLERK_CODE}
    for document in came:
        if (held := sum(document == name for name, _ in names)) > 1:
            yield f"the clerk's {document} came under {held} names"


_LINES = {
    "dropped": "documents and answers handed in under load",
    "backups": "backups beside the running hub, the last one whole",
    "killed": "of them killed",
    "before": "in custody before the last one began",
    "brought_back": "inputs brought back",
    "asked": "handed in after it: asked for by the restore, sent again",
    "named": "the clerk's own after it: named by the hub",
    "again": "files that came once more under their name, each flagged",
}


def table(found: Rehearsed) -> Iterator[str]:
    """The figures as people read them."""
    yield f"shares {found.shares}"
    yield from (f"  {getattr(found, name):6} {words}" for name, words in _LINES.items())
    yield f"  {len(found.bad):6} broken promises"
    yield from (f"         {line}" for line in found.bad[:20])


def main() -> int:
    """Rehearse with the shares moved along and left where they are; 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=20261126)
    said, bad = parser.parse_args(), 0
    for moved in (True, False):
        with tempfile.TemporaryDirectory() as folder, bench(Path(folder)) as mine:
            found = rehearse(mine, Path(folder), said.seconds, moved=moved, seed=said.seed)
        sys.stdout.write("\n".join([*table(found), ""]))
        bad += len(found.bad)
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main())
