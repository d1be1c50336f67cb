"""A real hub with hostile plugins in it, and two folders that carry documents both ways all the time."""

from __future__ import annotations

import io
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from hub.standards.edxml import File, compose
from hub.testing.samples import a_document

ROOT = Path(__file__).parents[2]
_PACK = Path(__file__).parent / "pack"
GOOD = {"so-nv": "000.00.14.H48", "xa-binh-son": "000.00.31.H48"}

_HUB = """\
data: data
listen: 127.0.0.1:0
plugins: [folderdrop{plugins}]
province: {{code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}}
retry: {{first: 200ms, most: 2s}}
drain: 1s
"""
_FOLDER = (
    "  {unit}: {{name: {unit}, code: {code}, endpoint: {{kind: folderdrop, folder: shares/{unit}, settle: 50ms}}}}\n"
)
_HOSTILE = "  {unit}: {{name: {unit}, code: {code}, endpoint: {settings}}}\n"


@dataclass(frozen=True, slots=True)
class Villain:
    """One hostile endpoint: its plugin, its settings, and what must be said of it."""

    kind: str
    settings: Mapping[str, object] = field(default_factory=dict)
    #: a part of the endpoint's health, or of the log; "" where nothing needs to be said
    said: str = ""

    @property
    def name(self) -> str:
        """For people: the plugin with what tells it from others."""
        return "-".join([self.kind, *(str(value) for value in self.settings.values())])

    @property
    def unit(self) -> str:
        """Its unit's id."""
        return "la-" + self.name.lower().replace(".", "").replace("_", "-")

    @property
    def who(self) -> str:
        """As the log names him."""
        return (
            f"the plugin hostile_{self.kind}"
            if self.kind == "slowhook"
            else f"the connector of {self.unit} ({self.kind})"
        )


class Stage:
    """A configuration with villains, and the hub on it."""

    def __init__(self, folder: Path, villains: Sequence[Villain]) -> None:
        self.folder, self.villains = folder, villains
        self.codes = {villain.unit: f"000.{number:02}.99.H48" for number, villain in enumerate(villains, 1)}
        self.log = folder / "log"
        #: of documents, over restarts too: a number that comes again is a duplicate
        self.numbers = itertools.count(1)
        folder.mkdir(parents=True, exist_ok=True)
        plugins = sorted({f"hostile_{villain.kind}" for villain in villains})
        (folder / "hub.yaml").write_text(_HUB.format(plugins="".join(f", {name}" for name in plugins)))
        lines = [_FOLDER.format(unit=unit, code=code) for unit, code in GOOD.items()]
        lines += [
            _HOSTILE.format(
                unit=one.unit, code=self.codes[one.unit], settings=json.dumps({"kind": one.kind, **one.settings})
            )
            for one in villains
        ]
        (folder / "units.yaml").write_text("units:\n" + "".join(lines))
        self._install(plugins)

    def _install(self, plugins: Sequence[str]) -> None:
        """What pip would leave of the plugins' wheels."""
        wheel = self.folder / "site" / "hostile-1.0.dist-info"
        wheel.mkdir(parents=True, exist_ok=True)
        (wheel / "METADATA").write_text("Metadata-Version: 2.1\nName: hostile\nVersion: 1.0\n")
        (wheel / "entry_points.txt").write_text("[hub.plugins]\n" + "".join(f"{name} = {name}\n" for name in plugins))

    @contextmanager
    def running(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """The hub as `hub run`, ready, with its log in a file; ended with SIGTERM, at last with SIGKILL."""
        path = os.pathsep.join(map(str, (ROOT, _PACK, self.folder / "site")))
        command = [sys.executable, "-m", "hub.cli", "run", *words, "--config", str(self.folder)]
        environment = {**os.environ, "PYTHONPATH": path}
        with (
            self.log.open("wb") as log,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment) as process,
        ):
            try:
                assert process.stdout
                assert "ready" in process.stdout.readline(), self.said()[-3000:]
                yield process
            finally:
                process.terminate()
                try:
                    process.wait(40)
                except subprocess.TimeoutExpired:
                    process.kill()

    def hub(self, *words: str) -> tuple[int, Any]:
        """What another `hub` command says: its code and its JSON."""
        path = os.pathsep.join(map(str, (ROOT, _PACK, self.folder / "site")))
        command = [sys.executable, "-m", "hub.cli", *words, "--config", str(self.folder), "--json"]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "PYTHONPATH": path}
        )
        return done.returncode, json.loads(done.stdout) if done.stdout.strip() else done.stderr

    def said(self) -> str:
        """The log so far."""
        return self.log.read_text("utf-8", "replace")

    def share(self, unit: str) -> Path:
        """A good unit's folder."""
        return self.folder / "shares" / unit


class Traffic:
    """Keeps so many documents under way in each direction, and one now and then for every villain."""

    def __init__(self, stage: Stage, depth: int = 32, tease: bool = True) -> None:
        self._stage, self._depth, self._tease = stage, depth, tease
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.carried = dict.fromkeys(GOOD, 0)
        #: the longest time between two arrivals at a unit
        self.gap = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def total(self) -> int:
        """Documents that arrived."""
        return sum(self.carried.values())

    def rate(self, seconds: float) -> float:
        """Documents a second over the next seconds."""
        before, began = self.total, time.monotonic()
        time.sleep(seconds)
        return (self.total - before) / (time.monotonic() - began)

    def _run(self) -> None:
        under_way = dict.fromkeys(GOOD, 0)
        teased = 0.0
        while not self._stop.is_set():
            for sender, receiver in itertools.permutations(GOOD):
                came = self._take(receiver)
                self.carried[receiver] += came
                under_way[receiver] -= came
                while under_way[receiver] < self._depth:
                    self.drop(sender, GOOD[receiver])
                    under_way[receiver] += 1
            if self._tease and self._stage.codes and time.monotonic() - teased > 1.0:
                teased = time.monotonic()
                self.drop("so-nv", *self._stage.codes.values())
            self._stop.wait(0.005)

    def _take(self, unit: str) -> int:
        """Take away what arrived, as a unit's software does."""
        came = 0
        with os.scandir(self._stage.share(unit) / "in") as found:
            for entry in found:
                if entry.name.endswith(".edxml") and not entry.name.startswith("."):
                    Path(entry.path).unlink()
                    came += 1
        return came

    def drop(self, sender: str, *to: str) -> str:
        """Drop a new document. Returns its number."""
        code = f"{next(self._stage.numbers)}/CV"
        content = b"".join(compose(a_document(code, GOOD[sender], to), [_PDF]))
        share = self._stage.share(sender)
        draft = share / f"{code.replace('/', '-')}-{sender}.edxml"
        draft.write_bytes(content)
        draft.rename(share / "out" / draft.name)
        return code


_PDF = File("van-ban.pdf", lambda: io.BytesIO(b"%PDF-1.7\n" + bytes(4000)))


def waited(fact: Callable[[], bool], within: float) -> bool:
    """Whether it became true in time."""
    deadline = time.monotonic() + within
    while not (true := fact()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return true


def stopped(process: subprocess.Popen[str], within: float) -> int | None:
    """How it ended after SIGTERM; None where it did not in time."""
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(within)
    except subprocess.TimeoutExpired:
        return None
