"""The link to the central hub, beside a bare client loop with the same fsyncs, at the same simulated central hub.

    .venv/bin/python benchmarks/central.py [--documents 2000] [--rounds 3] [--json]

So many documents of 20 KB wait for one of our units. Each system takes them all, and has them answered with 01 and 03;
the trial ends when the simulator has every document as `done` and every answer. Exit 1: the hub's median ratio is
below 0.50, or something is lost or doubled by the simulator's own records.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from statistics import median

from central_packets import OFFICE, OURS, PROVINCE, SECRETS, answer, document
from peers.base import free_port
from processes import Meter
from pydantic import SecretStr
from rich.progress import track

from hub.config.systems import System
from hub.simulating.central import records
from hub.simulating.central.actor import Actor

LEAST = 0.50
SIZE, CODES = 20_000, ("01", "03")
#: Seconds without any progress after which what is missing counts as lost.
_STALL = 60.0
#: Answers that came, documents that were confirmed.
_PROGRESS = "SELECT total(message_type = 'status'), total(status = 'done') FROM packet"
_HUB = Path(sys.executable).with_name("hub")
_HUB_YAML = """\
data: data
listen: 127.0.0.1:{port}
plugins: [folderdrop, centralhub]
province: {{code: {province}, name: UBND tỉnh Quảng Ngãi}}
"""
_UNITS_YAML = """\
units:
  xa-binh-son:
    name: UBND xã Bình Sơn
    code: {ours}
    endpoint: {{kind: folderdrop, folder: share, layout: plain, settle: 100ms}}
  trung-uong:
    name: Trục trung ương
    endpoint: {{kind: centralhub, serves: others, url: "{url}", systemid: {province}, secret: {secret}, poll: 200ms,
                poll_busy: 200ms, rate: 0, directory: []}}
"""
_SYSTEMS_YAML = "".join(f'{code}: {{name: "{code}", secret: "{secret}"}}\n' for code, secret in SECRETS.items())


@dataclass(frozen=True, slots=True)
class Outcome:
    """One trial: documents answered a second, CPU milliseconds a document, and what the records miss or have twice."""

    system: str
    round: int
    per_second: float
    cpu: float
    lost: int
    doubled: int


@contextmanager
def program(command: Sequence[str | Path], home: Path, name: str) -> Iterator[tuple[int, str]]:
    """A program that said `ready`: its pid, and the rest of that line. Ended gently."""
    with (home / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, cwd=home, start_new_session=True)
    assert process.stdout
    try:
        word, _, rest = process.stdout.readline().decode().partition(" ")
        if word.strip() != "ready":
            raise RuntimeError((home / f"{name}.log").read_text())
        yield process.pid, rest.strip()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


@contextmanager
def simulator(home: Path, data: Path) -> Iterator[str]:
    """The URL of a simulated central hub."""
    (home / "systems.yaml").write_text(_SYSTEMS_YAML)
    said = ["--port", str(free_port()), "--data", data, "--systems", home / "systems.yaml"]
    with program([_HUB, "simulate", "central", *said], home, "simulator") as (_, url):
        yield url


def filled(home: Path, count: int) -> Path:
    """The records of a simulated central hub with so many documents that wait for us."""
    data = home / "filled"
    data.mkdir()
    with simulator(home, data) as url:
        office = Actor(url, System(OFFICE, OFFICE, SecretStr(SECRETS[OFFICE])))
        for number in track(range(1, count + 1), "documents", transient=True):
            office.send(BytesIO(document(number, SIZE)), OFFICE)
    return data


class Bare:
    """The bare loop."""

    name = "bare"

    def command(self, home: Path, url: str) -> Sequence[str | Path]:
        """What starts it."""
        return [sys.executable, Path(__file__).with_name("bare_central.py"), home, url]

    def turn(self, home: Path) -> None:
        """It answers by itself."""


class Hub:
    """`hub run`; the unit's software answers whatever appears in its folder."""

    name = "hub"

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def command(self, home: Path, url: str) -> Sequence[str | Path]:
        """What starts it."""
        known = {"url": url, "province": PROVINCE, "ours": OURS, "secret": SECRETS[PROVINCE]}
        (home / "hub.yaml").write_text(_HUB_YAML.format(port=free_port(), **known), encoding="utf-8")
        (home / "units.yaml").write_text(_UNITS_YAML.format(**known), encoding="utf-8")
        return [_HUB, "run", "--config", home]

    def turn(self, home: Path) -> None:
        """Answer what is new."""
        share = home / "share"
        for name in set(os.listdir(share / "in")) - self._seen:
            self._seen.add(name)
            number = int(name.partition("-")[0])
            for code in CODES:
                draft = share / "out" / f".{number}-{code}.edxml"
                draft.write_bytes(answer(number, code))
                draft.rename(draft.with_name(draft.name[1:]))


def run(system: Bare | Hub, filled_: Path, home: Path, count: int, round_: int) -> Outcome:
    """One trial in a fresh folder, on a fresh copy of the records."""
    home.mkdir()
    data = home / "central"
    shutil.copytree(filled_, data)
    os.sync()
    with (
        simulator(home, data) as url,
        program(system.command(home, url), home, system.name) as (pid, _),
        Meter(pid) as meter,
    ):
        begun = time.monotonic()
        _await(data, count, lambda: system.turn(home))
        took, used = time.monotonic() - begun, meter.cpu()
    return Outcome(system.name, round_, count / took, 1000 * used / count, *_judged(data, count))


def _await(data: Path, count: int, turn: Callable[[], None]) -> None:
    """Until the simulator has it all, or nothing came for so long."""
    with closing(sqlite3.connect(f"file:{data}/simulator.db?mode=ro", uri=True)) as look:
        before, moved = (0, 0), time.monotonic()
        while before != (count * len(CODES), count) and time.monotonic() < moved + _STALL:
            turn()
            time.sleep(0.1)
            if (now := look.execute(_PROGRESS).fetchone()) != before:
                before, moved = now, time.monotonic()


def _judged(data: Path, count: int) -> tuple[int, int]:
    """How many documents and answers the simulator's records miss, and have twice."""
    found = records(data)
    done = sum(each.sender == OFFICE and each.status == "done" for each in found)
    answers = Counter((each.notation, each.answer) for each in found if each.message_type == "status")
    missing = count - done + count * len(CODES) - len(answers)
    return missing, sum(answers.values()) - len(answers)


def main() -> int:
    """Exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        ready = filled(home, asked.documents)
        for round_ in range(asked.rounds):
            order = (Bare(), Hub()) if round_ % 2 == 0 else (Hub(), Bare())
            for system in order:
                outcomes.append(run(system, ready, home / f"{round_}-{system.name}", asked.documents, round_))
                if not asked.json:
                    print(_line(outcomes[-1]), flush=True)
    ratio = median(_ratios(outcomes, asked.rounds))
    sound = not any(each.lost or each.doubled for each in outcomes)
    if asked.json:
        print(json.dumps({"ratio": ratio, "trials": list(map(asdict, outcomes))}, indent=2))
    else:
        print(f"hub / bare: {ratio:.2f} (wanted: {LEAST:.2f})")
    return int(ratio < LEAST or not sound)


def _line(one: Outcome) -> str:
    return (
        f"{one.system:5} round {one.round}: {one.per_second:6.1f} documents/s, {one.cpu:6.2f} ms CPU a document, "
        f"lost {one.lost}, doubled {one.doubled}"
    )


def _ratios(outcomes: Sequence[Outcome], rounds: int) -> list[float]:
    rate = {(each.system, each.round): each.per_second for each in outcomes}
    return [rate["hub", round_] / rate["bare", round_] for round_ in range(rounds)]


if __name__ == "__main__":
    sys.exit(main())
